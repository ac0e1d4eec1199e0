"""Too few licenses, now or from a day on: told once, told again once it healed (L8, L11, R10)."""

from collections.abc import Iterator
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from benefits_portal import clock
from benefits_portal.licensing.home.licenses import too_few_licenses
from benefits_portal.licensing.models import outlook_of, redeem_key
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.licensing.models.pool_outlooks import key_of, near_outlooks
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.reminders.digest_maker import DigestMaker
from benefits_portal.reminders.due import due_at
from benefits_portal.reminders.models import Feed
from benefits_portal.reminders.mornings import mornings
from benefits_portal.reminders.topics import MAX_DAYS_AFTER, Due, Occasion
from benefits_portal.tenants.models import Actor, RoleAssignment
from tests.clients import ClientResponse
from tests.factories import (
    LicenseAssignmentFactory,
    SubscriptionFactory,
    bought,
    issue_key,
    key_for,
    pool,
    replace,
)

from .world import DAY, admin_of, at, moment, run_at, short_pool, told

pytestmark = [pytest.mark.django_db]
rule = pytest.mark.rule
A_DAY, EXPIRED = timedelta(days=1), timedelta(days=30)
BY = Actor()


def told_of_licenses() -> list[tuple[str, date, int]]:
    return [row for row in told() if row[0].startswith("licenses")]


def parts(message: Any) -> Iterator[str]:
    """Its text, then its HTML."""
    sent: EmailMessage = message.message()
    for part in sent.walk():
        if part.get_content_maintype() == "text":
            yield str(part.get_content())


# When


@rule("L11", "R1")
@pytest.mark.parametrize(("days", "threshold"), [(91, None), (90, 90), (30, 30), (7, 7), (0, 1)])
def test_too_few_to_come_is_told_by_the_last_day_with_enough(
    days: int, threshold: int | None
) -> None:
    last_day = DAY + timedelta(days=days)
    admin_of(short_pool(last_day - EXPIRED).tenant.partner)
    run_at(DAY)
    expected = [("licenses-over-then", last_day, threshold)] if threshold else []
    assert told_of_licenses() == expected


@rule("L8", "R10")
@pytest.mark.parametrize(("days", "is_told"), [(1, True), (MAX_DAYS_AFTER, True), (91, False)])
def test_too_few_is_told_the_day_after_and_after_a_gap(days: int, is_told: bool) -> None:
    last_day = DAY - timedelta(days=days)
    admin_of(short_pool(last_day - EXPIRED).tenant.partner)
    run_at(DAY)
    run_at(DAY + A_DAY)
    assert told_of_licenses() == ([("licenses-over", last_day, -1)] if is_told else [])


@rule("R10")
def test_it_comes_once_before_and_once_after_the_day() -> None:
    last_day = DAY + A_DAY
    admin_of(short_pool(last_day - EXPIRED).tenant.partner)
    for days in range(6):
        run_at(DAY + timedelta(days=days))
    assert told_of_licenses() == [
        ("licenses-over-then", last_day, 1),
        ("licenses-over", last_day, -1),
    ]


@rule("R3", "L8")
def test_it_is_told_again_once_it_healed_and_broke_again() -> None:
    with at(DAY - A_DAY):
        licenses = short_pool(DAY - EXPIRED - A_DAY)
    admin_of(licenses.tenant.partner)
    run_at(DAY)
    key = issue_key(
        partner=licenses.tenant.partner,
        product=licenses.product,
        quantity=3,
        membership__starts_on=DAY - timedelta(days=9),
    )
    subscription = licenses.subscriptions.get()
    with at(DAY + A_DAY):
        redeem_key(
            RedemptionKind.REACTIVATE, key, licenses.tenant, subscription, by=BY, on=DAY + A_DAY
        )
    run_at(DAY + 2 * A_DAY)
    again = licenses.subscriptions.get().ends_on + EXPIRED
    run_at(again + A_DAY)
    assert told_of_licenses() == [
        ("licenses-over", DAY - A_DAY, -1),
        ("licenses-over", again, -1),
    ]


