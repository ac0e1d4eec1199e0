"""Strangers type wrong passwords from one address, and the mail server trickles (A1, A3).

Others go on as usual.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connections

from drills.people import Browser, percentile, table
from drills.servers import HOST, Nginx, Portal, Postgres
from drills.world import members
from tests.mail_server import mail_server

LIST = "/mpn/benefits/azure-cloud/"
MAX = 3  # times as long as usual
HASHED_A_MINUTE = 20  # wrong passwords from one address
FAILED = 60.0  # seconds that a page without an answer counts as


def main(place: Path, postgres: Postgres, strangers: int = 12, seconds: int = 20) -> bool:
    [member] = members(1, 1, keys=0)
    connections.close_all()
    with mail_server("trickles") as mail:
        portal_with_mail = Portal(place, postgres.url, EMAIL_HOST=HOST, EMAIL_PORT=str(mail.port))
        with portal_with_mail as portal, Nginx(place, [portal]) as nginx:
            browser = Browser(nginx.port)
            browser.sign_in(member)
            usual = looked(browser, seconds / 4)
            stop = threading.Event()
            answers: list[int] = []
            work: list[Callable[[], None]] = [lambda: guess(nginx.port, stop, answers)] * strangers
            threads = [
                threading.Thread(target=each, daemon=True)
                for each in (*work, lambda: forget(nginx.port, member.user.email, stop))
            ]
            for thread in threads:
                thread.start()
            crowded = looked(browser, seconds)
            stop.set()
            for thread in threads:
                thread.join(timeout=60)
    rows = [
        [
            path,
            when,
            len(took[path]),
            percentile(took[path], 0.5),
            percentile(took[path], 0.95),
            max(took[path]),
        ]
        for path in ("/healthz", LIST)
        for when, took in {"usually": usual, f"with {strangers} strangers": crowded}.items()
    ]
    print(table(["page", "", "times", "p50, s", "p95, s", "slowest, s"], rows))
    statuses = {status: answers.count(status) for status in sorted(set(answers))}
    hashed = statuses.get(200, 0)
    failures = sum(took == FAILED for times in crowded.values() for took in times)
    waiting = postgres.ask("SELECT count(*) FROM tenants_mail")[0][0]
    print(
        f"\nWrong passwords: {statuses}; mails that wait: {waiting}; "
        f"conversations with the mail server: {mail.conversations}."
    )
    ratios = {path: ratio(crowded[path], usual[path]) for path in crowded}
    times = ", ".join(f"{path} {each:.1f}" for path, each in ratios.items())
    targets = {
        f"p50, times the usual: at most {MAX} ({times})": max(ratios.values()) <= MAX,
        f"passwords hashed: at most {HASHED_A_MINUTE} a minute ({hashed})": hashed
        <= HASHED_A_MINUTE * (seconds // 60 + 1),
        f"mails that wait: 1 ({waiting})": waiting == 1,
        f"conversations with the mail server: none ({mail.conversations})": mail.conversations == 0,
        "every page of others answered": failures == 0,
    }
    print(
        "\n".join(f"{'held' if held else 'MISSED'}: {target}" for target, held in targets.items()),
        flush=True,
    )
    return all(targets.values())


def ratio(crowded: list[float], usual: list[float]) -> float:
    """How many times as long as usual the middle one took.

    A usual time below a millisecond counts as one.
    """
    return percentile(crowded, 0.5) / max(percentile(usual, 0.5), 0.001)


def looked(browser: Browser, seconds: float) -> dict[str, list[float]]:
    """How long both pages took, asked for in turn."""
    took: dict[str, list[float]] = {"/healthz": [], LIST: []}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for path, times in took.items():
            answer = browser.get(path)
            times.append(answer.seconds if answer.status == 200 else FAILED)
            time.sleep(0.05)
    return took


def guess(port: int, stop: threading.Event, answers: list[int]) -> None:
    """Wrong passwords for made-up accounts, one after the other."""
    browser = Browser(port)
    browser.get("/sign-in/")
    while not stop.is_set():
        account = f"made-up-{threading.get_ident()}-{len(answers)}@example.org"
        answers.append(browser.post("/sign-in/", {"username": account, "password": "wrong"}).status)


def forget(port: int, email: str, stop: threading.Event) -> None:
    """Ask for a link to one account, again and again."""
    browser = Browser(port)
    browser.get("/sign-in/reset/")
    while not stop.wait(0.5):
        browser.post("/sign-in/reset/", {"email": email})
