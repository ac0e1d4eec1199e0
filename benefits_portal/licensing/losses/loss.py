"""One thing that is lost or ends on a day, and how some of a kind are read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from benefits_portal.formats import as_day
from benefits_portal.licensing.home.rows import days_left, urgency


class Kind(models.TextChoices):
    """What happens after the day, in the order of the totals."""

    KEY = "key", _("Key expires")
    CREDIT = "credit", _("Credit is lost")
    ASSIGNED = "assigned", _("Credit ends")
    EXPIRED = "expired", _("Expires")
    DISABLED = "disabled", _("Is disabled")
    DELETED = "deleted", _("Is deleted")
    MEMBERSHIP = "membership", _("Membership ends")
    PEOPLE = "people", _("Too few licenses")


KINDS = list(Kind)


@dataclass(frozen=True)
class Loss:
    """A thing, the last day of it, and how much it is.

    `amount` is what is lost of unassigned credit; of assigned credit what each year or month has.
    `hint` is the key that can be used for it, `explanation` whatever else is to be known.
    """

    kind: Kind
    day: date
    title: str
    href: str
    tenant: str
    action: SafeString
    offer: str = ""
    hint: str = ""
    explanation: str = ""
    licenses: int = 0
    people: int = 0
    amount: Decimal = Decimal()
    currency: str = ""
    is_monthly: bool = False

    @property
    def order(self) -> tuple[date, int, str]:
        return self.day, KINDS.index(self.kind), self.title

    def row(self, on: date) -> dict[str, Any]:
        """What the page shows of it."""
        has_happened = self.day < on
        return {
            "day": pgettext("last day", "Now") if has_happened else as_day(self.day),
            "left": "" if has_happened else days_left(self.day, on),
            "urgency": urgency(self.day, on),
            "title": self.title,
            "href": self.href,
            "offer": self.offer,
            "hint": self.hint,
            "explanation": self.explanation,
            "tenant": self.tenant,
            "kind": str(self.kind.label),
            "action": self.action,
        }


class Losses(NamedTuple):
    """Those of some kinds, and whether there are more than were read (W7)."""

    found: list[Loss]
    has_more: bool = False


def read(rows: Any, most: int | None) -> tuple[Sequence[Any], bool]:
    """The first `most` of the queryset `rows`, all of them for None; and whether there are more."""
    found = list(rows if most is None else rows[: most + 1])
    kept = list(islice(found, most))
    return kept, len(kept) < len(found)


def in_order(parts: Iterable[Losses]) -> list[Loss]:
    return sorted((loss for part in parts for loss in part.found), key=lambda loss: loss.order)
