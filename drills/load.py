"""The main job, by many at once, for minutes (14).

List, details, calculator, extend with a key, give and take credit.

Every person signs in with a password, thinks between two pages, and goes on until time is up. No
answer may be missing, late without end, or other than what the page promises; memory and
connections must not grow.
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.db import connections

from drills.people import Answer, Browser, percentile, table
from drills.servers import Nginx, Portal, Postgres
from drills.world import Member, members

PAGES_OF_A_JOB = 11


def main(
    place: Path,
    postgres: Postgres,
    minutes: float = 7.4,
    partners: int = 20,
    people: int = 5,
    think: float = 6.0,
    workers: int = 2,
    spread: float = 140.0,
) -> bool:
    everybody = members(partners, people, keys=int(minutes * 60 / (PAGES_OF_A_JOB * think)) + 3)
    connections.close_all()
    notes: list[Answer] = []
    wrong: list[str] = []
    with Portal(place, postgres.url, workers=workers) as portal, Nginx(place, [portal]) as nginx:
        ends = time.monotonic() + minutes * 60
        threads = [
            threading.Thread(
                target=work, args=[nginx.port, member, notes, wrong, ends, think, spread]
            )
            for member in everybody
        ]
        gauges = watch(postgres, portal, threads)
    redeemed = postgres.ask("SELECT count(*) FROM licensing_redemption")[0][0]
    receipts = sum(note.what == "redeem" and "/receipts/" in note.url for note in notes)
    print(report(notes, gauges, minutes))
    print(
        f"\n{len(everybody)} people of {partners} partners, {workers} workers, "
        f"{minutes:g} minutes: {redeemed} redemptions, {receipts} receipts; "
        f"{len(wrong)} wrong answers {wrong[:3] or ''}."
    )
    return not wrong and redeemed == receipts


def work(
    port: int,
    member: Member,
    notes: list[Answer],
    wrong: list[str],
    ends: float,
    think: float,
    spread: float,
) -> None:
    """One person, until `ends`."""
    chance = random.Random(member.user.pk)
    browser = Browser(port, notes)
    time.sleep(chance.uniform(0, spread))

    def expect(answer: Answer, text: str) -> Answer:
        if answer.status != 200 or text not in answer.page:
            wrong.append(f"{answer.what}: {answer.status} at {answer.url}, without {text!r}")
        if ends - time.monotonic() > think:
            time.sleep(chance.uniform(think / 2, think * 1.5))
        return answer

    expect(browser.sign_in(member), member.tenant.domain)
    keys = list(member.keys)
    while time.monotonic() < ends and keys:
        job(browser, member, keys.pop(), expect)


def job(
    browser: Browser, member: Member, key: int, expect: Callable[[Answer, str], Answer]
) -> None:
    subscription, credit = member.subscription, member.credit
    acting_in = {"acting_in": member.acting_in}
    expect(browser.get("/", "home"), "Azure")
    expect(browser.get("/mpn/benefits/azure-cloud/", "list"), "License-based subscriptions")
    expect(browser.get(f"/mpn/benefits/azure-cloud/{credit.pk}/", "details"), "User assignment")
    expect(
        browser.get(f"/calculator/?licenses=100&ends_on={date(2030, 6, 30)}&keys=25", "calculator"),
        "2030",
    )
    expect(browser.get("/admin-center/products/", "your products"), str(subscription.product))
    review = f"/admin-center/products/{subscription.pk}/extend/?key={key}"
    quote = expect(browser.get(review, "review"), 'name="quote"').fields.get("quote", "")
    expect(browser.post(review, {**acting_in, "quote": quote}, "redeem"), "receipt")
    person = str(member.colleagues[0])
    expect(
        browser.get(f"/mpn/benefits/azure-cloud/{credit.pk}/assign/", "assign page"),
        'name="directory_user"',
    )
    given = expect(
        browser.post(
            f"/mpn/benefits/azure-cloud/{credit.pk}/assign/",
            {**acting_in, "directory_user": person},
            "assign",
        ),
        "/remove/",
    )
    for path in {
        part.partition('"')[0] for part in given.page.split('"') if part.endswith("/remove/")
    }:
        expect(browser.post(path, acting_in, "remove"), "no longer holds this credit")


def watch(
    postgres: Postgres, portal: Portal, threads: list[threading.Thread]
) -> list[tuple[float, float, int]]:
    """Start everybody; until all are done, what the workers weigh and how many connections.

    The weight is PSS, in MiB each.
    """
    for thread in threads:
        thread.start()
    began, gauges = time.monotonic(), []
    for thread in threads:
        while thread.is_alive():
            thread.join(15)
            weights = [pss(pid) for pid in portal.worker_pids()]
            held = postgres.ask(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = 'portal' AND pid <> "
                "pg_backend_pid()"
            )[0][0]
            gauges.append((time.monotonic() - began, sum(weights) / max(len(weights), 1), held))
    return gauges


def pss(pid: int) -> float:
    """Proportional share of memory of a process, in MiB."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as output:  # noqa: PTH123
            return next(int(line.split()[1]) / 1024 for line in output if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0.0


def report(notes: list[Answer], gauges: list[tuple[float, float, int]], minutes: float) -> str:
    kinds = {
        note.what: [other.seconds * 1000 for other in notes if other.what == note.what]
        for note in notes
    }
    rows = [
        [
            what,
            len(took),
            round(percentile(took, 0.5)),
            round(percentile(took, 0.95)),
            round(percentile(took, 0.99)),
            round(max(took)),
        ]
        for what, took in kinds.items()
    ]
    every = [note.seconds * 1000 for note in notes]
    rows.append(
        [
            "**all**",
            len(every),
            *(round(percentile(every, share)) for share in (0.5, 0.95, 0.99)),
            round(max(every)),
        ]
    )
    first = min(note.started for note in notes)
    length = max(note.started for note in notes) - first
    settled = [note for note in notes if note.started - first > length / 10]
    early = [note.seconds * 1000 for note in settled if note.started - first < length / 2]
    late = [note.seconds * 1000 for note in settled if note.started - first >= length / 2]
    warm = gauges[len(gauges) // 5 :] or gauges
    statuses = {
        status: sum(note.status == status for note in notes)
        for status in sorted({note.status for note in notes})
    }
    held = [gauge[2] for gauge in warm]
    slower = percentile(late, 0.99) / max(percentile(early, 0.99), 1)
    return (
        table(["page", "answers", "p50 ms", "p95 ms", "p99 ms", "slowest ms"], rows)
        + f"\n\n{len(notes) / (minutes * 60):.1f} answers a second; statuses {statuses}; "
        f"p99 of the second half ÷ first half {slower:.2f}; "
        f"PSS of a worker {warm[0][1]:.1f} → {warm[-1][1]:.1f} MiB "
        f"(most {max(gauge[1] for gauge in gauges):.1f}); "
        f"connections {held[0]} → {held[-1]} (most {max(held)})."
    )
