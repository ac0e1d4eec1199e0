"""Find the current title, figures and page of many due dates at once (R8).

Due dates that no longer hold are left out: the key was redeemed, the day moved, the request was
answered.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import Assignment, Benefit, Membership
from benefits_portal.licensing.home.licenses import over_title
from benefits_portal.licensing.models import Replacement, Subscription
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.licensing.models.pool_outlooks import days_over, key_of, outlooks_of
from benefits_portal.prepared import PlannedQuery, padded
from benefits_portal.tenants.models import TenantRequest

from .due import due_of_benefit, due_of_pool, due_of_subscription
from .due_item import DueItem
from .topics import Due, Occasion

type Wanted = Mapping[int, list[tuple[Due, date]]]  # by subject_id, each with the reader's today
type Finder = Callable[[Wanted], Iterator[DueItem]]


def find_due_items(dues: Mapping[Due, date]) -> dict[Due, DueItem]:
    """The items for `dues`, as of the day that each is mapped to, in the current language.

    One query for each kind of thing among them, and three for shortages of licenses.
    """
    found: dict[Due, DueItem] = {}
    for occasions, finder in FINDERS.items():
        wanted: dict[int, list[tuple[Due, date]]] = {}
        for due, on in dues.items():
            if due.occasion in occasions:
                wanted.setdefault(due.subject_id, []).append((due, on))
        if wanted:
            found |= {item.due: item for item in finder(wanted)}
    return found


def benefits(wanted: Wanted) -> Iterator[DueItem]:
    for benefit in unused_benefits.rows(*padded(wanted, 0)):
        title, path = f"{benefit.product_name}, {benefit.quantity_text}", benefit.get_absolute_url()
        for due, on in wanted[benefit.pk]:
            if due in due_of_benefit(benefit.pk, benefit.product.kind, benefit.expires_on, on):
                yield DueItem(due, title, path, offer=benefit.offer_name)


@PlannedQuery
def unused_benefits(*pks: int) -> QuerySet[Benefit]:
    return Benefit.objects.unused().filter(pk__in=pks).select_related("product").order_by()


def subscriptions(wanted: Wanted) -> Iterator[DueItem]:
    for subscription in kept_subscriptions.rows(*padded(wanted, 0)):
        title = f"{subscription.product_name}, {subscription.licenses_text}"
        path, tenant = subscription.get_absolute_url(), subscription.tenant.domain
        for due, on in wanted[subscription.pk]:
            if due in due_of_subscription(subscription, on):
                yield DueItem(due, title, path, tenant=tenant)


@PlannedQuery
def kept_subscriptions(*pks: int) -> QuerySet[Subscription]:
    return Subscription.objects.kept().filter(pk__in=pks).select_related("tenant").order_by()


def memberships(wanted: Wanted) -> Iterator[DueItem]:
    for membership in memberships_not_renewed.rows(*padded(wanted, 0)):
        for due, _on in wanted[membership.pk]:
            if due.due_on == membership.ends_on:
                yield DueItem(due, str(membership.offer), reverse("home"))


@PlannedQuery
def memberships_not_renewed(*pks: int) -> QuerySet[Membership]:
    return Membership.objects.not_renewed().filter(pk__in=pks).select_related("offer").order_by()


def credit_of_disabled(wanted: Wanted) -> Iterator[DueItem]:
    rows = (
        Assignment.objects.kept()
        .of_disabled()
        .filter(pk__in=wanted.keys())
        .select_related("benefit__product", "benefit__membership", "directory_user")
    )
    for assignment in rows:
        benefit, person = assignment.benefit, assignment.directory_user.display_name
        for due, on in wanted[assignment.pk]:
            if assignment.is_running(on) and due.due_on == assignment.last_day_to_act(on):
                yield DueItem(due, benefit.title, benefit.get_absolute_url(), person=person)


def licenses(wanted: Wanted) -> Iterator[DueItem]:
    days = {on for dues in wanted.values() for _due, on in dues}
    found = list(outlooks_of({key_of(number) for number in wanted}, min(days)))
    found = [(pool, replace(outlook, on=on)) for pool, outlook in found for on in days]
    since = days_over({pool.partner for pool, _outlook in found}, found)
    for pool, outlook in found:
        then = since.get((pool.key, outlook.on))
        holds = due_of_pool(pool.number, outlook, then)
        step = outlook.first_over
        for due, on in wanted.get(pool.number, ()):
            if step and due == holds and on == outlook.on:
                title = over_title(pool.product_name, outlook.over(step))
                path = pool_url(pool.tenant, pool.product)
                yield DueItem(due, title, path, tenant=pool.domain)


def memberships_of_partners(wanted: Wanted) -> Iterator[DueItem]:
    rows = Membership.objects.not_renewed().filter(pk__in=wanted.keys())
    for membership in rows.select_related("offer", "partner"):
        for due, _on in wanted[membership.pk]:
            if due.due_on == membership.ends_on:
                yield staff_item(due, membership)


def keys_of_partners(wanted: Wanted) -> Iterator[DueItem]:
    unused = Benefit.objects.license_based().unused().filter(membership__in=wanted.keys())
    rows = Membership.objects.filter(pk__in=unused.order_by().values("membership"))
    for membership in rows.select_related("offer", "partner"):
        for due, _on in wanted[membership.pk]:
            if due.due_on == membership.benefits_expire_on:
                yield staff_item(due, membership)


def staff_item(due: Due, membership: Membership) -> DueItem:
    """The item for the program team: it names the partner, and leads to the back office."""
    path = reverse("admin:benefits_membership_change", args=[membership.pk])
    return DueItem(due, with_mpn_id(membership, str(membership.offer)), path)


def with_mpn_id(of_partner: Membership | TenantRequest | Replacement, what: str) -> str:
    """`what` with the partner's MPN ID; its name, which people typed, stays off emails (R8)."""
    return _("%(what)s, MPN ID %(mpn_id)s") % {"what": what, "mpn_id": of_partner.partner.mpn_id}


