"""Restarts and an upgrade while people work: no request lost, no lock over a second (15, P2).

gunicorn reloads (HUP) and restarts behind the socket that systemd would hold. Then a next version,
this one with a migration more for each of the largest tables, migrates while this one serves, and
takes over. `column=default` gives its columns a default in Django alone: this version fails then,
and the drill does not hold.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.migrations.loader import MigrationLoader

from drills.people import Answer, Browser, percentile, table
from drills.servers import PROJECT, Nginx, Portal, Postgres, environment, until
from drills.world import Member, members

GROWING = {"benefits": "Benefit", "licensing": "Redemption", "tenants": "Record"}
MIGRATION = """from django.db import migrations, models
from benefits_portal.postgresql.operations import AddIndexWhileInUse

class Migration(migrations.Migration):
    atomic = False
    dependencies = [{leaf!r}]
    operations = [
        migrations.AddField("{model}", "drilled", models.IntegerField({column}=0)),
        AddIndexWhileInUse("{model}", models.Index(fields=["drilled"], name="drilled_{app}")),
    ]
"""
FIELD = """
{model}.add_to_class("drilled", models.IntegerField({column}=0))
{model}._meta.indexes.append(models.Index(fields=["drilled"], name="drilled_{app}"))
"""
WAITED = (
    "SELECT max(extract(epoch FROM clock_timestamp() - waitstart))::float FROM pg_locks "
    "WHERE NOT granted"
)


def main(
    place: Path,
    postgres: Postgres,
    reloads: int = 10,
    restarts: int = 5,
    people: int = 6,
    keys: int = 200,
    column: str = "db_default",
) -> bool:
    everybody = members(1, people, keys=keys)
    connections.close_all()
    following = next_version(place / "next", column)
    rows: list[list[Any]] = []
    with Portal(place, postgres.url) as portal, Nginx(place, [portal]) as nginx:
        deeds: dict[str, Callable[[], list[float]]] = {
            f"{reloads} reloads (HUP)": lambda: reload(portal, reloads),
            f"{restarts} restarts behind the socket": lambda: restart(portal, restarts),
            "the next version migrates": lambda: migrate(postgres, following),
            "the next version takes over": lambda: take_over(portal, following),
        }
        for what, deed in deeds.items():
            answers, waited = while_working(nginx.port, everybody, deed)
            lost = [answer.status for answer in answers if answer.status != 200]
            took = [answer.seconds for answer in answers]
            rows.append(
                [
                    what,
                    len(answers),
                    str(lost or "none"),
                    percentile(took, 0.5),
                    max(took),
                    waited or "",
                ]
            )
    print(
        table(
            ["during", "requests", "lost", "p50, s", "slowest, s", "longest wait for a lock, s"],
            rows,
        )
    )
    return all(row[2] == "none" and (row[5] or 0) < 1 for row in rows)


def next_version(folder: Path, column: str) -> Path:
    """This version in `folder`, with a column and an index more on each of the tables that grow."""
    left_out = shutil.ignore_patterns(".git", ".venv", "__pycache__", "*.sqlite3*", ".*_cache")
    shutil.copytree(PROJECT, folder, ignore=left_out, symlinks=True)
    graph = MigrationLoader(None).graph
    for app, model in GROWING.items():
        output = {"app": app, "model": model, "column": column, "leaf": graph.leaf_nodes(app)[0]}
        room = folder / "benefits_portal" / app
        (room / "migrations" / "9999_drilled.py").write_text(MIGRATION.format(**output))
        with (room / "models" / "__init__.py").open("a") as models:
            models.write("\nfrom django.db import models\n" + FIELD.format(**output))
    return folder


def run(
    folder: Path, database_url: str, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """manage.py of the version in `folder`."""
    known = {**os.environ, **environment(database_url), **env}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        env=known,
        capture_output=True,
        text=True,
        check=False,
    )


def reload(portal: Portal, times: int) -> list[float]:
    """New workers come, old ones finish what they do."""
    for _ in range(times):
        before = set(portal.worker_pids())
        portal.signal(signal.SIGHUP)
        until(lambda before=before: len(set(portal.worker_pids()) - before) == portal.workers, 60)  # type: ignore[misc]
    return []


def restart(portal: Portal, times: int) -> list[float]:
    for _ in range(times):
        portal.stop()
        portal.start()
    return []


def take_over(portal: Portal, folder: Path) -> list[float]:
    """Restart into the version in `folder`, and work on there."""
    portal.stop()
    portal.project, portal.ready_at = folder, "/readyz"
    portal.start()
    return wait(5)


def wait(seconds: float) -> list[float]:
    time.sleep(seconds)
    return []


def migrate(postgres: Postgres, folder: Path) -> list[float]:
    """Migrate as docs/operations.md says; how long statements were seen to wait for a lock.

    Again where a lock could not be had in time; then the version before works on for a while.
    """
    over, waited = threading.Event(), list[float]()

    def watch() -> None:
        while not over.is_set():
            waited.extend(seconds for (seconds,) in postgres.ask(WAITED) if seconds)
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    done = [run(folder, postgres.url, "migrate", "-v0", LOCK_TIMEOUT="900")]
    while done[-1].returncode and "lock timeout" in done[-1].stderr and len(done) < 20:
        done.append(run(folder, postgres.url, "migrate", "-v0", LOCK_TIMEOUT="900"))
    wait(5)
    over.set()
    watcher.join()
    if done[-1].returncode:
        raise RuntimeError(done[-1].stderr[-2000:])
    return waited


def while_working(
    port: int, everybody: list[Member], deed: Callable[[], list[float]]
) -> tuple[list[Answer], float]:
    """Every answer that people got meanwhile, and the longest of the times that `deed` returns."""
    over, answers = threading.Event(), list[Answer]()

    def work(member: Member) -> None:
        browser = Browser(port)
        browser.sign_in(member)
        while not over.is_set():
            # The last again: refused on record, which writes too
            key = member.keys.pop() if len(member.keys) > 1 else member.keys[0]
            review = f"/admin-center/products/{member.subscription.pk}/extend/?key={key}"
            page = browser.get(review)
            form = {"acting_in": member.acting_in, "quote": page.fields.get("quote", "")}
            answers.extend(
                (page, browser.post(review, form), browser.get("/mpn/benefits/azure-cloud/"))
            )

    threads = [threading.Thread(target=work, args=[member]) for member in everybody]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) > len(everybody) * 3, 120)
    times = deed()
    over.set()
    for thread in threads:
        thread.join()
    return answers, max(times, default=0.0)
