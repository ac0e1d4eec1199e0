"""Where the signed-in person acts (rules P1, P2, P4).

The partner and tenant of this session, on every request.
"""

from collections.abc import Callable
from datetime import date
from functools import cache
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.tenants.audit.refusal import Refusal

from . import impersonation
from .any_day import PARAMETER, AnyDay
from .exceptions import BelongsElsewhere, FormOfAnotherTenant, NothingOnAnotherDay
from .models import Actor, How, Partner, Record, Role, Tenant, TenantsAction, User

SESSION_KEY = "tenant"


class PartnerRequest(HttpRequest):
    """A request of somebody with a role, with what `ActingMiddleware` sets; for annotations only.

    `any_day` is None but on pages that can be about another day than today (`on_any_day`).
    `known_as` is what the partner calls them, empty where it has no name for them. Without a role
    `tenant`, `partner` and `role` are None, `tenants` is empty and `tenant_token` too.
    """

    user: User
    tenants: list[Tenant]
    tenant: Tenant
    partner: Partner
    role: Role
    actor: Actor
    tenant_token: str
    today: date
    any_day: AnyDay
    is_impersonating: bool
    known_as: str
    htmx: bool


class ElsewhereError(Exception):
    """What was asked for belongs to another place of one's own: offer to switch (P1, P4).

    Nothing is done until then.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant


class ActingMiddleware:
    """Sets where the person acts on the request, and shows the partner's time.

    `partner`, `tenant`, `role`, `actor`, `tenants`, `tenant_token` and `today` are set, and every
    moment is shown as the partner's clocks do; the back office keeps the project's time zone.

    A POST of somebody with a role must carry the place that its form was rendered for; if the
    session has moved on meanwhile it is refused with both named. Views marked
    `tenant_context_exempt` and the back office carry none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PartnerRequest) -> HttpResponse:
        set_tenant_context(request)
        with timezone.override(
            request.partner.time_zone if request.partner and not in_back_office(request) else None
        ):
            return self.get_response(request)

    def process_view(
        self, request: PartnerRequest, view: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponse | None:
        if request.is_impersonating and not reads(request):
            return render(request, "tenants/viewing_only.html", status=403)
        if is_closed(request) and not (reads(request) or leaves(request)):
            return being_moved(request, request.partner)
        needs_tenant_context = (
            request.method == "POST"
            and request.tenant_token
            and not getattr(view, "tenant_context_exempt", False)
        )
        if not needs_tenant_context or in_back_office(request):
            return None
        if PARAMETER in request.GET:
            refused(request, TenantsAction.FORM_REFUSED, NothingOnAnotherDay())
            return render(request, "tenants/another_day.html", status=409)
        return self._check_rendered_for(request)

    def _check_rendered_for(self, request: PartnerRequest) -> HttpResponse | None:
        """The page that says what happened, if a form was rendered for another place (P4)."""
        rendered_for = request.POST.get("acting_in", "")
        if rendered_for == request.tenant_token:
            return None
        then = next(
            (tenant for tenant in request.tenants if tenant_token(tenant) == rendered_for), None
        )
        named = (
            {"opened_in": str(then), "sent_in": str(request.tenant)}
            if then and then.partner_id == request.partner.pk
            else {}
        )
        refused(request, TenantsAction.FORM_REFUSED, FormOfAnotherTenant(**named))
        return render(request, "tenants/stale_form.html", {"rendered_for": then}, status=409)

    def process_exception(
        self, request: PartnerRequest, exception: Exception
    ) -> HttpResponse | None:
        if not isinstance(exception, ElsewhereError):
            return None
        if request.method == "POST":
            refused(request, TenantsAction.FORM_REFUSED, BelongsElsewhere())
        vars(request).pop("any_day", None)  # a page of no day
        status = 200 if request.method in ("GET", "HEAD") and not request.htmx else 409
        return render(
            request, "tenants/elsewhere.html", {"tenant": exception.tenant}, status=status
        )


def is_closed(request: PartnerRequest) -> bool:
    """Whether the partner one acts for is being moved to another portal."""
    return bool(request.partner and request.partner.is_closed and not in_back_office(request))


def being_moved(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Why nothing is changed, and until about when (C1)."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    response = render(request, "tenants/being_moved.html", {"partner": partner}, status=status)
    response.headers["Retry-After"] = "60"
    return response


def refused(request: PartnerRequest, action: TenantsAction, refusal: Refusal) -> None:
    """Put on record what was refused before any rule was asked, and the address of it (A1)."""
    after = {"address": request.path}
    Record.objects.log(
        action,
        by=request.actor,
        partner=request.partner,
        tenant=request.tenant,
        after=after,
        refusal=refusal,
    )


def in_back_office(request: HttpRequest) -> bool:
    return request.path.startswith(back_office())


@cache
def back_office() -> str:
    """Where its pages begin, looked up once: each request asks several times."""
    return reverse("admin:index")


def reads(request: PartnerRequest) -> bool:
    """Whether what is asked for writes nothing of a partner's."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    return request.method in ("GET", "HEAD", "OPTIONS") or name in impersonation.WRITES_NOTHING


def leaves(request: PartnerRequest) -> bool:
    """Whether they go to another of their places."""
    return bool(request.resolver_match and request.resolver_match.view_name == "tenants:switch")


def switch_tenant(request: PartnerRequest, tenant: Tenant) -> None:
    """Act in `tenant`, one of `request.tenants`, from the next request on.

    The only way in which the place changes (P4).
    """
    request.session[SESSION_KEY] = tenant.pk


def tenant_token(tenant: Tenant) -> str:
    """What a form carries to say where it was rendered."""
    return f"{tenant.partner_id}-{tenant.pk}"


def set_tenant_context(request: PartnerRequest) -> None:
    """Set on `request` where the person acts.

    What the session remembers while it is theirs, else the first place, home. Support, who only
    looks, acts nowhere by it.
    """
    user = request.user
    looked_at = [] if in_back_office(request) else impersonation.impersonated(request)
    request.is_impersonating = bool(looked_at)
    request.tenants = looked_at or (user.open_tenants if user.is_authenticated else [])
    request.actor = Actor(user if user.is_authenticated else None, How.PORTAL)
    act_nowhere(request)
    if request.tenants:
        act_in(request, remembered_tenant(request))


def act_nowhere(request: PartnerRequest) -> None:
    """What holds for somebody without a role."""
    request.tenant = request.partner = request.role = None  # type: ignore[assignment]
    request.any_day = None  # type: ignore[assignment]
    request.tenant_token, request.today = "", clock.today()
    request.known_as = getattr(request.user, "name", "")  # their own, where they act for nobody


def remembered_tenant(request: PartnerRequest) -> Tenant:
    """Where the session says that they act, else the first of `request.tenants`.

    The first place is remembered too, so that a role given elsewhere moves nobody.
    """
    chosen = request.session.get(SESSION_KEY)
    tenant = next((each for each in request.tenants if each.pk == chosen), request.tenants[0])
    if tenant.pk != chosen and not request.is_impersonating:
        switch_tenant(request, tenant)
        if chosen is not None:
            warn_of_lost_role(request, tenant)
    return tenant


def warn_of_lost_role(request: PartnerRequest, tenant: Tenant) -> None:
    """Who loses the role where they acted reads that they now act elsewhere (P4).

    Not where it was (P1).
    """
    now = {"partner": tenant.partner, "tenant": tenant}
    messages.warning(
        request,
        _("You no longer have a role there. You're now working in %(partner)s, tenant %(tenant)s.")
        % now,
    )


def act_in(request: PartnerRequest, tenant: Tenant) -> None:
    """Set what holds in `tenant`, one of `request.tenants`."""
    request.tenant, request.partner, request.role = tenant, tenant.partner, Role(tenant.role)
    if not request.is_impersonating:
        user = request.user
        request.known_as = tenant.known_as or (user.name if user.is_staff else "")
    request.tenant_token = tenant_token(tenant)
    request.today = request.partner.today()
