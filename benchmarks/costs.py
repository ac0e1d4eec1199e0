"""What a page costs: CPU of web and database in render units.

Measured in turn with the unit and with the other sizes.
"""

import statistics
import time
from collections import defaultdict
from dataclasses import dataclass, field

import brotli

from benchmarks import processes
from benchmarks.databases import say
from benchmarks.pages import Page
from benchmarks.parts import HEADER
from benchmarks.unit import render_seconds

TOO_LONG = 8  # seconds for one answer: it is told, and not measured further


@dataclass
class Cost:
    """Of one page in one database."""

    page: Page
    roots: tuple[int, ...]
    queries: int = 0
    size: int = 0
    failure: str = ""
    units: list[float] = field(default_factory=list)
    quickest: float = float("inf")  # seconds
    cheapest: float = float("inf")  # CPU seconds of one answer

    @property
    def waited(self) -> float:
        """Seconds that the quickest answer took longer than the CPU of the cheapest."""
        return self.quickest - self.cheapest

    @property
    def ru(self) -> float:
        return statistics.median(self.units) if self.units else float("nan")

    def warm(self) -> None:
        """Ask a few times, so that both workers have their templates.

        Note what does not change from one time to the next.
        """
        try:
            for _ in range(4):
                answer = self.page.visitor.get(
                    self.page.url, **{HEADER: "1", **dict(self.page.headers)}
                )
                if answer.status != self.page.status:
                    self.failure = f"status {answer.status}"
                    return
            self.queries = len(answer.parts.answers)
            # Compressed as the proxy does
            self.size = len(brotli.compress(answer.body, quality=5))
        except TimeoutError:
            self.failure = f"more than {self.page.visitor.timeout:.0f} s"

    def slice_seconds(self, times: int) -> float:
        """CPU seconds of one answer, the mean of `times`."""
        before = processes.cpu_seconds(*self.roots)
        for _ in range(times):
            begun = time.perf_counter()
            answer = self.page.visitor.get(self.page.url, **dict(self.page.headers))
            if answer.status != self.page.status:
                raise RuntimeError(f"{self.page.url} failed while it was measured")
            self.quickest = min(self.quickest, time.perf_counter() - begun)
        taken = (processes.cpu_seconds(*self.roots) - before) / times
        self.cheapest = min(self.cheapest, taken)
        return taken


def measure(costs: list[list[Cost]], rounds: int, times: int) -> float:
    """Fill in every page of `costs`, a list for each size: A B C unit, then C B A unit ….

    Returns the unit's median, in ms.
    """
    every_unit = []
    for group in zip(*costs, strict=True):
        say(f"\r{group[0].page.name:<40}", end="")
        for cost in group:
            cost.page.visitor.timeout = TOO_LONG
            cost.warm()
        measurable = [cost for cost in group if not cost.failure]
        taken: dict[int, list[float]] = defaultdict(list)
        for turn in range(rounds):
            unit = render_seconds(times)
            for nth, cost in list(enumerate(measurable))[:: -1 if turn % 2 else 1]:
                taken[nth].append(cost.slice_seconds(times))
            unit = (unit + render_seconds(times)) / 2
            every_unit.append(unit)
            for nth, cost in enumerate(measurable):
                cost.units.append(taken[nth][turn] / unit)
    say("")
    return statistics.median(every_unit) * 1000
