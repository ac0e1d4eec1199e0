"""The practice world as it was just made, to be put back for the next test.

Making it takes 1,500 queries.
"""

from datetime import date

from django.core.management.color import no_style
from django.db import connection, transaction

from benefits_portal.licensing.models import LicenseTally
from benefits_portal.practice.world import make_world
from benefits_portal.tenants.models import Partner
from tests.quick_flush import MIGRATED

# The database counts it off the rows that are put back
COUNTED = (LicenseTally._meta.db_table,)


class KeptWorld:
    """Keeps every table of the world of one day, as PostgreSQL copies it out.

    Elsewhere the world is made each time.
    """

    def __init__(self) -> None:
        self.day: date | None = None
        self.tables: dict[str, bytes] = {}

    def lay_out(self, day: date) -> None:
        """The world of `day` in a database that was emptied."""
        if self.day == day:
            self._put_back()
            return
        make_world(day)
        if connection.vendor == "postgresql":
            names = connection.introspection.django_table_names(only_existing=True)
            self.day = day
            left_out = {*MIGRATED, *COUNTED}
            # What is put on record of a partner that is not there is refused at once
            names.sort(key=lambda table: table != Partner._meta.db_table)
            self.tables = {table: self._copied(table) for table in names if table not in left_out}

    def _copied(self, table: str) -> bytes:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as copy,
        ):
            return b"".join(copy)

    def _put_back(self) -> None:
        """In one transaction, at whose end what refers to what is checked."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table, rows in self.tables.items():
                with cursor.copy(f"COPY {connection.ops.quote_name(table)} FROM STDIN") as copy:
                    copy.write(rows)
            for statement in connection.ops.sequence_reset_sql(
                no_style(), list(connection.introspection.get_migratable_models())
            ):
                cursor.execute(statement)
