"""Licenses of people: all products of the tenant, and who has a license of one."""

from django.db.models import BigIntegerField
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.backoffice.row_numbers import MAX_DIGITS
from benefits_portal.licensing import prepared_queries
from benefits_portal.licensing.license_days import (
    changed_later,
    most_at_once_context,
    period_of,
)
from benefits_portal.licensing.license_display import (
    PoolStanding,
    standing_by,
    standing_of,
    standings,
)
from benefits_portal.licensing.license_list import LicenseListing
from benefits_portal.licensing.models import (
    LicensePool,
    Subscription,
    outlooks,
)
from benefits_portal.licensing.models.license_pool import TENANT
from benefits_portal.licensing.models.pool_today import outlook_today, product_today
from benefits_portal.licensing.views.subscription_on import before_first_redemption
from benefits_portal.tenants.access import role_required, tenant_of_ones_own
from benefits_portal.tenants.any_day import file_on_any_day, on_any_day
from benefits_portal.tenants.audit.history import history
from benefits_portal.tenants.downloads import file_name, log_listing
from benefits_portal.tenants.middleware import ElsewhereError, PartnerRequest
from benefits_portal.tenants.models import Record


def own_pool(request: PartnerRequest, pk: int) -> LicensePool:
    """The pool of a product that ran in the current tenant, or that people there have.

    Raises ElsewhereError, which offers to switch, if the URL names another tenant of the reader or
    the product runs in one; Http404 for anything else.
    """
    check_named_tenant(request, pk)
    if product := prepared_queries.product_in.first(request.partner.pk, request.tenant.pk, pk):
        return LicensePool(request.tenant, product)
    tenants = [tenant.pk for tenant in request.tenants]
    elsewhere = Subscription.objects.filter(product=pk, tenant__in=tenants).order_by("pk").first()
    if elsewhere is None:
        raise Http404
    place = tenant_of_ones_own(request, elsewhere.partner_id, elsewhere.tenant_id)
    raise ElsewhereError(place)


def own_standing(request: PartnerRequest, pk: int) -> tuple[LicensePool, PoolStanding]:
    """`own_pool` with its standing today. One query, if it has licenses or people."""
    check_named_tenant(request, pk)
    on = request.today
    product = product_today.first(request.partner.pk, request.tenant.pk, pk, on)
    if product is None or not (product.licenses or product.people):
        pool = own_pool(request, pk)
        return pool, standing_of(pool, on)
    pool = LicensePool(request.tenant, product)
    return pool, standing_by(pool, outlook_today(product, on))


def check_named_tenant(request: PartnerRequest, pk: int) -> None:
    """Raise ElsewhereError if the URL names another tenant than the current one."""
    named = request.GET.get(TENANT, "")[:MAX_DIGITS]
    if named.isdecimal() and int(named) != request.tenant.pk:
        raise ElsewhereError(tenant_of_ones_own(request, request.partner.pk, int(named)))
    if pk > BigIntegerField.MAX_BIGINT:
        raise Http404


@role_required
@on_any_day
@require_safe
def licenses(request: PartnerRequest) -> HttpResponse:
    """All products of the current tenant that people have or can have licenses of."""
    day, then = request.any_day.day, request.any_day.as_of is not None
    also = outlooks(request.tenant, request.today) if request.any_day.is_forecast else ()
    rows = [each.cells() for each in standings(request.tenant, day, then=then, also=also)]
    theirs = Subscription.objects.in_tenant(request.tenant)
    notes = [] if rows else before_first_redemption(theirs, request.any_day)
    return render(request, "licensing/licenses.html", {"rows": rows, "day_notes": notes})


def standing_on(request: PartnerRequest, pk: int) -> tuple[LicensePool, PoolStanding]:
    """`own_standing` on the day of the page."""
    if request.any_day.as_of is None:
        return own_standing(request, pk)
    pool = own_pool(request, pk)
    return pool, standing_of(pool, request.any_day.day, then=True)


@role_required
@on_any_day
@require_safe
def license_holders(request: PartnerRequest, pk: int) -> HttpResponse:
    """Who has, or had, a license of one product in this tenant."""
    then = request.any_day.as_of is not None
    pool, standing = standing_on(request, pk)
    listing = LicenseListing.of(request.GET, request.any_day, request.partner.pk)
    listing.people = standing.count.given
    page = listing.page_of(pool)
    context = {
        "product": pool.product,
        "standing": standing,
        "refusal": standing.count.refusal(pool.product),
        "listing": listing,
        "page": page,
        "rows": listing.rows(page.rows),
        "can_act": request.role.may_act and not listing.is_past and not then,
        "day_notes": [*changed_later(pool, request.any_day)],
        **most_at_once_context(pool, period_of(request.GET, request.today)),
    }
    return listing.push_url(request, render(request, "licensing/license_holders.html", context))


@role_required
@file_on_any_day
@require_safe
def license_holders_csv(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """The filtered list as a file, in its order, streamed while it is read."""
    pool = own_pool(request, pk)
    listing = LicenseListing.of(request.GET, request.any_day, request.partner.pk)
    log_listing(
        request, "licenses", listing, pool.assignments, subject=pool.product, tenant=pool.tenant
    )
    name = file_name(f"{pool.tenant.name} {pool.product.name}", _("Licenses"), listing.on)
    return spreadsheet(name, listing.spreadsheet(pool.assignments))


@role_required
@require_safe
def license_history(request: PartnerRequest, pk: int) -> HttpResponse:
    """What was done with the licenses of one product here, and what was refused (A2)."""
    pool = own_pool(request, pk)
    records = Record.objects.about(pool.product).filter(tenant=pool.tenant)
    context = {"product": pool.product, "history": history(request, records, known=[pool.product])}
    return render(request, "licensing/license_history.html", context)
