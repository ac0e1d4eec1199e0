"""What people hold, provided by higher apps, which this app does not know."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from .models import DirectoryUser


@dataclass(frozen=True)
class Holding:
    """Something that a person holds, with the URL of the page to remove or transfer it."""

    title: str
    subtitle: str
    href: str


class HoldingProvider(Protocol):
    """A function that returns what people hold on a day, by the primary keys of their entries."""

    def __call__(
        self, people: Sequence[DirectoryUser], on: date, *, then: bool
    ) -> Iterable[tuple[int, Holding]]:
        """`then` asks for a day other than today, as it was then (H1)."""


holding_providers: list[HoldingProvider] = []


def register_holding_provider(provider: HoldingProvider) -> HoldingProvider:
    """Decorator: register a HoldingProvider."""
    holding_providers.append(provider)
    return provider


def holdings(
    people: Sequence[DirectoryUser], on: date, *, then: bool = False
) -> dict[int, list[Holding]]:
    """What `people` hold on day `on`, by primary key; `then` for a day other than today.

    The number of queries does not depend on the number of people; none without people.
    """
    found: dict[int, list[Holding]] = defaultdict(list)
    for provider in holding_providers if people else ():
        for person, holding in provider(people, on, then=then):
            found[person].append(holding)
    return found
