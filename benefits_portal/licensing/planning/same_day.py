"""Several subscriptions that should end on one day: which key extends which (O7)."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from math import comb, prod

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import Term

from .search import Counts, Search, State, carried_out
from .values import Coverage, Key, KeySizes, Plan, Stock

MAX_DISTRIBUTIONS = 5_000  # ways to distribute keys; if there are more, some keys are left out


@dataclass(frozen=True)
class SameDay:
    """One plan for each subscription, extensions only, and the keys that none of them uses."""

    plans: tuple[Plan, ...]
    unused: tuple[Key, ...]
    coverage: Coverage

    @property
    def first_end(self) -> date:
        return min(plan.ends_on for plan in self.plans)

    @property
    def last_end(self) -> date:
        return max(plan.ends_on for plan in self.plans)

    @property
    def spread(self) -> int:
        """Days from the first end to the last."""
        return (self.last_end - self.first_end).days


class Extensions:
    """The states of one subscription after extending, by the number of keys of each size."""

    def __init__(self, term: Term, keys: tuple[Key, ...], on: date, limits: Counts) -> None:
        self.search = Search(Stock(term, keys, on))
        self.search.extend_only(limits)
        self.states: dict[Counts, dict[date, State]] = {}
        for state in self.search.origins:
            counts = state.used[: self.search.width]
            self.states.setdefault(counts, {}).setdefault(state.ends_on, state)
        self.ends = {counts: sorted(states) for counts, states in self.states.items()}

    def sizes(self, counts: Counts, ends_on: date) -> list[int]:
        """The sizes of the keys, in the order in which they lead to `ends_on`."""
        path = self.search.first_path(self.states[counts][ends_on])
        return list(map(self.search.size, path))


def same_day(terms: Sequence[Term], keys: tuple[Key, ...], on: date) -> SameDay:
    """The plans with the smallest spread, then the latest first end, then the fewest keys (O7).

    Raises SubscriptionNotActive.
    """
    all_counts = KeySizes(keys).counts
    counts = few_enough(all_counts, len(terms))
    extensions = [Extensions(term, keys, on, counts) for term in terms]
    fitting = (
        distribution
        for distribution in distributions(counts, len(terms))
        if all(taken in each.ends for each, taken in zip(extensions, distribution, strict=True))
    )
    best = min(fitting, key=lambda distribution: score(distribution, extensions))
    ends = closest([each.ends[taken] for each, taken in zip(extensions, best, strict=True)])
    sizes = [
        each.sizes(taken, end) for each, taken, end in zip(extensions, best, ends, strict=True)
    ]
    coverage = Coverage(how_many(counts, len(terms)), how_many(all_counts, len(terms)))
    return SameDay(*carried_out_each(terms, sizes, keys, on), coverage)


def how_many(counts: Counts, subscriptions: int) -> int:
    """How many ways there are to give keys of each size to `subscriptions`, or to leave them."""
    return prod(comb(count + subscriptions, count) for count in counts)


def few_enough(counts: Counts, subscriptions: int) -> Counts:
    """Reduce the most frequent sizes until all distributions can be tried."""
    fewer = list(counts)
    while how_many(tuple(fewer), subscriptions) > MAX_DISTRIBUTIONS:
        most = max(fewer)
        fewer[len(fewer) - 1 - fewer[::-1].index(most)] -= 1
    return tuple(fewer)


def score(distribution: tuple[Counts, ...], extensions: Sequence[Extensions]) -> tuple[object, ...]:
    """The sort key of O7, less is better; of equals, the keys that lapse first, then as listed."""
    ends = closest([each.ends[taken] for each, taken in zip(extensions, distribution, strict=True)])
    used = tuple(map(sum, zip(*distribution, strict=True)))
    first = min(ends)
    preference = extensions[0].search.keys.preference(used)
    return max(ends) - first, -first.toordinal(), sum(used), *preference


def distributions(counts: Counts, subscriptions: int) -> Iterator[tuple[Counts, ...]]:
    """Every way to give keys to subscriptions: the counts by size, for each. Some stay unused."""
    for chosen in product(*(list(shares(count, subscriptions)) for count in counts)):
        yield tuple(zip(*chosen, strict=True)) if chosen else ((),) * subscriptions


def shares(count: int, subscriptions: int) -> Iterator[Counts]:
    """Every way to give at most `count` equal keys to `subscriptions`.

    Recursive, because filtering every combination takes hours for 50 subscriptions.
    """
    if not subscriptions:
        yield ()
        return
    for first in range(count + 1):
        for rest in shares(count - first, subscriptions - 1):
            yield (first, *rest)


def closest(ends: Sequence[list[date]]) -> list[date]:
    """One of its `ends` for each subscription: with the smallest spread, then the latest."""
    best: tuple[int, int] | None = None
    found = [days[0] for days in ends]
    for first in sorted({day for days in ends for day in days}):
        positions = [bisect_left(days, first) for days in ends]
        if any(position == len(days) for position, days in zip(positions, ends, strict=True)):
            break
        chosen = [days[position] for position, days in zip(positions, ends, strict=True)]
        candidate = (max(chosen) - min(chosen)).days, -min(chosen).toordinal()
        if best is None or candidate < best:
            best, found = candidate, chosen
    return found


def carried_out_each(
    terms: Sequence[Term], sizes: Sequence[Sequence[int]], keys: tuple[Key, ...], on: date
) -> tuple[tuple[Plan, ...], tuple[Key, ...]]:
    """The plans that use keys of these `sizes`, one for each term, and the unused keys."""
    known = KeySizes(keys)
    waiting = dict(zip(known.sizes, map(iter, known.in_order_of_use()), strict=True))
    plans = []
    for term, taken in zip(terms, sizes, strict=True):
        moves = [(RedemptionKind.EXTEND, next(waiting[size])) for size in taken]
        if (plan := carried_out(term, moves, on)) is None:
            raise AssertionError("The rules allow what they allowed before.")
        plans.append(plan)
    used = [sum(list(taken).count(size) for taken in sizes) for size in known.sizes]
    return tuple(plans), known.unused(used)
