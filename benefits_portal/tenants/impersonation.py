"""*View as partner*: support sees a partner's pages as an account member does.

Read-only, marked on every page, and recorded. Stored in the session, so it ends with it at the
latest. The role is Account member, so no key is ever revealed. All POSTs are refused, except a few
that write none of the partner's data.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from .models import Actor, How, Record, Role, Tenant, TenantsAction, User

if TYPE_CHECKING:
    from .middleware import PartnerRequest

SESSION_KEY = "viewing"
BACK = "viewing_from"  # key of the session: the page to return to
WHOM = "viewing_whom"  # key of the session: the name of the room that a trainer looks at
PERMISSION = "tenants.view_partner"
WRITES_NOTHING = {
    "tenants:end-viewing",
    "tenants:sign-out",
    "tenants:session",
    "search",
    "set_language",
    "theme",
}


# Registered by higher apps: functions that say who may look at a tenant, besides support
ALSO: list[Callable[[User, Tenant], bool]] = []


def may_look_at(user: User, tenant: Tenant) -> bool:
    return may_impersonate(user) or (user.is_active and any(may(user, tenant) for may in ALSO))


def may_impersonate(user: User) -> bool:
    return user.is_active and user.is_staff and user.has_perm(PERMISSION)


def start(
    request: HttpRequest, tenant: Tenant, *, by: Actor, back: str = "", whom: str = ""
) -> None:
    """View as `tenant` from the next request on; `back` is the URL to return to.

    `by` gives the reason. No new record if the person already views it (W11).
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
    """Stop viewing; return the tenant that was viewed, if any."""
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
    """Stop viewing when the person signs out, in whichever way."""
    if SESSION_KEY in request.session:
        end(request)


def impersonated(request: "PartnerRequest") -> list[Tenant]:
    """The viewed tenant, with the role Account member; empty if nothing is viewed."""
    pk = request.session.get(SESSION_KEY) if request.user.is_authenticated else None
    if pk is None:
        return []
    there = Tenant.objects.select_related("partner").filter(pk=pk)
    tenants = [tenant for tenant in there if may_look_at(request.user, tenant)]
    for tenant in tenants:
        tenant.role = Role.MEMBER
    return tenants
