"""What can be had with some keys, and which of them to use for a goal (O2, O3, O6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import MAX_EXTENSION_YEARS, Term

from .sampling import MAX_STEPS, Sample, used_sets
from .search import Search, State, term_after
from .values import Coverage, Plan, Stock


@dataclass(frozen=True)
class Frontier:
    """The plan that ends last for each number of licenses that can be had, fewest first."""

    plans: tuple[Plan, ...]
    coverage: Coverage


@dataclass(frozen=True)
class NextKey:
    """The size of one more key to extend with, and the resulting end date."""

    licenses: int
    ends_on: date


@dataclass(frozen=True)
class Aim:
    """The plans nearest to a goal: at least `licenses`, until at least `ends_on`.

    `before` and `after` end nearest to that day on its two sides, `after` on the day itself if a
    plan does. If no plan reaches the goal, `after` is None. `fewest` reaches it with fewest keys.
    """

    licenses: int
    ends_on: date
    before: Plan | None
    after: Plan | None
    fewest: Plan | None
    next_keys: tuple[NextKey, ...]
    coverage: Coverage

    @property
    def is_hit(self) -> bool:
        return self.after is not None and self.after.ends_on == self.ends_on


def frontier(stock: Stock) -> Frontier:
    """What can be had with `stock` (O2). Raises SubscriptionNotActive."""
    search = Search(stock)
    coverage = search.try_all() if search.is_small else Sample(search).take()
    return Frontier(tuple(map(search.plan, latest_ends(search))), coverage)


def latest_ends(search: Search) -> list[State]:
    """The state that ends last for each number of licenses; of equals, the preferred one (O2)."""
    best: dict[int, list[State]] = {}
    for state in search.origins:
        if not state.keys_used:
            continue
        equals = best.get(state.licenses)
        if equals is None or state.ends_on > equals[0].ends_on:
            best[state.licenses] = [state]
        elif state.ends_on == equals[0].ends_on:
            equals.append(state)
    return [min(best[licenses], key=search.preference) for licenses in sorted(best)]


def aim(stock: Stock, licenses: int, ends_on: date) -> Aim:
    """The plans nearest to this goal (O6). Raises SubscriptionNotActive."""
    search = Search(stock)
    coverage = search.try_all() if search.is_small else some_with_few_keys(search)
    enough = [state for state in search.origins if state.licenses >= licenses]
    before = [state for state in enough if state.ends_on < ends_on]
    after = [state for state in enough if state.ends_on >= ends_on]

    def nearest(state: State) -> tuple[object, ...]:
        return abs((state.ends_on - ends_on).days), *search.preference(state)

    def fewest(state: State) -> tuple[object, ...]:
        return state.keys_used, *nearest(state)

    last = min(before, key=nearest, default=None)
    return Aim(
        licenses,
        ends_on,
        search.plan(last) if last else None,
        search.plan(min(after, key=nearest)) if after else None,
        search.plan(min(after, key=fewest)) if after else None,
        next_keys(last.term, ends_on, stock.on) if last else (),
        coverage,
    )


def some_with_few_keys(search: Search) -> Coverage:
    """Try what `Sample` tries, and sets of one key, two keys and so on, extending first."""
    sample = Sample(search)
    coverage = sample.take()
    last = search.steps + MAX_STEPS
    for keys in range(1, sum(search.keys.counts)):
        for extended, added in used_sets(search.keys.counts, keys):
            if search.steps >= last:
                return coverage
            sample.add(sample.extended(extended), added)
    return coverage


def next_keys(term: Term, ends_on: date, on: date) -> tuple[NextKey, ...]:
    """The sizes of a key that would extend `term` nearest to `ends_on`, on both sides of it.

    Only one if it hits the day, or if no key reaches it (S5).
    """
    smaller, larger = 0, MAX_EXTENSION_YEARS * term.licenses + 1
    while larger - smaller > 1:  # a larger key never ends earlier
        middle = (smaller + larger) // 2
        if end_with(middle, term, on) <= ends_on:
            smaller = middle
        else:
            larger = middle
    found = [NextKey(size, end_with(size, term, on)) for size in around(smaller, larger, term)]
    exact = [key for key in found if key.ends_on == ends_on]
    return tuple(exact or found)


def around(smaller: int, larger: int, term: Term) -> Iterable[int]:
    if smaller:
        yield smaller
    if larger <= MAX_EXTENSION_YEARS * term.licenses:
        yield larger


def end_with(key_licenses: int, term: Term, on: date) -> date:
    after = term_after(RedemptionKind.EXTEND, term, key_licenses, on)
    return after.ends_on if after else date.max
