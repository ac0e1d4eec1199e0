"""Staff look a key up by POST, revoke one, and issue another (rules K3, K8).

Each of it is on record with its reason.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.key_encryption import decrypted
from benefits_portal.benefits.models import Benefit, Product, ProductKey
from benefits_portal.fields import NOT_OFFERED
from benefits_portal.key_format import masked
from benefits_portal.tenants.models import Partner, Record, User
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.key_examples import KEY, SHOWN

from .conftest import BECAUSE, filled, page

pytestmark = [pytest.mark.rule("K3", "K8"), pytest.mark.usefixtures("today")]


def look_up(office: Client, text: str) -> ClientResponse:
    return office.post(reverse("support-desk"), {"q": text})


def found(answer: ClientResponse) -> list[int]:
    return [story.key.pk for story in answer.context["keys"]]


def run(office: Client, action: str, row: Model, **sent: Any) -> list[str]:
    sent = {"action": action, "_selected_action": row.pk} | sent
    return [
        str(message)
        for message in office.post(page(type(row), "changelist"), sent, follow=True).context[
            "messages"
        ]
    ]


def test_a_key_is_found_whole_or_by_its_last_five_and_shown_masked(
    office: Client, programme: User
) -> None:
    key, _other = factories.issue_key(), factories.issue_key()
    text = decrypted(key.ciphertext)
    for typed in (text, text.lower(), f" {text[:5]}-{text[5:]}", key.last_five.lower()):
        answer = look_up(office, typed)
        assert found(answer) == [key.pk]
        assert text not in answer.content.decode()
        assert str(key) in answer.content.decode()
    never_issued = key_encryption.draw()
    assert found(look_up(office, never_issued)) == []
    records = Record.objects.filter(action="benefits.key-looked-up")
    assert [record.after for record in records.order_by("pk")] == [{"keys": [key.pk]}] * 4 + [
        {"keys": []}
    ]
    assert records.filter(actor=programme).count() == 5


@pytest.mark.parametrize("whole", [True, False])
def test_an_address_looks_nothing_up(office: Client, whole: bool) -> None:
    key, desk = factories.issue_key(), reverse("support-desk")
    text = decrypted(key.ciphertext)
    answer = office.get(desk, {"q": text if whole else key.last_five}, follow=True)
    assert answer.redirect_chain == ([(desk, 302)] if whole else []), (
        "a whole key leaves the URL first (W6)"
    )
    assert answer.context.get("keys") is None
    assert text not in answer.content.decode()
    assert str(key) not in answer.content.decode()
    assert Record.objects.filter(action="benefits.key-looked-up").count() == 0


def test_a_key_is_revoked_with_a_reason_and_then_another_issued(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = factories.issue_key()
    assert run(office, "revoke", key) == []
    assert run(office, "revoke", key, reason=" ") == [
        "Enter a reason, which is recorded. Nothing was changed."
    ]
    assert "has a live key already" in run(office, "issue_another_key", key.benefit, **BECAUSE)[0]
    assert run(office, "revoke", key, **BECAUSE) == [f"{key}: revoked."]
    assert run(office, "revoke", key, **BECAUSE) == [f"{key}: revoked."], "a double click (W11)"
    # Some time later: it is no double click any more.
    monkeypatch.setattr(
        "benefits_portal.tenants.audit.record_queryset.REPEATED_WITHIN", timedelta()
    )
    assert "was revoked" in run(office, "revoke", key, **BECAUSE)[0]
    assert run(office, "issue_another_key", key.benefit, **BECAUSE) == [f"{key.benefit}: issued."]
    key.refresh_from_db()
    assert key.revoked_why == BECAUSE["reason"]
    assert ProductKey.objects.count() == 2
    assert Benefit.objects.get().live_key() != key
    kept = Record.objects.filter(refused="", reason=BECAUSE["reason"]).values_list(
        "action", flat=True
    )
    assert Record.objects.get(refused="", action="benefits.key-revoked").after == {"key": key.pk}, (
        "the partner reads what is in here"
    )
    assert sorted(kept) == ["benefits.key-issued", "benefits.key-revoked"]


def test_a_redeemed_key_is_not_revoked_but_replaced(office: Client) -> None:
    key = factories.redeem().key
    assert "was redeemed" in run(office, "revoke", key, **BECAUSE)[0]
    key.refresh_from_db()
    assert key.revoked_at is None


def test_support_looks_up_and_changes_nothing(support: User, sign_in: SignIn) -> None:
    key, browser = factories.issue_key(), sign_in(support)
    assert found(look_up(browser, key.last_five)) == [key.pk]
    run(browser, "revoke", key, **BECAUSE)
    key.refresh_from_db()
    assert key.revoked_at is None


@pytest.mark.rule("K1", "W5")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda key: key[:-1] + ("B" if key[-1] != "B" else "C"), "one of its characters is wrong"),
        (lambda key: key[:-2], "it has 23 of 25 characters"),
        (lambda key: key[:8] + "A" + key[9:], "our keys have no A"),
    ],
    ids=["check character", "too short", "foreign character"],
)
def test_a_mistyped_key_is_told_and_not_looked_up(
    office: Client, change: Callable[[str], str], said: str
) -> None:
    text = decrypted(factories.issue_key().ciphertext)
    answer = look_up(office, change(text))
    [error] = answer.context["form"].errors["q"]
    assert said in error
    assert error.endswith("look for its last five characters.")
    assert (
        answer.context.get("keys"),
        Record.objects.filter(action="benefits.key-looked-up").count(),
    ) == (None, 0)


def test_the_help_of_the_look_up_says_what_is_accepted(office: Client) -> None:
    key = factories.issue_key()
    answer = office.get(reverse("support-desk"))
    assert "The last five characters of a key are enough." in answer.content.decode()
    spaced = " ".join(key.last_five.lower())
    assert found(look_up(office, spaced)) == [key.pk]


# Keys in other fields


@pytest.mark.parametrize(
    ("model", "name"),
    [(Product, "kind"), (User, "language"), (Group, "permissions")],
    ids=["kind", "language", "permissions"],
)
def test_a_tampered_choice_is_refused_without_repeating_it(
    office: Client, model: type[Model], name: str
) -> None:
    address = page(model, "add")
    answer = office.post(address, filled(office.get(address), **{name: SHOWN}))
    assert answer.context["adminform"].form.errors[name] == [str(NOT_OFFERED)]


def test_a_time_zone_that_is_a_key_is_refused_with_the_key_masked(office: Client) -> None:
    address = page(Partner, "add")
    answer = office.post(address, filled(office.get(address), time_zone=SHOWN))
    assert answer.context["adminform"].form.errors["time_zone"] == [
        f"{masked(KEY[-5:])} is not a time zone. Use one such as Europe/Amsterdam."
    ]
