"""What people hold, told by the rooms above, which this one does not know.

Their pages show it all the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from .models import DirectoryUser


@dataclass(frozen=True)
class Holding:
    """Something that somebody holds, and the page where it is taken away or passed on."""

    title: str
    subtitle: str
    href: str


class HoldingProvider(Protocol):
    """Says what some people hold on a day, with each entry's number."""

    def __call__(
        self, people: Sequence[DirectoryUser], on: date, *, then: bool
    ) -> Iterable[tuple[int, Holding]]:
        """`then`: on another day than today, whatever was given or taken since (H1)."""


holding_providers: list[HoldingProvider] = []


def register_holding_provider(provider: HoldingProvider) -> HoldingProvider:
    """Decorator: `provider` says what some people hold on a day, with each entry's number."""
    holding_providers.append(provider)
    return provider


def holdings(
    people: Sequence[DirectoryUser], on: date, *, then: bool = False
) -> dict[int, list[Holding]]:
    """What `people` hold on that day, today or `then`, by the number of their entry.

    As many queries however many they are, and none for nobody.
    """
    found: dict[int, list[Holding]] = defaultdict(list)
    for provider in holding_providers if people else ():
        for person, holding in provider(people, on, then=then):
            found[person].append(holding)
    return found
