"""The mail that says what is due: both parts alike, in the reader's language (R8)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from typing import Any

import html5lib
import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from benefits_portal.reminders.digest_mail import (
    MAX_ITEMS,
    DigestContents,
    compose,
    in_language_of,
)
from benefits_portal.reminders.due_item import AHEAD, SINCE, DueItem
from benefits_portal.reminders.topics import Due, Occasion
from benefits_portal.tenants.models import Partner, User

ON = date(2026, 12, 1)
ORIGIN = "https://portal.example"
KEY = DueItem(
    Due(Occasion.KEY_EXPIRES, 7, date(2027, 1, 31)),
    "Microsoft 365 E3, 25 licenses",
    "/mpn/benefits/azure-cloud/7/",
    offer="Silver competency",
)
ENDING = DueItem(
    Due(Occasion.SUBSCRIPTION_DISABLED, 3, date(2026, 12, 8)),
    "Power BI Pro, 100 licenses",
    "/admin-center/products/3/",
    tenant="Contoso <b>HQ</b> & Söhne",
)
HELD = DueItem(
    Due(Occasion.HELD_BY_DISABLED, 9, date(2027, 3, 1)),
    "Microsoft Azure, $100 per month",
    "/mpn/benefits/azure-cloud/9/",
    person="Zoë",
)
LAPSED = replace(KEY, due=Due(Occasion.KEY_EXPIRES, 8, date(2026, 11, 30)))
WAITING = replace(KEY, due=Due(Occasion.TENANT_REQUESTED, 8, ON))


@pytest.fixture(autouse=True)
def named_host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]


def mail(*items: DueItem, language: str = "en", partner: str = "Contoso") -> EmailMultiAlternatives:
    reader = User(email="kim@contoso.example", language=language)
    at = Partner(name=partner) if partner else None
    return compose(DigestContents(reader, at, ON, items, "/unsubscribe/token/"), message_id="<1@x>")


def html_of(message: EmailMultiAlternatives) -> str:
    [(content, _kind)] = message.alternatives
    return str(content)


def texts(element: Any) -> Iterator[str]:
    """The texts of `element` and what is in it, in order, without the head."""
    if not isinstance(element.tag, str) or element.tag == "head":
        return
    yield element.text or ""
    for child in element:
        yield from texts(child)
        yield " " + (child.tail or "")


def parsed(message: EmailMultiAlternatives) -> Any:
    return html5lib.parse(html_of(message), namespaceHTMLElements=False)


# Both parts


@pytest.mark.rule("R8")
@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("partner", ["Contoso", ""], ids=["partner", "staff"])
@pytest.mark.parametrize(
    "items", [[KEY], [KEY, ENDING, HELD, LAPSED], [KEY] * (MAX_ITEMS + 3)], ids=len
)
def test_text_and_html_say_the_same(items: list[DueItem], partner: str, language: str) -> None:
    message = mail(*items, language=language, partner=partner)
    lines = str(message.body).splitlines()
    page = parsed(message)
    said = " ".join(line.removeprefix("- ") for line in lines if ORIGIN not in line)
    assert " ".join(texts(page)).split() == said.split()
    links = [link.get("href") for link in page.iter("a")]
    assert links == [line.strip() for line in lines if ORIGIN in line]


@pytest.mark.rule("R8")
def test_dates_are_named_with_the_days_that_are_left() -> None:
    body = str(mail(KEY, ENDING, LAPSED).body)
    assert "Use by Jan 31, 2027 · 61 days left" in body
    assert "Disabled after Dec 8, 2026 · 7 days left" in body
    assert "Expired unused after Nov 30, 2026\n" in body


@pytest.mark.rule("R10")
def test_what_happened_is_said_as_a_fact_and_never_as_the_first_date() -> None:
    message = mail(LAPSED, WAITING)
    assert message.subject == "2 reminders for Contoso"
    assert "Waiting since Dec 1, 2026\n" in str(message.body)


def test_every_occasion_has_its_sentence() -> None:
    assert AHEAD.keys() | SINCE.keys() == set(Occasion)


@pytest.mark.rule("R8")
def test_it_speaks_the_reader_s_language() -> None:
    message = mail(KEY, ENDING, language="nl")
    assert message.subject == (
        "2 herinneringen voor Contoso, de eerstvolgende datum is 8 december 2026"
    )
    assert "Te gebruiken tot en met 31 januari 2027 · Nog 61 dagen" in str(message.body)
    assert '<html lang="nl">' in html_of(message)


def test_items_are_made_in_the_reader_s_language() -> None:
    with in_language_of(User(language="nl")):
        assert KEY.sentence(ON) == "Te gebruiken tot en met 31 januari 2027 · Nog 61 dagen"


def test_the_nearest_day_comes_first_and_what_has_passed_last() -> None:
    later = replace(KEY, due=Due(Occasion.KEY_EXPIRES, 9, date(2027, 6, 1)), title="Later")
    page = parsed(mail(replace(LAPSED, title="Lapsed"), later, KEY, ENDING))
    assert [heading.text for heading in page.iter("h2")] == [
        "Subscriptions that end, are disabled or are deleted",
        "Keys not redeemed and credit not assigned",
        "What has passed",
    ]
    titles = [link.text for link in page.iter("a")][:4]
    assert titles == [ENDING.title, KEY.title, "Later", "Lapsed"]


@pytest.mark.rule("W7")
def test_a_long_list_is_cut_and_says_how_many_more_there_are() -> None:
    body = str(mail(*[KEY] * (MAX_ITEMS + 3)).body)
    assert body.count(KEY.title) == MAX_ITEMS
    assert "And 3 more in the portal." in body
    assert body.startswith(f"{MAX_ITEMS + 3} reminders for Contoso\n")


# What people typed


@pytest.mark.rule("R8")
def test_a_name_is_shown_as_it_is_and_behind_its_label() -> None:
    message = mail(ENDING)
    assert f"Tenant: {ENDING.tenant}\n" in str(message.body)
    assert "Tenant: Contoso &lt;b&gt;HQ&lt;/b&gt; &amp; Söhne" in html_of(message)


@pytest.mark.rule("R8")
def test_a_partner_s_name_adds_no_line_to_the_subject() -> None:
    assert mail(KEY, partner="Contoso\r\nBcc: x@evil.example").subject == (
        "1 reminder for Contoso Bcc: x@evil.example, the next date is Jan 31, 2027"
    )


# How it travels


def sent(message: EmailMultiAlternatives) -> EmailMessage:
    return message.message()


@pytest.mark.rule("R9")
def test_one_click_stops_it_and_no_program_answers_it() -> None:
    headers = sent(mail(KEY))
    assert {
        name: headers[name]
        for name in (
            "To",
            "Message-ID",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "Auto-Submitted",
        )
    } == {
        "To": "kim@contoso.example",
        "Message-ID": "<1@x>",
        "List-Unsubscribe": f"<{ORIGIN}/unsubscribe/token/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def test_a_mail_reader_gets_the_plain_part_first() -> None:
    kinds = [part.get_content_type() for part in sent(mail(KEY)).walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


def test_without_a_host_there_are_no_links_that_lead_nowhere(settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.DEMO = ["localhost"], False
    message = mail(KEY)
    assert "List-Unsubscribe" not in sent(message)
    assert [*parsed(message).iter("a")] == []
    assert not re.search(r"^\s*/", str(message.body), re.MULTILINE)


def test_in_a_demo_links_lead_on_along_the_page_that_shows_the_mail(settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.DEMO = ["localhost"], True
    assert next(parsed(mail(KEY)).iter("a")).get("href") == KEY.path
