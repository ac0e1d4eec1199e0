"""The end-date calculator, open to anybody; a result is an address that can be kept and sent."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from benefits_portal.licensing.calculator import form_for
from benefits_portal.regions import time_zone_name
from benefits_portal.tenants.middleware import PartnerRequest


@login_not_required
@require_safe
def calculator(request: PartnerRequest) -> HttpResponse:
    """Today is the day of the partner that somebody acts for, or else the project's own."""
    form = form_for(request.GET, request.today)
    calculation = form.calculation() if form.is_bound and form.is_valid() else None
    time_zone = request.partner.time_zone if request.partner else settings.TIME_ZONE
    context = {
        "form": form,
        "calculation": calculation,
        "time_zone": time_zone_name(time_zone, get_language() or settings.LANGUAGE_CODE),
    }
    if calculation:
        context["text"] = calculation.as_text(request.build_absolute_uri())
    return render(request, "licensing/calculator.html", context)
