"""What of a person a field holds: every field that can hold text says so, or says that it does not.

A field says it by its kind (`PersonNameField.personal`), or its model in a table `personal` by the
field's name. Numbers, days, choices and relations hold nothing of anybody by themselves.
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
    """What it is; to erase somebody is to go through all of it."""

    NAME = "name"
    EMAIL = "e-mail address"
    FREE_TEXT = "free text"  # people wrote it: what is in it nobody knows
    PREFERENCE = "preference"
    SECRET = "secret"  # noqa: S105 - hashed or sealed
    DIGEST = "digest"  # of an e-mail address: it finds the person again


class Undeclared(TypeError):
    """A field can hold text, and nobody has said whose."""


def personal(field: Any) -> Personal | None:
    """What of a person `field` holds; None for nothing. Raises Undeclared."""
    declared: dict[str, Personal | None] = getattr(field.model, "personal", {})
    if field.name in declared:
        return declared[field.name]
    if hasattr(field, "personal"):
        return field.personal  # type: ignore[no-any-return]
    if sources := getattr(field, "sources", ()):  # worked out from them
        kinds = (personal(field.model._meta.get_field(source)) for source in sources)
        return next(filter(None, kinds), None)
    if isinstance(getattr(field, "output_field", field), TEXTS) and not field.choices:
        raise Undeclared(f"{field} can hold text: say in `personal` of its model whose it is.")
    return None


def own_models() -> list[type[models.Model]]:
    """The project's own, not those of Django and its apps."""
    return [model for model in apps.get_models() if is_own(model)]


def is_own(model: type[models.Model]) -> bool:
    return model.__module__.startswith("benefits_portal.")


@cache
def fields_of(model: type[models.Model], *kinds: Personal) -> dict[str, Personal]:
    """The fields of `model` that hold something of `kinds`, each with what it is."""
    stored = [field for field in model._meta.concrete_fields if not hasattr(field, "sources")]
    held = {field.name: personal(field) for field in stored} if is_own(model) else {}
    return {name: kind for name, kind in held.items() if kind in kinds}


def called_by(model: type[models.Model]) -> dict[str, Personal]:
    """The fields of `model` that say what somebody is called: whether by name or by address."""
    return fields_of(model, Personal.NAME, Personal.EMAIL)


@cache
def _called_by_any() -> frozenset[str]:
    """The names of fields that say so of people, and are used for nothing else."""
    people = {name for model in own_models() for name in called_by(model)}
    others = {
        field.name
        for model in own_models()
        for field in model._meta.concrete_fields
        if field.name not in called_by(model)
    }
    return frozenset(people - others)


def without_names(values: dict[str, Any], subject: models.Model | None) -> dict[str, Any]:
    """`values` about `subject`, by field; None for what says how somebody is called.

    Nor does a digest stay, which finds them again. Without a subject they are about what was
    refused to be made.
    """
    withheld = {*_called_by_any()}
    if subject:
        withheld |= fields_of(type(subject), Personal.NAME, Personal.EMAIL, Personal.DIGEST).keys()
    return {name: None if name in withheld else value for name, value in values.items()}
