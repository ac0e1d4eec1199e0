"""The end-date calculator, open to everybody; the URL of a result can be kept and sent."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from benefits_portal.licensing.calculator_forms import (
    SHOWS_ALL,
    SubscriptionForm,
    form_for,
    tab_name,
    tabs,
)
from benefits_portal.regions import time_zone_name
from benefits_portal.tenants.middleware import PartnerRequest


@login_not_required
@require_safe
def calculator(request: PartnerRequest) -> HttpResponse:
    """Today is the day of the reader's partner or, without one, of the project's time zone."""
    form = form_for(request.GET, request.today)
    time_zone = request.partner.time_zone if request.partner else settings.TIME_ZONE
    context = {
        "form": form,
        "tab": tab_name(request.GET),
        "tabs": tabs(request.GET),
        "time_zone": time_zone_name(time_zone, get_language() or settings.LANGUAGE_CODE),
        **answer_context(request, form),
    }
    return render(request, "licensing/calculator.html", context)


def answer_context(request: PartnerRequest, form: SubscriptionForm) -> dict[str, Any]:
    """The answer of a valid form, and the same as text to send; otherwise empty."""
    if not (form.is_bound and form.is_valid()):
        return {}
    answer = form.answer(all_url(request))
    return {"calculation": answer, "text": answer.as_text(request.build_absolute_uri())}


def all_url(request: PartnerRequest) -> str:
    """The URL with every line of the answer; empty if this is that page."""
    query = request.GET.copy()
    if SHOWS_ALL in query:
        return ""
    query[SHOWS_ALL] = "1"
    return f"?{query.urlencode()}"
