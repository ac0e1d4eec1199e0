"""The signed-in person and the tenants they can work in: one query per request (P1)."""

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
    """Django's backend; the user comes with the tenants that are open to them."""

    def get_user(self, user_id: int) -> User | None:
        user = user_with_tenants(user_id)
        return user if user and self.user_can_authenticate(user) else None


def user_with_tenants(pk: int) -> User | None:
    """The user with `open_tenants`, home first; None if there is no such user.

    Those are the tenants of the partners where the user holds a role; each has the `role`, and as
    `known_as` the user's name in that partner's directory, or None (P1). `moved_partners` are those
    partners, by primary key, that have moved to another portal.
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
    """One row for each tenant open to the user, or a single row without a tenant."""
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
    """The user's name in the partner's directory: of the entry they sign in as, or by email."""
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
