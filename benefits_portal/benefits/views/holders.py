"""The present and former holders of one credit, as a page and as CSV."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.benefits.holder_list import HolderListing
from benefits_portal.benefits.models import Benefit
from benefits_portal.benefits.notes import CreditNotes
from benefits_portal.tenants.access import get_own, role_required
from benefits_portal.tenants.downloads import file_name, log_listing
from benefits_portal.tenants.middleware import PartnerRequest


@role_required
@require_safe
def holders(request: PartnerRequest, pk: int) -> HttpResponse:
    """The present and former holders of one credit."""
    benefit = get_own(request, Benefit.objects.for_display().usage_based(), pk)
    listing = HolderListing.of(request.GET)
    page = listing.page(
        benefit.assignments.for_partner(request.partner).select_related("directory_user")
    )
    can_remove = (
        request.role.may_act
        and not benefit.product.is_bulk_credit
        and benefit.is_usable(request.today)
        and not listing.is_past
    )
    context = {"benefit": benefit, "listing": listing, "page": page, "can_remove": can_remove}
    context["notes"] = CreditNotes(benefit, request.today, is_held=bool(page.rows))
    context["can_assign"] = request.role.may_act and benefit.is_usable(request.today)
    return listing.push_url(request, render(request, "benefits/holders.html", context))


@role_required
@require_safe
def holders_csv(request: PartnerRequest, pk: int) -> HttpResponseBase:
    """The filtered list as a file, in its order, streamed while it is read."""
    benefit = get_own(request, Benefit.objects.usage_based(), pk)
    theirs = benefit.assignments.for_partner(request.partner).select_related("directory_user")
    listing = HolderListing.of(request.GET)
    log_listing(request, "holders", listing, theirs, subject=benefit)
    name = file_name(request.partner.name, _("Holders"), request.today)
    return spreadsheet(name, listing.spreadsheet(theirs))
