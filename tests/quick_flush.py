"""How a transactional test leaves the database empty, in a tenth of the time of TRUNCATE."""

from collections.abc import Sequence
from typing import Any, override

from django.db.backends.postgresql.operations import DatabaseOperations

SMALL = 100_000  # bytes of the largest table: DELETE leaves dead rows, and plans that count them


class QuickFlush(DatabaseOperations):
    """Small tables lose their rows; TRUNCATE would give each of them and its indexes new files.

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
        if reset_sequences or not self._is_quick():
            return super().sql_flush(
                style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade
            )
        names = [self.quote_name(table) for table in tables]
        return [
            f"LOCK TABLE {', '.join(names)}",
            "SET LOCAL session_replication_role = replica",
            "; ".join(f"DELETE FROM {name}" for name in names),  # noqa: S608
            "SET LOCAL session_replication_role = DEFAULT",
        ]

    def _is_quick(self) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('is_superuser') = 'on' AND max(pg_relation_size(relid)) < "
                "%s FROM pg_stat_user_tables",
                [SMALL],
            )
            return bool(cursor.fetchone()[0])
