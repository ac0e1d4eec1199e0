"""Home: too few licenses now or within 90 days (L8, L11), and licenses of the disabled (L9)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DateField, Exists, F, OuterRef, Q, Sum, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.home.rows import act, days_left, link_to, urgency
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicenseOutlook,
    Stretch,
    Subscription,
)
from benefits_portal.licensing.models.license_outlook import SETTLE_DAYS, Step
from benefits_portal.licensing.models.subscription_queryset import EXPIRED_DAYS
from benefits_portal.listing.excerpt import NOT_ASKED, Asked, Excerpt
from benefits_portal.tenants.models import Partner

AHEAD = timedelta(days=90)
DAY = timedelta(days=1)
MAX_LINES = 12

type Rows = Excerpt[dict[str, Any]]


@dataclass(frozen=True)
class Pool:
    """A product in a tenant, by its numbers and names."""

    tenant: int
    tenant_name: str
    product: int
    product_name: str


def too_few_licenses(partner: Partner, on: date) -> Rows:
    """Pools with more people than licenses, or that will have within 90 days, the earliest first.

    Of those whose licenses go or went 90 days before or after today.
    """
    found = [
        (step, pool, outlook)
        for pool, outlook in near_outlooks(partner, on)
        if (step := outlook.first_over) and step.day <= on + AHEAD
    ]
    found.sort(key=lambda each: (each[0].day, each[1].product_name, each[1].tenant))
    rows = [over_row(*each, on) for each in found[:MAX_LINES]]
    return Excerpt(rows, len(found), reverse("licensing:licenses"))


def near_outlooks(partner: Partner, on: date) -> Iterator[tuple[Pool, LicenseOutlook]]:
    """Of each product and tenant whose licenses become fewer about now: one query."""
    theirs = Subscription.objects.for_partner(partner)
    same = theirs.filter(tenant=OuterRef("tenant"), product=OuterRef("product"))
    since = on - SETTLE_DAYS
    changing = Q(
        withdrawn_on=None,
        ends_on__gte=since - EXPIRED_DAYS,
        ends_on__lt=on + AHEAD - EXPIRED_DAYS,
    )
    near = Exists(same.filter(changing | Q(withdrawn_on__gte=since)))
    names = ("tenant", "tenant__name", "product", "product__name")
    nobody = Value(None, DateField())
    people = LicenseAssignment.objects.for_partner(partner).running().filter(near).order_by()
    given = people.values_list(*names).annotate(day=nobody, total=Count("pk"))
    ending = theirs.entitling(on).filter(near).order_by()
    rows = ending.values_list(*names).annotate(day=F("ends_on"), total=Sum("licenses"))
    stretches: dict[Pool, list[Stretch]] = defaultdict(list)
    holders: dict[Pool, int] = {}
    for *pool, day, total in rows.union(given, all=True).order_by():
        if day is None:
            holders[Pool(*pool)] = total
        else:
            stretches[Pool(*pool)].append(Stretch(day, total))
    for known, count in holders.items():
        yield known, LicenseOutlook(on, count, tuple(stretches[known]))


def over_row(step: Step, pool: Pool, outlook: LicenseOutlook, on: date) -> dict[str, Any]:
    over = outlook.over(step)
    people = ngettext(
        "%(product)s: %(count)s person more than licenses",
        "%(product)s: %(count)s people more than licenses",
        over,
    )
    title = people % {"product": pool.product_name, "count": format_number(over)}
    is_over = step.day <= on
    href = reverse("licensing:license-holders", args=[pool.product])
    return {
        "title": title,
        "subtitle": pool.tenant_name,
        "hint": "",
        "href": href,
        "left": _("Now") if is_over else days_left(step.day - DAY, on),
        "day": "" if is_over else _("From %(day)s") % {"day": as_day(step.day)},
        "urgency": urgency(step.day, on),
        "status": "expired" if is_over else "neutral",
        "status_text": _("Over") if is_over else _("Coming"),
        "action": link_to(href, _("View people"), title),
    }


def licenses_of_disabled(
    partner: Partner, asked: Asked = NOT_ASKED, *, may_act: bool = True
) -> Rows:
    """Licenses that somebody has who is disabled in the directory, the longest held first."""
    held = LicenseAssignment.objects.for_partner(partner).running().of_disabled()
    held = held.select_related("directory_user", "product", "tenant")
    excerpt: Excerpt[LicenseAssignment] = asked.excerpt(
        "disabled-licenses", held.order_by("given_at", "pk"), MAX_LINES
    )
    return excerpt.showing([disabled_row(one, may_act=may_act) for one in excerpt])


def disabled_row(held: LicenseAssignment, *, may_act: bool) -> dict[str, Any]:
    title = f"{held.directory_user.display_name}: {held.product}"
    take = reverse("licensing:take-license", args=[held.product_id, held.pk])
    return {
        "title": title,
        "subtitle": held.tenant.name,
        "hint": "",
        "href": reverse("licensing:license-holders", args=[held.product_id]),
        "left": "",
        "day": _("Since %(day)s") % {"day": as_day(held.given_on)},
        "urgency": "",
        "status": "disabled",
        "status_text": _("Disabled"),
        "action": act(_("Remove"), take, title, may_act=may_act),
    }
