"""Some of the ways and orders, if there are too many to try all (O3)."""

from collections.abc import Iterable, Iterator
from itertools import product
from math import prod
from operator import mul

from .search import Counts, Search, State
from .values import Coverage

MAX_SETS = 1_300  # of keys to add
MAX_SETS_IN_TWO_ORDERS = 300
MAX_STEPS = 2_000  # calculated with these sets


class Sample:
    """Two orders for each set of keys to add: extend first, and add first; all keys are used.

    Keys that extend are used in the order listed, as far as the rules allow it.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.tried = 0
        self._extended: dict[Counts, State] = {}

    def take(self, added_licenses: int | None = None) -> Coverage:
        """Try the sets that add `added_licenses`, or all sets if that is None."""
        sizes = self.search.keys.sizes
        sets = each_sum_first(list(added_sets(self.search.keys.counts)), sizes)
        if added_licenses is not None:
            sets = [counts for counts in sets if licenses_of(counts, sizes) == added_licenses]
        for added in sets:
            if self.search.steps >= MAX_STEPS:
                break
            self.extend_first(added)
            if len(sets) <= MAX_SETS_IN_TWO_ORDERS:
                self.add_first(added)
        possible = self.search.possible
        return Coverage(min(self.tried, possible - 1), possible)

    def extend_first(self, added: Counts) -> None:
        """Extend, add, then extend with keys that did not fit before (S5)."""
        state = self.extended(self.others(added))
        self.extend(self.add(state, added), self.others(added))
        self.tried += 1

    def add_first(self, added: Counts) -> None:
        self.extend(self.add(self.search.start, added), self.others(added))
        self.tried += 1

    def others(self, added: Counts) -> Counts:
        """The keys that are not added."""
        pairs = zip(self.search.keys.counts, added, strict=True)
        return tuple(count - taken for count, taken in pairs)

    def extended(self, counts: Counts) -> State:
        """The subscription extended with so many keys of each size, if they fit (S5)."""
        if counts not in self._extended:
            last = max((size for size, count in enumerate(counts) if count), default=None)
            if last is None:
                return self.search.start
            before = self.extended(one_less(counts, last))
            self._extended[counts] = self.search.go(before, (last,)) or before
        return self._extended[counts]

    def add(self, state: State, added: Counts) -> State | None:
        width = self.search.width
        path = tuple(width + size for size, count in enumerate(added) for _ in range(count))
        return self.search.go(state, path) if path else state

    def extend(self, state: State | None, counts: Counts) -> None:
        """Extend with the keys of `counts` that `state` has not used, as far as the rules allow."""
        for size, count in enumerate(counts):
            while state and state.used[size] < count:
                following = self.search.go(state, (size,))
                if following is None:
                    break
                state = following


def one_less(counts: Counts, size: int) -> Counts:
    return (*counts[:size], counts[size] - 1, *counts[size + 1 :])


def added_sets(counts: Counts) -> Iterator[Counts]:
    """The sets of keys to add: all or, if there are too many, some of very different sizes.

    These are the first keys listed and the last ones, each key alone, and all but one.
    """
    if prod(count + 1 for count in counts) <= MAX_SETS:
        yield from product(*(range(count + 1) for count in counts))
        return
    keys = [size for size, count in enumerate(counts) for _ in range(count)]
    some = [keys[:end] for end in range(len(keys) + 1)]
    some += [keys[start:] for start in range(1, len(keys))]
    some += [[size] for size in set(keys)]
    some += [keys[:place] + keys[place + 1 :] for place in range(len(keys))]
    yield from dict.fromkeys(counted(sizes, len(counts)) for sizes in some)


def each_sum_first(sets: list[Counts], sizes: tuple[int, ...]) -> list[Counts]:
    """A set for each number of licenses before a second one for any."""
    seen = set[int]()
    first, others = list[Counts](), list[Counts]()
    for counts in sets:
        licenses = licenses_of(counts, sizes)
        (others if licenses in seen else first).append(counts)
        seen.add(licenses)
    return first + others


def licenses_of(counts: Counts, sizes: tuple[int, ...]) -> int:
    return sum(map(mul, counts, sizes))


def counted(sizes: Iterable[int], width: int) -> Counts:
    counts = [0] * width
    for size in sizes:
        counts[size] += 1
    return tuple(counts)


def used_sets(counts: Counts, keys: int) -> Iterator[tuple[Counts, Counts]]:
    """Every way to extend and to add with `keys` keys in all."""
    if not counts:
        if not keys:
            yield (), ()
        return
    for used in range(min(counts[0], keys), -1, -1):
        for extended, added in used_sets(counts[1:], keys - used):
            for first in range(used, -1, -1):
                yield (first, *extended), (used - first, *added)


def try_orders(search: Search, limits: Counts, max_steps: int) -> bool:
    """Try every order of the keys that `limits` says to extend and to add with.

    Returns whether `max_steps` sufficed.
    """
    last = search.steps + max_steps
    seen = {search.start}
    waiting = [search.start]
    while waiting and search.steps < last:
        state = waiting.pop()
        for move, limit in enumerate(limits):
            if state.used[move] < limit:
                following = search.go(state, (move,))
                if following and following not in seen:
                    seen.add(following)
                    waiting.append(following)
    return not waiting
