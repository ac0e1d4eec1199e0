"""Between `migrate` and the restart the version before works on: no migration may break it.

See docs/operations.md, Upgrade.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pytest_django import DjangoDbBlocker

from benefits_portal.postgresql.operations import AddIndexWhileInUse
from tests.migration_policy import FAULTS, faults, since
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_POSTGRES, reason="production's SQL is PostgreSQL's"),
]

OWN = ("tenants", "benefits", "licensing", "reminders", "practice")
# The schema that 0.2.0 begins with; whatever comes after it is judged.
BASELINE = dict.fromkeys(OWN, "0001_initial")


@pytest.fixture(autouse=True)
def _no_transaction(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Nothing is written.

    An index that is built concurrently refuses to be asked for its SQL in a transaction.
    """
    with django_db_blocker.unblock():
        yield


def test_no_migration_breaks_the_version_that_still_runs() -> None:
    judged = {name: faults(*migration) for name, migration in since(BASELINE, OWN).items()}
    faulty = [
        f"{name}: {FAULTS[fault]}\n  {sql}"
        for name, found in judged.items()
        for fault, sql in found.items()
    ]
    assert faulty == [], "\n".join(
        [
            (
                "accept with a reason: `accepted = {fault: why}` on the Migration "
                "(tests/migration_policy.py)"
            ),
            *faulty,
        ]
    )


def test_every_app_with_tables_is_judged() -> None:
    modules = {
        model._meta.app_label
        for model in apps.get_models()
        if model.__module__.startswith("benefits_portal.")
    }
    assert modules == set(OWN)


def of(
    *operations: migrations.operations.base.Operation, atomic: bool = True, **attributes: object
) -> set[str]:
    """The faults of a migration of partners that does `operations`."""
    kind = type(
        "Migration",
        (migrations.Migration,),
        {"operations": list(operations), "atomic": atomic, **attributes},
    )
    return set(faults(kind("0099_example", "tenants"), ProjectState.from_apps(apps)))


def integer(**options: Any) -> "models.Field[Any, Any]":
    return models.IntegerField(**options)


BAD = {
    "a default of Django's alone": (
        "default",
        migrations.AddField("partner", "rank", integer(default=0)),
    ),
    "a callable default": (
        "default",
        migrations.AddField("partner", "tags", models.JSONField(default=dict)),
    ),
    "an empty text": (
        "default",
        migrations.AddField(
            "partner", "motto", models.CharField(max_length=9, default="", blank=True)
        ),
    ),
    "a column by hand": (
        "default",
        migrations.RunSQL("ALTER TABLE tenants_partner ADD COLUMN rank integer NOT NULL"),
    ),
    "a field removed": ("drop", migrations.RemoveField("partner", "country")),
    "a model removed": ("drop", migrations.DeleteModel("KeyAttempt")),
    "a column dropped by hand": (
        "drop",
        migrations.RunSQL('ALTER TABLE "tenants_partner" DROP COLUMN "country"'),
    ),
    "a field renamed": ("rename", migrations.RenameField("partner", "country", "land")),
    "a table renamed": ("rename", migrations.AlterModelTable("keyattempt", "elsewhere")),
    "what may be empty no longer": (
        "not-null",
        migrations.RunSQL("ALTER TABLE tenants_partner ALTER COLUMN country SET NOT NULL"),
    ),
    "another type": ("type", migrations.AlterField("partner", "country", models.TextField())),
    "a check": (
        "constraint",
        migrations.AddConstraint(
            "partner", models.CheckConstraint(condition=~models.Q(country="XX"), name="no_xx")
        ),
    ),
    "a unique pair": (
        "constraint",
        migrations.AddConstraint(
            "partner", models.UniqueConstraint(fields=["name", "country"], name="pair")
        ),
    ),
    "an index that holds up writing": (
        "index",
        migrations.AddIndex("partner", models.Index(fields=["country"], name="by_country")),
    ),
}


@pytest.mark.parametrize(("fault", "operation"), BAD.values(), ids=BAD)
def test_what_would_break_the_version_before_is_found(fault: str, operation: Operation) -> None:
    assert of(operation) == {fault}


def test_rows_written_under_the_lock_of_a_new_column_are_found() -> None:
    column, fill = (
        migrations.AddField("partner", "rank", integer(null=True)),
        migrations.RunPython(migrations.RunPython.noop),
    )
    assert (of(column, fill), of(column), of(fill)) == ({"fill"}, set(), set())


def test_what_the_version_before_does_not_notice_is_no_fault() -> None:
    keyed = [
        ("id", models.BigAutoField(primary_key=True)),
        ("rank", integer(default=0)),
        ("name", models.CharField(max_length=9, unique=True)),
    ]
    index = models.Index(fields=["rank"], name="by_rank")
    assert [
        of(migrations.AddField("partner", "rank", integer(db_default=0))),
        of(migrations.AddField("partner", "rank", integer(null=True))),
        of(migrations.AddField("partner", "rank", integer(null=True, default=5))),
        of(migrations.CreateModel("Medal", keyed), migrations.AddIndex("medal", index)),
        of(
            AddIndexWhileInUse("partner", models.Index(fields=["country"], name="by_country")),
            atomic=False,
        ),
        of(
            migrations.SeparateDatabaseAndState(
                state_operations=[migrations.RemoveField("partner", "country")]
            )
        ),
    ] == [set()] * 6


@pytest.mark.parametrize(
    ("accepted", "found"),
    [
        ({"drop": "No version since 0.2.0 uses it."}, set()),
        ({"drop": " "}, {"drop"}),
        ({"rename": "of something else"}, {"drop"}),
    ],
    ids=["with its reason", "without one", "another fault"],
)
def test_a_fault_is_accepted_by_its_name_with_a_reason(
    accepted: dict[str, str], found: set[str]
) -> None:
    assert of(migrations.RemoveField("partner", "country"), accepted=accepted) == found
