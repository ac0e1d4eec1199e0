"""How many answers a second, from several people at once."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.pages import Page
from benchmarks.portal import Visitor


def rate(page: Page, clients: int, seconds: float) -> float:
    """Answers a second; RuntimeError for one that is not a page.

    Whoever waits in vain for one goes away.
    """
    begun = time.monotonic()

    def ask(_client: int) -> int:
        visitor, count = Visitor(page.visitor.socket, page.visitor.cookies), 0
        while time.monotonic() - begun < seconds:
            try:
                answer = visitor.get(page.url)
            except TimeoutError:
                break
            if answer.status != 200:
                raise RuntimeError(f"{page.url} failed under load")
            count += 1
        return count

    with ThreadPoolExecutor(clients) as pool:
        answered = sum(pool.map(ask, range(clients)))
    return answered / (time.monotonic() - begun)


def rates(asked: list[tuple[Page, int]], rounds: int, seconds: float) -> list[float]:
    """The median rate of each page with its number of clients; every round asks all in turn."""
    taken: list[list[float]] = [[] for _ in asked]
    for turn in range(rounds):
        for nth, (page, clients) in list(enumerate(asked))[:: -1 if turn % 2 else 1]:
            taken[nth].append(rate(page, clients, seconds))
    return [statistics.median(values) for values in taken]
