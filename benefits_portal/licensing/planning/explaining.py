"""How a subscription came to its end date (O8)."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from math import factorial, prod

from .sampling import Sample, try_orders
from .search import Counts, Path, Search, State, carried_out
from .values import Coverage, Key, Plan, Stock

MAX_ORDERS = 100  # listed in one group
MAX_LISTED = 300  # orders listed in all groups; each group has at least one
MAX_NEARBY = 2  # sets of keys whose orders are all tried, if not everything is
MAX_STEPS = 2_600  # calculated in that case
MAX_NUMBERS = 1_000  # possible numbers of licenses
MAX_EARLIER = 6  # sets of keys for which an earlier day is searched
DAYS_BACK = 366  # how much earlier the keys may have been redeemed


@dataclass(frozen=True)
class Origin:
    """Which keys were added and which extended; `plans` are the orders that lead there."""

    plans: tuple[Plan, ...]

    @property
    def unused(self) -> tuple[Key, ...]:
        """Keys that were not redeemed, or whose redemption was taken back."""
        return self.plans[0].unused


@dataclass(frozen=True)
class EarlierDay:
    """A plan that explains the date if the keys were redeemed earlier, at the latest `on`."""

    on: date
    plan: Plan


@dataclass(frozen=True)
class Explanation:
    """Every way and order that leads exactly to the date, with all keys or with some of them.

    If none does with all keys: the nearest plans on both sides, and earlier days that would explain
    it. `licenses` are the possible numbers of licenses; empty if they are too many.
    """

    origins: tuple[Origin, ...]
    with_fewer_keys: tuple[Origin, ...]
    before: Plan | None
    after: Plan | None
    earlier_days: tuple[EarlierDay, ...]
    licenses: tuple[int, ...]
    coverage: Coverage


def explain(stock: Stock, ends_on: date, licenses: int | None = None) -> Explanation:
    """How `stock` came to end on `ends_on`, with `licenses` if they are known (O8).

    Raises SubscriptionNotActive.
    """
    search = Search(stock)
    coverage = search.try_all() if search.is_small else tried_nearby(search, ends_on, licenses)
    count = len(stock.keys)
    found = [state for state in search.origins if licenses in (None, state.licenses)]
    exact = [state for state in found if state.keys_used and state.ends_on == ends_on]
    whole = [state for state in found if state.keys_used == count and state.ends_on != ends_on]
    before, after = nearest(whole, ends_on, search)
    origins = origins_of([state for state in exact if state.keys_used == count], search)
    return Explanation(
        origins,
        origins_of([state for state in exact if state.keys_used < count], search),
        None if origins else before,
        None if origins else after,
        () if origins else earlier_days(whole, ends_on, search),
        reachable(stock),
        coverage,
    )


def origins_of(states: list[State], search: Search) -> tuple[Origin, ...]:
    """Grouped by which keys were added and which extended; more keys first, then as listed."""
    groups: dict[Counts, list[State]] = {}
    for state in states:
        groups.setdefault(state.used, []).append(state)
    in_order = sorted(groups, key=lambda used: (-sum(used), tuple(-count for count in used)))
    found, left = list[Origin](), MAX_LISTED
    for used in in_order:
        found.append(Origin(orders(groups[used], search, max(left, 1))))
        left -= len(found[-1].plans)
    return tuple(found)


def orders(states: list[State], search: Search, most: int) -> tuple[Plan, ...]:
    """At most `most` orders: the first one found of each state, then the others."""
    first = ((state, search.first_path(state)) for state in states)
    others = ((state, path) for state in states for path in search.paths(state))
    listed = dict.fromkeys([*islice(first, most), *islice(others, min(MAX_ORDERS, most))])
    return tuple(search.plan(state, path) for state, path in islice(listed, most))


def reachable(stock: Stock) -> tuple[int, ...]:
    """The numbers of licenses after adding some of the keys; empty if more than MAX_NUMBERS."""
    numbers = {stock.before.licenses}
    for key in stock.keys:
        numbers |= {number + key.licenses for number in numbers}
        if len(numbers) > MAX_NUMBERS:
            return ()
    return tuple(sorted(numbers))


def nearest(states: list[State], ends_on: date, search: Search) -> tuple[Plan | None, Plan | None]:
    """The plans with the last end before the day and with the first one after it."""
    last = max((state.ends_on for state in states if state.ends_on < ends_on), default=None)
    first = min((state.ends_on for state in states if state.ends_on > ends_on), default=None)
    before, after = (
        min(
            (state for state in states if state.ends_on == day),
            key=search.preference,
            default=None,
        )
        for day in (last, first)
    )
    return search.plan(before) if before else None, search.plan(after) if after else None


def earlier_days(states: list[State], ends_on: date, search: Search) -> tuple[EarlierDay, ...]:
    """For sets of keys that end too late today, earlier days on which they would end on `ends_on`.

    Licenses that are added on an earlier day lead to an earlier end date (S6).
    """
    later = sorted(
        (state for state in states if state.ends_on > ends_on and any(added(state, search))),
        key=lambda state: state.ends_on,
    )
    nearby = dict(reversed([(state.used, state) for state in later]))  # of each set the nearest
    found = [
        earlier_day(search.plan(state), ends_on, search.stock.on)
        for state in sorted(nearby.values(), key=lambda state: state.ends_on)[:MAX_EARLIER]
    ]
    return tuple(sorted(filter(None, found), key=lambda day: day.on, reverse=True))


def added(state: State, search: Search) -> Path:
    return state.used[search.width :]


def earlier_day(plan: Plan, ends_on: date, on: date) -> EarlierDay | None:
    """The latest day before `on` on which these steps would lead to `ends_on`, if there is one."""
    moves = [(step.way, step.key) for step in plan.steps]
    too_early, too_late = on - timedelta(days=DAYS_BACK), on
    while (too_late - too_early).days > 1:
        middle = too_early + (too_late - too_early) // 2
        earlier = carried_out(plan.before, moves, middle)
        if earlier is None or earlier.ends_on <= ends_on:
            too_early = middle
        else:
            too_late = middle
    earlier = carried_out(plan.before, moves, too_early)
    return EarlierDay(too_early, earlier) if earlier and earlier.ends_on == ends_on else None


def tried_nearby(search: Search, ends_on: date, licenses: int | None) -> Coverage:
    """Try two orders for each set of keys, and all orders of the sets that come nearest."""
    added = None if licenses is None else licenses - search.stock.before.licenses
    coverage = Sample(search).take(added)
    count = len(search.stock.keys)
    whole = [
        state
        for state in search.origins
        if state.keys_used == count and licenses in (None, state.licenses)
    ]
    whole.sort(key=lambda state: abs((state.ends_on - ends_on).days))
    tried = coverage.tried
    left = max(MAX_STEPS - search.steps, 0) // MAX_NEARBY
    for used in list(dict.fromkeys(state.used for state in whole))[:MAX_NEARBY]:
        if try_orders(search, used, left):
            tried += factorial(count) // prod(map(factorial, used))
    return Coverage(min(tried, coverage.possible - 1), coverage.possible)
