"""The triggers that keep `LicenseTally`: the database counts, whoever writes an assignment.

Models and bulk writes, COPY, fixtures and a partner from another portal alike. PostgreSQL counts
once for each statement, SQLite for each row.
"""
# ruff: noqa: S608 - the names in the SQL are our own

from collections.abc import Iterator

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

ASSIGNMENTS, TALLIES = "licensing_licenseassignment", "licensing_licensetally"
POOL = ("partner_id", "tenant_id", "product_id")
KEY, NUMBERS = (*POOL, "day"), ("given", "ended", "gone")
COLUMNS = ", ".join((*KEY, *NUMBERS))
EVER = {"postgresql": "DATE '0001-01-01'", "sqlite": "'0001-01-01'"}
VERBS = {"INSERT": ("added",), "UPDATE": ("added", "removed"), "DELETE": ("removed",)}
WHAT_COUNTS = (*POOL, "given_on", "ended_on")


def counted(rows: str, vendor: str) -> str:
    """A query of the tallies that `rows` make: assignments, each with a `sign`.

    In the one order in which all write them. Who writes a pool waits for its tally of all days
    first, so no two that write one pool wait for each other.
    """
    pool, key = ", ".join(POOL), ", ".join(KEY)
    is_ended = "CASE WHEN ended_on IS NULL THEN 0 ELSE sign END"
    days = (
        f"SELECT {pool}, {EVER[vendor]} AS day, sign AS given, {is_ended} AS ended, "
        f"{is_ended} AS gone FROM {rows}",
        f"SELECT {pool}, given_on, sign, 0, {is_ended} FROM {rows}",
        f"SELECT {pool}, ended_on, 0, sign, 0 FROM {rows} WHERE ended_on IS NOT NULL",
    )
    sums = ", ".join(f"sum({name}) AS {name}" for name in NUMBERS)
    some = " OR ".join(f"sum({name}) <> 0" for name in NUMBERS)
    return (
        f"SELECT {key}, {sums} FROM ({' UNION ALL '.join(days)}) AS day "
        f"GROUP BY {key} HAVING {some} ORDER BY {key}"
    )


def add(rows: str, vendor: str) -> str:
    """Add what `rows` make to the tallies that there are, and write those that are missing."""
    more = ", ".join(f"{name} = {TALLIES}.{name} + EXCLUDED.{name}" for name in NUMBERS)
    return (
        f"INSERT INTO {TALLIES} ({COLUMNS}) SELECT * FROM ({counted(rows, vendor)}) AS made "
        f"WHERE true ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {more};"
    )


def subtract(rows: str, vendor: str) -> str:
    """The same where tallies may be gone before what they count, as when tables are emptied."""
    less = ", ".join(f"{name} = {TALLIES}.{name} + made.{name}" for name in NUMBERS)
    same = " AND ".join(f"{TALLIES}.{name} = made.{name}" for name in KEY)
    return f"UPDATE {TALLIES} SET {less} FROM ({counted(rows, vendor)}) AS made WHERE {same};"


def forget(rows: str, vendor: str) -> str:
    """Remove the tallies of `rows` that count nothing any more."""
    key = ", ".join(KEY)
    return (
        f"DELETE FROM {TALLIES} WHERE given = 0 AND ended = 0 AND ({key}) IN "
        f"(SELECT {key} FROM ({counted(rows, vendor)}) AS made);"
    )


def body(verb: str, sources: dict[str, str], vendor: str) -> str:
    """What a trigger does; `sources` are queries of the rows that are `added` and `removed`."""
    rows = f"({' UNION ALL '.join(sources[name] for name in VERBS[verb])}) AS assignment"
    if verb == "INSERT":
        return add(rows, vendor)
    change = add if verb == "UPDATE" else subtract
    return f"{change(rows, vendor)}\n{forget(f'({sources["removed"]}) AS gone', vendor)}"


def all_counted(vendor: str) -> str:
    """Write all tallies, of which there are none."""
    return add(f"(SELECT *, 1 AS sign FROM {ASSIGNMENTS}) AS assignment", vendor)


def recounted(vendor: str) -> Iterator[str]:
    """Write all tallies anew, in a transaction of their own.

    Not even the row of a license is locked meanwhile: who moves one does that before its tallies.
    """
    if vendor == "postgresql":
        yield f"LOCK TABLE {ASSIGNMENTS} IN EXCLUSIVE MODE"
    yield f"DELETE FROM {TALLIES}"
    yield all_counted(vendor)


def miscounted(vendor: str) -> str:
    """A query of the partners whose tallies are not what their assignments make."""
    key = ", ".join(KEY)
    made = counted(f"(SELECT *, -1 AS sign FROM {ASSIGNMENTS}) AS assignment", vendor)
    differs = " OR ".join(f"sum({name}) <> 0" for name in NUMBERS)
    return (
        f"SELECT DISTINCT partner_id FROM (SELECT {key} FROM (SELECT {COLUMNS} FROM {TALLIES} "
        f"UNION ALL SELECT * FROM ({made}) AS made) AS both_of_them GROUP BY {key} "
        f"HAVING {differs} OR max(given + ended) = 0) AS differing ORDER BY partner_id"
    )


def postgresql_triggers() -> Iterator[str]:
    columns = ", ".join(WHAT_COUNTS)
    sources = {
        "added": f"SELECT {columns}, 1 AS sign FROM added",
        "removed": f"SELECT {columns}, -1 AS sign FROM removed",
    }
    for verb, parts in VERBS.items():
        name = trigger(verb)
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n"
            f"{body(verb, sources, 'postgresql')}\nRETURN NULL;\nEND $$"
        )
        tables = {"added": "NEW TABLE AS added", "removed": "OLD TABLE AS removed"}
        yield (
            f"CREATE TRIGGER {name} AFTER {verb} ON {ASSIGNMENTS} "
            f"REFERENCING {' '.join(tables[part] for part in parts)} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def sqlite_triggers() -> Iterator[str]:
    sources = {
        part: f"SELECT {', '.join(f'{row}.{name} AS {name}' for name in WHAT_COUNTS)}, "
        f"{sign} AS sign"
        for part, row, sign in (("added", "NEW", 1), ("removed", "OLD", -1))
    }
    for verb in VERBS:
        of = f" OF {', '.join(WHAT_COUNTS)}" if verb == "UPDATE" else ""
        yield (
            f"CREATE TRIGGER {trigger(verb)} AFTER {verb}{of} ON {ASSIGNMENTS} FOR EACH ROW BEGIN\n"
            f"{body(verb, sources, 'sqlite')}\nEND"
        )


def trigger(verb: str) -> str:
    return f"tally_licenses_{verb.lower()}"


class KeepTally(Operation):
    """Let the database keep `LicenseTally` from now on; the assignments that there are, too.

    On SQLite a later migration that makes either table anew drops the triggers before and makes
    them again afterwards, by this operation.
    """

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes nothing: models do not know of it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        vendor = schema_editor.connection.vendor
        made = postgresql_triggers() if vendor == "postgresql" else sqlite_triggers()
        for statement in (*made, all_counted(vendor)):
            schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        for verb in VERBS:
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(f"DROP TRIGGER {trigger(verb)} ON {ASSIGNMENTS}")
                schema_editor.execute(f"DROP FUNCTION {trigger(verb)}()")
            else:
                schema_editor.execute(f"DROP TRIGGER {trigger(verb)}")

    def describe(self) -> str:
        return "Keep the tally of licenses"
