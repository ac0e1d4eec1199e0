"""The partner's requests to the program team, and the answers."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from benefits_portal.licensing.requests import requests_of
from benefits_portal.listing.excerpt import MAX_ROWS, Excerpt
from benefits_portal.tenants.access import role_required
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import User
from benefits_portal.tenants.naming import Names


@role_required
@require_safe
def request_list(request: PartnerRequest) -> HttpResponse:
    """Requests for replacement keys and tenants in one list, the latest first (P1)."""
    found = requests_of(request.partner)
    shown = found[:MAX_ROWS]
    users = User.objects.in_bulk({asked.asked_by for asked in shown if asked.asked_by})
    people = Names(request.partner, users.values())
    may_act = request.role.may_act
    rows = [
        (asked, people.of(users.get(asked.asked_by or 0)), asked.link(may_act=may_act))
        for asked in shown
    ]
    context = {"requests": Excerpt(rows, len(found), is_latest=True)}
    return render(request, "licensing/request_list.html", context)
