"""What is planned with, and what a plan is (rules O1, O2, O5). Values only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import Term


@dataclass(frozen=True)
class Key:
    """A product key to plan with.

    `last_day` is its benefit's last day (B5), None where that is not known; `pk` is its row's.
    """

    licenses: int
    last_day: date | None = None
    pk: int | None = None

    @property
    def lapses_on(self) -> date:
        """The last day, for an order in which a key without one comes last."""
        return self.last_day or date.max


@dataclass(frozen=True)
class Stock:
    """What there is: what a subscription runs for, and keys to use on it on day `on`."""

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
        """O5: by when, for its benefit's sake and because an Active subscription is needed."""
        return min(self.key.lapses_on, self.before.ends_on)

    @property
    def is_held_by_key(self) -> bool:
        """Whether the benefit ends before the subscription does."""
        return self.key.lapses_on < self.before.ends_on


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they are taken on one day, and the keys that stay unused."""

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
        """Than the subscription ends now; negative for earlier."""
        return self.after.days_later_than(self.before.ends_on)

    def keys_used(self, way: RedemptionKind) -> tuple[Key, ...]:
        return tuple(step.key for step in self.steps if step.way is way)

    @property
    def last_day(self) -> date | None:
        """By when all of it; None where nothing is to be done."""
        return min((step.last_day for step in self.steps), default=None)

    @property
    def lapsing(self) -> tuple[Key, ...]:
        """O5: unused keys that are lost on a known day, the earliest first."""
        known = (key for key in self.unused if key.last_day)
        return tuple(sorted(known, key=lambda key: key.lapses_on))


@dataclass(frozen=True)
class Coverage:
    """O3: how many ways and orders there are, and how many of them were tried."""

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
        """The others, in the order listed."""
        used = set(self._used(counts))
        return tuple(key for position, key in enumerate(self.keys) if position not in used)

    def preference(self, counts: tuple[int, ...]) -> tuple[list[date], list[int]]:
        """O2: of as many keys those that lapse first, then those listed first; less is better."""
        if counts not in self._preferences:
            used = self._used(counts)
            lapses = sorted(self.keys[position].lapses_on for position in used)
            self._preferences[counts] = lapses, used
        return self._preferences[counts]
