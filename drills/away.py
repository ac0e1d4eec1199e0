"""PostgreSQL is away, does not let in, or somebody holds a row (13).

503 with Retry-After in time, and back without a restart.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
from django.db import connections

from drills.people import Answer, Browser, table
from drills.servers import HOST, Portal, Postgres, until
from drills.world import Member, members

PATIENCE = 3.0  # seconds within which everybody is told


def main(place: Path, postgres: Postgres, seconds: int = 30) -> bool:
    everybody = members(1, 4, keys=1)
    connections.close_all()
    rows, held = [], True
    with Portal(place, postgres.url) as portal:
        browsers = [Browser(portal.port) for _ in everybody]
        for browser, member in zip(browsers, everybody, strict=True):
            browser.sign_in(member)
        for what, away in (
            ("stopped", stopped),
            ("killed", killed),
            ("lets nobody new in", closed),
            ("frozen", frozen),
        ):
            answers, back = during(partial(away, postgres, seconds), browsers, everybody, portal)
            output = [answer for answer in answers if answer.status == 503 and answer.retry_after]
            other = [answer.status for answer in answers if answer.status not in (200, 503)]
            slowest = max(answer.seconds for answer in answers)
            rows.append([what, len(answers), len(output), str(other or "none"), slowest, back])
            held = held and not other and slowest <= PATIENCE and back <= PATIENCE
        print(
            table(
                [
                    "PostgreSQL",
                    "answers",
                    "503 with Retry-After",
                    "others but 200",
                    "slowest, s",
                    "back after, s",
                ],
                rows,
            )
        )
        kindly, text = row_held(postgres, browsers, everybody)
        print(f"\n{text}")
    return held and kindly


def stopped(postgres: Postgres, seconds: int) -> None:
    postgres.stop()
    time.sleep(seconds)
    postgres.start()


def killed(postgres: Postgres, seconds: int) -> None:
    postgres.kill()
    time.sleep(seconds)
    postgres.start()


def closed(postgres: Postgres, seconds: int) -> None:
    """The postmaster is frozen and every connection ended.

    Whoever connects gets no answer, as behind a dead network.
    """
    assert postgres.process
    postgres.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'portal' AND "
        "pid <> pg_backend_pid()",
        "postgres",
    )
    os.kill(postgres.process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(postgres.process.pid, signal.SIGCONT)


def frozen(postgres: Postgres, seconds: int) -> None:
    """Every process of PostgreSQL is stopped.

    Connections stay, packets are acknowledged, and no answer comes.
    """
    assert postgres.process
    frozen_pids = [
        postgres.process.pid,
        *map(
            int,
            Path(f"/proc/{postgres.process.pid}/task/{postgres.process.pid}/children")
            .read_text()
            .split(),
        ),
    ]
    for pid in frozen_pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in frozen_pids:
        os.kill(pid, signal.SIGCONT)


def during(
    outage: Callable[[], None], browsers: list[Browser], everybody: list[Member], portal: Portal
) -> tuple[list[Answer], float]:
    """What people get while `outage` lasts, and the seconds from its end to the next page."""
    over = threading.Event()
    answers: list[Answer] = []

    def look(browser: Browser, member: Member) -> None:
        while not over.is_set():
            pages = (
                "/mpn/benefits/azure-cloud/",
                f"/admin-center/products/{member.subscription.pk}/",
                "/calculator/",
            )
            answers.extend(browser.get(path) for path in pages)
            time.sleep(0.5)

    threads = [
        threading.Thread(target=look, args=pair)
        for pair in zip(browsers[:2], everybody, strict=False)
    ]
    for thread in threads:
        thread.start()
    outage()
    back = until(lambda: browsers[2].get("/mpn/benefits/azure-cloud/").status == 200, 60)
    over.set()
    for thread in threads:
        thread.join()
    return answers, back


def row_held(
    postgres: Postgres, browsers: list[Browser], everybody: list[Member]
) -> tuple[bool, str]:
    """A session keeps a subscription's row: its redeemer is told in time, all others go on."""
    member, browser = everybody[0], browsers[0]
    review = f"/admin-center/products/{member.subscription.pk}/extend/?key={member.keys[0]}"
    form = {"acting_in": member.acting_in, "quote": browser.get(review).fields["quote"]}
    with psycopg.connect(host=HOST, port=postgres.port, user="portal", dbname="portal") as holder:
        holder.execute(
            "SELECT 1 FROM licensing_subscription WHERE id = %s FOR UPDATE",
            [member.subscription.pk],
        )
        refused = browser.post(review, form)
        meanwhile = [
            browsers[1].get("/mpn/benefits/azure-cloud/"),
            browsers[1].get("/admin-center/products/"),
        ]
        holder.rollback()
    afterwards = browser.post(review, form)
    kind = refused.status == 503 and "Somebody else is working on the same thing" in refused.page
    went_on = all(answer.status == 200 for answer in meanwhile)
    receipt = "/receipts/" in afterwards.url
    slowest = max(answer.seconds for answer in meanwhile)
    text = (
        f"A row held by somebody: the redeemer is told after {refused.seconds:.2f} s "
        f"({refused.status}), others go on ({slowest:.2f} s), "
        f"and sending the form again redeems: {'yes' if receipt else 'no'}."
    )
    return kind and went_on and receipt and refused.seconds <= PATIENCE, text
