"""No product key, in any spelling, is anywhere but in the one answer that reveals it (K3)."""

import logging
import re
from typing import Any

import pytest
from django.core import mail

from benefits_portal.benefits import key_encryption
from benefits_portal.tenants.models import Record
from tests.clients import ClientResponse
from tests.world import RequestAs, World, rolled_back

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.rule("K3")]
REVEAL = "licensing:key"


def any_spelling(keys: list[str]) -> re.Pattern[str]:
    """Capitals or not, encoded for an address or a page or not.

    With anything between the characters that people type there.
    """
    between = r"(?:[\s\-_.+]|%20|%2d|&nbsp;|&#\w+;|<[^>]*>)*"
    return re.compile("|".join(between.join(key) for key in keys), re.IGNORECASE)


def read(answer: ClientResponse) -> str:
    body = answer.getvalue().decode() if answer.streaming else answer.text
    return f"{answer.headers} {answer.cookies} {body}"


@pytest.mark.parametrize(
    "asked", [slice(1), pytest.param(slice(None), marks=pytest.mark.release)], ids=["one", "all"]
)
def test_no_key_is_in_any_answer_log_line_mail_download_or_record(
    world: World,
    rows: dict[str, list[str]],
    request_as: RequestAs,
    caplog: pytest.LogCaptureFixture,
    asked: slice,
) -> None:
    """With every change one of pages that are alike is asked: they share its view.

    Before a release all of them are, for each shows different things.
    """
    sample = world.sample
    keys = [
        sample.text_of(key)
        for key in (sample.key, sample.fitting, sample.redemption.key, world.elsewhere.key)
    ]
    key, said = any_spelling(keys), {}
    caplog.set_level(logging.DEBUG)
    for row, addresses in rows.items():
        person = "programme" if row.startswith(("office:", "admin:")) else "global"
        form = sample.form(row) | {"acting_in": world.tenant_token(person), "q": keys[0]}
        requests: list[tuple[str, str, dict[str, Any]]] = [
            *(("get", address, {}) for address in addresses[asked]),
            *(("post", address, form) for address in addresses[asked]),
        ]
        for method, address, sent in requests:
            with rolled_back():
                answer = read(request_as(person, method, address, sent))
                logged = [record.getMessage() for record in caplog.records]
                mailed = [message.message() for message in mail.outbox]
                recorded = list(Record.objects.values_list("before", "after", "refused"))
                said[method, row, address] = f"{answer}{logged} {mailed}{recorded}"
                caplog.clear()
    found = {
        (method, row)
        for (method, row, _address), text in said.items()
        if key.search(text.replace(f'value="{keys[0]}"', ""))
    }
    assert found == {("post", REVEAL)}
    assert "•" in said["get", "licensing:extend", sample.url("licensing:extend")], (
        "there was something to leak"
    )
    assert key.search(key_encryption.grouped(keys[1]).lower()), "and it would have been found"
