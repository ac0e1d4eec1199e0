"""The one command: makes the data, measures, and prints the tables of docs/performance.md."""

import argparse
import os
import re
import tempfile
from contextlib import ExitStack
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

import django

django.setup()

from benchmarks import checks, report  # noqa: E402
from benchmarks.costs import Cost, measure  # noqa: E402
from benchmarks.databases import database, postmaster, server  # noqa: E402
from benchmarks.own_tables import redemptions  # noqa: E402
from benchmarks.pages import Page, pages  # noqa: E402
from benchmarks.portal import Portal, collect_static  # noqa: E402
from benchmarks.profiles import profiles  # noqa: E402
from benchmarks.rates import rates  # noqa: E402
from benchmarks.redeeming import redeeming  # noqa: E402
from benchmarks.unit import render_seconds  # noqa: E402

SIZES = [1_000, 100_000, 1_000_000]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=SIZES,
        help="benefits in each database (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="two small sizes and few rounds")
    parser.add_argument(
        "--check",
        action="store_true",
        help="in a minute: fails for a page that is far from its target",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=9,
        help="times that each page is measured, in turn with the others",
    )
    parser.add_argument("--times", type=int, default=10, help="answers in each of these")
    parser.add_argument(
        "--seconds", type=float, default=5, help="of load, for each rate, three times"
    )
    parser.add_argument(
        "--only", default="", help="measure only pages with this in their name, and no rates"
    )
    parser.add_argument(
        "--skip",
        default="^$",
        help="leave out pages whose name this regular expression finds, and all rates",
    )
    parser.add_argument(
        "--rates",
        action="store_true",
        help="measure requests and redemptions a second alone, at the largest size",
    )
    parser.add_argument(
        "--redemptions",
        action="store_true",
        help="measure redemptions by PostgreSQL alone, at the largest size; uses up unused keys",
    )
    help_url = (
        "a PostgreSQL server on this machine where databases may be made; they are "
        "kept, and used again on the same day"
    )
    parser.add_argument(
        "--database-url", default=os.environ.get("BENCHMARK_DATABASE_URL", ""), help=help_url
    )
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    if chosen.quick:
        chosen.sizes, chosen.rounds, chosen.times, chosen.seconds = [1_000, 10_000], 5, 5, 1
    if chosen.check:
        chosen.sizes = checks.SIZES
    if chosen.rates or chosen.redemptions:
        chosen.sizes = chosen.sizes[-1:]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-benchmark-")))
        collect_static(folder)
        url = stack.enter_context(server(chosen.database_url))
        urls = [database(url, size) for size in chosen.sizes]
        if chosen.redemptions:
            found = redemptions(
                urls[-1], postmaster(urls[-1]), rounds=5, clients=8, seconds=chosen.seconds
            )
            print(report.own_tables(found))
            return
        portals = [
            stack.enter_context(Portal(url, folder, str(size)))
            for url, size in zip(urls, chosen.sizes, strict=True)
        ]
        roots = [
            (portal.process.pid, postmaster(url)) for portal, url in zip(portals, urls, strict=True)
        ]

        def is_wanted(page: Page) -> bool:
            return chosen.only in page.name and not re.search(chosen.skip, page.name)

        costs = [
            [Cost(page, root) for page in filter(is_wanted, pages(portal, url, folder / "static"))]
            for portal, url, root in zip(portals, urls, roots, strict=True)
        ]
        if chosen.check:
            failed = checks.check(costs)
            print("\n".join(failed) or "Every page is near its target.")
            raise SystemExit(bool(failed))
        if chosen.rates:
            unit = render_seconds(chosen.times) * 1000
        else:
            unit = measure(costs, chosen.rounds, chosen.times)
            print(report.costs(chosen.sizes, costs, unit))
            print(report.profiles(profiles(costs)))
        if chosen.only or chosen.skip != "^$":
            return
        largest = {cost.page.name: cost.page for cost in costs[-1]}
        mine, stock = largest["benefits, first page"], largest["Django's own admin: benefits"]
        asked = [
            (mine, 8),
            (stock, 8),
            (largest["back office: benefits"], 8),
            (mine, 32),
            (largest["hello, signed in"], 8),
        ]
        print(report.rates(chosen.sizes[-1], asked, rates(asked, 3, chosen.seconds)))
        each = 20 if chosen.quick else 100
        redeemed = redeeming(mine.visitor, urls[-1], roots[-1], rounds=3, each=each, clients=8)
        print(report.redeemed(redeemed, unit))
        print(report.memory(portals[-1].worker_mib()))


if __name__ == "__main__":
    main()
