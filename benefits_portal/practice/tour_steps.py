"""What the steps of the guided tour are: a table, with how each is addressed and ticked."""

from dataclasses import dataclass
from typing import Protocol

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import BenefitAction
from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.models import RedemptionAction
from benefits_portal.tenants.models import TenantsAction

ADMIN, MEMBER = "partner-admin", "member"


@dataclass(frozen=True)
class Found:
    """What the practice world holds of what the steps are about.

    Primary keys by name; `on_record` has actions and codes of refusals since the story ended, each
    with the persona.
    """

    benefits: dict[tuple[str, str], int]
    subscriptions: dict[tuple[str, int], int]
    on_record: set[tuple[str, str]]
    is_calendar_moved: bool


# How a step is addressed


class Page(Protocol):
    def url(self, found: Found) -> str:
        """Where the step is done; a list that stands in for what is gone."""


@dataclass(frozen=True)
class NamedPage:
    name: str

    def url(self, found: Found) -> str:
        return reverse(self.name)


@dataclass(frozen=True)
class BenefitPage:
    """The page `name` of the benefit of `product` under `offer`."""

    product: str
    offer: str
    name: str = "licensing:benefit-detail"

    def url(self, found: Found) -> str:
        pk = found.benefits.get((self.product, self.offer))
        return reverse(self.name, args=[pk]) if pk else reverse("benefits:azure-cloud")


@dataclass(frozen=True)
class SubscriptionPage:
    """The page of the subscription to `product` with so many licenses."""

    product: str
    licenses: int

    def url(self, found: Found) -> str:
        pk = found.subscriptions.get((self.product, self.licenses))
        return reverse("licensing:subscription", args=[pk]) if pk else reverse("licensing:products")


# How a step is ticked


class Trace(Protocol):
    def is_left(self, found: Found) -> bool:
        """Whether the step was done since the story ended."""


@dataclass(frozen=True)
class Done:
    """On record: an action, or the code of a refusal; by `persona` where that matters."""

    what: str
    persona: str = ""

    def is_left(self, found: Found) -> bool:
        if self.persona:
            return (self.what, self.persona) in found.on_record
        return any(what == self.what for what, _persona in found.on_record)


@dataclass(frozen=True)
class CalendarMoved:
    def is_left(self, found: Found) -> bool:
        return found.is_calendar_moved


@dataclass(frozen=True)
class Step:
    """`trace` is None where one only looks: nothing is on record, so nothing can be ticked."""

    title: str | Promise
    text: str | Promise
    page: Page
    trace: Trace | None
    persona: str = ADMIN


STEPS = (
    Step(
        _("See what needs attention"),
        _("The home page says what will be lost if nobody acts, and until when."),
        NamedPage("home"),
        trace=None,
    ),
    Step(
        _("Give Azure credit to somebody"),
        _("Choose a person in the list. Who cannot be chosen is there too, with the reason."),
        BenefitPage("Microsoft Azure", "Silver competency"),
        Done(BenefitAction.ASSIGNED),
    ),
    Step(
        _("Get a product key"),
        _("Verify the tenant, tick the box and get the key of 25 licenses. Copy it."),
        BenefitPage("Microsoft 365 Audio Conferencing", "Silver competency"),
        Done(BenefitAction.KEY_REVEALED),
    ),
    Step(
        _("Activate it for the first time"),
        _(
            "Choose the tenant, paste the key, validate, compare, redeem. The receipt says "
            "what happened."
        ),
        NamedPage("licensing:product-key-start"),
        Done(RedemptionAction.NEW),
    ),
    Step(
        _("Compare what a key would do"),
        _(
            "The walkthrough works out extend, add and new for this very key, side by "
            "side. Nothing is redeemed yet."
        ),
        BenefitPage("Microsoft 365 E3", "Silver competency", "licensing:walkthrough"),
        trace=None,
    ),
    Step(
        _("Extend an end date"),
        _(
            "100 licenses and a key of 25: the end date moves by three months. Take the "
            "key from your own benefits."
        ),
        SubscriptionPage("Microsoft 365 E3", 100),
        Done(RedemptionAction.EXTEND),
    ),
    Step(
        _("Add licenses, and see the end date move"),
        _(
            "100 licenses and a key of 25: choose Add licenses, and read how the two dates "
            "are averaged."
        ),
        SubscriptionPage("Azure AD Basic", 100),
        Done(RedemptionAction.ADD),
    ),
    Step(
        _("Meet the 3-year limit"),
        _(
            "Extend 5 licenses: paste the key of 100 from your own benefits and validate it. It is "
            "refused, with the largest key that fits and what to do instead."
        ),
        SubscriptionPage("Azure AD Basic", 5),
        Done(ExtensionLimitExceeded.code),
    ),
    Step(
        _("Move the calendar"),
        _(
            "In the yellow bar, 30 days at a time: this subscription goes from Active to "
            "Expired, Disabled and Deleted."
        ),
        SubscriptionPage("Power BI Pro", 100),
        CalendarMoved(),
    ),
    Step(
        _("Be somebody who may only look"),
        _(
            "The same pages as an account member: what cannot be done is shown, with the "
            "reason and who can."
        ),
        NamedPage("benefits:azure-cloud"),
        Done(TenantsAction.SIGNED_IN, MEMBER),
        persona=MEMBER,
    ),
)
