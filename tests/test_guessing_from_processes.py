"""Guessing from three processes at one instant (K6).

Of keys and passwords exactly as many get through as the limit allows.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.benefits import key_encryption
from benefits_portal.tenants.limits import SIGN_IN
from benefits_portal.tenants.models import Attempt, KeyAttempt, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.licensing.test_kill_drill import PROJECT, url_of_the_tests_own_database

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.rule("K6")]
PROCESSES, LIMIT = 3, 10
TIME_OUT = timedelta(minutes=16)

LOCKED = "You tried too many keys that don&#x27;t exist"


def from_processes(address: str, forms: list[dict[str, str]], cookies: str = "") -> list[str]:
    """The pages that answered `forms`, sent one after the other by each of three processes.

    They start at one instant.
    """
    environment = {**os.environ, "DATABASE_URL": url_of_the_tests_own_database()}
    typed = [forms[number::PROCESSES] for number in range(PROCESSES)]
    guessed = subprocess.run(
        [sys.executable, "-m", "tests.guesser"],
        cwd=PROJECT,
        env=environment,
        input=json.dumps({"address": address, "forms": typed, "cookies": cookies}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    pages: list[str] = json.loads(guessed.stdout)
    return pages


def test_keys(tenant: Tenant, admin: User, sign_in: SignIn, acting_in: dict[str, str]) -> None:
    right, today = key_encryption.draw(), clock.today()
    issued = {"partner": tenant.partner, "expires_on": today}
    subscription = factories.redeem(
        factories.issue_key(**issued), tenant=tenant, on=today
    ).subscription
    factories.BenefitFactory.create(**issued, product=subscription.product, key=right)
    address, client = reverse("licensing:extend", args=[subscription.pk]), sign_in(admin)

    wrong = [acting_in | {"key": key_encryption.draw()} for _ in range(10 * PROCESSES)]
    pages = from_processes(address, wrong, client.cookies.output(header=""))
    unknown = sum("Your organization doesn&#x27;t have this key." in page for page in pages)
    assert unknown == LIMIT
    assert sum(LOCKED in page for page in pages) == len(wrong) - unknown

    assert LOCKED in client.post(address, acting_in | {"key": right}).text
    KeyAttempt.objects.update(at=F("at") - TIME_OUT)
    assert client.post(address, acting_in | {"key": right}).status_code == 302


def test_passwords(admin: User) -> None:
    wrong = [
        {"username": admin.email, "password": f"wrong {number}"} for number in range(10 * PROCESSES)
    ]
    pages = from_processes("/sign-in/", wrong)
    assert sum("Too many wrong passwords" not in page for page in pages) == LIMIT - 1, (
        "the tenth is told that it was the last"
    )
    assert Attempt.objects.filter(limit=SIGN_IN.name).count() == LIMIT

    right = {"username": admin.email, "password": factories.PASSWORD}
    assert Client().post("/sign-in/", right).status_code == 429
    Attempt.objects.update(at=F("at") - TIME_OUT, refused_until=F("refused_until") - TIME_OUT)
    assert Client().post("/sign-in/", right).status_code == 302
