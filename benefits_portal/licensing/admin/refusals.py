"""Recent refusals on one page: attempts, wrong keys and lock-outs."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal import clock
from benefits_portal.backoffice.columns import admin_url
from benefits_portal.formats import not_before
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.admin.mail_and_attempts import LIMITS
from benefits_portal.tenants.models import Attempt, KeyAttempt, Record

from .support_desk import may
from .support_stories import refused_among

MAX_ROWS = 20


@require_safe
def refusals(request: HttpRequest) -> HttpResponse:
    """The latest of each kind that the user may see, with links to the whole lists (W7)."""
    request.current_app = admin.site.name
    context: dict[str, Any] = {"title": _("Refusals")}
    if may(request, "tenants.view_record"):
        context["records"] = refused_records()
    if may(request, "tenants.view_keyattempt"):
        rows = KeyAttempt.objects.select_related("user", "partner").order_by("-pk")
        context["attempts"] = Excerpt.of(rows, MAX_ROWS, admin_url(KeyAttempt, "changelist"))
    if may(request, "tenants.view_attempt"):
        context["lockouts"] = lockouts()
    return TemplateResponse(
        request, "admin/refusals.html", {**admin.site.each_context(request), **context}
    )


def refused_records() -> Excerpt[Record]:
    """The refusals among the latest records, of which a fixed number is read."""
    rows = refused_among(Record.objects.all()).select_related("actor", "partner", "tenant")
    return Excerpt.of(rows, MAX_ROWS, f"{admin_url(Record, 'changelist')}?outcome=refused")


def lockouts() -> Excerpt[tuple[Attempt, Any, datetime]]:
    """Who is locked out now, by which limit, and until when (W13); addresses are not kept."""
    rows = Attempt.objects.refusing(clock.now()).order_by("-pk")
    some: Excerpt[Attempt] = Excerpt.of(
        rows, MAX_ROWS, f"{admin_url(Attempt, 'changelist')}?locked=yes"
    )
    return some.showing(
        [
            (each, LIMITS.get(each.limit, each.limit), not_before(each.refused_until))
            for each in some
            if each.refused_until
        ]
    )
