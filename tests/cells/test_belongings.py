"""Nothing of a partner is forgotten: each model goes along, is shared, or stays for a reason."""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.models import ForeignKey, Model

from benefits_portal.cells.belongings import (
    LEFT,
    SHARED,
    THROUGH,
    carried,
    is_left,
    path_to_partner,
)
from benefits_portal.cells.portable import OF_HERE
from benefits_portal.tenants.models import Partner, User

MODELS = apps.get_models(include_auto_created=True)
CARRIED: list[type[Model]] = [*carried(), User]
introspection = connection.introspection.get_constraints
# JSON of rows that go along; numbers of rows that all partners share are in the record's alone
JSON = {
    *("tenants.Record.params", "tenants.Record.before", "tenants.Record.after"),
    "licensing.Redemption.calculation",
    *("reminders.Preference.thresholds", "reminders.Preference.topics_off"),
}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_model_goes_along_is_shared_or_stays_for_a_reason(model: type[Model]) -> None:
    places = [model in carried(), model in SHARED, is_left(model)]
    assert places.count(True) == 1


def test_what_stays_is_there_and_says_why() -> None:
    assert {model._meta.label for model in MODELS} >= LEFT.keys()
    assert all(LEFT.values())


def test_a_model_with_a_partner_is_found_by_itself() -> None:
    class Forgotten(models.Model):
        partner = models.ForeignKey(Partner, models.PROTECT, related_name="+")

        class Meta:
            app_label = "not_installed"

    assert path_to_partner(Forgotten) == "partner"


def leads_to(field: ForeignKey[Any, Any]) -> bool:
    """Whether what `field` leads to is there when the row arrives."""
    there = field.related_model in carried() or field.related_model in SHARED
    return there or field.column in OF_HERE.get(field.model, {})


def test_every_row_finds_what_it_leads_to() -> None:
    lost = [
        str(field)
        for model in CARRIED
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and not leads_to(field)
    ]
    assert lost == []


def test_what_belongs_through_another_row_belongs_to_one_that_goes_along() -> None:
    through = [model._meta.get_field(path.split("__")[0]) for model, path in THROUGH.items()]
    assert {field.related_model in carried() for field in through} == {True}


@pytest.mark.django_db
def test_a_partner_s_rows_are_found_without_reading_those_of_others() -> None:
    """Else a large portal would be closed to the partner for as long as it takes to read it."""
    with connection.cursor() as cursor:
        found = {
            model._meta.label
            for model in CARRIED
            for index in introspection(cursor, model._meta.db_table).values()
            if index["columns"] and (index["index"] or index["unique"])
            if index["columns"][0] == "partner_id"
        }
    others: list[type[Model]] = [Partner, User, *THROUGH]
    assert found == {model._meta.label for model in CARRIED if model not in others}


def test_json_is_known_to_hold_numbers_of_rows_or_none() -> None:
    found = {
        str(field)
        for model in CARRIED
        for field in model._meta.concrete_fields
        if isinstance(field, models.JSONField)
    }
    assert found == JSON
