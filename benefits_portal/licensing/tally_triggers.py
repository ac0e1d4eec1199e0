"""The database triggers that maintain `LicenseTally`, whatever writes an assignment.

That includes bulk writes, COPY, fixtures and the import of a partner. PostgreSQL's trigger counts
once per statement, SQLite's once per row.
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
    """A query for the tallies of `rows`, which are assignments with a `sign` of 1 or -1.

    All writers use its order. The tally for all days of a pool comes first, so writers of one pool
    wait for each other there and cannot deadlock.
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
    """Add the tallies of `rows` to the stored ones, creating those that are missing."""
    more = ", ".join(f"{name} = {TALLIES}.{name} + EXCLUDED.{name}" for name in NUMBERS)
    return (
        f"INSERT INTO {TALLIES} ({COLUMNS}) SELECT * FROM ({counted(rows, vendor)}) AS made "
        f"WHERE true ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {more};"
    )


def subtract(rows: str, vendor: str) -> str:
    """The same, but without creating any: while tables are emptied, tallies may be gone already."""
    less = ", ".join(f"{name} = {TALLIES}.{name} + made.{name}" for name in NUMBERS)
    same = " AND ".join(f"{TALLIES}.{name} = made.{name}" for name in KEY)
    return f"UPDATE {TALLIES} SET {less} FROM ({counted(rows, vendor)}) AS made WHERE {same};"


def forget(rows: str, vendor: str) -> str:
    """Delete the tallies of `rows` that have become zero."""
    key = ", ".join(KEY)
    return (
        f"DELETE FROM {TALLIES} WHERE given = 0 AND ended = 0 AND ({key}) IN "
        f"(SELECT {key} FROM ({counted(rows, vendor)}) AS made);"
    )


def body(verb: str, sources: dict[str, str], vendor: str) -> str:
    """The body of a trigger; `sources` are queries for the rows that were `added` and `removed`."""
    rows = f"({' UNION ALL '.join(sources[name] for name in VERBS[verb])}) AS assignment"
    if verb == "INSERT":
        return add(rows, vendor)
    change = add if verb == "UPDATE" else subtract
    return f"{change(rows, vendor)}\n{forget(f'({sources["removed"]}) AS gone', vendor)}"


def all_counted(vendor: str) -> str:
    """Write all tallies into an empty table."""
    return add(f"(SELECT *, 1 AS sign FROM {ASSIGNMENTS}) AS assignment", vendor)


def recounted(vendor: str) -> Iterator[str]:
    """The statements that rebuild all tallies, in one transaction.

    They block row locks on assignments too, because moving a license locks its row before the
    tallies.
    """
    if vendor == "postgresql":
        yield f"LOCK TABLE {ASSIGNMENTS} IN EXCLUSIVE MODE"
    yield f"DELETE FROM {TALLIES}"
    yield all_counted(vendor)


def miscounted(vendor: str) -> str:
    """A query for the partners whose tallies differ from their assignments."""
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
    """A migration operation: count the existing assignments, and create the triggers.

    On SQLite, a later migration that rebuilds either table must drop the triggers first and create
    them again with this operation.
    """

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: models don't know of triggers."""

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
