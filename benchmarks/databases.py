"""The benchmark's databases, filled by COPY.

On a server that the run starts itself, or on one that it is given.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.models import Model
from psycopg import sql

from benchmarks.processes import parent
from benchmarks.world import Part, World
from benchmarks.world_events import READER, STAFF, noon
from benefits_portal import clock
from benefits_portal.derived_fields import DerivedField
from benefits_portal.licensing.models import LicenseAssignment
from benefits_portal.licensing.tally_triggers import all_counted
from benefits_portal.tenants.models import User
from tests.postgres import Server

ROOT = Path(__file__).parent.parent
SESSIONS = {READER: "benchmarkreader", STAFF: "benchmarkstaff"}
EVERY = 100_000  # rows between two words about progress


@contextmanager
def server(given: str) -> Iterator[str]:
    """The address of a PostgreSQL server where databases can be made.

    It is `given`, or one that ends with the block.
    """
    if given:
        yield given
        return
    started = Server({"listen_addresses": "", "shared_buffers": "256MB", "max_wal_size": "4GB"})
    try:
        yield started.url
    finally:
        started.stop()


def database(server_url: str, size: int) -> str:
    """The DATABASE_URL of a database with `size` benefits, with every migration.

    One of the same day and world is used again.
    """
    name, mark = f"portal_benchmark_{size}", f"{clock.today()} {world_digest()}"
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    identifier = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        ).fetchone()
        if found == (mark,):
            migrate(url)
            return url
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                identifier, sql.Identifier(migrated(server_url))
            )
        )
        fill(url, World(size, clock.today()))
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(identifier, sql.Literal(mark))
        )
    return url


@cache
def migrated(server_url: str) -> str:
    """The name of a database with every migration and no rows, which the others are copied from."""
    name = "portal_benchmark_empty"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(urlunsplit(urlsplit(server_url)._replace(path=f"/{name}")))
    return name


def migrate(url: str) -> None:
    patient = {"STATEMENT_TIMEOUT": "0", "LOCK_TIMEOUT": "600000"}
    environment = (
        os.environ
        | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
        | patient
    )
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], env=environment, cwd=ROOT, check=True
    )


def world_digest() -> str:
    modules = sorted((ROOT / "benchmarks").glob("world*.py"))
    return hashlib.sha256(b"".join(each.read_bytes() for each in modules)).hexdigest()[:12]


def fill(url: str, world: World) -> None:
    with psycopg.connect(url) as connection:
        # The rows are consistent: no foreign key is checked one by one
        connection.execute("SET session_replication_role = replica")
        types: dict[str, int] = dict(
            connection.execute("SELECT model, id FROM django_content_type").fetchall()
        )
        for part in world.parts():
            copy(connection, part, types, world.size)
        copy(connection, sessions(), types, world.size)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def copy(connection: psycopg.Connection, part: Part, types: dict[str, int], size: int) -> None:
    """Write `part`, saying how far it is; then let the table's own numbers go on behind it."""
    options, begun, count = part.model._meta, time.monotonic(), 0
    defaults = unnamed_defaults(part)
    derived = [field for field in options.concrete_fields if isinstance(field, DerivedField)]
    names = [
        *map(column_of(part.model), part.fields),
        *defaults,
        *(field.column for field in derived),
    ]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    with connection.cursor().copy(
        sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(options.db_table), columns)
    ) as target:
        for count, row in enumerate(part.rows, 1):
            values = (
                types[value.__name__.lower()] if isinstance(value, type) else value for value in row
            )
            by_name = dict(zip(part.fields, row, strict=True))
            target.write_row(
                (*values, *defaults.values(), *(field.of_values(by_name) for field in derived))
            )
            if count % EVERY == 0:
                say(f"\r{size:>9,} benefits: {options.verbose_name_plural} {count:,}", end="")
    taken = time.monotonic() - begun
    say(f"\r{size:>9,} benefits: {options.verbose_name_plural} {count:,} in {taken:.0f} s")
    if part.model is LicenseAssignment:
        connection.execute(all_counted("postgresql"))  # its triggers are off here
    if (key := options.pk) and key.get_internal_type() == "BigAutoField":
        connection.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({}, 'id'), coalesce(max(id), 0) + 1, "
                "false) FROM {}"
            ).format(sql.Literal(options.db_table), sql.Identifier(options.db_table))
        )


def column_of(model: type[Model]) -> Any:
    names = {field.attname: field.column for field in model._meta.concrete_fields}
    return lambda name: names[name]


def unnamed_defaults(part: Part) -> dict[str, Any]:
    """What Django would write into the fields that `part` leaves out."""
    fields = [
        field
        for field in part.model._meta.concrete_fields
        if field.attname not in part.fields and not field.primary_key
    ]
    fields = [field for field in fields if not (field.generated or isinstance(field, DerivedField))]
    connection = connections["default"]
    return {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in fields
    }


def sessions() -> Part:
    """The two people are signed in already."""
    rows = []
    for pk, key in SESSIONS.items():
        values = {
            "_auth_user_id": str(pk),
            "_auth_user_backend": "benefits_portal.tenants.signed_in.PortalBackend",
            "_auth_user_hash": User(password=f"!{pk}").get_session_auth_hash(),
        }
        rows.append(
            (
                key,
                SessionStore().encode(values),
                noon(clock.today().replace(year=clock.today().year + 1, day=1)),
            )
        )
    return Part(Session, "session_key session_data expire_date", rows)


def postmaster(url: str) -> int:
    """The process whose children answer the queries; the server has to be on this machine."""
    with psycopg.connect(url) as connection:
        return parent(connection.info.backend_pid)


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
