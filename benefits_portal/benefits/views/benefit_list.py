"""*Azure & cloud products*: the list of benefits as a page and as CSV."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.benefits.benefit_list.listing import BenefitListing
from benefits_portal.benefits.models import Benefit, Membership
from benefits_portal.formats import as_day
from benefits_portal.replica import list_from_replica
from benefits_portal.tenants.access import role_required
from benefits_portal.tenants.any_day import AnyDay, file_on_any_day, on_any_day
from benefits_portal.tenants.downloads import file_name, log_listing
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Partner
from benefits_portal.tenants.search_limits import searches_cheaply


@list_from_replica
@searches_cheaply
@role_required
@on_any_day
@require_safe
def benefit_list(request: PartnerRequest) -> HttpResponse:
    listing = BenefitListing.for_day(request.partner, request.GET, request.any_day)
    page = listing.page(Benefit.objects.for_partner(request.partner))
    context = {
        "listing": listing,
        "page": page,
        "sections": listing.sections(page),
        "day_notes": notes_of_the_day(request.partner, request.any_day, is_empty=not page.rows),
    }
    return listing.push_url(request, render(request, "benefits/benefit_list.html", context))


@searches_cheaply
@role_required
@file_on_any_day
@require_safe
def benefit_csv(request: PartnerRequest) -> HttpResponseBase:
    """The filtered list as a file, in its order, streamed while it is read."""
    listing = BenefitListing.for_day(request.partner, request.GET, request.any_day)
    benefits = Benefit.objects.for_partner(request.partner)
    log_listing(request, "benefits", listing, benefits)
    name = file_name(request.partner.name, _("benefits"), listing.on)
    return spreadsheet(name, listing.spreadsheet(benefits, request.partner))


def notes_of_the_day(partner: Partner, any_day: AnyDay, *, is_empty: bool) -> list[str]:
    """What a list of a past day cannot know, and that nothing was there yet (H1, H2)."""
    if any_day.as_of is None or any_day.is_forecast:
        return []
    notes = [
        _(
            "Memberships have the dates that are known today: if one was started or ended early "
            "since then, that is shown as if it had been known."
        )
    ]
    if is_empty:
        memberships = Membership.objects.for_partner(partner).order_by("starts_on")
        first = memberships.values_list("starts_on", flat=True).first()
        if first and first > any_day.day:
            text = _("There were no benefits yet: the first membership started on %(day)s.")
            notes.append(text % {"day": as_day(first)})
    return notes
