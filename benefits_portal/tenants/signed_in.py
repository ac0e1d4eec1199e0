"""Who asks, and where they may act: the one query that every signed-in request makes (P1)."""

from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Case, F, Model, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from benefits_portal.prepared import PlannedQuery

from .models import DirectoryUser, Partner, Tenant, User

HELD = "role_assignments"
AT = f"{HELD}__partner"
THERE = f"{AT}__tenants"


class PortalBackend(ModelBackend):
    """Django's own; whoever is signed in brings along where they may act."""

    def get_user(self, user_id: int) -> User | None:
        user = user_with_tenants(user_id)
        return user if user and self.user_can_authenticate(user) else None


def user_with_tenants(pk: int) -> User | None:
    """The user with `open_tenants`, where they can act, home first; None if there is none.

    Tenants of the partners at which they hold a role, each with it as `role`; `moved_partners` are
    those of them that are in another portal now, by primary key. `known_as` is what
    the partner's own directory calls them, None without an entry (P1).
    """
    rows = USER_AND_TENANTS.tuples(pk)
    if not rows:
        return None
    users, tenants = len(columns(User)), len(columns(Tenant))
    user: User = from_columns(User, rows[0][:users])
    user.open_tenants, user.moved_partners = [], {}
    for row in rows:
        if row[users] is not None:  # a user without a role has one row, without a tenant
            tenant: Tenant = from_columns(Tenant, row[users : users + tenants])
            tenant.partner = from_columns(Partner, row[users + tenants : -2])
            tenant.role, tenant.known_as = row[-2:]
            if tenant.partner.moved_to:
                user.moved_partners[tenant.partner_id] = tenant.partner
            else:
                user.open_tenants.append(tenant)
    return user


def user_and_tenants(pk: int) -> QuerySet[Any, Any]:
    """A row for each tenant open to the user; one without a tenant if none is."""
    is_home = When(**{THERE: F("directory_user__tenant")}, then=Value(0))
    return (
        User.objects.filter(pk=pk)
        .order_by(
            Case(is_home, default=Value(1)),
            f"{AT}__sort_name",
            f"-{THERE}__is_primary",
            f"{THERE}__sort_name",
        )
        .values_list(
            *columns(User),
            *columns(Tenant, THERE),
            *columns(Partner, AT),
            f"{HELD}__role",
            name_at_partner(),
        )
    )


def name_at_partner() -> Coalesce:
    """What the partner's directory calls the user: the entry they sign in as, else by address."""
    own = When(directory_user__partner=F(AT), then=F("directory_user__display_name"))
    by_email = DirectoryUser.objects.filter(
        partner=OuterRef(AT), user_principal_name=OuterRef("email")
    ).order_by("pk")
    return Coalesce(Case(own), Subquery(by_email.values("display_name")[:1]))


USER_AND_TENANTS = PlannedQuery(user_and_tenants)


@cache
def columns(model: type[Model], through: str = "") -> tuple[str, ...]:
    prefix = f"{through}__" if through else ""
    return tuple(f"{prefix}{field.attname}" for field in model._meta.concrete_fields)


def from_columns(model: type[Model], values: tuple[Any, ...]) -> Any:
    return model.from_db("default", columns(model), values)
