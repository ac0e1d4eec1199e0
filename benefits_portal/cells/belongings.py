"""Which rows belong to a partner, and which are shared by all partners.

Every model is in exactly one of these tables, so that a new model cannot be forgotten
(tests/cells/test_belongings.py).
"""

from functools import cache

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import ForeignKey, Model, Q, QuerySet

from benefits_portal.benefits.models import ExternalOffer, Offer, PackageLine, Product
from benefits_portal.reminders.models import Told
from benefits_portal.tenants.models import FormerName, Partner, User

# Natural keys of shared models, by which both portals know a row
SHARED: dict[type[Model], tuple[str, ...]] = {
    ContentType: ("app_label", "model"),
    Offer: ("name",),
    Product: ("name", "kind"),
    PackageLine: (
        "offer__name",
        "product__name",
        "product__kind",
        "benefit_type",
        "competency",
        "quantity",
        "withdrawn_on",
    ),
    ExternalOffer: ("name",),
    User: ("email",),
}
# Lookups to the partner of models without a `partner`
THROUGH: dict[type[Model], str] = {Told: "digest__partner", FormerName: "person__partner"}
CATALOG = "the catalog is the receiver's own"
PORTAL = "of the portal, whoever uses it"
LEFT = {
    "admin.LogEntry": "what staff did, which the record tells too",
    "auth.Group": "rights of staff",
    "auth.Group_permissions": "rights of staff",
    "auth.Permission": "rights of staff",
    "benefits.CreditAmount": CATALOG,
    "benefits.ExternalOffer_excludes": CATALOG,
    "benefits.Product_replaced_by": CATALOG,
    "licensing.LicenseTally": "the database counts it off the assignments that arrive",
    "reminders.Run": PORTAL,
    "sessions.Session": "people sign in again",
    "tenants.Attempt": PORTAL,
    "tenants.KeyAttempt": "counts for an hour, by a digest of this portal's",
    "tenants.Mail": "sealed for this portal, which sends it",
    "tenants.PracticeWorld": PORTAL,
    "tenants.User_groups": "rights of staff",
    "tenants.User_user_permissions": "rights of staff",
}
PRACTICE = "practice"  # rooms, which are not moved


def is_left(model: type[Model]) -> bool:
    return model._meta.label in LEFT or model._meta.app_label == PRACTICE


def path_to_partner(model: type[Model]) -> str | None:
    """The lookup from a row of `model` to its partner; None if rows do not belong to one."""
    if model is Partner:
        return "pk"
    if model in THROUGH:
        return THROUGH[model]
    is_theirs = any(
        isinstance(field, ForeignKey) and field.name == "partner" and field.related_model is Partner
        for field in model._meta.concrete_fields
    )
    return "partner" if is_theirs and not is_left(model) else None


@cache
def carried() -> tuple[type[Model], ...]:
    """The models whose rows move, the partner first; accounts move separately."""
    models = [model for model in apps.get_models() if path_to_partner(model)]
    return Partner, *(model for model in models if model is not Partner)


def belongings(model: type[Model], partner: int) -> QuerySet[Model]:
    """The partner's rows of `model`, by primary key."""
    mine = Q(**{str(path_to_partner(model)): partner})
    return model._base_manager.filter(mine).order_by("pk")


def columns(model: type[Model]) -> list[str]:
    """The stored columns, without generated ones."""
    return [str(field.column) for field in model._meta.concrete_fields if not field.generated]


def references(model: type[Model]) -> dict[str, type[Model]]:
    """The columns of `model` that refer to shared models, with these."""
    return {
        field.column: field.related_model
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model in SHARED
    }
