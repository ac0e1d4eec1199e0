"""Record what staff edit by hand: who, why, and the fields before and after (A1)."""

# mypy: disable-error-code="type-arg"

from typing import Any, cast

from django import forms
from django.db import models
from django.http import HttpRequest

from benefits_portal.derived_fields import derived_columns
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import (
    Actor,
    EditAction,
    How,
    Partner,
    Record,
    Tenant,
    User,
)

from .reasons import reason_in

# Neither recorded nor offered as a filter
SECRETS = {"password", "digest", "ciphertext", "get_data", "post_data"}
# Work that the portal has still to do is no fact of the row, and not on record
INTERNAL = {"is_name_pending"}


def actor(request: HttpRequest) -> Actor:
    """The signed-in person in the back office, with the reason given."""
    return Actor(cast("User", request.user), How.BACK_OFFICE, reason_in(request))


def tenant_context(subject: models.Model) -> AuditContext:
    """The partner and the tenant that `subject` belongs to, if any."""
    tenant = subject if isinstance(subject, Tenant) else getattr(subject, "tenant", None)
    partner = subject if isinstance(subject, Partner) else getattr(subject, "partner", None)
    return {"partner": partner or (tenant.partner if tenant else None), "tenant": tenant}


def log(
    action: EditAction,
    subject: models.Model,
    request: HttpRequest,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    refusal: Refusal | None = None,
) -> None:
    """Record what happened to `subject`, at the partner that may know of it (P1)."""
    about = tenant_context(subject)
    about |= {"by": actor(request), "subject": subject}
    about |= {"before": before or {}, "after": after or {}}
    about = refusal.on_record_at(about) if refusal else about
    Record.objects.log(action, refusal=refusal, **about)


def log_form(form: forms.ModelForm, request: HttpRequest, *, is_new: bool) -> None:
    """Record what a saved form created or changed, without secrets.

    Values as stored, relations as primary keys.
    """
    fields = recorded_fields(form.instance)
    names = [name for name in (form.fields if is_new else form.changed_data) if name in fields]
    after = {name: stored(form, fields[name]) for name in names}
    if is_new:
        filled = {name: value for name, value in after.items() if value not in (None, "", [])}
        log(EditAction.CREATED, form.instance, request, after=filled)
    elif names:
        before = {name: initial(form, fields[name]) for name in names}
        log(EditAction.EDITED, form.instance, request, before=before, after=after)


def recorded_fields(row: models.Model) -> dict[str, Any]:
    """The fields of `row` that may be recorded, by name."""
    return {
        field.name: field
        for field in [*row._meta.fields, *row._meta.many_to_many]
        if not field.primary_key and field.name not in SECRETS
    }


def stored(form: forms.ModelForm, field: Any) -> Any:
    """The value of `field` after a form was saved."""
    if field.many_to_many:
        return [related.pk for related in form.cleaned_data[field.name]]
    return field.value_from_object(form.instance)


def initial(form: forms.ModelForm, field: Any) -> Any:
    """The value of `field` before."""
    value = form.initial.get(field.name)
    return [related.pk for related in value] if field.many_to_many and value else value


def log_deletion(subject: models.Model, request: HttpRequest) -> None:
    left_out = {*SECRETS, *INTERNAL, *derived_columns(type(subject))}
    fields = [
        field
        for field in subject._meta.fields
        if not field.primary_key and field.name not in left_out
    ]
    log(
        EditAction.DELETED,
        subject,
        request,
        before={field.name: field.value_from_object(subject) for field in fields},
    )
