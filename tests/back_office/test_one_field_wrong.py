"""A back-office form with one field wrong is shown again with the fault; nothing is saved."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date

import pytest
from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.test import Client

from benefits_portal.tenants.models import Partner, User
from tests.back_office.conftest import filled, page, registered, request_by

WRONG = ["no such thing", "", "9" * 30, "\0", "-1", "2026-02-30", "A" * 10_000, "\u202e", "ß@ß"]
KEPT = {"reason"}


def forms_of(model: type[Model], programme: User) -> Iterator[str]:
    """The pages with a form for `model`: a new row's and the newest one's."""
    request = request_by(programme)
    model_admin, newest = (
        admin.site._registry[model],
        model._default_manager.order_by("-pk").first(),
    )
    if model_admin.has_add_permission(request):
        yield page(model, "add")
    if newest and model_admin.has_change_permission(request, newest):
        yield page(model, "change", newest.pk)


def of_one_row(names: Iterable[str]) -> list[str]:
    """Of a table in the form the fields of one row: the others have the same form."""
    return list({re.sub(r"-\d+-", "-", name): name for name in names}.values())


@pytest.mark.usefixtures("a_row_of_each")
@pytest.mark.parametrize(
    "chosen", [of_one_row, pytest.param(list, marks=pytest.mark.release)], ids=["row", "all"]
)
@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label_lower)
def test_one_wrong_field_breaks_no_form(
    model: type[Model],
    chosen: Callable[[Iterable[str]], list[str]],
    office: Client,
    programme: User,
    today: date,
) -> None:
    for address in forms_of(model, programme):
        valid = filled(office.get(address))
        for position, name in enumerate(chosen(valid)):
            wrong = WRONG[position % len(WRONG)]
            with transaction.atomic():
                answer = office.post(address, valid | {name: wrong})
                transaction.set_rollback(True)
            assert answer.status_code < 500, (address, name, wrong)


@pytest.mark.parametrize("wrong", WRONG)
def test_every_field_of_a_partner_may_be_wrong_in_every_way(
    wrong: str, office: Client, partner: Partner
) -> None:
    address = page(Partner, "change", partner.pk)
    valid = filled(office.get(address))
    answer = office.post(address, {name: valid[name] if name in KEPT else wrong for name in valid})
    assert answer.status_code == 200


def test_a_time_zone_that_does_not_exist_is_an_error_at_its_field(
    office: Client, partner: Partner
) -> None:
    address = page(Partner, "change", partner.pk)
    answer = office.post(address, filled(office.get(address), time_zone="Europe/Amsterdm"))
    form = answer.context["adminform"].form
    assert form.errors.keys() == {"time_zone"}
    assert form["time_zone"].value() == "Europe/Amsterdm"
