"""Insert many rows without model instances."""

from collections.abc import Iterable
from typing import Any

from django.db import models, router, transaction


def insert_rows(
    model: type[models.Model], names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert `rows` by COPY on PostgreSQL and by INSERT elsewhere.

    `names` are column names, such as `partner_id`; each row has its values in their order. Calls no
    `save` and no signals, and fills in no defaults. Raises IntegrityError.
    """
    connection = transaction.get_connection(router.db_for_write(model))
    quote = connection.ops.quote_name
    target = f"{quote(model._meta.db_table)} ({', '.join(map(quote, names))})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            # Our own names
            cursor.executemany(
                f"INSERT INTO {target} VALUES ({', '.join(['%s'] * len(names))})",  # noqa: S608
                list(rows),
            )
