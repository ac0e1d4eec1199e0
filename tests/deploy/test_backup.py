"""deploy/backup: what it calls a backup can be restored; what cannot is found in time."""

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import installed, wheel
from tests.simultaneous import IS_POSTGRES

BACKUP = Path(__file__).parents[2] / "deploy" / "backup"
SERVER = os.environ["DATABASE_URL"]
pytestmark = pytest.mark.skipif(not IS_POSTGRES, reason="SQLite is copied as a file")


def run(*arguments: object, path: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "PATH": f"{path}{installed() or wheel()}:{os.environ['PATH']}", **env}
    return subprocess.run(
        [BACKUP, *map(str, arguments)], env=known, capture_output=True, text=True, check=False
    )


@pytest.fixture
def database() -> Iterator[Callable[[], str]]:
    """Makes empty databases, which are gone afterwards; told by their URL."""
    made = []

    def make() -> str:
        made.append(f"backup_{uuid.uuid4().hex[:12]}")
        administer(f"CREATE DATABASE {made[-1]} TEMPLATE template0")
        return SERVER.replace("/postgres?", f"/{made[-1]}?")

    yield make
    for name in made:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


def administer(sql: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql)


def digest(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT count(*), md5(string_agg(words, '' ORDER BY id)) FROM things"
        ).fetchall()


@pytest.fixture
def full(database: Callable[[], str]) -> str:
    url = database()
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE things AS SELECT id, md5(id::text) || md5((id * 7)::text) AS words "
            "FROM generate_series(1, 5000) id"
        )
    return url


@pytest.fixture
def dump(full: str, tmp_path: Path) -> Path:
    made = run("make", full, tmp_path / "portal.dump")
    assert (made.returncode, made.stderr) == (0, "")
    return tmp_path / "portal.dump"


def cut(content: bytes) -> bytes:
    return content[: len(content) * 57 // 100]


def flipped(content: bytes) -> bytes:
    """64 bytes in the middle of it turned over."""
    middle = len(content) // 2
    return (
        content[:middle]
        + bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
        + content[middle + 64 :]
    )


def test_what_was_dumped_is_restored_and_only_its_owner_reads_the_dump(
    full: str, dump: Path, database: Callable[[], str]
) -> None:
    empty = database()
    assert run("check", dump).returncode == run("restore", empty, dump).returncode == 0
    assert digest(empty) == digest(full)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in dump.parent.iterdir()} == {
        "portal.dump": "0o600",
        "portal.dump.sha256": "0o600",
    }


def test_a_restore_takes_longer_than_a_query_of_the_portal_may(
    full: str, dump: Path, database: Callable[[], str]
) -> None:
    """Behind pgbouncer the role has a time-out of its own, which counts for whatever it runs."""
    empty = database()
    name = empty.partition("?")[0].rpartition("/")[2]
    administer(f"ALTER DATABASE {name} SET statement_timeout = '1ms'")
    restored = run("restore", empty, dump)
    assert (restored.returncode, restored.stderr) == (0, "")
    administer(f"ALTER DATABASE {name} RESET statement_timeout")
    assert digest(empty) == digest(full)


@pytest.mark.parametrize("harm", [cut, flipped])
@pytest.mark.parametrize("has_digest", [True, False])
def test_a_dump_that_was_harmed_is_found_and_never_restored(
    dump: Path, database: Callable[[], str], harm: Callable[[bytes], bytes], has_digest: bool
) -> None:
    dump.write_bytes(harm(dump.read_bytes()))
    if not has_digest:
        dump.with_name("portal.dump.sha256").unlink()
    empty = database()
    checked, restored = run("check", dump), run("restore", empty, dump)
    assert (checked.returncode, restored.returncode) == (1, 1)
    assert "portal.dump" in checked.stderr
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regclass('things')").fetchone() == (None,)


def test_the_digest_finds_a_single_bit_that_unpacking_does_not_notice(dump: Path) -> None:
    content = bytearray(dump.read_bytes())
    content[12] ^= 1  # in the head, which is not compressed
    dump.write_bytes(content)
    checked = run("check", dump)
    assert checked.returncode == 1


HARM = {
    "cut at 57 %": 'truncate -s $(($(stat -c %s "$file") * 57 / 100)) "$file"',
    "64 bytes overwritten": (
        'head -c 64 /dev/zero | dd conv=notrunc bs=1 seek=90000 of="$file" status=none'
    ),
}
SPOILS = """#!/bin/sh
{pg_dump} "$@"
for word; do case $word in --file=*) file=${{word#--file=}} ;; esac; done
{harm}
"""


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_disk_that_harms_the_dump_while_it_is_made_leaves_the_last_one(
    dump: Path, full: str, tmp_path: Path, harm: str
) -> None:
    before = dump.read_bytes()
    spoilt = tmp_path / "bin" / "pg_dump"
    spoilt.parent.mkdir()
    spoilt.write_text(SPOILS.format(pg_dump=(installed() or wheel()) / "pg_dump", harm=harm))
    spoilt.chmod(0o755)
    failed = run("make", full, dump, path=f"{spoilt.parent}:")
    assert failed.returncode == 1
    assert "cannot be read through" in failed.stderr
    kept = sorted(path.name for path in tmp_path.glob("portal*"))
    assert (dump.read_bytes(), kept) == (before, ["portal.dump", "portal.dump.sha256"])


@pytest.mark.parametrize("words", [[], ["make"], ["make", "x"], ["prune", "x", "y"]])
def test_what_is_asked_for_wrongly_is_answered_with_how_to_ask(words: list[str]) -> None:
    answer = run(*words)
    assert answer.returncode == 2
    assert "backup make postgres://" in answer.stdout
