"""What took long to make, such as the practice world with its 1,900 queries, made once.

Afterwards its rows are put back, in a fortieth of the time.
"""

from collections.abc import Callable
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction

from benefits_portal.licensing.models import LicenseTally
from benefits_portal.tenants.models import Partner
from tests.quick_flush import MIGRATED

# The database counts it off the rows that are put back
COUNTED = (LicenseTally._meta.db_table,)


class KeptRows:
    """The rows of every table, as PostgreSQL copies them out, by what made them.

    On another database they are made each time.
    """

    def __init__(self) -> None:
        self.made: dict[tuple[Any, ...], tuple[Any, dict[str, bytes]]] = {}

    def lay_out[*Given, Made](self, make: Callable[[*Given], Made], *given: *Given) -> Made:
        """What `make(*given)` makes in an empty database, and what it returned the first time."""
        if (make, *given) in self.made:
            made, tables = self.made[make, *given]
            self._put_back(tables)
        else:
            made = make(*given)
            if connection.vendor == "postgresql":
                self.made[make, *given] = made, self._all_tables()
        return made

    def _all_tables(self) -> dict[str, bytes]:
        names = connection.introspection.django_table_names(only_existing=True)
        # What is put on record of a partner that is not there is refused at once
        names.sort(key=lambda table: table != Partner._meta.db_table)
        left_out = {*MIGRATED, *COUNTED}
        return {table: self._copied(table) for table in names if table not in left_out}

    def _copied(self, table: str) -> bytes:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as copy,
        ):
            return b"".join(copy)

    def _put_back(self, tables: dict[str, bytes]) -> None:
        """In one transaction, at whose end what refers to what is checked."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table, rows in tables.items():
                with cursor.copy(f"COPY {connection.ops.quote_name(table)} FROM STDIN") as copy:
                    copy.write(rows)
            for statement in connection.ops.sequence_reset_sql(
                no_style(), list(connection.introspection.get_migratable_models())
            ):
                cursor.execute(statement)