@rule("L8", "K8", "R10")
def test_a_key_taken_back_is_told_and_home_shows_it() -> None:
    subscription = bought(3, DAY + timedelta(days=300))
    admin_of(subscription.partner)
    added = subscription.add_licenses(key_for(subscription, 4), by=BY, on=DAY)
    LicenseAssignmentFactory.create_batch(
        6, tenant=subscription.tenant, product=subscription.product, given_on=DAY
    )
    with at(DAY + 2 * A_DAY):
        replace(added, on=DAY + 2 * A_DAY)
    run_at(DAY + 3 * A_DAY)
    soon, _later = too_few_licenses(subscription.partner, DAY + 3 * A_DAY)
    assert [row["left"] for row in soon] == ["Now"]
    assert told_of_licenses() == [("licenses-over", DAY + A_DAY, -1)]


@rule("L8", "R10")
def test_a_smaller_key_on_what_had_expired_is_told() -> None:
    licenses = short_pool(DAY - 5 * A_DAY)
    partner = licenses.tenant.partner
    admin_of(partner)
    key = issue_key(
        partner=partner,
        product=licenses.product,
        quantity=1,
        membership__starts_on=DAY - timedelta(days=9),
    )
    subscription = licenses.subscriptions.get()
    redeem_key(RedemptionKind.REACTIVATE, key, licenses.tenant, subscription, by=BY, on=DAY)
    run_at(DAY + A_DAY)
    assert ("licenses-over", DAY - A_DAY, -1) in told_of_licenses()


@rule("L11")
@pytest.mark.parametrize("days", [-91, -90, -1, 0, 1, 89])
def test_home_and_reminders_know_the_same_pools(days: int) -> None:
    partner = short_pool(DAY + timedelta(days=days) - EXPIRED).tenant.partner
    found = [due for _, due in due_at([partner.pk], DAY, 89) if of_licenses(due)]
    soon, _later = too_few_licenses(partner, DAY)
    assert len(found) == len(soon)


def of_licenses(due: Due) -> bool:
    return due.occasion in (Occasion.LICENSES_OVER, Occasion.LICENSES_OVER_THEN)


@rule("R5")
def test_many_pools_take_as_many_queries_as_one(django_assert_num_queries: Any) -> None:
    partners = [short_pool(DAY - EXPIRED - A_DAY).tenant.partner.pk for _pool in range(3)]
    with django_assert_num_queries(9):
        found = list(due_at(partners, DAY, 97))
    assert sum(of_licenses(due) for _, due in found) == 3


def test_a_pool_s_number_is_its_tenant_and_product() -> None:
    licenses = pool(4, given=2, ends_on=DAY)
    [(found, _outlook)] = near_outlooks([licenses.tenant.partner_id], DAY)
    assert key_of(found.number) == found.key == (licenses.tenant.pk, licenses.product.pk)


@rule("L8", "L11")
@pytest.mark.parametrize("given", [1, 3, 4, 6, 7, 9, 10, 13, 14])
@pytest.mark.parametrize("on", [DAY, DAY + timedelta(days=32), DAY + timedelta(days=71)])
def test_a_near_outlook_knows_from_when_there_are_too_few(on: date, given: int) -> None:
    licenses = pool(4, given=given, ends_on=DAY + A_DAY)
    for days, withdrawn_on in ((1, DAY), (31, None), (40, None), (40, None), (50, DAY)):
        SubscriptionFactory.create(
            tenant=licenses.tenant,
            product=licenses.product,
            licenses=3,
            ends_on=DAY + timedelta(days=days),
            withdrawn_on=withdrawn_on,
        )
    [(_pool, near)] = near_outlooks([licenses.tenant.partner_id], on, timedelta(days=365))
    whole = outlook_of(licenses.tenant, licenses.product, on)
    assert (near.first_over, near.given, near.count.over) == (
        whole.first_over,
        whole.given,
        whole.count.over,
    )


