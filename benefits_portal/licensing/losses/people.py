"""Losses: people who are left without a license by a day (L7, L8, L11)."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from django.utils.translation import gettext as _

from benefits_portal.formats import as_day
from benefits_portal.licensing.home.licenses import over_title
from benefits_portal.licensing.home.rows import link_to
from benefits_portal.licensing.models import LicenseOutlook
from benefits_portal.licensing.models.license_outlook import DAY
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.licensing.models.pool_outlooks import Pool, near_outlooks, outlooks_of
from benefits_portal.tenants.models import Partner

from .loss import About, Kind, Loss, Losses


def people_without(partner: Partner, on: date, until: date) -> Losses:
    """The losses of each pool; if licenses end in steps, each step counts only further people.

    Two queries, or one if nobody loses a license.
    """
    near = near_outlooks([partner.pk], on, until + DAY - on)
    over = {pool.key for pool, outlook in near if is_over_by(until + DAY, outlook)}
    pools = outlooks_of(over, on) if over else ()
    return Losses([loss for pool, outlook in pools for loss in steps_of(pool, outlook, until)])


def is_over_by(day: date, outlook: LicenseOutlook) -> bool:
    first = outlook.first_over
    return first is not None and first.day <= day


def steps_of(pool: Pool, outlook: LicenseOutlook, until: date) -> Iterator[Loss]:
    before = 0
    for step in outlook.steps_over:
        over, last_on = outlook.over(step), step.day - DAY
        if last_on > until or over == before:
            continue
        has_happened = last_on < outlook.on
        explain = partial(about, pool, over, None if has_happened else step.day)
        yield Loss(Kind.PEOPLE, last_on, pool.number, explain, people=over - before)
        before = over


def about(pool: Pool, over: int, day: date | None) -> About:
    """The texts of a shortage; `day` is its first day, or None if it has begun."""
    title, href = over_title(pool.product_name, over), pool_url(pool.tenant, pool.product)
    since = _("From %(day)s") % {"day": as_day(day)} if day else ""
    action = link_to(href, _("View people"), title)
    return About(title, href, pool.tenant_name, action, explanation=since)
