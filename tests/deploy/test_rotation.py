"""Secrets are rotated in the phases of the handbook.

A machine a phase ahead of another never writes what that cannot read.
"""

import re
from collections.abc import Callable
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.models import ProductKey
from benefits_portal.tenants.limits import SIGN_IN
from benefits_portal.tenants.models import Partner, Tenant, User
from tests.factories import PASSWORD, SubscriptionFactory, issue_key, key_for

HANDBOOK = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
ROW = re.compile(
    r"^\| (before|\d, [^|]+) \| `?([\w,]*)`? ?\| ?`?([\w,]*)`? ?\| `([\w,]+)` \|$", re.MULTILINE
)
PHASES = [
    {
        "SECRET_KEY": key,
        "SECRET_KEY_FALLBACKS": [kept] if kept else [],
        "PRODUCT_KEY_SECRETS": secrets.split(","),
    }
    for _, key, kept, secrets in ROW.findall(HANDBOOK)
]
# Both ways between neighbors. Back from the last phase only what was written in it matters: whoever
# has an old session is past it.
AT_ONCE = [pair for ahead in pairwise(PHASES) for pair in (ahead, ahead[::-1])]
# As the page had it: the first machine signs with what the others do not know.
IN_ONE_STEP = (PHASES[2], PHASES[0])


@pytest.fixture
def machine(settings: Settings) -> Callable[[dict[str, object]], None]:
    """Goes on at a machine with these secrets."""

    def at(secrets: dict[str, object]) -> None:
        for name, value in secrets.items():
            setattr(settings, name, value)

    return at


def test_the_handbook_has_four_phases() -> None:
    assert [phase["SECRET_KEY"] for phase in PHASES] == ["old", "old", "new", "new"]


def signed_in(
    machine: Callable[[dict[str, object]], None], secrets: dict[str, object], user: User
) -> Client:
    machine(secrets)
    client = Client()
    assert (
        client.post(
            reverse("tenants:sign-in"), {"username": user.email, "password": PASSWORD}
        ).status_code
        == 302
    )
    return client


@pytest.mark.parametrize(("one", "other"), AT_ONCE)
def test_who_signed_in_at_one_machine_can_send_forms_at_the_other(
    machine: Callable[[dict[str, object]], None],
    admin: User,
    tenant: Tenant,
    one: dict[str, object],
    other: dict[str, object],
    today: date,
) -> None:
    client = signed_in(machine, one, admin)
    subscription = SubscriptionFactory.create(tenant=tenant)
    address = (
        f"{reverse('licensing:extend', args=[subscription.pk])}?key={key_for(subscription).pk}"
    )
    fields = dict(re.findall(r'name="(acting_in|quote)" value="([^"]+)"', client.get(address).text))
    machine(other)
    assert client.post(address, fields).status_code == 302
    assert client.get("/").status_code == 200
    machine(one)
    assert client.get("/").status_code == 200


def test_in_one_step_people_would_be_signed_out(
    machine: Callable[[dict[str, object]], None], admin: User
) -> None:
    client = signed_in(machine, IN_ONE_STEP[0], admin)
    machine(IN_ONE_STEP[1])
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    ("one", "other"), [pair for ahead in pairwise(PHASES[:3]) for pair in (ahead, ahead[::-1])]
)
def test_a_key_that_one_machine_issued_is_read_and_found_at_the_other(
    machine: Callable[[dict[str, object]], None],
    partner: Partner,
    one: dict[str, object],
    other: dict[str, object],
) -> None:
    machine(one)
    key = issue_key(partner=partner)
    text = key_encryption.decrypted(key.ciphertext)
    machine(other)
    assert key_encryption.decrypted(key.ciphertext) == text
    assert ProductKey.objects.filter(digest__in=key_encryption.digests(text)).get() == key


def test_after_the_keys_were_moved_the_old_secret_can_go(
    machine: Callable[[dict[str, object]], None], partner: Partner
) -> None:
    machine(PHASES[0])
    key = issue_key(partner=partner)
    text = key_encryption.decrypted(key.ciphertext)
    machine(PHASES[2])
    call_command("reencrypt_keys", stdout=StringIO())
    machine(PHASES[3])
    key.refresh_from_db()
    assert key_encryption.decrypted(key.ciphertext) == text


def test_a_new_secret_key_lifts_lock_outs_as_the_handbook_says(
    machine: Callable[[dict[str, object]], None],
) -> None:
    machine(PHASES[1])
    subject = SIGN_IN.of("somebody@example.org").subject
    machine(PHASES[2])
    assert SIGN_IN.of("somebody@example.org").subject != subject
    assert "Rotating `SECRET_KEY` lifts every lock-out" in HANDBOOK
