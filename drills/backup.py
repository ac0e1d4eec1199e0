"""Backup and restore, with the commands of docs/operations.md (15).

Every row of every table and every key's digest is back.

Each table is compared by a digest over all of its rows, and a portal on the restored database
redeems a key that was issued before the dump.
"""

import os
import subprocess
import time
from pathlib import Path

import psycopg
from django.db import connections

from drills.people import Browser, table
from drills.servers import HOST, PROJECT, Portal, Postgres
from drills.world import members

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
# Of all rows of a table, whatever order they are in
DIGEST = "coalesce(md5(string_agg(md5(row_told::text), '' ORDER BY md5(row_told::text))), '')"


def main(
    place: Path, postgres: Postgres, partners: int = 5, people: int = 4, keys: int = 10
) -> bool:
    everybody = members(partners, people, keys)
    connections.close_all()
    dump, backup = place / "portal.dump", PROJECT / "deploy" / "backup"
    with psycopg.connect(host=HOST, port=postgres.port, user="portal", dbname="portal") as original:
        before = contents(original)
    known = {**os.environ, "PATH": f"{postgres.binaries}:{os.environ['PATH']}"}
    server = f"postgres://portal@{HOST}:{postgres.port}"
    started = time.monotonic()
    subprocess.run([backup, "make", f"{server}/portal", dump], env=known, check=True)
    made, started = time.monotonic() - started, time.monotonic()
    postgres.make_database("restored")
    subprocess.run([backup, "restore", f"{server}/restored", dump], env=known, check=True, cwd="/")
    restored = time.monotonic() - started
    with psycopg.connect(host=HOST, port=postgres.port, user="portal", dbname="restored") as copy:
        after = contents(copy)
    member = everybody[0]
    with Portal(place, f"{server}/restored") as portal:
        browser = Browser(portal.port)
        browser.sign_in(member)
        review = f"/admin-center/products/{member.subscription.pk}/extend/?key={member.keys[0]}"
        form = {"acting_in": member.acting_in, "quote": browser.get(review).fields.get("quote", "")}
        redeemed = "/receipts/" in browser.post(review, form).url
    rows = sum(count for count, _ in before.values())
    same = before == after
    queries = [
        [
            len(before),
            rows,
            "yes" if same else "NO",
            dump.stat().st_size / 1e6,
            made,
            restored,
            "yes" if redeemed else "NO",
        ]
    ]
    print(
        table(
            [
                "tables",
                "rows",
                "the same, to the byte",
                "dump, MB",
                "made in, s",
                "restored in, s",
                "serves and redeems",
            ],
            queries,
        )
    )
    return same and redeemed


def contents(connection: psycopg.Connection) -> dict[str, tuple[int, str]]:
    """Of each table the number of its rows, and one digest over all of them.

    Keys' digests and ciphertexts are included.
    """
    names = [name for (name,) in connection.execute(TABLES).fetchall()]
    output = {}
    for name in names:
        asked = f"SELECT count(*), {DIGEST} FROM {name} row_told"  # noqa: S608 - our own tables
        output[name] = connection.execute(asked).fetchone()
    return output  # type: ignore[return-value]
