"""Who may open a view: the matrix of *Who may do what* (P1 to P3)."""

from collections.abc import Callable
from datetime import date
from functools import reduce, wraps
from typing import Any
from urllib.parse import quote

from django.db.models import BigIntegerField, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.audit.refusal import Refusal

from .exceptions import ActivityForAdmins, NotPermitted, OnlyGlobalAdmins
from .middleware import ElsewhereError, PartnerRequest, refused
from .models import Partner, Role, RoleAssignment, Tenant, TenantsAction, User

type View = Callable[..., HttpResponseBase]

form_methods = require_http_methods(["GET", "HEAD", "POST"])  # a form is shown, or sent


def tenant_context_exempt(view: View) -> View:
    """Mark a view whose POST changes no partner's data: its form needs no tenant context (P4)."""
    view.tenant_context_exempt = True  # type: ignore[attr-defined]
    return view


# Registered by higher apps: functions from a user without a role to a first page's URL, or ""
FIRST_PAGES: list[Callable[[User], str]] = []


def first_page(request: PartnerRequest) -> HttpResponse:
    """The first page of a person without a role: one of FIRST_PAGES, or else `no_role`."""
    pages = (page(request.user) for page in FIRST_PAGES)
    own = next(filter(None, pages), "")
    return redirect(own) if own else no_role(request, status=200)


def role_required(view: View) -> View:
    """Require a role at the partner (P2).

    People without one get a page that says whom to ask.
    """

    @wraps(view)
    def guarded(request: PartnerRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.partner is None:
            return no_role(request)
        return view(request, *args, **kwargs)

    return guarded


def admin_required(view: View) -> View:
    """Require a Global admin or MPN partner admin (P3).

    Account members are told why they may not.
    """
    return _required(view, lambda role: role.may_act, NotPermitted)


def record_reader_required(view: View) -> View:
    """Require an admin, who may read the partner's whole record (A2)."""
    return _required(view, lambda role: role.may_act, ActivityForAdmins)


def global_admin_required(view: View) -> View:
    """Require a Global admin, who may change people, roles and tenants (P3).

    Others are told why they may not.
    """
    return _required(view, lambda role: role.may_manage_people, OnlyGlobalAdmins)


def _required(view: View, allows: Callable[[Role], bool], refusal: type[Refusal]) -> View:
    @role_required
    @wraps(view)
    def guarded(request: PartnerRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not allows(request.role):
            refused(request, TenantsAction.PAGE_REFUSED, refusal())
            admins = [
                held
                for held in RoleAssignment.objects.admins_of(request.partner)
                if allows(Role(held.role))
            ]
            return render(
                request,
                "tenants/not_permitted.html",
                {"refusal": refusal(), "admins": admins},
                status=403,
            )
        return view(request, *args, **kwargs)

    return guarded


def no_role(request: PartnerRequest, status: int = 403) -> HttpResponse:
    """The page for a person without a role (P2).

    It names who in their organization can assign roles and who can act, or the portal that the
    partner has moved to.
    """
    home = request.user.home_partner
    if moved := moved_partners(request.user, home):
        return render(request, "tenants/moved.html", {"partners": moved}, status=status)
    admins = RoleAssignment.objects.admins_of(home) if home else RoleAssignment.objects.none()
    managers = [held for held in admins if Role(held.role).may_manage_people]
    others = [held for held in admins if held not in managers]
    context = {
        "home": home,
        "managers": managers,
        "others": others,
        "mail": asking_for_a_role(request, managers) if home else "",
    }
    return render(request, "tenants/no_role.html", context, status=status)


def moved_partners(user: User, home: Partner | None) -> list[Partner]:
    """The partners of this person that have moved to another portal (C2)."""
    held = [*user.moved_partners.values()]
    return held or ([home] if home and home.moved_to else [])


def asking_for_a_role(request: PartnerRequest, managers: list[RoleAssignment]) -> str:
    """A `mailto:` link with a request for a role; empty if there is nobody to write to."""
    if not managers:
        return ""
    to = ",".join(quote(held.user.email, safe="@") for held in managers)
    subject = quote(_("Please give me a role in the Benefits Portal"), safe="")
    text = _(
        "Hello,\n\nI signed in to the Benefits Portal as %(email)s and don't have a role yet. "
        "Could you give me one on this page? %(page)s\n\nThank you"
    ) % {
        "email": request.user.email,
        "page": request.build_absolute_uri(reverse("tenants:give-role")),
    }
    return f"mailto:{to}?subject={subject}&body={quote(text, safe='')}"


def get_own(
    request: PartnerRequest, queryset: QuerySet[Any], pk: int, *, owner: str = "partner"
) -> Any:
    """Get an object of the request's partner.

    Raises Http404 for another partner's object, and ElsewhereError if it is in another tenant of
    the person. The model of `queryset` has a partner, and possibly a tenant. `owner` is the path to
    the partner if the model has none, as for people in a directory; the tenant then makes no
    difference.
    """
    partners = {tenant.partner_id for tenant in request.tenants}
    found = queryset.filter(**{f"{owner}__in": partners}, pk=pk).order_by().first()
    return _here(request, found, owner)


def get_own_prepared(
    request: PartnerRequest,
    own: PreparedQuery[Any],
    pk: int,
    *values: int | date,
    owner: str = "partner",
) -> Any:
    """The same as `get_own`, by a prepared query.

    `own` takes the partner's primary key, the object's, and then `values`. Only if it finds nothing
    are the person's other partners searched.
    """
    elsewhere = {tenant.partner_id for tenant in request.tenants} - {request.partner.pk}
    partners = [request.partner.pk, *elsewhere] if pk <= BigIntegerField.MAX_BIGINT else []
    found = (own.first(partner, pk, *values) for partner in partners)
    return _here(request, next(filter(None, found), None), owner)


def _here(request: PartnerRequest, found: Any, owner: str) -> Any:
    """Return `found` if it is in the tenant context; else raise what `get_own` raises."""
    if found is None:
        raise Http404
    partner_id = reduce(getattr, f"{owner}_id".split("__"), found)
    wanted = getattr(found, "tenant_id", None) if owner == "partner" else None
    if partner_id != request.partner.pk or wanted not in (None, request.tenant.pk):
        raise ElsewhereError(tenant_of_ones_own(request, partner_id, wanted))
    if owner == "partner":
        found.partner = request.partner  # spares a join or a query
    if wanted:
        found.tenant = request.tenant
    return found


def tenant_of_ones_own(request: PartnerRequest, partner_id: int, wanted: int | None) -> Tenant:
    """The tenant `wanted`, or any of the partner's, if the person can switch to it.

    Raises Http404 for support staff, who see one tenant and cannot switch.
    """
    elsewhere = (
        tenant
        for tenant in request.tenants
        if tenant.pk == wanted or (wanted is None and tenant.partner_id == partner_id)
    )
    if (tenant := next(elsewhere, None)) is None:
        raise Http404
    return tenant
