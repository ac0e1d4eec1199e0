"""The guided tour: the main job in ten steps.

Each with the page it is done on, the persona to be there, and whether it was done.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import Benefit, Product
from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import PracticeWorld, Record, User

ADMIN, MEMBER = "partner-admin", "member"


@dataclass(frozen=True)
class Step:
    """`done` is None for what leaves no trace, such as looking."""

    persona: str
    name: str
    title: str | Promise
    text: str | Promise
    url: str
    done: bool | None


def tour() -> list[Step]:
    """The steps, as far as the people and things they are about are there."""
    people = {
        user.persona: user
        for user in User.objects.filter(persona__in=(ADMIN, MEMBER)).select_related(
            "directory_user__tenant__partner"
        )
    }
    if len(people) < 2 or (home := people[ADMIN].directory_user) is None:
        return []
    partner = home.tenant.partner_id
    named_once = Benefit.objects.filter(partner=partner).exclude(
        product__kind=Product.Kind.BULK_CREDIT
    )
    benefits = _numbers(
        named_once.order_by("expires_on"), "product__name", "membership__offer__name"
    )
    subscriptions = _numbers(
        Subscription.objects.in_tenant(home.tenant).order_by("ends_on"), "product__name", "licenses"
    )
    done_since = Record.objects.filter(
        partner=partner, at__gt=PracticeWorld.objects.values("made_at")[:1]
    )
    done = {
        refused or action
        for action, refused in done_since.values_list("action", "refused").distinct()
    }
    moved = home.tenant.partner.days_ahead > 0

    def benefit(product: str, offer: str, page: str = "licensing:benefit-detail") -> str:
        pk = benefits.get((product, offer))
        return reverse(page, args=[pk]) if pk else reverse("benefits:azure-cloud")

    def subscription(product: str, licenses: int) -> str:
        pk = subscriptions.get((product, licenses))
        return reverse("licensing:subscription", args=[pk]) if pk else reverse("licensing:products")

    steps: list[tuple[str, str | Promise, str | Promise, str, bool | None]] = [
        (
            ADMIN,
            _("See what needs attention"),
            _("The home page says what will be lost if nobody acts, and until when."),
            reverse("home"),
            None,
        ),
        (
            ADMIN,
            _("Give Azure credit to somebody"),
            _("Choose a person in the list. Who cannot be chosen is there too, with the reason."),
            benefit("Microsoft Azure", "Silver competency"),
            "benefits.assigned" in done,
        ),
        (
            ADMIN,
            _("Get a product key"),
            _("Verify the tenant, tick the box and get the key of 25 licenses. Copy it."),
            benefit("Microsoft 365 Audio Conferencing", "Silver competency"),
            "benefits.key-revealed" in done,
        ),
        (
            ADMIN,
            _("Activate it for the first time"),
            _(
                "Choose the tenant, paste the key, validate, compare, redeem. The receipt says "
                "what happened."
            ),
            reverse("licensing:product-key-start"),
            "licensing.new" in done,
        ),
        (
            ADMIN,
            _("Compare what a key would do"),
            _(
                "The walkthrough works out extend, add and new for this very key, side by "
                "side. Nothing is redeemed yet."
            ),
            benefit("Microsoft 365 E3", "Silver competency", "licensing:walkthrough"),
            None,
        ),
        (
            ADMIN,
            _("Extend an end date"),
            _(
                "100 licenses and a key of 25: the end date moves by three months. Take the "
                "key from your own benefits."
            ),
            subscription("Microsoft 365 E3", 100),
            "licensing.extend" in done,
        ),
        (
            ADMIN,
            _("Add licenses, and see the end date move"),
            _(
                "100 licenses and a key of 25: choose Add licenses, and read how the two dates "
                "are averaged."
            ),
            subscription("Azure AD Basic", 100),
            "licensing.add" in done,
        ),
        (
            ADMIN,
            _("Meet the 3-year limit"),
            _(
                "Extend 5 licenses with the key of 100: it is refused, with the largest key "
                "that fits and what to do instead."
            ),
            subscription("Azure AD Basic", 5),
            True if ExtensionLimitExceeded.code in done else None,
        ),
        (
            ADMIN,
            _("Move the calendar"),
            _(
                "In the yellow bar, 30 days at a time: this subscription goes from Active to "
                "Expired, Disabled and Deleted."
            ),
            subscription("Power BI Pro", 100),
            moved,
        ),
        (
            MEMBER,
            _("Be somebody who may only look"),
            _(
                "The same pages as an account member: what cannot be done is shown, with the "
                "reason and who can."
            ),
            reverse("benefits:azure-cloud"),
            None,
        ),
    ]
    return [
        Step(persona, people[persona].name, title, text, url, done)
        for persona, title, text, url, done in steps
    ]


def _numbers(rows: QuerySet[Any], *names: str) -> dict[tuple[Any, ...], int]:
    """The number of the last row of each name."""
    return {tuple(name): pk for *name, pk in rows.values_list(*names, "pk")}
