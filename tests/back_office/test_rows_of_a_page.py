"""The tables on a page of the back office: the rows that a browser claims are counted."""

from collections.abc import Iterator
from datetime import date
from itertools import cycle, product
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db import connection
from django.forms import BaseFormSet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from benefits_portal.backoffice.inline_rows import NOT_WHOLE, Rows
from benefits_portal.tenants.models import Partner, Record, User
from tests import factories
from tests.back_office.conftest import filled, make_rows, new_row, page, registered, request_by
from tests.clients import ClientResponse

HUGE = ["999999999999", "100000", "1001", "2147483648", "9" * 5_000]
WRONG = ["", "-1", "x", "\0", "1e9", "1.5", *HUGE]


def pages(programme: User) -> Iterator[tuple[str, list[str]]]:
    """Every page with a table that may be changed, with the tables' prefixes."""
    request = request_by(programme)
    for model in registered():
        model_admin: ModelAdmin[Any] = admin.site._registry[model]
        newest = model._default_manager.order_by("-pk").first()
        if newest and model_admin.has_change_permission(request, newest):
            formsets = model_admin.get_formsets_with_inlines(request, newest)
            if prefixes := [formset.get_default_prefix() for formset, _inline in formsets]:
                yield page(model, "change", newest.pk), prefixes
        if model_admin.has_add_permission(request):
            formsets = model_admin.get_formsets_with_inlines(request)
            if prefixes := [formset.get_default_prefix() for formset, _inline in formsets]:
                yield page(model, "add"), prefixes


def error_text(answer: ClientResponse) -> list[str]:
    return [
        str(error)
        for formset in answer.context["inline_admin_formsets"]
        for error in formset.formset.non_form_errors()
    ]


def test_every_table_of_the_back_office_counts_its_rows_itself(
    programme: User, today: date
) -> None:
    make_rows(1)
    request = request_by(programme)
    inlines = [
        (formset, inline)
        for model, model_admin in admin.site._registry.items()
        for formset, inline in model_admin.get_formsets_with_inlines(
            request, model._default_manager.first()
        )
    ]
    assert len(inlines) > 5
    assert [inline for formset, inline in inlines if not issubclass(formset, Rows)] == []


def test_the_portal_itself_has_no_form_with_a_number_of_rows(programme: User) -> None:
    """Whoever adds one bounds it as `Rows` does, and adds it here."""

    assert get_resolver().url_patterns
    assert [
        kind.__name__
        for kind in BaseFormSet.__subclasses__()
        if kind.__module__.startswith("benefits_portal")
    ] == []


@pytest.mark.parametrize(
    "names",
    [
        ("TOTAL_FORMS", "INITIAL_FORMS"),
        pytest.param(("TOTAL_FORMS",) * 2, marks=pytest.mark.release),
        pytest.param(("INITIAL_FORMS",) * 2, marks=pytest.mark.release),
    ],
    ids=["both", "total", "initial"],
)
def test_a_wrong_number_of_rows_is_refused_in_one_sentence(
    office: Client, programme: User, today: date, names: tuple[str, str]
) -> None:
    """Each number in one table at least: `Rows` reads it, and either count, in all of them."""
    make_rows(1)
    numbers = cycle([None, *WRONG])
    tried = set()
    for address, prefixes in pages(programme):
        shown = filled(office.get(address))
        for (prefix, name), wrong in zip(product(prefixes, names), numbers, strict=False):
            tried.add(wrong)
            sent = shown | {f"{prefix}-{name}": wrong}
            answer = office.post(address, {key: sent[key] for key in sent if sent[key] is not None})
            assert (answer.status_code, error_text(answer)) == (200, [str(NOT_WHOLE)]), (
                address,
                prefix,
                wrong,
            )
            assert "ManagementForm" not in answer.text
            assert "(Hidden field" not in answer.text
    assert tried == {None, *WRONG}


@pytest.mark.parametrize("wrong", HUGE)
def test_a_huge_number_of_rows_costs_no_more_than_the_page(
    office: Client, partner: Partner, wrong: str
) -> None:
    factories.TenantFactory.create(partner=partner)
    address = page(Partner, "change", partner.pk)
    shown = filled(office.get(address))
    with CaptureQueriesContext(connection) as queries:
        answer = office.post(address, shown | {"tenants-TOTAL_FORMS": wrong, "name": "Another"})
    assert (answer.status_code, error_text(answer)) == (200, [str(NOT_WHOLE)])
    assert len(queries) < 40
    assert len(answer.context["inline_admin_formsets"][0].formset.forms) == partner.tenants.count()
    partner.refresh_from_db()
    assert partner.name != "Another"


def test_the_page_that_says_so_can_be_sent_again(office: Client, partner: Partner) -> None:
    factories.TenantFactory.create(partner=partner)
    address = page(Partner, "change", partner.pk)
    answer = office.post(address, filled(office.get(address)) | {"tenants-TOTAL_FORMS": "7"})
    assert error_text(answer) == [str(NOT_WHOLE)]
    assert office.post(address, filled(answer, name="Renamed")).status_code == 302
    partner.refresh_from_db()
    assert partner.name == "Renamed"


def test_a_row_more_than_the_page_showed_is_saved(office: Client, partner: Partner) -> None:
    address = page(Partner, "change", partner.pk)
    there = partner.tenants.count()
    row = new_row(
        "tenants",
        there,
        name="New",
        domain="new.example",
        guid="5a7c2d1e-0000-4000-8000-000000000001",
        color="teal",
    )
    assert office.post(address, filled(office.get(address)) | row).status_code == 302
    assert partner.tenants.count() == there + 1
    assert Record.objects.filter(partner=partner).exists()
