"""What pages say about a pool: its bar, what comes next, and a shortage (L6 to L8, L11)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.models import Product
from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.models import (
    LicenseCount,
    LicenseOutlook,
    LicensePool,
    outlook_of,
    over_since,
)
from benefits_portal.licensing.models.license_outlook import settle_until
from benefits_portal.licensing.models.pool_today import (
    outlook_today,
    outlooks_then,
    product_today,
    products_today,
)
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.listing.excerpt import Excerpt, first_of, with_total
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.candidates import Candidate
from benefits_portal.tenants.models import DirectoryUser, Tenant
from benefits_portal.tenants.models.people_sought import How, Meant, PeopleSought

MAX_CANDIDATES = 20  # people shown at a time


def href_of(product_pk: int) -> str:
    return reverse("licensing:license-holders", args=[product_pk])


class PoolStanding:
    """A product's pool in a tenant, as pages show it; `since` is when a shortage began, if any."""

    def __init__(self, product: Product, outlook: LicenseOutlook, since: date | None) -> None:
        self.product, self.outlook, self.since = product, outlook, since
        self.count: LicenseCount = outlook.count

    @property
    def href(self) -> str:
        return href_of(self.product.pk)

    @property
    def figure(self) -> str:
        """The text of the bar: 12 of 25 assigned."""
        return assigned_text(self.count)

    @property
    def segments(self) -> list[dict[str, Any]]:
        return bar(self.count)

    @property
    def next_text(self) -> str:
        """The next day with fewer licenses, and what it means; empty if there is none (L7, L8)."""
        step = self.outlook.next_step
        if step is None:
            return ""
        over, text = self.outlook.over(step), _("%(licenses)s left from %(day)s")
        if not step.licenses:
            text = _("No licenses from %(day)s")
        text %= {"licenses": in_licenses(step.licenses), "day": as_day(step.day)}
        if not over:
            return text
        return f"{text}: {over_text(over) if step.licenses else no_access_text(over)}"

    @property
    def warning(self) -> str:
        """The shortage, since when, and by when to settle it; empty without one (L7, L8)."""
        if not self.count.over or self.since is None:
            return ""
        until = settle_until(self.since)
        advice = _("Redeem a product key or remove licenses.")
        if until >= self.outlook.on:
            advice = _("Redeem a product key or remove licenses by %(until)s.")
        return f"{self._shortage} {advice % {'until': as_day(until)}}"

    @property
    def _shortage(self) -> str:
        """While some licenses are left nobody loses theirs; without any, nobody has access."""
        if self.count.licenses:
            text = ngettext(
                "Since %(since)s there is %(count)s license too few. No one loses theirs, but no "
                "more can be assigned.",
                "Since %(since)s there are %(count)s licenses too few. No one loses theirs, but no "
                "more can be assigned.",
                self.count.over,
            )
        else:
            text = ngettext(
                "No licenses are left: the assignment stays, but this %(count)s person has no "
                "access. Too few since %(since)s.",
                "No licenses are left: the assignments stay, but these %(count)s people have no "
                "access. Too few since %(since)s.",
                self.count.over,
            )
        since = as_day(self.since) if self.since else ""
        return text % {"count": format_number(self.count.over), "since": since}

    def cells(self) -> dict[str, object]:
        """The values of a row in the list of products."""
        over = _("%(count)s since %(day)s") % {
            "count": format_number(self.count.over),
            "day": as_day(self.since) if self.since else "",
        }
        return {
            "href": self.href,
            "product": self.product.name,
            "licenses": format_number(self.count.licenses),
            "given": format_number(self.count.given),
            "free": format_number(self.count.free),
            "over": over if self.count.over else "–",
            "has_none_over": "no" if self.count.over else "yes",
            "next": self.next_text or "–",
            "has_no_next": "no" if self.next_text else "yes",
        }


def over_text(over: int) -> str:
    return ngettext("%(count)s license too few", "%(count)s licenses too few", over) % {
        "count": format_number(over)
    }


def no_access_text(count: int) -> str:
    return ngettext("%(count)s person loses access", "%(count)s people lose access", count) % {
        "count": format_number(count)
    }


def assigned_text(count: LicenseCount) -> str:
    if not (count.licenses or count.given):
        return _("No licenses")
    if not count.licenses:
        return _("%(given)s assigned, no licenses") % {"given": format_number(count.given)}
    return _("%(given)s of %(licenses)s assigned") % {
        "given": format_number(count.given),
        "licenses": format_number(count.licenses),
    }


