"""What is laid out again is what was made, and others can be made beside it."""

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model

from benefits_portal.licensing.models import LicenseTally
from benefits_portal.practice.trainers import TRAINERS
from benefits_portal.tenants.models import Partner, User
from tests import factories
from tests.kept_rows import lay_out
from tests.partner_fixture import PartnerFixture
from tests.simultaneous import IS_POSTGRES
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not IS_POSTGRES, reason="elsewhere it is made each time"),
]


def make(word: str) -> PartnerFixture:
    made = PartnerFixture.with_everything(word)
    factories.LicenseAssignmentFactory.create()
    return made


def make_trainer() -> User:
    trainer = factories.UserFactory.create()
    trainer.groups.add(Group.objects.get(name=TRAINERS))
    return trainer


def rows_of_all() -> dict[str, list[Any]]:
    """Of tallies all but their own keys: the database counts them again."""
    return {
        model._meta.label: sorted(
            repr(row[1:] if model is LicenseTally else row)
            for row in model._base_manager.values_list()
        )
        for model in apps.get_models(include_auto_created=True)
    }


def test_it_is_the_same_rows_and_the_same_answer(today: date) -> None:
    with rolled_back():
        first, rows = lay_out(make, "Northwind"), rows_of_all()
    with rolled_back():
        again = lay_out(make, "Northwind")

        assert rows_of_all() == rows
        assert (again.partner, again.boss) == (first.partner, first.boss)
        assert factories.PartnerFactory.create().pk > max(first.partner.pk, again.partner.pk)


def test_somebody_else_comes_into_the_same_group(today: date) -> None:
    """In a database whose numbers of such rows are behind those of the rows that come back."""
    for _time in range(2):
        with rolled_back():
            begin_again(User.groups.through)
            lay_out(make_trainer)
            assert make_trainer().groups.count() == 1


def begin_again(model: type[Model]) -> None:
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1, false)", [table])


def test_what_a_test_does_to_it_is_gone_the_next_time(today: date) -> None:
    for _time in range(2):
        with rolled_back():
            partner = lay_out(make, "Northwind").partner
            assert partner.name == Partner.objects.get(pk=partner.pk).name == "Kim Northwind Ltd"
            partner.name = "Changed"
            partner.save()


def test_what_is_made_of_something_else_is_something_else(today: date) -> None:
    with rolled_back():
        assert lay_out(make, "Northwind").word == "Northwind"
    with rolled_back():
        assert lay_out(make, "Elsewhere").word == "Elsewhere"
