"""The view of home."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from benefits_portal.licensing.home.attention import sections
from benefits_portal.licensing.home.membership_years import memberships
from benefits_portal.licensing.home.unused import unused_benefits
from benefits_portal.licensing.home.unused_queries import QUARTER
from benefits_portal.licensing.requests import recent_requests
from benefits_portal.listing.excerpt import PageQuery
from benefits_portal.tenants.access import first_page
from benefits_portal.tenants.middleware import PartnerRequest


@require_safe
def home(request: PartnerRequest) -> HttpResponse:
    """The page after signing in; for people without a role, their first page (P2)."""
    if request.partner is None:
        return first_page(request)
    return render(request, "home.html", home_context(request))


def home_context(request: PartnerRequest) -> dict[str, Any]:
    partner, on, asked = request.partner, request.today, PageQuery(request.path, request.GET)
    may_act = request.role.may_act
    attention = sections(partner, on, asked, may_act=may_act)
    unused = unused_benefits(partner, on, asked, may_act=may_act)
    years = memberships(partner, on, asked)
    return {
        "unused": unused,
        "is_first_use": unused and years and not years[0].membership.partner_uses_any,
        "attention": attention,
        "lost_by": on + QUARTER,
        "is_calm": not unused and not any(section.rows for section in attention),
        "requests": recent_requests(partner, may_act=may_act),
        "memberships": years,
        "has_ended_years": any(year.is_over for year in years),
    }
