"""Labels of recorded values, in the reader's language, in place of field names (A2)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from benefits_portal.formats import as_day
from benefits_portal.tenants.models import DirectoryUser, Record, RoleAssignment, Tenant

KEPT = 4_096  # cached labels; there are a few hundred per language

NAMES: dict[str, str | Promise] = {
    "address": gettext_lazy("Page"),
    "assignment": gettext_lazy("Assignment"),
    "filters": gettext_lazy("Filters"),
    "key": gettext_lazy("Product key"),
    "keys": gettext_lazy("Product keys"),
    "list": gettext_lazy("List"),
    "order": gettext_lazy("Order"),
    "person": gettext_lazy("Person"),
    "primary": gettext_lazy("Primary tenant"),
    "product": gettext_lazy("Product"),
    "redemption": gettext_lazy("Redemption"),
    "rows": gettext_lazy("Rows"),
    "user_principal_name": gettext_lazy("Email address"),
    "why": gettext_lazy("Reason"),
}
LISTS: dict[str, str | Promise] = {
    "activity": gettext_lazy("Activity"),
    "benefits": gettext_lazy("Azure & cloud products"),
    "holders": gettext_lazy("Holders"),
    "licenses": gettext_lazy("Licenses"),
    "losses": gettext_lazy("Lost by a day"),
    "products": gettext_lazy("Your products"),
    "roles": gettext_lazy("Roles"),
    "users": gettext_lazy("Directory users"),
}
FILTERS: dict[str, str | Promise] = {
    "action": gettext_lazy("What"),
    "by": gettext_lazy("Lost by"),
    "expires": gettext_lazy("Expires"),
    "kind": gettext_lazy("Kind"),
    "o": gettext_lazy("Sorted by"),
    "offer": gettext_lazy("Offer"),
    "person": gettext_lazy("Person involved"),
    "product": gettext_lazy("Product"),
    "q": gettext_lazy("Search"),
    "refused": gettext_lazy("Refused only"),
    "role": gettext_lazy("Role"),
    "show": gettext_lazy("Quick filters"),
    "sign_ins": gettext_lazy("Sign-ins included"),
    "since": gettext_lazy("From"),
    "sort": gettext_lazy("Sorted by"),
    "status": gettext_lazy("Status"),
    "tab": gettext_lazy("Period"),
    "tenant": gettext_lazy("Tenant"),
    "type": gettext_lazy("Benefit type"),
    "until": gettext_lazy("Until"),
    "who": gettext_lazy("Quick filters"),
}
# By filter; other apps add theirs
FILTER_VALUES: dict[str, dict[str, str | Promise]] = {}
# By URL name; other apps add theirs
PAGES: dict[str, str | Promise] = {
    "tenants:activity": gettext_lazy("Activity"),
    "tenants:activity-csv": gettext_lazy("Activity"),
    "tenants:add-user": gettext_lazy("Add a user"),
    "tenants:ask-for-tenant": gettext_lazy("Request another tenant"),
    "tenants:change-role": gettext_lazy("Change role"),
    "tenants:disable-user": gettext_lazy("Disable a user"),
    "tenants:enable-user": gettext_lazy("Enable a user"),
    "tenants:give-role": gettext_lazy("Give a role"),
    "tenants:make-primary": gettext_lazy("Make primary"),
    "tenants:take-role": gettext_lazy("Remove role"),
}
REFERENCES: dict[str, type[models.Model]] = {"person": DirectoryUser, "primary": Tenant}


def label_of(name: str, field: Any) -> str:
    """The label of the value `name`; `field` is the model field that it stands for, if any."""
    return _label_in(get_language(), name, field)


@lru_cache(KEPT)
def _label_in(_language: str | None, name: str, field: Any) -> str:
    """The same, cached; `language` is the active one."""
    return str(capfirst(str(_label(name, field))))


def _label(name: str, field: Any) -> str | Promise:
    if label := NAMES.get(name) or getattr(field, "verbose_name", None):
        return label
    return field.related_model._meta.verbose_name_plural if field else name.replace("_", " ")


def described_model(record: Record) -> type[models.Model] | None:
    """The model whose fields the record names: that of its subject.

    If its creation was refused, the first model that has them all.
    """
    return record.subject_model or _model_with(
        record.action.partition(".")[0],
        frozenset((record.before.keys() | record.after.keys()) - NAMED),
    )


def field_of(record: Record, name: str) -> Any:
    """The model field that `name` stands for, or is named after on a role; else None."""
    return _field(described_model(record), name)


def offer_filter_values(**labels: Mapping[str, str | Promise]) -> None:
    """Register the labels of filters' values, by the name of the filter."""
    for name, values in labels.items():
        FILTER_VALUES.setdefault(name, {}).update(values)


def name_pages(**names: str | Promise) -> None:
    """Register the labels of pages; `licensing__key` stands for the URL name licensing:key."""
    PAGES.update({name.replace("__", ":").replace("_", "-"): text for name, text in names.items()})


def page_name(path: str) -> str:
    """The label of the page at `path`; the path itself if it has none."""
    with suppress(Resolver404):
        return str(PAGES.get(resolve(path).view_name, path))
    return path


NAMED = NAMES.keys() - {"user_principal_name"}


@cache
def _model_with(app: str, names: frozenset[str]) -> type[models.Model] | None:
    models_of_app = (
        apps.get_app_config(app).get_models()
        if names and apps.is_installed(f"benefits_portal.{app}")
        else ()
    )
    return next(
        (model for model in models_of_app if all(_has_field(model, name) for name in names)), None
    )


def _has_field(model: type[models.Model], name: str) -> bool:
    return name in {field.name for field in model._meta.fields}


@cache
def _field(model: type[models.Model] | None, name: str) -> Any:
    for owner in (model, RoleAssignment):
        with suppress(FieldDoesNotExist):
            if owner:
                return owner._meta.get_field(name)
    return None


def list_name(value: str) -> str:
    """The label of a downloaded list, of the portal or the back office."""
    if value in LISTS:
        return str(LISTS[value])
    with suppress(LookupError, ValueError):
        return str(apps.get_model(value)._meta.verbose_name_plural)
    return value


def filters_text(value: str) -> str:
    """The filters of a downloaded list in words; recorded as `name=value, name=value`."""
    return ", ".join(_filters_text(value.split(", ")))


def _filters_text(filters: Iterable[str]) -> Iterator[str]:
    for written in filters:
        name, equals, value = written.partition("=")
        if not equals:
            yield written
            continue
        label = FILTERS.get(name) or name.partition("__")[0].replace("_", " ")
        yield f"{label}: {_filter_value(name, value)}"


def _filter_value(name: str, value: str) -> str:
    if value in ("True", "False"):
        return _("yes") if value == "True" else _("no")
    with suppress(ValueError):
        return as_day(date.fromisoformat(value))
    labels = Record.actions if name == "action" else FILTER_VALUES.get(name, {})
    return str(labels.get(value, value))
