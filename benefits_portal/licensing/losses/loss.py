"""One thing that is lost or ends on a day, and how the first of a kind are read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import takewhile
from typing import Any, NamedTuple

from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from benefits_portal.formats import as_day
from benefits_portal.licensing.home.rows import days_left, urgency


class Kind(models.TextChoices):
    """What happens after the day, in the order in which totals list them."""

    KEY = "key", _("Key expires")
    CREDIT = "credit", _("Credit is lost")
    ASSIGNED = "assigned", _("Credit ends")
    EXPIRED = "expired", _("Expires")
    DISABLED = "disabled", _("Is disabled")
    DELETED = "deleted", _("Is deleted")
    MEMBERSHIP = "membership", _("Membership ends")
    PEOPLE = "people", _("Too few licenses")


KINDS = list(Kind)


class About(NamedTuple):
    """The texts and links about a loss.

    `hint` offers a key that can be used for it; `explanation` is anything else to know.
    """

    title: str
    href: str
    tenant: str
    action: SafeString
    offer: str = ""
    hint: str = ""
    explanation: str = ""


@dataclass(frozen=True)
class Loss:
    """A thing that is lost, the last day of it, and how much it is.

    `pk` is the thing's own. `amount` is what is lost of unassigned credit, or what assigned credit
    gives per year or month. `explain` loads the texts, which only some of many losses need; it
    returns None if the thing was deleted since.
    """

    kind: Kind
    day: date
    pk: int
    explain: Callable[[], About | None]
    licenses: int = 0
    people: int = 0
    amount: Decimal = Decimal()
    currency: str = ""
    is_monthly: bool = False

    @cached_property
    def found(self) -> About | None:
        return self.explain()

    @property
    def about(self) -> About:
        if self.found is None:
            raise LookupError("It was deleted, and `in_order` leaves it out.")
        return self.found

    @property
    def day_and_kind(self) -> tuple[date, int]:
        return self.day, KINDS.index(self.kind)

    @property
    def order(self) -> tuple[date, int, str]:
        return *self.day_and_kind, self.about.title

    def has_happened(self, on: date) -> bool:
        """Whether it has happened already, perhaps before the day says."""
        return self.day < on

    def row(self, on: date) -> dict[str, Any]:
        """The values of the row on the page."""
        has_happened = self.has_happened(on)
        return {
            "day": pgettext("last day", "Now") if has_happened else as_day(self.day),
            "left": "" if has_happened else days_left(self.day, on),
            "urgency": urgency(self.day, on),
            "kind": str(self.kind.label),
            **self.about._asdict(),
        }


class Losses(NamedTuple):
    """The losses of some kinds, and whether there are more than were read (W7)."""

    found: list[Loss]
    has_more: bool = False


def one_more(most: int | None) -> int | None:
    """The limit with which `read` can tell whether there are more; None for all."""
    return None if most is None else most + 1


def read[Row](found: Sequence[Row], most: int | None) -> tuple[Sequence[Row], bool]:
    """The first `most` rows, all for None, and whether there are more."""
    kept = found[:most]
    return kept, len(kept) < len(found)


def in_order(parts: Iterable[Losses], most: int | None = None) -> list[Loss]:
    """The first `most` losses, all for None, by day, then kind, then name."""
    found = sorted(
        (loss for part in parts for loss in part.found), key=lambda each: each.day_and_kind
    )
    if most is not None and len(found) > most:
        # Sorting by name loads texts, so only losses that may be among the first are sorted
        last = found[most - 1].day_and_kind
        found = list(takewhile(lambda each: each.day_and_kind <= last, found))
    return sorted((each for each in found if each.found), key=lambda each: each.order)[:most]
