"""Support looks at a partner's own pages as somebody there sees them.

Read-only, marked on every page, on record.

It is kept in the session, and so ends with it at the latest. Whoever looks has the least of the
roles, Account member, so no key is ever revealed; and whatever they send is refused, but for the
few that write nothing of a partner's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from .models import Actor, How, Record, Role, Tenant, TenantsAction, User

if TYPE_CHECKING:
    from .middleware import PartnerRequest

SESSION_KEY = "viewing"
BACK = "viewing_from"  # in the session: the page that looking was begun from
WHOM = "viewing_whom"  # in the session: whose room it is, where a trainer looks
PERMISSION = "tenants.view_partner"
WRITES_NOTHING = {
    "tenants:end-viewing",
    "tenants:sign-out",
    "tenants:session",
    "search",
    "set_language",
    "theme",
}


# What a higher app asks who may look where, besides support
ALSO: list[Callable[[User, Tenant], bool]] = []


def may_look_at(user: User, tenant: Tenant) -> bool:
    return may_impersonate(user) or (user.is_active and any(may(user, tenant) for may in ALSO))


def may_impersonate(user: User) -> bool:
    return user.is_active and user.is_staff and user.has_perm(PERMISSION)


def start(
    request: HttpRequest, tenant: Tenant, *, by: Actor, back: str = "", whom: str = ""
) -> None:
    """Look at `tenant` from the next request on, until one goes `back`; `by` says why.

    Whoever looks at it already goes on (W11).
    """
    if request.session.get(SESSION_KEY) == tenant.pk:
        return
    if SESSION_KEY in request.session:
        end(request)
    request.session[SESSION_KEY] = tenant.pk
    request.session[BACK] = back
    request.session[WHOM] = whom
    Record.objects.log(
        TenantsAction.VIEW_STARTED,
        by=by,
        partner=tenant.partner,
        tenant=tenant,
        subject=tenant.partner,
    )


def end(request: HttpRequest) -> Tenant | None:
    """Stop looking; what was looked at, if anything was."""
    whom = request.session.pop(WHOM, "")
    tenant = (
        Tenant.objects.select_related("partner")
        .filter(pk=request.session.pop(SESSION_KEY, None))
        .first()
    )
    if tenant and isinstance(request.user, User):
        by = Actor(request.user, How.TRAINER if whom else How.BACK_OFFICE)
        Record.objects.log(
            TenantsAction.VIEW_ENDED,
            by=by,
            partner=tenant.partner,
            tenant=tenant,
            subject=tenant.partner,
        )
    return tenant


def end_with_session(request: HttpRequest, **kwargs: Any) -> None:
    """Whoever signs out, by whichever door, stops looking."""
    if SESSION_KEY in request.session:
        end(request)


def impersonated(request: "PartnerRequest") -> list[Tenant]:
    """The places of whoever looks: the one tenant, with the least of the roles.

    Empty for everybody else.
    """
    pk = request.session.get(SESSION_KEY) if request.user.is_authenticated else None
    if pk is None:
        return []
    there = Tenant.objects.select_related("partner").filter(pk=pk)
    tenants = [tenant for tenant in there if may_look_at(request.user, tenant)]
    for tenant in tenants:
        tenant.role = Role.MEMBER
    return tenants
