"""The values of planning: keys, steps and plans (O1, O2, O5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import Term


@dataclass(frozen=True)
class Key:
    """A product key to plan with.

    `last_day` is its benefit's last day (B5); None if unknown. `pk` is that of the product key.
    """

    licenses: int
    last_day: date | None = None
    pk: int | None = None

    @property
    def lapses_on(self) -> date:
        """The last day as a sort key; a key without one comes last."""
        return self.last_day or date.max


@dataclass(frozen=True)
class Stock:
    """A subscription's term, and the keys to use on it on day `on`."""

    before: Term
    keys: tuple[Key, ...]
    on: date


@dataclass(frozen=True)
class Step:
    """One key, used in one way; `before` and `after` are the terms around it."""

    way: RedemptionKind
    key: Key
    before: Term
    after: Term

    @property
    def last_day(self) -> date:
        """The last day of the benefit or of the subscription, whichever is earlier (O5)."""
        return min(self.key.lapses_on, self.before.ends_on)

    @property
    def is_held_by_key(self) -> bool:
        """Whether the benefit ends before the subscription does."""
        return self.key.lapses_on < self.before.ends_on


@dataclass(frozen=True)
class Plan:
    """Steps that are taken on one day, in order, and the keys that stay unused."""

    before: Term
    steps: tuple[Step, ...]
    unused: tuple[Key, ...] = ()

    @property
    def after(self) -> Term:
        return self.steps[-1].after if self.steps else self.before

    @property
    def licenses(self) -> int:
        return self.after.licenses

    @property
    def ends_on(self) -> date:
        return self.after.ends_on

    @property
    def days_later(self) -> int:
        """How many days later than now the subscription ends; negative for earlier."""
        return self.after.days_later_than(self.before.ends_on)

    def keys_used(self, way: RedemptionKind) -> tuple[Key, ...]:
        return tuple(step.key for step in self.steps if step.way is way)

    @property
    def last_day(self) -> date | None:
        """The last day for all steps; None without steps."""
        return min((step.last_day for step in self.steps), default=None)

    @property
    def lapsing(self) -> tuple[Key, ...]:
        """The unused keys with a known last day, the earliest first (O5)."""
        known = (key for key in self.unused if key.last_day)
        return tuple(sorted(known, key=lambda key: key.lapses_on))


@dataclass(frozen=True)
class Coverage:
    """How many ways and orders are possible, and how many of them were tried (O3)."""

    tried: int
    possible: int

    @property
    def is_complete(self) -> bool:
        return self.tried == self.possible


class KeySizes:
    """Keys by size, in the order listed: equal keys are one choice with a count.

    Of equal keys the one that lapses first is used first, then the one listed first (O2).
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        groups: dict[int, list[int]] = {}
        for position, key in enumerate(keys):
            groups.setdefault(key.licenses, []).append(position)
        self.keys = keys
        self.sizes = tuple(groups)
        self.counts = tuple(map(len, groups.values()))
        self._positions = [
            sorted(group, key=lambda position: (keys[position].lapses_on, position))
            for group in groups.values()
        ]
        self._preferences: dict[tuple[int, ...], tuple[list[date], list[int]]] = {}

    def in_order_of_use(self) -> list[list[Key]]:
        """The keys of each size."""
        return [[self.keys[position] for position in group] for group in self._positions]

    def _used(self, counts: Iterable[int]) -> list[int]:
        """The positions of the first keys of each size, `counts` of them."""
        pairs = zip(self._positions, counts, strict=True)
        return sorted(position for group, count in pairs for position in group[:count])

    def unused(self, counts: Iterable[int]) -> tuple[Key, ...]:
        """The keys that are not used, in the order listed."""
        used = set(self._used(counts))
        return tuple(key for position, key in enumerate(self.keys) if position not in used)

    def preference(self, counts: tuple[int, ...]) -> tuple[list[date], list[int]]:
        """The sort key of O2 among equally many keys: first to lapse, then first listed."""
        if counts not in self._preferences:
            used = self._used(counts)
            lapses = sorted(self.keys[position].lapses_on for position in used)
            self._preferences[counts] = lapses, used
        return self._preferences[counts]
