"""Every term that a subscription can have after keys are used on one day, and how (O1 to O3).

The end-date rules calculate each figure, step by step. Ways and orders that used the same keys in
the same ways and made the same term are continued as one state.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from math import factorial, prod
from typing import NamedTuple

from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import Term
from benefits_portal.tenants.audit.refusal import Refusal

from .values import Coverage, Key, KeySizes, Plan, Step, Stock

MAX_TRIED = 20_000  # ways and orders; of more than these, only some are tried (O3)

type Counts = tuple[int, ...]  # of the keys to extend with, by size, then of those to add
type Path = tuple[int, ...]  # of moves: positions in `Counts`


class State(NamedTuple):
    """The keys used so far, and the term that they made."""

    used: Counts
    licenses: int
    ends_on: date
    carried_license_days: int

    @property
    def term(self) -> Term:
        return Term(self.licenses, self.ends_on, self.carried_license_days)

    @property
    def keys_used(self) -> int:
        return sum(self.used)


def term_after(way: RedemptionKind, before: Term, key_licenses: int, on: date) -> Term | None:
    """The term that follows `before`; None if the rules refuse (S4 to S6)."""
    try:
        return end_dates.redeemed(way, before, key_licenses, on)
    except Refusal:
        return None


class Search:
    """The states that can be reached from a stock; each knows the states before it.

    Raises SubscriptionNotActive (S4, S6).
    """

    def __init__(self, stock: Stock) -> None:
        Subscription.with_term(stock.before).check_active(stock.on)
        self.stock = stock
        self.keys = KeySizes(stock.keys)
        self.width = len(self.keys.sizes)
        self.start = state_of((0,) * (2 * self.width), stock.before)
        # For each state, the states before it with the moves that lead from them
        self.origins: dict[State, list[tuple[State, Path]]] = {self.start: []}
        self.possible = ways_and_orders(self.keys.counts)
        self.steps = 0
        self._planned: dict[tuple[int, int, date, int], Term] = {}

    @property
    def is_small(self) -> bool:
        return self.possible <= MAX_TRIED

    def way(self, move: int) -> RedemptionKind:
        return RedemptionKind.EXTEND if move < self.width else RedemptionKind.ADD

    def size(self, move: int) -> int:
        return self.keys.sizes[move % self.width]

    def used_of_each_size(self, used: Counts) -> Counts:
        extended, added = used[: self.width], used[self.width :]
        return tuple(map(sum, zip(extended, added, strict=True)))

    def try_all(self) -> Coverage:
        """Try every way and order, with all of the keys or some."""
        self._try(range(2 * self.width), self.keys.counts)
        return Coverage(self.possible, self.possible)

    def extend_only(self, limits: Counts) -> None:
        """Try every order of extending, with at most `limits` keys of each size."""
        self._try(range(self.width), limits)

    def _try(self, moves: range, limits: Counts) -> None:
        layer = [self.start]
        while layer:
            layer = [
                following for state in layer for following in self._following(state, moves, limits)
            ]

    def _following(self, state: State, moves: range, limits: Counts) -> Iterator[State]:
        """The states one key later that were not reached before."""
        for move in moves:
            size = move % self.width
            if state.used[size] + state.used[size + self.width] < limits[size]:
                following = self.go(state, (move,))
                if following and len(self.origins[following]) == 1:
                    yield following

    def go(self, state: State, path: Path) -> State | None:
        """Reach the state after `path`: one key, or several that are added one after the other.

        Returns None if the rules refuse it. Several keys added on one day make the same term as one
        key with all of their licenses (S7), so they are calculated at once.
        """
        self.steps += 1
        licenses = sum(map(self.size, path))
        term = term_after(self.way(path[0]), state.term, licenses, self.stock.on)
        if term is None:
            return None
        used = list(state.used)
        for move in path:
            used[move] += 1
        reached, origin = state_of(tuple(used), term), (state, path)
        origins = self.origins.setdefault(reached, [])
        if origin not in origins:
            origins.append(origin)
        return reached

    def paths(self, state: State, rest: Path = ()) -> Iterator[Path]:
        """The paths that lead to `state`, each followed by `rest`.

        Keys that are added one after the other make the same term in any order, so only one of
        these orders is listed.
        """
        if state == self.start:
            yield rest
        for origin, last in self.origins[state]:
            are_added = rest and min(last[-1], rest[0]) >= self.width
            if not (are_added and last[-1] > rest[0]):
                yield from self.paths(origin, last + rest)

    def in_one_order(self, path: Path) -> Path:
        """The path with keys that are added one after the other in the order listed."""
        moves, added = list[int](), list[int]()
        for move in path:
            if self.way(move) is RedemptionKind.ADD:
                added.append(move)
            else:
                moves += [*sorted(added), move]
                added = []
        return (*moves, *sorted(added))

    def first_path(self, state: State) -> Path:
        moves: Path = ()
        while self.origins[state]:
            state, last = self.origins[state][0]
            moves = last + moves
        return self.in_one_order(moves)

    def plan(self, state: State, path: Path | None = None) -> Plan:
        """The plan along `path` or, by default, along the first path that was found."""
        steps, term = list[Step](), self.stock.before
        waiting = [iter(keys) for keys in self.keys.in_order_of_use()]
        for move in self.first_path(state) if path is None else path:
            key, after = next(waiting[move % self.width]), self._after(move, term)
            steps.append(Step(self.way(move), key, term, after))
            term = after
        return Plan(
            self.stock.before,
            tuple(steps),
            self.keys.unused(self.used_of_each_size(state.used)),
        )

    def _after(self, move: int, term: Term) -> Term:
        """The term after one step; it is kept, because many plans begin with the same steps."""
        step = move, term.licenses, term.ends_on, term.carried_license_days
        if step not in self._planned:
            after = term_after(self.way(move), term, self.size(move), self.stock.on)
            if after is None:
                raise AssertionError("The rules allow what they allowed before.")
            self._planned[step] = after
        return self._planned[step]

    def preference(self, state: State) -> tuple[object, ...]:
        """The sort key of O2 among equal ends: fewer keys, first to lapse, first listed."""
        used = self.used_of_each_size(state.used)
        return (
            state.keys_used,
            *self.keys.preference(used),
            -state.carried_license_days,
            tuple(-count for count in state.used),
        )


def carried_out(
    before: Term,
    moves: Iterable[tuple[RedemptionKind, Key]],
    on: date,
    unused: tuple[Key, ...] = (),
) -> Plan | None:
    """The plan of these `moves` on day `on`; None if the rules refuse a step."""
    steps, term = list[Step](), before
    for way, key in moves:
        after = term_after(way, term, key.licenses, on)
        if after is None:
            return None
        steps.append(Step(way, key, term, after))
        term = after
    return Plan(before, tuple(steps), unused)


def state_of(used: Counts, term: Term) -> State:
    return State(used, term.licenses, term.ends_on, term.carried_license_days)


def ways_and_orders(counts: Counts) -> int:
    """How many ways and orders use all keys, each to extend or to add (O3)."""
    keys = sum(counts)
    equal = prod(map(factorial, counts))
    return factorial(keys) * (1 << keys) // equal
