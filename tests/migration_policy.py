"""What a migration may do while the version before it still runs (docs/operations.md).

It is judged by the SQL that PostgreSQL gets.

`accepted` on a Migration accepts a fault by its name, with the reason why the version before works
on:

    accepted = {"drop": "No version since 0.2.0 reads or writes this column."}
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.migrations import Migration, RunPython
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

FAULTS = {
    "default": (
        "the version before leaves the column out and is refused: give the field a db_default"
    ),
    "drop": (
        "the version before reads or writes it: take away in a later version what no "
        "running version uses"
    ),
    "rename": (
        "the version before knows the old name only: add, fill, and take away in a later version"
    ),
    "not-null": (
        "the version before may write NULL: fill, give a db_default, and require it "
        "in a later version"
    ),
    "type": "the table is written again under a lock, and the version before writes the old type",
    "constraint": "the version before may write what is now refused",
    "index": (
        "nobody can write until it is complete: use AddIndexWhileInUse in a migration "
        "with atomic = False"
    ),
    "fill": (
        "rows are written under the lock of the ALTER TABLE before: fill in a migration of its own"
    ),
}
PATTERNS = {
    "drop": r"\bDROP (COLUMN|TABLE)\b",
    "rename": r"\bRENAME (COLUMN|TO)\b",
    "not-null": r"\bSET NOT NULL\b",
    "type": r"\bALTER COLUMN \S+ TYPE\b",
    "constraint": r"\bADD CONSTRAINT \S+ (UNIQUE|CHECK|EXCLUDE|PRIMARY)\b|\bCREATE UNIQUE INDEX\b",
    "index": r"\bCREATE INDEX (?!CONCURRENTLY)",
}
CREATED = re.compile(r'CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?')
ALTERED = re.compile(
    r'(?:ALTER TABLE(?: IF EXISTS)?(?: ONLY)?|DROP TABLE(?: IF EXISTS)?|\bON) "?(\w+)"?'
)
ADDED = re.compile(r'ADD COLUMN (?:IF NOT EXISTS )?("?\w+"?) ([^;]*)', re.IGNORECASE)
DEFAULT_DROPPED = re.compile(r'ALTER COLUMN ("?\w+"?) DROP DEFAULT', re.IGNORECASE)


def faults(migration: Migration, state: ProjectState) -> dict[str, str]:
    """The faults of `migration` by name, each with the SQL that shows it.

    `state` is what it builds on.
    """
    state = state.clone()
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    statements = [line for line in editor.collected_sql if not line.startswith("--")]
    found = faults_of(statements)
    altered = any(line.startswith("ALTER TABLE") for line in of_existing_tables(statements))
    if (
        migration.atomic
        and altered
        and any(isinstance(step, RunPython) for step in flat(migration.operations))
    ):
        found["fill"] = "RunPython after ALTER TABLE"
    accepted = getattr(migration, "accepted", {})
    return {name: sql for name, sql in found.items() if not str(accepted.get(name, "")).strip()}


def faults_of(statements: list[str]) -> dict[str, str]:
    found, nullable = {}, set[str]()
    for statement in of_existing_tables(statements):
        for name, pattern in PATTERNS.items():
            if re.search(pattern, statement, re.IGNORECASE):
                found[name] = statement
        if added := ADDED.search(statement):
            column, rest = added.groups()
            if "NOT NULL" not in rest.upper():
                nullable.add(column)
            elif not re.search(r"\b(DEFAULT|GENERATED)\b", rest, re.IGNORECASE):
                found["default"] = statement
        dropped = DEFAULT_DROPPED.search(statement)
        if dropped and dropped[1] not in nullable:
            found["default"] = statement
    return found


def of_existing_tables(statements: list[str]) -> list[str]:
    """Those about tables that are not created on the way.

    The version before does not know the others.
    """
    created = {match[1] for statement in statements for match in CREATED.finditer(statement)}
    return [
        line
        for line in statements
        if not CREATED.search(line)
        and not ((about := ALTERED.search(line)) and about[1] in created)
    ]


def flat(operations: Iterable[Operation]) -> Iterable[Any]:
    for operation in operations:
        inner = getattr(operation, "database_operations", None)
        yield from [operation] if inner is None else flat(inner)


def since(
    baseline: dict[str, str], apps: Iterable[str]
) -> dict[str, tuple[Migration, ProjectState]]:
    """Every migration of `apps` that is not among `baseline`, with the state before it.

    What those of `baseline` build on is left out too.
    """
    loader = MigrationLoader(connection, replace_migrations=False)
    old = {node for key in baseline.items() for node in loader.graph.forwards_plan(key)}
    new = [key for key in sorted(loader.disk_migrations) if key[0] in set(apps) and key not in old]
    return {
        ".".join(key): (loader.disk_migrations[key], loader.project_state(key, at_end=False))
        for key in new
    }
