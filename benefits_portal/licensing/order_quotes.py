"""Several keys for one subscription, redeemed one after the other: their steps and one quote.

Orders follow O9 and O10: 2 to 20 keys of one product on one day, in the order shown.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from django.core import signing

from benefits_portal.benefits.models import ProductKey

from .exceptions import ChangedMeanwhile
from .quotes import Quote, RedemptionKind, packed_term, unpacked_term

SALT = "benefits_portal.licensing.order-quote"
MIN_KEYS, MAX_KEYS = 2, 20
STEP_KINDS = (RedemptionKind.EXTEND, RedemptionKind.ADD)


@dataclass(frozen=True)
class OrderStep:
    """One key of an order, and whether it extends or adds."""

    way: RedemptionKind
    key: ProductKey

    @property
    def reference(self) -> str:
        """The step in a URL: the way, and the primary key of the key (K3)."""
        return f"{self.way.value}:{self.key.pk}"


@dataclass(frozen=True)
class OrderQuote:
    """The quotes of an order's steps, each from the term that the one before it made.

    `submission` identifies the form that shows this quote: submitted twice, it leads to the same
    receipt (O13).
    """

    quotes: tuple[Quote, ...]
    submission: uuid.UUID = field(default_factory=uuid.uuid4, compare=False)

    @property
    def total(self) -> Quote:
        """All steps as one quote: of adding if any step adds licenses, else of extending."""
        first, last = self.quotes[0], self.quotes[-1]
        adds = any(quote.way is RedemptionKind.ADD for quote in self.quotes)
        way = RedemptionKind.ADD if adds else RedemptionKind.EXTEND
        return replace(first, way=way, after=last.after)

    @property
    def references(self) -> list[str]:
        """The steps, as in the URL of the review."""
        return [f"{quote.way.value}:{quote.key_id}" for quote in self.quotes]

    def confirm_unchanged(self, shown: "OrderQuote | None") -> "OrderQuote":
        """Return this quote with the submission of the one that was `shown`, if any.

        Raises ChangedMeanwhile if they differ in any step (O10, S8).
        """
        if shown is None:
            return self
        if shown != self:
            raise ChangedMeanwhile
        return replace(self, submission=shown.submission)

    def steps(self) -> Iterable[Quote]:
        """The quotes, each with the submission of its own redemption (O13)."""
        for position, quote in enumerate(self.quotes):
            yield replace(quote, submission=uuid.uuid5(self.submission, str(position)))

    def signed(self) -> str:
        first = self.quotes[0]
        return signing.dumps(
            {
                "tenant": first.tenant_id,
                "subscription": first.subscription_id,
                "on": first.on.isoformat(),
                "before": packed_term(first.before) if first.before else None,
                "steps": [
                    [quote.way.value, quote.key_id, packed_term(quote.after)]
                    for quote in self.quotes
                ],
                "submission": self.submission.hex,
            },
            salt=SALT,
        )

    @classmethod
    def loaded(cls, text: str) -> "OrderQuote":
        """Verify and read what `signed` wrote. Raises ChangedMeanwhile if it is invalid."""
        try:
            values = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            raise ChangedMeanwhile from None
        quotes, before = [], unpacked_term(values["before"])
        for way, key_id, after in values["steps"]:
            quote = Quote(
                RedemptionKind(way),
                key_id,
                values["tenant"],
                values["subscription"],
                date.fromisoformat(values["on"]),
                before,
                unpacked_term(after),
            )
            quotes.append(quote)
            before = quote.after
        return cls(tuple(quotes), uuid.UUID(values["submission"]))
