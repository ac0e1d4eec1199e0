"""What a line on record is about, by name: a misspelt one is a fault of types, and of the call."""

from typing import TYPE_CHECKING, Any, TypedDict

from django.db import models

from .actor import Actor

if TYPE_CHECKING:  # the models put lines on record
    from benefits_portal.tenants.models import Partner, Tenant


class AuditContext(TypedDict, total=False):
    """Who does it, at which partner, in which tenant, to what, from `before` to `after`.

    `params` are the values of a refusal's sentence.
    """

    by: Actor
    partner: "Partner | None"
    tenant: "Tenant | None"
    subject: models.Model | None
    before: dict[str, Any]
    after: dict[str, Any]
    params: dict[str, Any]
