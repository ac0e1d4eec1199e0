"""Sections of home: shortages of licenses (L8, L11), and licenses of disabled users (L9)."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.home.rows import (
    FoldedLater,
    Rows,
    act,
    days_left,
    link_to,
    urgency,
)
from benefits_portal.licensing.home.unused_queries import QUARTER
from benefits_portal.licensing.models import LicenseAssignment, LicenseOutlook
from benefits_portal.licensing.models.license_outlook import DAY, Step
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.licensing.models.pool_outlooks import Pool, near_outlooks
from benefits_portal.licensing.terms import LAST_DAY
from benefits_portal.listing.excerpt import MAX_ROWS, NO_QUERY, Excerpt, PageQuery, with_total
from benefits_portal.prepared import PlannedQuery
from benefits_portal.tenants.models import Partner

MAX_LINES = 12


def too_few_licenses(
    partner: Partner, on: date, asked: PageQuery = NO_QUERY
) -> tuple[Rows, FoldedLater]:
    """Pools with a shortage of licenses now or within three months, and those with a later one.

    Sorted by day. Looks only at pools whose licenses became fewer within 90 days, or will.
    """
    found = [
        (step, pool, outlook)
        for pool, outlook in near_outlooks([partner.pk], on, LAST_DAY - on)
        if (step := outlook.first_over)
    ]
    found.sort(key=lambda each: (each[0].day, each[1].product_name, each[1].tenant))
    href = asked.all_of("over")
    rows = [over_row(*each, on) for each in found[: MAX_LINES if href else MAX_ROWS]]
    soon_total = sum(1 for step, *_pool in found if step.day <= on + QUARTER)
    soon = Excerpt(rows[:soon_total], soon_total, href)
    later = Excerpt(rows[soon_total:], len(found) - soon_total, href)
    return soon, FoldedLater(later, on + QUARTER)


def over_row(step: Step, pool: Pool, outlook: LicenseOutlook, on: date) -> dict[str, Any]:
    title = over_title(pool.product_name, outlook.over(step))
    is_over = step.day <= on
    href = pool_url(pool.tenant, pool.product)
    return {
        "title": title,
        "subtitle": pool.tenant_name,
        "hint": "",
        "href": href,
        "left": _("Now") if is_over else days_left(step.day - DAY, on),
        "day": "" if is_over else _("From %(day)s") % {"day": as_day(step.day)},
        "urgency": urgency(step.day, on),
        "status": "expired" if is_over else "neutral",
        "status_text": _("Shortage") if is_over else _("Coming"),
        "action": link_to(href, _("View people"), title),
    }


def over_title(product: str, over: int) -> str:
    text = ngettext(
        "%(product)s: %(count)s license too few",
        "%(product)s: %(count)s licenses too few",
        over,
    )
    return text % {"product": product, "count": format_number(over)}


def licenses_of_disabled(
    partner: Partner, asked: PageQuery = NO_QUERY, *, may_act: bool = True
) -> Rows:
    """Licenses of people who are disabled in the directory, the longest held first."""
    excerpt: Excerpt[LicenseAssignment] = asked.prepared(
        "disabled-licenses", MAX_LINES, lambda most: of_disabled.rows(partner.pk, most=most)
    )
    return excerpt.showing([disabled_row(one, may_act=may_act) for one in excerpt])


@PlannedQuery
def of_disabled(partner: int, *, most: int) -> QuerySet[LicenseAssignment]:
    held = LicenseAssignment.objects.filter(partner=partner).running().of_disabled()
    shown = held.select_related("directory_user", "product", "tenant")
    return with_total(shown.order_by("given_at", "pk"), most, counted=held)


def disabled_row(held: LicenseAssignment, *, may_act: bool) -> dict[str, Any]:
    title = f"{held.directory_user.display_name}: {held.product}"
    take = reverse("licensing:take-license", args=[held.product_id, held.pk])
    return {
        "title": title,
        "subtitle": held.tenant.name,
        "hint": "",
        "href": pool_url(held.tenant_id, held.product_id),
        "left": "",
        "day": _("License, since %(day)s") % {"day": as_day(held.given_on)},
        "urgency": "",
        "status": "disabled",
        "status_text": _("Disabled"),
        "action": act(pgettext("license", "Remove"), take, title, may_act=may_act),
    }