def bar(count: LicenseCount) -> list[dict[str, Any]]:
    """The segments of the bar, in percent: assigned and available or, in a shortage, missing."""
    whole = max(count.licenses, count.given)
    if not whole:
        return []
    width = min(count.given, count.licenses) * 100 // whole
    first = {"start": 0, "width": width}
    rest = {"start": width, "width": 100 - width}
    if count.over:
        licenses = _("Licenses: %(count)s") % {"count": format_number(count.licenses)}
        missing = _("Shortage: %(count)s") % {"count": format_number(count.over)}
        return [{"label": licenses, **first}, {"label": missing, "tone": "missing", **rest}]
    assigned = _("Assigned: %(count)s") % {"count": format_number(count.given)}
    available = _("Available: %(count)s") % {"count": format_number(count.free)}
    return [{"label": assigned, **first}, {"label": available, "tone": "rest", **rest}]


def standing_of(pool: LicensePool, on: date, *, then: bool = False) -> PoolStanding:
    """The standing of one pool. One query, and three more in a shortage.

    `then` is for the end of another day than today (H1).
    """
    if then:
        return standing_by(pool, outlook_of(pool.tenant, pool.product, on, then=True), then=True)
    found = product_today.first(pool.tenant.partner_id, pool.tenant.pk, pool.product.pk, on)
    return standing_by(pool, outlook_today(found, on))


def standing_by(pool: LicensePool, outlook: LicenseOutlook, *, then: bool = False) -> PoolStanding:
    """The standing of a pool with this `outlook`."""
    product = pool.product
    since = over_since(pool.tenant, {product.pk: outlook}, outlook.on, then=then)
    return PoolStanding(product, outlook, since.get(product.pk))


def standings(
    tenant: Tenant, on: date, *, then: bool = False, also: Collection[int] = ()
) -> list[PoolStanding]:
    """The standings of all products that people of `tenant` have or can have, by name.

    `then` is for the end of another day than today (H1); then the products whose primary keys are
    in `also` are included, even without people or licenses.
    """
    found: dict[Product, LicenseOutlook]
    if then:
        found = outlooks_then(tenant, on, also)
    else:
        today = products_today.rows(tenant.partner_id, tenant.pk, on)
        found = {product: outlook_today(product, on) for product in today}
    every = {product.pk: outlook for product, outlook in found.items()}
    since = over_since(tenant, every, on, then=then)
    return [PoolStanding(each, outlook, since.get(each.pk)) for each, outlook in found.items()]


def candidates(pool: LicensePool, search_query: str, *, is_only: bool) -> Excerpt[Candidate]:
    """The first matching people of the tenant, each with the reason if they cannot be chosen.

    `is_only` says that the partner has no other tenant, so an index of all its people serves (W7).
    """
    partner = pool.tenant.partner
    if is_only:
        people = DirectoryUser.objects.first_matching(partner, search_query, MAX_CANDIDATES)
    else:
        people = first_in(pool.tenant, search_query)
    for person in people:
        person.tenant = pool.tenant
    refusals = pool.refusals(people)
    return people.showing([Candidate(person, refusals[person.pk]) for person in people])


def first_in(tenant: Tenant, search_query: str) -> Excerpt[DirectoryUser]:
    """The first matching people of one of several tenants; a large count stops early."""
    sought = PeopleSought(tenant.partner_id, search_query)
    meant, counts_to = sought.meant, sought.counts_to
    values, how = (meant.values, meant.how) if meant else ((), None)
    if meant and not values:
        return Excerpt((), 0)
    found = in_tenant.rows(tenant.partner_id, tenant.pk, *values, how=how, counts_to=counts_to)
    return Excerpt.of_counted(found, count_to=counts_to)


@PreparedQuery
def in_tenant(
    partner: int, tenant: int, *values: int | str, how: How | None, counts_to: int
) -> QuerySet[DirectoryUser]:
    """The first people of a tenant by name; `how` and `values` are those of `Meant`, if any."""
    # With a join of the tenant, PostgreSQL would compare all matches with everybody
    here = DirectoryUser.objects.filter(partner=partner, tenant=tenant)
    sought = Meant(partner, how, values).among(here) if how else here
    # The inner query reads an index alone; the outer one reads the rows of the few
    first = first_of(sought.by_name(), MAX_CANDIDATES).by_name()
    return with_total(first, MAX_CANDIDATES, counted=sought, count_to=counts_to)


def other_products(
    pools: Iterable[PoolStanding], product: Product
) -> Sequence[tuple[PoolStanding, Refusal | None]]:
    """Where a license of `product` can be moved to, or why not; possible ones first (L10)."""
    others = [each for each in pools if each.product != product]
    found = [(each, each.count.refusal(each.product)) for each in others]
    return sorted(found, key=lambda each: each[1] is not None)
