"""The tenant context: for which partner and tenant the signed-in person acts (P1, P2, P4).

The session remembers it, and every request carries it.
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
    """A request with what `ActingMiddleware` sets. For annotations only.

    `any_day` is None except on pages that can show another day (`on_any_day`). `known_as` is the
    person's name in the partner's directory, or empty. For a person without a role, `tenant`,
    `partner` and `role` are None, and `tenants` and `tenant_token` are empty.
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
    """The object is in another tenant that the person can work in: offer to switch (P1, P4).

    Nothing is done until they do.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant


class ActingMiddleware:
    """Set the tenant context on the request, and activate the partner's time zone.

    Sets `partner`, `tenant`, `role`, `actor`, `tenants`, `tenant_token` and `today`. The back
    office keeps the project's time zone.

    A POST by somebody with a role must carry the tenant context in which its form was rendered. If
    the session has switched since, the POST is refused, and the page names both tenants. Views
    marked `tenant_context_exempt` and the back office need none.
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
        """The page with the refusal if the form was rendered in another tenant context (P4)."""
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
    """Whether the request's partner is being moved to another portal."""
    return bool(request.partner and request.partner.is_closed and not in_back_office(request))


def being_moved(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The message that nothing can be changed, with the expected end of the move (C1)."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    response = render(request, "tenants/being_moved.html", {"partner": partner}, status=status)
    response.headers["Retry-After"] = "60"
    return response


def refused(request: PartnerRequest, action: TenantsAction, refusal: Refusal) -> None:
    """Record a refusal that precedes all rules, with the URL that was requested (A1)."""
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
    """The URL prefix of the back office; cached, because each request needs it several times."""
    return reverse("admin:index")


def reads(request: PartnerRequest) -> bool:
    """Whether the request writes none of a partner's data."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    return request.method in ("GET", "HEAD", "OPTIONS") or name in impersonation.WRITES_NOTHING


def leaves(request: PartnerRequest) -> bool:
    """Whether the request switches to another tenant."""
    return bool(request.resolver_match and request.resolver_match.view_name == "tenants:switch")


def switch_tenant(request: PartnerRequest, tenant: Tenant) -> None:
    """Work in `tenant`, one of `request.tenants`, from the next request on.

    Nothing else changes the tenant context (P4).
    """
    request.session[SESSION_KEY] = tenant.pk


def tenant_token(tenant: Tenant) -> str:
    """The value of a form that says in which tenant context it was rendered."""
    return f"{tenant.partner_id}-{tenant.pk}"


def set_tenant_context(request: PartnerRequest) -> None:
    """Set the tenant context on `request`.

    It is the tenant that the session remembers, if the person can still work there; otherwise their
    first one, home. Support viewing as a partner gets the viewed tenant instead.
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
    """Set the attributes of a request by a person without a role."""
    request.tenant = request.partner = request.role = None  # type: ignore[assignment]
    request.any_day = None  # type: ignore[assignment]
    request.tenant_token, request.today = "", clock.today()
    request.known_as = getattr(request.user, "name", "")


def remembered_tenant(request: PartnerRequest) -> Tenant:
    """The tenant that the session remembers, or the first of `request.tenants`.

    The first tenant is stored in the session too, so that a new role elsewhere does not move
    anybody.
    """
    chosen = request.session.get(SESSION_KEY)
    tenant = next((each for each in request.tenants if each.pk == chosen), request.tenants[0])
    if tenant.pk != chosen and not request.is_impersonating:
        switch_tenant(request, tenant)
        if chosen is not None:
            warn_of_lost_role(request, tenant)
    return tenant


def warn_of_lost_role(request: PartnerRequest, tenant: Tenant) -> None:
    """Tell a person who lost the role in the tenant they worked in where they work now (P4).

    The message does not name the former tenant (P1).
    """
    now = {"partner": tenant.partner, "tenant": tenant}
    messages.warning(
        request,
        _("You no longer have a role there. You're now working in %(partner)s, tenant %(tenant)s.")
        % now,
    )


def act_in(request: PartnerRequest, tenant: Tenant) -> None:
    """Set the attributes of a request in `tenant`, one of `request.tenants`."""
    request.tenant, request.partner, request.role = tenant, tenant.partner, Role(tenant.role)
    if not request.is_impersonating:
        user = request.user
        request.known_as = tenant.known_as or (user.name if user.is_staff else "")
    request.tenant_token = tenant_token(tenant)
    request.today = request.partner.today()
