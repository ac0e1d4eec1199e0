"""The guided tour: the main job in ten steps.

Each with the page it is done on, the persona to be there, and whether it was done. What the steps
are stands in `tour_steps.py`; here they are found in the practice world.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from benefits_portal.benefits.models import Benefit, Product
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Partner, PracticeWorld, Record, Tenant, User

from .tour_steps import ADMIN, MEMBER, STEPS, Found


@dataclass(frozen=True)
class TourStep:
    """A step as the help page shows it; `done` is None for what leaves no trace (looking)."""

    persona: str
    name: str
    title: str | Promise
    text: str | Promise
    url: str
    done: bool | None


def tour() -> list[TourStep]:
    """The steps, as far as the people and things they are about are there."""
    people = {
        user.persona: user
        for user in User.objects.filter(persona__in=(ADMIN, MEMBER)).select_related(
            "directory_user__tenant__partner"
        )
    }
    if len(people) < 2 or (home := people[ADMIN].directory_user) is None:
        return []
    found = find(home.tenant)
    return [
        TourStep(
            persona=step.persona,
            name=people[step.persona].name,
            title=step.title,
            text=step.text,
            url=step.page.url(found),
            done=step.trace.is_left(found) if step.trace else None,
        )
        for step in STEPS
    ]


def find(tenant: Tenant) -> Found:
    """What the steps refer to by name, and what was done at the partner of `tenant`."""
    named_once = Benefit.objects.for_partner(tenant.partner).exclude(
        product__kind=Product.Kind.BULK_CREDIT
    )
    return Found(
        benefits=pks_by_name(
            named_once.order_by("expires_on"), "product__name", "membership__offer__name"
        ),
        subscriptions=pks_by_name(
            Subscription.objects.in_tenant(tenant).order_by("ends_on"), "product__name", "licenses"
        ),
        on_record=done_since_the_story(tenant.partner),
        is_calendar_moved=tenant.partner.days_ahead > 0,
    )


def pks_by_name(rows: QuerySet[Any], *names: str) -> dict[tuple[Any, ...], int]:
    """The primary key of the last row of each name."""
    return {tuple(name): pk for *name, pk in rows.values_list(*names, "pk")}


def done_since_the_story(partner: Partner) -> set[tuple[str, str]]:
    """What was done, or the code of what was refused, each with the persona who did it."""
    records = Record.objects.for_partner(partner).filter(
        at__gt=PracticeWorld.objects.values("made_at")[:1]
    )
    return {
        (refused or action, persona or "")
        for action, refused, persona in records.order_by()
        .values_list("action", "refused", "actor__persona")
        .distinct()
    }
