"""Pages of no single app: help, theme, language, error pages, and the frame of every page."""

import logging
import sys
from datetime import date
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from benefits_portal.benefits.models import Product
from benefits_portal.benefits.notes import combination, discontinued
from benefits_portal.database_errors import Reason, broken_reference, reason
from benefits_portal.formats import format_number
from benefits_portal.licensing.scenarios import ENDS_ON, SCENARIOS
from benefits_portal.logs import request_id
from benefits_portal.prepared import PlannedQuery
from benefits_portal.redirects import on_to
from benefits_portal.tenants.access import tenant_context_exempt
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Partner, User
from benefits_portal.tenants.views import session

_log = logging.getLogger(__name__)
RETRY_AFTER = "5"  # seconds
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
THEME_COOKIE = f"{settings.COOKIE_PREFIX}theme"
THEMES = ("", "light", "dark")  # empty: as the system says


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame of every page shows."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    match = request.resolver_match
    return {
        "path_pattern": f"/{match.route}" if match else request.path,
        "demo": settings.DEMO,
        "classes_only": settings.CLASSES_ONLY,
        "theme": theme if theme in THEMES else "",
        "support_address": settings.SUPPORT_EMAIL,
        "session_end": session.ending(request),
    }


@PlannedQuery
def _credit_products() -> QuerySet[Product, tuple[str, str]]:
    """The kind of each product that gives credit, and the offers that exclude it (U4)."""
    products = Product.objects.exclude(kind=Product.Kind.LICENSES).order_by()
    found = products.with_excluding_offers()
    return found.values_list("kind", "excluding_offers")  # type: ignore[misc]  # annotated


def _combinations(*kinds: Product.Kind) -> list[str]:
    """The offers and credit that credit of each of `kinds` cannot be combined with."""
    found = _credit_products.rows()
    return [
        combination(kind, [offers for its_kind, offers in found if its_kind == kind])
        for kind in kinds
    ]


@PlannedQuery
def _discontinued(on: date) -> QuerySet[Product]:
    return Product.objects.discontinued(on)


@login_not_required
@require_safe
def help_page(request: PartnerRequest) -> HttpResponse:
    """The rules in plain words, with lists from the catalog (B4, U4)."""
    monthly, bulk = _combinations(Product.Kind.MONTHLY_CREDIT, Product.Kind.BULK_CREDIT)
    context = {
        "scenarios": SCENARIOS,
        "ends_on": ENDS_ON,
        "monthly_combination": monthly,
        "bulk_combination": bulk,
        "discontinued": discontinued(_discontinued.rows(request.today)),
    }
    return render(request, "help.html", context)


@login_not_required
@require_safe
def then_and_now(request: PartnerRequest) -> HttpResponse:
    """What the original has changed since January 2021, the version that this portal imitates."""
    return render(request, "then_and_now.html")


@login_not_required
@tenant_context_exempt
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language, and return to the same page.

    The account remembers it, unless its partner is being moved to another portal: then only this
    browser does (C1).
    """
    chosen, user = request.POST.get("language", ""), request.user
    if isinstance(user, User) and chosen in dict(settings.LANGUAGES):
        if not user.partner_being_moved():
            User.objects.filter(pk=user.pk).update(language=chosen)
    return set_language(request)


@login_not_required
@tenant_context_exempt
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark, or follow the system again."""
    chosen = request.POST.get("theme", "")
    response = on_to(request.POST.get("next", ""))
    response.set_cookie(
        THEME_COOKIE,
        chosen if chosen in THEMES else "",
        max_age=365 * 24 * 60 * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form that is too old or from another site: what happened and what to do."""
    return render(request, "csrf_failure.html", status=403)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """413 if the request exceeds a limit, otherwise 400.

    Uses nothing of the request, which may not have been read.

    If the session could not be saved, that is the database's failure, not the request's: answers as
    `server_error` does.
    """
    if isinstance(exception, SessionInterrupted) and (why := reason(exception)):
        return unavailable(why)
    too_much = isinstance(exception, TOO_MUCH)
    context = {
        "too_much": too_much,
        "size": filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
        "fields": format_number(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS),
    }
    return HttpResponse(render_to_string("400.html", context), status=413 if too_much else 400)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 if the database failed, so that a retry may help.

    409 if the data refers to a person or partner that was deleted meanwhile, because a room was
    started over. The transaction was rolled back by then, so nothing is half done (K2).
    """
    if why := reason(sys.exception()):
        return unavailable(why)
    key = broken_reference(sys.exception())
    if key is not None and is_deleted(request):
        _log.warning("whoever acted was deleted meanwhile", extra={"fields": {"constraint": key}})
        return HttpResponse(render_to_string("409.html"), status=HTTPStatus.CONFLICT)
    return HttpResponse(render_to_string("500.html", {"request_id": request_id.get()}), status=500)


def is_deleted(request: HttpRequest) -> bool:
    """Whether the signed-in person, or the partner they act for, no longer exists."""
    acting = {User: getattr(request, "user", None), Partner: getattr(request, "partner", None)}
    return any(
        row and row.pk and not model._base_manager.filter(pk=row.pk).exists()
        for model, row in acting.items()
    )


def unavailable(why: Reason) -> HttpResponse:
    """503 with the reason, rendered without the database and so without the session."""
    context = {"request_id": request_id.get(), "reason": why.name.lower()}
    return HttpResponse(
        render_to_string("503.html", context), status=503, headers={"Retry-After": RETRY_AFTER}
    )
