"""The server is killed in the middle of redemptions: nothing half done (K2, A3).

A retry of a lost answer finds its receipt.
"""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.db import connections
from django.test import Client

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import Redemption, Subscription, Term
from benefits_portal.tenants.models import Tenant, User
from tests.factories import SubscriptionFactory, issue_key
from tests.licensing.test_kill_drill import url_of_the_tests_own_database
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.release,  # with every change a few processes are killed by `drills killed`
    pytest.mark.django_db(transaction=True),
    pytest.mark.rule("K2", "A3"),
    pytest.mark.skipif(
        not IS_POSTGRES, reason="the drill is for the server that production runs on"
    ),
]

PROJECT = Path(__file__).parents[2]
KILLS = 50
NO_ANSWER = (OSError, HTTPException)


@contextmanager
def server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """gunicorn on the tests' own database, until the block ends or somebody kills it."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "benefits_portal.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--log-level",
        "critical",
    ]
    environment = {**os.environ, "DATABASE_URL": url_of_the_tests_own_database()}
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Master and worker at once, without a word of warning."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Person:
    """Somebody at a browser: opens the review, presses Redeem, and again if no answer came."""

    def __init__(self, user: User, subscription: Subscription, port: int) -> None:
        client = Client()
        client.force_login(user)
        self.cookies = {name: cookie.value for name, cookie in client.cookies.items()}
        self.subscription, self.url = subscription, f"http://127.0.0.1:{port}"
        self.unanswered: tuple[str, dict[str, str]] | None = None
        self.receipts: list[int] = []

    def request(self, path: str, form: dict[str, str] | None = None) -> tuple[str, str]:
        """The final address and the page. Raises OSError if the server is gone."""
        # The address is that of our own server.
        request = Request(self.url + path, urlencode(form).encode() if form else None)  # noqa: S310
        request.add_header(
            "Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - our own server
            for name, value in re.findall(r"(\w+)=([^;]+);", answer.headers.get("Set-Cookie", "")):
                self.cookies[name] = value
            return answer.url, answer.read().decode()

    def redeem_next(self) -> None:
        if self.unanswered is None:
            key = ProductKey.objects.filter(
                product=self.subscription.product, redeemed_at=None
            ).earliest("pk")
            path = f"/admin-center/products/{self.subscription.pk}/extend/?key={key.pk}"
            _address, page = self.request(path)
            fields = re.findall(
                r'name="(csrfmiddlewaretoken|acting_in|quote)" value="([^"]+)"', page
            )
            self.unanswered = path, dict(fields)
        address, _page = self.request(*self.unanswered)
        self.receipts.append(int(address.rstrip("/").rsplit("/", 1)[-1]))
        self.unanswered = None


def redeem_until(person: Person, done: threading.Event) -> None:
    try:
        while not done.is_set():
            try:
                person.redeem_next()
            except NO_ANSWER:
                time.sleep(0.02)
    finally:
        connections.close_all()


def answers_until_killed(person: Person, port: int, after: float) -> None:
    """Start the server, let `person` redeem, kill it; the lost answer's retry.

    It is killed `after` seconds beyond the first answer.
    """
    done, answered = threading.Event(), len(person.receipts)
    with server(port) as process:
        worker = threading.Thread(target=redeem_until, args=[person, done])
        worker.start()
        deadline = time.monotonic() + 30
        while len(person.receipts) == answered and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(after)
        kill(process)
        done.set()
        worker.join()


def test_fifty_times_killed_every_redemption_is_whole_and_told_once(
    admin: User, tenant: Tenant
) -> None:
    subscription = SubscriptionFactory.create(
        tenant=tenant, licenses=500, ends_on=date(2090, 1, 31)
    )
    before, chance = subscription.term, random.Random(20210501)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    person = Person(admin, subscription, port)
    lost = 0
    for _ in range(KILLS):
        for _ in range(40 - ProductKey.objects.filter(redeemed_at=None).count()):
            facts = {
                "partner": tenant.partner,
                "product": subscription.product,
                "expires_on": date(2099, 1, 1),
            }
            issue_key(**facts, quantity=chance.randint(1, 3))
        answers_until_killed(person, port, chance.uniform(0.0, 0.1))
        lost += person.unanswered is not None
    with server(port):
        while person.unanswered:
            with suppress(*NO_ANSWER):
                person.redeem_next()

    redemptions = list(Redemption.objects.order_by("pk"))
    assert lost > KILLS // 4, "the kills came in the middle of work"
    assert sorted(person.receipts) == [redemption.pk for redemption in redemptions]
    assert {redemption.key_id for redemption in redemptions} == set(
        ProductKey.objects.filter(redeemed_at__isnull=False).values_list("pk", flat=True)
    )
    subscription.refresh_from_db()
    assert subscription.term == replayed(before, redemptions)


def replayed(term: Term, redemptions: list[Redemption]) -> Term:
    """What `term` becomes when every one of `redemptions` extends it, one after the other."""
    for redemption in redemptions:
        assert redemption.before == term
        term = end_dates.extended(term, redemption.key_licenses)
    return term
