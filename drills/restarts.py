"""Restarts and migrations while people work: no request lost, no lock over a second (15).

gunicorn reloads (HUP) and restarts behind the socket that systemd would hold; then a column and an index are added to the
largest tables, as a migration of the next version would, and taken away again.
"""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections

from drills.people import Answer, Browser, percentile, table
from drills.servers import HOST, Nginx, Portal, Postgres, until
from drills.world import Member, members

MIGRATION = (
    "ALTER TABLE benefits_benefit ADD COLUMN drilled integer NOT NULL DEFAULT 0",
    "CREATE INDEX CONCURRENTLY drilled_index ON benefits_productkey (partner_id, issued_at, id)",
    "ALTER TABLE licensing_subscription ADD CONSTRAINT drilled CHECK (licenses >= 1) NOT VALID",
    "ALTER TABLE licensing_subscription VALIDATE CONSTRAINT drilled",
    "ALTER TABLE licensing_subscription DROP CONSTRAINT drilled",
    "DROP INDEX CONCURRENTLY drilled_index",
    "ALTER TABLE benefits_benefit DROP COLUMN drilled",
)


def main(place: Path, postgres: Postgres, reloads: int = 10, restarts: int = 5, people: int = 6) -> bool:
    everybody = members(1, people, keys=200)
    connections.close_all()
    rows: list[list[Any]] = []
    with Portal(place, postgres.url) as portal, Nginx(place, [portal]) as nginx:
        for what, deed in {
            f"{reloads} reloads (HUP)": lambda: reload(portal, reloads),
            f"{restarts} restarts behind the socket": lambda: restart(portal, restarts),
            "migrations": lambda: migrate(postgres),
        }.items():
            answers, locked = while_working(nginx.port, everybody, deed)
            lost = [answer.status for answer in answers if answer.status != 200]
            took = [answer.seconds for answer in answers]
            rows.append([what, len(answers), str(lost or "none"), percentile(took, 0.5), max(took), locked or ""])
    print(table(["during", "requests", "lost", "p50, s", "slowest, s", "longest lock, s"], rows))
    return all(row[2] == "none" and (row[5] or 0) < 1 for row in rows)


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


def migrate(postgres: Postgres) -> list[float]:
    """How long each lock was waited for and held, as `LOCK_TIMEOUT=900 manage.py migrate` does.

    What cannot have its lock within that time is tried again.
    """
    took = []
    options = "-c lock_timeout=900"
    with psycopg.connect(host=HOST, port=postgres.port, user="portal", dbname="portal", autocommit=True, options=options) as connection:
        for statement in MIGRATION:
            started = time.monotonic()
            while True:
                try:
                    connection.execute(statement)
                    break
                except psycopg.errors.LockNotAvailable:
                    time.sleep(0.1)
            if "CONCURRENTLY" not in statement and "VALIDATE" not in statement:
                took.append(time.monotonic() - started)
    return took


def while_working(port: int, everybody: list[Member], deed: Callable[[], list[float]]) -> tuple[list[Answer], float]:
    """Every answer that people got meanwhile, and the longest of the times that `deed` returns."""
    over, answers = threading.Event(), list[Answer]()

    def work(member: Member) -> None:
        browser = Browser(port)
        browser.sign_in(member)
        while not over.is_set():
            key = member.keys.pop()
            review = f"/admin-center/products/{member.subscription.pk}/extend/?key={key}"
            page = browser.get(review)
            form = {"acting_in": member.acting_in, "quote": page.fields.get("quote", "")}
            answers.extend((page, browser.post(review, form), browser.get("/mpn/benefits/azure-cloud/")))

    threads = [threading.Thread(target=work, args=[member]) for member in everybody]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) > len(everybody) * 3, 120)
    times = deed()
    over.set()
    for thread in threads:
        thread.join()
    return answers, max(times, default=0.0)
