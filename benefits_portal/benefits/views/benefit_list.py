"""Azure & cloud products: the list of benefits as a page and as CSV."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.benefits.benefit_list.listing import BenefitListing
from benefits_portal.benefits.models import Benefit
from benefits_portal.replica import list_from_replica
from benefits_portal.tenants.access import role_required
from benefits_portal.tenants.downloads import file_name, log_listing
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.search_limits import searches_cheaply


@list_from_replica
@searches_cheaply
@role_required
@require_safe
def benefit_list(request: PartnerRequest) -> HttpResponse:
    listing = BenefitListing.of(request.partner, request.GET, request.today)
    page = listing.page(Benefit.objects.for_partner(request.partner))
    context = {"listing": listing, "page": page, "sections": listing.sections(page)}
    return listing.push_url(request, render(request, "benefits/benefit_list.html", context))


@searches_cheaply
@role_required
@require_safe
def benefit_csv(request: PartnerRequest) -> HttpResponseBase:
    """All that the list's filters leave, in its order, written while it is read."""
    listing = BenefitListing.of(request.partner, request.GET, request.today)
    benefits = Benefit.objects.for_partner(request.partner)
    log_listing(request, "benefits", listing, benefits)
    name = file_name(request.partner.name, _("benefits"), request.today)
    return spreadsheet(name, listing.spreadsheet(benefits, request.partner))
