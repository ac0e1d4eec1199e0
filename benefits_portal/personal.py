"""Which personal data each field contains. Every field that can contain text must declare it.

By the attribute `personal` of the field's class (`PersonNameField`), or in the dict `personal` of
its model, by the field's name; None for no personal data. Numbers, dates, choices and relations
need no declaration.
"""

from enum import StrEnum
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

TEXTS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.FileField,
    models.GenericIPAddressField,
)


class Personal(StrEnum):
    """Kinds of personal data; to erase a person, go through fields of all kinds."""

    NAME = "name"
    EMAIL = "e-mail address"
    FREE_TEXT = "free text"  # may contain anything
    PREFERENCE = "preference"
    SECRET = "secret"  # noqa: S105 - hashed or sealed
    DIGEST = "digest"  # of an email address, by which the person can be found


class Undeclared(TypeError):
    """A field can contain text, and does not declare its personal data."""


def personal(field: Any) -> Personal | None:
    """The kind of personal data in `field`; None for none. Raises Undeclared."""
    declared: dict[str, Personal | None] = getattr(field.model, "personal", {})
    if field.name in declared:
        return declared[field.name]
    if hasattr(field, "personal"):
        return field.personal  # type: ignore[no-any-return]
    if sources := getattr(field, "sources", ()):  # computed from them
        kinds = (personal(field.model._meta.get_field(source)) for source in sources)
        return next(filter(None, kinds), None)
    if isinstance(getattr(field, "output_field", field), TEXTS) and not field.choices:
        raise Undeclared(f"{field} can hold text: say in `personal` of its model whose it is.")
    return None


def own_models() -> list[type[models.Model]]:
    """The models of this project, without Django's."""
    return [model for model in apps.get_models() if is_own(model)]


def is_own(model: type[models.Model]) -> bool:
    return model.__module__.startswith("benefits_portal.")


@cache
def fields_of(model: type[models.Model], *kinds: Personal) -> dict[str, Personal]:
    """The stored fields of `model` with personal data of `kinds`, by name."""
    stored = [field for field in model._meta.concrete_fields if not hasattr(field, "sources")]
    held = {field.name: personal(field) for field in stored} if is_own(model) else {}
    return {name: kind for name, kind in held.items() if kind in kinds}


def called_by(model: type[models.Model]) -> dict[str, Personal]:
    """The fields of `model` with people's names or email addresses."""
    return fields_of(model, Personal.NAME, Personal.EMAIL)


@cache
def _called_by_any() -> frozenset[str]:
    """The names that only such fields have, in all models."""
    people = {name for model in own_models() for name in called_by(model)}
    others = {
        field.name
        for model in own_models()
        for field in model._meta.concrete_fields
        if field.name not in called_by(model)
    }
    return frozenset(people - others)


def without_names(values: dict[str, Any], subject: models.Model | None) -> dict[str, Any]:
    """`values` of `subject` by field, with names, email addresses and their digests set to None.

    Without a subject (an object that was refused to be made), by the names of fields alone.
    """
    withheld = {*_called_by_any()}
    if subject:
        withheld |= fields_of(type(subject), Personal.NAME, Personal.EMAIL, Personal.DIGEST).keys()
    return {name: None if name in withheld else value for name, value in values.items()}
