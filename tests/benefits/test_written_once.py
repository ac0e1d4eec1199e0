"""Assignments and keys are on record (A1).

Only what ends or uses them is written later, and that once.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from benefits_portal.benefits.models import Assignment, ProductKey
from benefits_portal.tenants.audit.append_only import AppendOnlyError
from benefits_portal.tenants.models import Actor
from tests.factories import NOW, TODAY, AssignmentFactory, DirectoryUserFactory, issue_key, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.rule("A1")]


def ended_assignment() -> Assignment:
    assignment = AssignmentFactory.create()
    assignment.remove(by=Actor(), on=TODAY)
    return Assignment.objects.get(pk=assignment.pk)


def redeemed_key() -> ProductKey:
    return ProductKey.objects.get(pk=redeem().key_id)


def revoked_key() -> ProductKey:
    key = issue_key()
    key.revoke("Lost", by=Actor())
    return ProductKey.objects.get(pk=key.pk)


END = {"ended_on": TODAY + timedelta(days=1), "ended_at": NOW}
USE = {"redeemed_at": NOW, "redeemed_on": TODAY}
NO_USE = {"redeemed_at": None, "redeemed_on": None, "redeemed_by": None, "redeemed_in": None}


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (AssignmentFactory.create, {"assigned_on": TODAY - timedelta(days=1)}),
        (AssignmentFactory.create, {"is_exclusive": True}),
        (AssignmentFactory.create, END | {"assigned_by": None}),
        (ended_assignment, {"assigned_on": TODAY - timedelta(days=1)}),
        (ended_assignment, {"ended_on": None, "ended_at": None, "ended_by": None}),
        (issue_key, {"licenses": 1_000}),
        (issue_key, {"digest": "0" * 64}),
        (issue_key, {"ciphertext": "nothing"}),
        (redeemed_key, {"licenses": 1_000}),
        (redeemed_key, NO_USE),
        (revoked_key, {"revoked_at": None, "revoked_why": ""}),
    ],
)
def test_what_is_on_record_is_not_rewritten_in_any_way(
    make: Callable[[], Any], change: dict[str, Any]
) -> None:
    row = make()
    model, before = type(row), type(row).objects.filter(pk=row.pk).values().get()
    for field, value in change.items():
        setattr(row, field, value)
    rows = model.objects.filter(pk=row.pk)
    attempts = [
        row.save,
        lambda: row.save(update_fields=list(change)),
        lambda: rows.update(**change),
        lambda: model._base_manager.filter(pk=row.pk).update(**change),
        lambda: getattr(
            row.partner, "assignments" if model is Assignment else "product_keys"
        ).update(**change),
        lambda: model.objects.bulk_update([row], list(change)),
        lambda: model.objects.update_or_create(pk=row.pk, defaults=change),
        lambda: model.objects.bulk_create(
            [row], update_conflicts=True, update_fields=list(change), unique_fields=["id"]
        ),
    ]
    for attempt in attempts:
        with pytest.raises(AppendOnlyError):
            attempt()
    assert rows.values().get() == before


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (ended_assignment, END),
        (ended_assignment, {"ended_by": None}),
        (redeemed_key, USE),
        (redeemed_key, {"redeemed_by": None}),
        (revoked_key, {"revoked_at": NOW, "revoked_why": "Another reason"}),
    ],
)
def test_how_one_ended_or_was_used_stays_as_it_was(
    make: Callable[[], Any], change: dict[str, Any]
) -> None:
    row = make()
    rows = type(row).objects.filter(pk=row.pk)
    before = rows.values().get()
    assert (rows.update(**change), rows.values().get()) == (0, before)


def test_what_ends_one_is_written_once() -> None:
    assignment, key = AssignmentFactory.create(), issue_key()
    assert Assignment.objects.filter(pk=assignment.pk).update(ended_on=TODAY, ended_at=NOW) == 1
    assert ProductKey.objects.filter(pk=key.pk).update(revoked_at=NOW, revoked_why="Lost") == 1
    same = Assignment.objects.filter(pk=assignment.pk, partner=assignment.partner)
    assert same.end(by=Actor(), on=TODAY) == 0
    same_key = ProductKey.objects.filter(pk=key.pk, partner=key.partner)
    assert same_key.revoke("Again", by=Actor()) == 0
    assert ProductKey.objects.get(pk=key.pk).revoked_why == "Lost"


def test_a_row_that_is_new_is_never_written_over_an_old_one() -> None:
    assignment = AssignmentFactory.create()
    double = Assignment(
        pk=assignment.pk, partner=assignment.partner, benefit=assignment.benefit, assigned_on=TODAY
    )
    double.directory_user = DirectoryUserFactory.create(tenant__partner=assignment.partner)
    with pytest.raises(IntegrityError):
        double.save()
