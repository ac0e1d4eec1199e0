"""A quote: what redeeming one key in one way on one day would do (S8).

It is signed into the form, so that *Redeem* does exactly that.
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.core import signing
from django.db import models
from django.utils.translation import gettext_lazy as _

from .exceptions import ChangedMeanwhile
from .terms import Term

SALT = "benefits_portal.licensing.quote"


class RedemptionKind(models.TextChoices):
    """What a key is redeemed for."""

    NEW = "new", _("New subscription")
    REACTIVATE = "reactivate", _("Reactivation")
    EXTEND = "extend", _("Extend end date")
    ADD = "add", _("Add licenses")


# The two ways that are easily confused
OTHER_WAY = {
    RedemptionKind.EXTEND: RedemptionKind.ADD,
    RedemptionKind.ADD: RedemptionKind.EXTEND,
}


@dataclass(frozen=True)
class Quote:
    """The terms before and after, for a key, a tenant, a day and, unless new, a subscription.

    `submission` identifies the form that shows this quote: submitted twice, it leads to the same
    receipt (K2).
    """

    way: RedemptionKind
    key_id: int
    tenant_id: int
    subscription_id: int | None
    on: date
    before: Term | None
    after: Term
    submission: uuid.UUID = field(default_factory=uuid.uuid4, compare=False)

    def confirm_unchanged(self, shown: "Quote | None") -> "Quote":
        """Return this quote with the submission of the one that was `shown`, if any.

        Raises ChangedMeanwhile if they differ (S8).
        """
        if shown is None:
            return self
        if shown != self:
            raise ChangedMeanwhile(self)
        return replace(self, submission=shown.submission)

    def signed(self) -> str:
        return signing.dumps(
            {
                "way": self.way.value,
                "key": self.key_id,
                "tenant": self.tenant_id,
                "subscription": self.subscription_id,
                "on": self.on.isoformat(),
                "before": packed_term(self.before) if self.before else None,
                "after": packed_term(self.after),
                "submission": self.submission.hex,
            },
            salt=SALT,
        )

    @classmethod
    def loaded(cls, text: str) -> "Quote":
        """Verify and read what `signed` wrote. Raises ChangedMeanwhile if it is invalid."""

        try:
            values = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            raise ChangedMeanwhile from None
        return cls(
            way=RedemptionKind(values["way"]),
            key_id=values["key"],
            tenant_id=values["tenant"],
            subscription_id=values["subscription"],
            on=date.fromisoformat(values["on"]),
            before=unpacked_term(values["before"]) if values["before"] else None,
            after=unpacked_term(values["after"]),
            submission=uuid.UUID(values["submission"]),
        )


def packed_term(term: Term) -> list[Any]:
    """`term` as JSON, without its calculation."""
    return [term.licenses, term.ends_on.isoformat(), term.carried_license_days]


def unpacked_term(term: list[Any]) -> Term:
    """The term that `packed_term` wrote."""
    return Term(term[0], date.fromisoformat(term[1]), term[2])
