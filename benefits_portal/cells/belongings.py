"""Which rows are a partner's, and what of them only refers to rows that all partners share.

Every model is in exactly one of these tables (tests/cells/test_belongings.py): one that is added
and forgotten is no row that is lost on the way.
"""

from functools import cache

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import ForeignKey, Model, Q, QuerySet

from benefits_portal.benefits.models import ExternalOffer, Offer, PackageLine, Product
from benefits_portal.reminders.models import Told
from benefits_portal.tenants.models import FormerName, Partner, User

# By what both portals know a row that belongs to no single partner
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
# A partner's by the row that it belongs to
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
PRACTICE = "practice"  # rooms, and partners that are made again wherever they are wanted


def is_left(model: type[Model]) -> bool:
    return model._meta.label in LEFT or model._meta.app_label == PRACTICE


def path_to_partner(model: type[Model]) -> str | None:
    """How a row of `model` leads to its partner; None for what is nobody's."""
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
    """The models whose rows go along, the partner first; people who sign in are beside them."""
    models = [model for model in apps.get_models() if path_to_partner(model)]
    return Partner, *(model for model in models if model is not Partner)


def belongings(model: type[Model], partner: int) -> QuerySet[Model]:
    """The rows of `model` that are the partner's, in the order of their primary keys."""
    mine = Q(**{str(path_to_partner(model)): partner})
    return model._base_manager.filter(mine).order_by("pk")


def columns(model: type[Model]) -> list[str]:
    """The columns that are stored, without those that the database works out."""
    return [str(field.column) for field in model._meta.concrete_fields if not field.generated]


def references(model: type[Model]) -> dict[str, type[Model]]:
    """The columns of `model` that lead to what all partners share, and to what."""
    return {
        field.column: field.related_model
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model in SHARED
    }
