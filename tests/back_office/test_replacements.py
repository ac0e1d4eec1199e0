"""Staff decide on the keys that partners ask to have replaced (rule K8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from benefits_portal.licensing.models import Replacement, Reversal
from benefits_portal.tenants.models import Actor, How, Record, User
from tests import factories
from tests.clients import SignIn

from .conftest import BECAUSE, page

pytestmark = [pytest.mark.rule("K8"), pytest.mark.usefixtures("today")]


@pytest.fixture
def asked(db: None) -> Replacement:
    return Replacement.objects.ask(
        factories.redeem(), "Wrong tenant", by=Actor(), on=factories.TODAY
    )


def decide(office: Client, action: str, asked: Replacement, **sent: Any) -> list[str]:
    sent = {"action": action, "_selected_action": asked.pk} | sent
    return [
        str(message)
        for message in office.post(page(Replacement, "changelist"), sent, follow=True).context[
            "messages"
        ]
    ]


def test_a_request_is_granted_once_with_a_reason(
    office: Client, programme: User, asked: Replacement, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decide(office, "grant", asked) == []
    assert decide(office, "grant", asked, reason=" ") == [
        "Enter a reason, which is recorded. Nothing was changed."
    ]
    assert decide(office, "grant", asked, **BECAUSE) == [f"{asked}: replaced."]
    assert decide(office, "grant", asked, **BECAUSE) == [f"{asked}: replaced."], (
        "a double click (W11)"
    )
    # Some time later: it is no double click any more.
    monkeypatch.setattr(
        "benefits_portal.tenants.audit.record_queryset.REPEATED_WITHIN", timedelta()
    )
    assert decide(office, "grant", asked, **BECAUSE) == [
        f"{asked}: This request was decided already. Nothing was changed."
    ]
    assert Reversal.objects.count() == 1
    assert Replacement.objects.get().key == asked.redemption.key.benefit.live_key()
    records = Record.objects.filter(actor=programme, refused="").values_list("how", "reason")
    assert set(records) == {(How.BACK_OFFICE, BECAUSE["reason"])}


def test_a_request_is_declined_with_the_reason_that_the_partner_reads(
    office: Client, asked: Replacement
) -> None:
    assert decide(office, "decline", asked, reason="It ran for a month.") == [f"{asked}: declined."]
    assert (Replacement.objects.get().declined_because, Reversal.objects.count()) == (
        "It ran for a month.",
        0,
    )


def test_support_decides_nothing(support: User, sign_in: SignIn, asked: Replacement) -> None:
    for action in ("grant", "decline"):
        decide(sign_in(support), action, asked, **BECAUSE)
    assert Replacement.objects.undecided().get() == asked
