"""What people hold, told by the rooms above, which this one does not know.

Their pages show it all the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .models import DirectoryUser


@dataclass(frozen=True)
class Holding:
    """Something that somebody holds, and the page where it is taken away or passed on."""

    title: str
    subtitle: str
    href: str


type HoldingProvider = Callable[[Sequence[DirectoryUser], date], Iterable[tuple[int, Holding]]]
holding_providers: list[HoldingProvider] = []


def register_holding_provider(provider: HoldingProvider) -> HoldingProvider:
    """Decorator: `provider` says what some people hold on a day, with each entry's number."""
    holding_providers.append(provider)
    return provider


def holdings(people: Sequence[DirectoryUser], on: date) -> dict[int, list[Holding]]:
    """What `people` hold, by the number of their entry.

    As many queries however many they are, and none for nobody.
    """
    found: dict[int, list[Holding]] = defaultdict(list)
    for provider in holding_providers if people else ():
        for person, holding in provider(people, on):
            found[person].append(holding)
    return found