@rule("L11", "R1")
@pytest.mark.parametrize(("horizon", "dues"), [(69, 0), (70, 1)])
def test_a_shortage_beyond_the_horizon_is_not_due(horizon: int, dues: int) -> None:
    licenses = pool(4, given=5, ends_on=DAY + timedelta(days=10))
    SubscriptionFactory.create(
        tenant=licenses.tenant,
        product=licenses.product,
        licenses=2,
        ends_on=DAY + timedelta(days=40),
    )
    SubscriptionFactory.create(
        tenant=licenses.tenant,
        product=licenses.product,
        licenses=5,
        ends_on=DAY + timedelta(days=40),
    )
    found = due_at([licenses.tenant.partner_id], DAY, horizon)
    assert sum(of_licenses(due) for _, due in found) == dues


# What it says


@rule("R8")
@pytest.mark.parametrize(
    ("language", "days", "said"),
    [
        (
            "en",
            8,
            ["3 licenses too few", "Too few licenses after May 8, 2021 · 7 days left"],
        ),
        (
            "en",
            -1,
            ["3 licenses too few", "There were enough licenses until Apr 30, 2021"],
        ),
        ("nl", 8, ["3 licenties te weinig", "Te weinig licenties na 8 mei 2021"]),
        ("nl", -1, ["Er waren genoeg licenties tot en met 30 april 2021"]),
    ],
)
def test_text_and_html_say_how_many_lack_one_and_since_when(
    language: str, days: int, said: list[str]
) -> None:
    licenses = short_pool(DAY + timedelta(days=days - (days > 0)) - EXPIRED)
    admin_of(licenses.tenant.partner, language=language)
    run_at(DAY)
    for text in parts(mail.outbox[0]):
        assert [each for each in said if each not in " ".join(text.split())] == []
        assert licenses.tenant.domain in text
        assert pool_url(licenses.tenant.pk, licenses.product.pk) in text


@rule("R6", "R8")
def test_what_healed_before_it_was_sent_is_not_told() -> None:
    licenses = short_pool(DAY - EXPIRED - A_DAY)
    admin_of(licenses.tenant.partner)
    with at(DAY):
        for morning in mornings(clock.now()):
            DigestMaker(clock.now()).make(morning)
    for assignment in licenses.assignments.running():
        assignment.take(by=BY, on=DAY)
    run_at(DAY, 9)
    [message] = mail.outbox
    assert "Was disabled" in message.body
    assert "licenses until" not in message.body


# In the calendar


def licenses_in_feed(role: RoleAssignment) -> list[Any]:
    secret = Feed.objects.make(role, by=Actor(role.user))
    answer: ClientResponse = Client().get(reverse("reminders:feed", args=[secret]))
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    return [event for event in events if str(event["UID"]).startswith("licenses-")]


@rule("R12", "L11")
def test_the_calendar_has_the_last_day_with_enough_licenses() -> None:
    with time_machine.travel(moment(DAY, 8), tick=False) as now:
        licenses = short_pool(DAY)
        role = admin_of(licenses.tenant.partner).role_assignments.get()
        [event] = licenses_in_feed(role)
        assert event["DTSTART"].dt == DAY + EXPIRED
        assert str(event["SUMMARY"]) == f"Last day with enough licenses: {licenses.product}"
        assert "3 licenses too few" in str(event["DESCRIPTION"])
        subscription = licenses.subscriptions.get()
        now.shift(timedelta(seconds=1))
        subscription.extend(key_for(subscription, 4), by=BY, on=DAY)
        [later] = licenses_in_feed(role)
    assert later["UID"] == event["UID"]
    assert later["DTSTART"].dt > event["DTSTART"].dt
    assert later["SEQUENCE"] > event["SEQUENCE"]


@rule("R12", "L8")
def test_the_calendar_has_no_day_of_what_is_over_or_has_enough() -> None:
    over, enough = short_pool(DAY - EXPIRED - A_DAY), pool(4, ends_on=DAY)
    with time_machine.travel(moment(DAY, 8), tick=False):
        for licenses in (over, enough):
            assert licenses_in_feed(admin_of(licenses.tenant.partner).role_assignments.get()) == []
