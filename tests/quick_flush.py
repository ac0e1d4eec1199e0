"""How a transactional test leaves the database: as it was migrated, without migrating it again.

What migrations put into tables stays; only what a test changed of it is put back. Of the others,
small tables lose their rows by DELETE, in a tenth of the time of TRUNCATE. What is larger is
truncated: dead rows would stay, and plans that count them.
"""

from collections.abc import Sequence
from typing import Any, override

from django.core.management import get_commands
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from benefits_portal.postgresql.base import DatabaseWrapper

SMALL = 32_768  # bytes: four pages
# What tables with rows of migrations refer to comes first
MIGRATED = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")


def install() -> None:
    """Let tests flush quickly, before the test database is made."""
    DatabaseWrapper.ops_class, connection.ops = QuickFlush, QuickFlush(connection)
    get_commands()["flush"] = Flush()  # type: ignore[assignment]  # by name or, as call_command takes it, itself


def keep_migrated_rows() -> None:
    """Copy the rows of MIGRATED to where each flush takes them from."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS as_migrated CASCADE; CREATE SCHEMA as_migrated")
        for table in MIGRATED:
            cursor.execute(f"CREATE TABLE as_migrated.{table} AS TABLE {table}")


def put_back(table: str) -> str:
    """SQL that removes what is not as it was migrated, and adds what is missing."""
    kept = f"TABLE as_migrated.{table}"
    same = f"SELECT id FROM (TABLE {table} INTERSECT {kept}) AS same"  # noqa: S608
    return (
        f"DELETE FROM {table} WHERE id NOT IN ({same}); "  # noqa: S608
        f"INSERT INTO {table} ({kept} EXCEPT TABLE {table})"
    )


class Flush(flush.Command):
    """Makes no permissions and groups anew: they are there."""

    @override
    def handle(self, **options: Any) -> None:
        super().handle(**options | {"inhibit_post_migrate": True})


class QuickFlush(DatabaseOperations):
    """Empties tables, and puts back what migrations put into them.

    As TRUNCATE does it waits for whoever still uses one. Triggers and what refers to what are left
    out, which only a superuser may ask for.
    """

    @override
    def sql_flush(
        self,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        if reset_sequences:
            return super().sql_flush(
                style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade
            )
        emptied = [table for table in tables if table not in MIGRATED]
        back = "; ".join(put_back(table) for table in tables if table in MIGRATED)
        if not self._is_superuser():
            return [*super().sql_flush(style, emptied), *filter(None, [back])]
        large = self._large(emptied)
        small = set(map(self.quote_name, emptied)) - set(large)
        statements = [
            f"LOCK TABLE {', '.join(map(self.quote_name, tables))}",
            "SET LOCAL session_replication_role = replica",
            f"TRUNCATE {', '.join(large)} CASCADE" if large else "",
            "; ".join(f"DELETE FROM {table}" for table in small),  # noqa: S608
            back,
            "SET LOCAL session_replication_role = DEFAULT",
        ]
        return [statement for statement in statements if statement]

    def _is_superuser(self) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('is_superuser') = 'on'")
            return bool(cursor.fetchone()[0])

    def _large(self, tables: Sequence[str]) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s) "
                "AND relnamespace = current_schema()::regnamespace AND pg_relation_size(oid) > %s",
                [list(tables), SMALL],
            )
            return [self.quote_name(name) for (name,) in cursor.fetchall()]
