"""What took long to make, such as the practice world with its 1,900 queries, made once in a run.

Afterwards its rows are put back, in a fortieth of the time.
"""

import atexit
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from factory.django import DjangoModelFactory

from benefits_portal.licensing.models import LicenseTally
from benefits_portal.tenants.models import Partner
from tests.quick_flush import MIGRATED

# The database counts it off the rows that are put back
COUNTED = (LicenseTally._meta.db_table,)


def folder() -> Path:
    """Where all workers of the run keep it."""
    if "KEPT_ROWS" not in os.environ:
        os.environ["KEPT_ROWS"] = tempfile.mkdtemp(prefix="portal-kept-")
        atexit.register(shutil.rmtree, os.environ["KEPT_ROWS"], ignore_errors=True)
    return Path(os.environ["KEPT_ROWS"])


def lay_out[*Given, Made](make: Callable[[*Given], Made], *given: *Given) -> Made:
    """What `make(*given)` makes in an empty database, and a copy of what it returned.

    Groups stay as they were migrated. SQLite copies nothing out: there it is made each time.
    """
    if connection.vendor != "postgresql":
        return make(*given)
    kept = folder() / f"{make.__module__}.{make.__name__} {' '.join(map(str, given))}"
    if not kept.exists():
        made = make(*given)
        whole = pickle.dumps((made, all_tables(), next_numbers()))
        being_written = kept.with_name(f"{os.getpid()}")
        being_written.write_bytes(whole)
        being_written.rename(kept)  # so that no other worker reads half of it
        return pickle.loads(whole)[0]  # noqa: S301 - our own
    made, tables, numbers = pickle.loads(kept.read_bytes())  # noqa: S301
    put_back(tables)
    go_on_from(numbers)
    return made


def next_numbers() -> dict[str, int]:
    """The next number of each factory's sequence."""
    factories = DjangoModelFactory.__subclasses__()
    return {each.__name__: each._meta.next_sequence() for each in factories}


def go_on_from(numbers: dict[str, int]) -> None:
    """Let no factory of this worker repeat a number of a row that another worker made."""
    present = next_numbers()
    for each in DjangoModelFactory.__subclasses__():
        each.reset_sequence(max(present[each.__name__], numbers.get(each.__name__, 0)))


def all_tables() -> dict[str, bytes]:
    """The rows of every table, as PostgreSQL copies them out."""
    names = connection.introspection.django_table_names(only_existing=True)
    # What is put on record of a partner that is not there is refused at once
    names.sort(key=lambda table: table != Partner._meta.db_table)
    left_out = {*MIGRATED, *COUNTED}
    return {table: copied(table) for table in names if table not in left_out}


def copied(table: str) -> bytes:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as copy,
    ):
        return b"".join(copy)


def put_back(tables: dict[str, bytes]) -> None:
    """In one transaction, at whose end what refers to what is checked."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in tables.items():
            with cursor.copy(f"COPY {connection.ops.quote_name(table)} FROM STDIN") as copy:
                copy.write(rows)
        # Those between two models too: a row whose number is taken is left out without a word
        models = list(apps.get_models(include_auto_created=True))
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