def tenant_requests(wanted: Wanted) -> Iterator[DueItem]:
    rows = TenantRequest.objects.undecided().filter(pk__in=wanted.keys())
    for asked in rows.select_related("partner"):
        title = with_mpn_id(asked, _("Tenant: %(what)s") % {"what": asked.domain})
        path = reverse("admin:tenants_tenantrequest_change", args=[asked.pk])
        for due, _on in wanted[asked.pk]:
            yield DueItem(due, title, path)


def replacements(wanted: Wanted) -> Iterator[DueItem]:
    rows = Replacement.objects.undecided().filter(pk__in=wanted.keys())
    for asked in rows.select_related("partner", "redemption__subscription"):
        product = asked.redemption.subscription.product_name
        title = with_mpn_id(asked, _("Replacement key: %(what)s") % {"what": product})
        path = reverse("admin:licensing_replacement_change", args=[asked.pk])
        for due, _on in wanted[asked.pk]:
            yield DueItem(due, title, path)


FINDERS: dict[tuple[Occasion, ...], Finder] = {
    (Occasion.KEY_EXPIRES, Occasion.CREDIT_EXPIRES, Occasion.CREDIT_MONTH_ENDS): benefits,
    (
        Occasion.SUBSCRIPTION_ENDS,
        Occasion.SUBSCRIPTION_DISABLED,
        Occasion.SUBSCRIPTION_DELETED,
    ): subscriptions,
    (Occasion.MEMBERSHIP_ENDS,): memberships,
    (Occasion.LICENSES_OVER, Occasion.LICENSES_OVER_THEN): licenses,
    (Occasion.HELD_BY_DISABLED,): credit_of_disabled,
    (Occasion.PARTNER_MEMBERSHIP_ENDS,): memberships_of_partners,
    (Occasion.PARTNER_KEYS_EXPIRE,): keys_of_partners,
    (Occasion.TENANT_REQUESTED,): tenant_requests,
    (Occasion.REPLACEMENT_REQUESTED,): replacements,
}
