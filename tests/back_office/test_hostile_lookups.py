"""Whatever the query of a back-office list says, the page never fails.

The list is shown, leaves it out, or refuses it.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client

from benefits_portal.tenants.models import Record, User
from tests.back_office.conftest import page, registered, request_by

LOOKUPS = [
    "",
    "__exact",
    "__in",
    "__isnull",
    "__regex",
    "__iregex",
    "__range",
    "__gte",
    "__contains",
    "__search",
]
LOOKUPS += [
    "__date",
    "__year",
    "__month",
    "__day",
    "__year__in",
    "__id__exact",
    "__pk",
    "__nothing",
    "__0__a",
]
VALUES = [
    "1",
    "(",
    "\0",
    "9" * 30,
    "-1",
    "",
    "1,2",
    "0",
    "13",
    "2026-02-30",
    "null",
    "NaN",
    "1\0",
    "٣",
    "%",
    "True",
]


@pytest.fixture
def request_of(programme: User) -> Callable[[dict[str, str]], HttpRequest]:
    def make(query: dict[str, str]) -> HttpRequest:
        return request_by(programme, query)

    return make


def outcome(model_admin: "ModelAdmin[Any]", request: HttpRequest) -> int | str:
    """How many rows the list holds, or that its query was refused or left out."""
    try:
        return len(model_admin.get_changelist_instance(request).queryset[:5])
    except (IncorrectLookupParameters, SuspiciousOperation) as refused:
        return type(refused).__name__


def one(number: int) -> list[str]:
    """Each value with each lookup of some field, as there is no lookup for each value."""
    return [VALUES[number % len(VALUES)]]


def two(number: int) -> list[str]:
    """And what databases and patterns take least."""
    return [*one(number), ("(", "\0", "9" * 30)[number % 3]]


@pytest.mark.usefixtures("a_row_of_each")
@pytest.mark.parametrize("values_of", [one, pytest.param(two, marks=pytest.mark.release)])
@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label_lower)
def test_no_lookup_breaks_a_list(
    model: type[Model],
    values_of: Callable[[int], list[str]],
    request_of: Callable[[dict[str, str]], HttpRequest],
) -> None:
    model_admin = admin.site._registry[model]
    names: list[Any] = [field.name for field in model._meta.get_fields()]
    names += [name for name in (model_admin.date_hierarchy,) if name] + list(
        model_admin.get_list_filter(HttpRequest())
    )
    names = [name for name in names if isinstance(name, str)]
    for number, (name, lookup) in enumerate((name, lookup) for name in names for lookup in LOOKUPS):
        for value in values_of(number):
            assert outcome(model_admin, request_of({name + lookup: value})) is not None


@pytest.mark.parametrize("export", [False, True])
@pytest.mark.parametrize(
    "query",
    [
        "at__year=x",
        "at__year=99999",
        "at__year=2026&at__month=13",
        "at__day=2",
        "at__year=2026&at__month=2&at__day=30",
        "at__gte=%00",
        "how__regex=(",
        "how__exact=%00",
        "how=%00",
        "at__range=1",
        "actor__email__regex=(",
        "actor__password__startswith=a",
        "partner__id__exact=%00",
        "partner__id__exact=" + "9" * 30,
        "about=tenants.partner:%00",
        "about=%00",
        "q=%00",
        "p=%00",
        "o=%00",
        "on=%00",
        "_to_field=%00",
        "e=%00",
        "all=%00",
    ],
)
def test_a_query_that_makes_no_sense_is_left_out_or_refused(
    office: Client, query: str, export: bool
) -> None:
    answer = office.get(
        f"{page(Record, 'export' if export else 'changelist')}?{query}", follow=True
    )
    assert answer.status_code in (200, 400)
    assert b"".join(answer) != b""
