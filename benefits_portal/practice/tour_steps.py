"""What the steps of the guided tour are: a table, with each one's page and what marks it done."""

from dataclasses import dataclass
from typing import Protocol

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import BenefitAction
from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.models import RedemptionAction

ADMIN, MEMBER = "partner-admin", "member"


@dataclass(frozen=True)
class Found:
    """Primary keys by name of what the steps are about."""

    benefits: dict[tuple[str, str], int]
    subscriptions: dict[tuple[str, int], int]


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


# What marks a step as done, besides actions and codes of refusals: both of this very session

LOOKED = "looked"  # its page was opened, as its persona
DATE_CHANGED = "date-changed"


@dataclass(frozen=True)
class Step:
    """`trace` is what marks it as done: an action, the code of a refusal, or one of the above."""

    title: str | Promise
    text: str | Promise
    page: Page
    trace: str = LOOKED
    persona: str = ADMIN


STEPS = (
    Step(
        _("See what needs attention"),
        _("The home page lists what you will lose if you don't use it, and by when."),
        NamedPage("home"),
    ),
    Step(
        _("Give Azure credit to a person"),
        _(
            "Choose a person in the list. People who can't be chosen are there too, with the "
            "reason."
        ),
        BenefitPage("Microsoft Azure", "Silver competency"),
        BenefitAction.ASSIGNED,
    ),
    Step(
        _("Get a product key"),
        _("Check the tenant, select the box and get the key of 25 licenses. Copy it."),
        BenefitPage("Microsoft 365 Audio Conferencing", "Silver competency"),
        BenefitAction.KEY_REVEALED,
    ),
    Step(
        _("Activate it for the first time"),
        _("Choose the tenant, paste the key, review the result and redeem. You get a receipt."),
        NamedPage("licensing:product-key-start"),
        RedemptionAction.NEW,
    ),
    Step(
        _("Compare what a key would do"),
        _(
            "The walkthrough shows what extending, adding licenses or starting new would do for "
            "this key. Nothing is redeemed yet."
        ),
        BenefitPage("Microsoft 365 E3", "Silver competency", "licensing:walkthrough"),
    ),
    Step(
        _("Extend an end date"),
        _(
            "100 licenses and a key of 25: the end date moves by three months. Choose one of your "
            "own keys."
        ),
        SubscriptionPage("Microsoft 365 E3", 100),
        RedemptionAction.EXTEND,
    ),
    Step(
        _("Add licenses, and see the end date move"),
        _(
            "100 licenses and a key of 25: choose Add licenses, and see how the two end dates are "
            "averaged."
        ),
        SubscriptionPage("Azure AD Basic", 100),
        RedemptionAction.ADD,
    ),
    Step(
        _("See the 3-year limit"),
        _(
            "Try to extend 5 licenses with your key of 100. It is refused, with the largest key "
            "that fits and what to do instead."
        ),
        SubscriptionPage("Azure AD Basic", 5),
        ExtensionLimitExceeded.code,
    ),
    Step(
        _("Change the date"),
        _(
            "In the yellow bar, 30 days at a time: this subscription goes from Active to "
            "Expired, Disabled and Deleted."
        ),
        SubscriptionPage("Power BI Pro", 100),
        DATE_CHANGED,
    ),
    Step(
        _("See the portal with read-only access"),
        _(
            "The same pages as an account member: actions you can't take are shown, with the "
            "reason and who can."
        ),
        NamedPage("benefits:azure-cloud"),
        persona=MEMBER,
    ),
)
