"""The keyword arguments of a record, as a TypedDict, so that type checks find misspelled ones."""

from typing import TYPE_CHECKING, Any, TypedDict

from django.db import models

from .actor import Actor

if TYPE_CHECKING:  # the models import this module
    from benefits_portal.tenants.models import Partner, Tenant


class AuditContext(TypedDict, total=False):
    """Who acts, at which partner, in which tenant, on what, and the values before and after.

    `params` are the values in a refusal's sentence.
    """

    by: Actor
    partner: "Partner | None"
    tenant: "Tenant | None"
    subject: models.Model | None
    before: dict[str, Any]
    after: dict[str, Any]
    params: dict[str, Any]
