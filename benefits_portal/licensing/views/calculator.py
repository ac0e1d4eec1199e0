"""The end-date calculator, open to anybody; a result is an address that can be kept and sent."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from benefits_portal.licensing.calculator import form_for


@login_not_required
@require_safe
def calculator(request: HttpRequest) -> HttpResponse:
    form = form_for(request.GET)
    calculation = form.calculation() if form.is_bound and form.is_valid() else None
    return render(request, "licensing/calculator.html", {"form": form, "calculation": calculation, "time_zone": settings.TIME_ZONE})
