"""The tables, in Markdown."""

import statistics
from collections.abc import Iterable, Sequence
from math import isnan

from benchmarks.costs import Cost
from benchmarks.own_tables import OwnTables
from benchmarks.pages import Page
from benchmarks.profiles import Profile, grows, is_dear, missed
from benchmarks.redeeming import Redeemed


def costs(sizes: list[int], measured: list[list[Cost]], unit: float) -> str:
    """A line for each page: RU, how flat, queries, bytes, and the target.

    RU is the median at each size, with the lowest of all rounds.
    """
    heads = [
        "page",
        *(f"RU at {size:,}" for size in sizes),
        "largest ÷ smallest",
        "queries",
        "KB, Brotli",
        "target",
    ]
    lines = [row(heads), row(["---"] * len(heads))]
    for group in zip(*measured, strict=True):
        first, last = group[0], group[-1]
        flat = f"{last.ru / first.ru:.2f}" if not isnan(last.ru / first.ru) else "–"
        cells = [cost.failure or f"{cost.ru:.1f} ({min(cost.units):.1f})" for cost in group]
        most = max(cost.queries for cost in group)
        lines.append(
            row(
                [
                    first.page.name,
                    *cells,
                    flat,
                    most,
                    f"{last.size / 1024:.1f}",
                    verdict(group),
                ]
            )
        )
    return "\n".join([*lines, "", f"1 RU was {unit:.2f} ms in this run."])


def verdict(group: tuple[Cost, ...]) -> str:
    page = group[0].page
    if page.limit is None:
        return ""
    wanted = f"≤ {page.limit:g} RU"
    if page.queries is not None:
        wanted += f", ≤ {page.queries} queries"
    wanted += f", flat ≤ {page.growth:g}"
    if missed(group):
        how = {"**missed**": is_dear(group), "**grows**": grows(group)}
        return f"{', '.join(word for word, is_so in how.items() if is_so)}: {wanted}"
    is_met = all(cost.ru <= page.limit for cost in group)
    return wanted if is_met else f"{wanted}; met in the quietest round"


def profiles(found: Iterable[Profile]) -> str:
    """Where the CPU of what misses its target goes, beside *hello*, which is a part of each."""
    heads = [
        "why, in RU at the largest size",
        "web: queries",
        "web: templates",
        "web: the rest",
        "PostgreSQL",
        "the slowest queries, ms",
    ]
    lines = [row(heads), row(["---"] * len(heads))]
    for each in found:
        parts = (each.asking, each.rendering, each.rest, each.database)
        slowest = " · ".join(f"`{table}` {ms:.1f}" for table, ms in each.dearest)
        lines.append(row([each.name, *(f"{part:.1f}" for part in parts), slowest]))
    return "\n".join(["", *lines])


def rates(size: int, asked: list[tuple[Page, int]], found: list[float]) -> str:
    lines = [
        row(["page", "clients", f"requests/s at {size:,}", "÷ Django's own admin, 8 clients"]),
        row(["---"] * 4),
    ]
    stock = next(
        value
        for (page, _clients), value in zip(asked, found, strict=True)
        if page.name.startswith("Django")
    )
    lines += [
        row([page.name, clients, f"{value:.1f}", f"{value / stock:.1f}"])
        for (page, clients), value in zip(asked, found, strict=True)
    ]
    return "\n".join(["", *lines])


def redeemed(found: Redeemed, unit: float) -> str:
    """Beside pgbench, by the clock and by CPU.

    Others on the machine disturb the clock, and hardly the CPU.
    """
    rates = [statistics.median(rate for rate, _cpu in taken) for taken in (found.http, found.bare)]
    heads = [
        "redeeming",
        "requests/s, 8 clients",
        "pgbench, 8 clients",
        "share",
        "share by CPU",
        "p50, ms",
        "RU",
        "queries",
    ]
    values = [
        "HTTP, CSRF, session",
        *(f"{rate:.0f}" for rate in rates),
        f"{found.share:.0%}",
        f"{found.cpu_share:.0%}",
    ]
    values += [
        f"{statistics.median(found.milliseconds):.0f}",
        f"{found.cpu_seconds * 1000 / unit:.1f}",
        f"{found.queries}",
    ]
    return "\n".join(["", row(heads), row(["---"] * len(heads)), row(values)])


def own_tables(found: OwnTables) -> str:
    """Beside the bare ones of the same minutes."""
    (rate, cpu), (bare_rate, bare_cpu) = found.median(found.own), found.median(found.bare)
    heads = ["redemptions by pgbench, 8 clients", "per second", "CPU of PostgreSQL for one, ms"]
    rows = [
        ["the portal's statements on its own tables", f"{rate:.0f}", f"{cpu:.2f}"],
        ["bare tables", f"{bare_rate:.0f}", f"{bare_cpu:.2f}"],
        ["share", f"{rate / bare_rate:.0%}", f"{bare_cpu / cpu:.0%}"],
    ]
    return "\n".join(["", row(heads), row(["---"] * len(heads)), *map(row, rows)])


def memory(mib: float) -> str:
    return f"\nA worker held {mib:.0f} MiB (PSS) afterwards."


def row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"
