"""Why a page costs more than its target: where its CPU goes, part by part."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import processes
from benchmarks.costs import Cost
from benchmarks.parts import HEADER
from benchmarks.unit import render_seconds

TIMES = 20
BASE = "hello, signed in"  # what it takes is a part of every page
DEAREST = 3  # queries that are named


@dataclass(frozen=True)
class Profile:
    """Of one page, in render units; `dearest` in ms until the answer, the quickest of all times."""

    name: str
    asking: float
    rendering: float
    rest: float
    database: float
    dearest: list[tuple[str, float]]


def profiles(measured: list[list[Cost]]) -> Iterator[Profile]:
    """Of every page that misses its target, and first of *hello*, at the largest size."""
    groups = list(zip(*measured, strict=True))
    named = [group for group in groups if group[-1].page.name == BASE]
    for group in named + [group for group in groups if missed(group) and group not in named]:
        if not group[-1].failure:
            yield profile(group[-1])


def missed(group: tuple[Cost, ...]) -> bool:
    return group[0].page.limit is not None and (is_dear(group) or grows(group))


def is_dear(group: tuple[Cost, ...]) -> bool:
    """Whether it fails, asks too often, or costs too much even in the quietest round."""
    page = group[0].page
    return any(
        bool(cost.failure)
        or (page.limit is not None and min(cost.units) > page.limit)
        or (page.queries is not None and cost.queries > page.queries)
        for cost in group
    )


def grows(group: tuple[Cost, ...]) -> bool:
    """Whether more data makes it dearer, both in the median and in the quietest round."""
    first, last, growth = group[0], group[-1], group[0].page.growth
    return not (first.failure or last.failure) and (
        last.ru > growth * first.ru and min(last.units) > growth * min(first.units)
    )


def profile(cost: Cost) -> Profile:
    web, database = cost.roots
    page = cost.page
    headers = {**dict(page.headers), HEADER: "1"}
    unit = render_seconds(TIMES)
    before = processes.cpu_seconds(web), processes.cpu_seconds(database)
    answers = [page.visitor.get(page.url, **headers) for _ in range(TIMES)]
    taken = [
        (processes.cpu_seconds(root) - start) / TIMES
        for root, start in zip((web, database), before, strict=True)
    ]
    unit = (unit + render_seconds(TIMES)) / 2
    if any(answer.status != page.status for answer in answers):
        raise RuntimeError(f"{page.url} failed while it was profiled")
    found = [answer.parts for answer in answers]
    asking = statistics.median(parts.asking for parts in found)
    rendering = statistics.median(parts.rendering for parts in found)
    return Profile(
        page.name,
        asking / unit,
        rendering / unit,
        (taken[0] - asking - rendering) / unit,
        taken[1] / unit,
        dearest([parts.answers for parts in found]),
    )


def dearest(answers: list[list[tuple[str, float]]]) -> list[tuple[str, float]]:
    """The queries that took longest, by table and in ms; each as quick as it ever was."""
    quickest: dict[tuple[str, int], float] = defaultdict(lambda: float("inf"))
    for answered in answers:
        before: Counter[str] = Counter()
        for table, seconds in answered:
            nth = table, before[table]
            quickest[nth] = min(quickest[nth], seconds)
            before[table] += 1
    ranked = sorted(quickest.items(), key=lambda item: -item[1])[:DEAREST]
    return [(table, seconds * 1000) for (table, _nth), seconds in ranked]
