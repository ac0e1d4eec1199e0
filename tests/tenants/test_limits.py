"""How often somebody may try: windows that slide, one address, races, and searches (rule K6)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.tenants import limits
from benefits_portal.tenants.limits import MINUTE, Limit, Tier, TooManyAttempts, network_of
from benefits_portal.tenants.models import Attempt, User
from tests.clients import ClientResponse, SignIn
from tests.factories import PASSWORD, UserFactory
from tests.simultaneous import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.rule("K6")]
START = datetime(2021, 5, 1, 12, tzinfo=UTC)
LIMIT = Limit("tests", (Tier(3, 10 * MINUTE, 15 * MINUTE),))
SIGN_IN = "/sign-in/"


@pytest.fixture
def moving() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def attempt(limit: Limit = LIMIT, subject: object = "kim") -> bool:
    try:
        Attempt.objects.take(limit.of(subject))
    except TooManyAttempts:
        return False
    return True


def wrong(email: str = "nobody@example.com", address: str = "203.0.113.7") -> ClientResponse:
    return Client(REMOTE_ADDR=address).post(SIGN_IN, {"username": email, "password": "wrong"})


def right(user: User, address: str = "203.0.113.7") -> int:
    return (
        Client(REMOTE_ADDR=address)
        .post(SIGN_IN, {"username": user.email, "password": PASSWORD})
        .status_code
    )


# Windows


def test_the_limit_is_reached_and_not_passed_and_ends_on_time(
    moving: time_machine.Traveller,
) -> None:
    assert [attempt() for _ in range(5)] == [True, True, True, False, False]
    moving.shift(15 * MINUTE - timedelta(seconds=1))
    assert not attempt()
    moving.shift(timedelta(seconds=1))
    assert attempt()


def test_a_window_is_not_gamed_at_its_edge(moving: time_machine.Traveller) -> None:
    """Two before ten minutes end and two after are four within the window."""
    moving.shift(9 * MINUTE)
    assert [attempt(), attempt()] == [True, True]
    moving.shift(2 * MINUTE)
    assert [attempt(), attempt()] == [True, False]


def test_what_was_refused_prolongs_nothing(moving: time_machine.Traveller) -> None:
    for _ in range(3):
        attempt()
    moving.shift(14 * MINUTE)
    assert not attempt()
    moving.shift(MINUTE)
    assert attempt()


def test_subjects_and_limits_are_counted_apart(moving: time_machine.Traveller) -> None:
    for _ in range(3):
        attempt()
    assert [attempt(), attempt(subject="lee"), attempt(Limit("other", LIMIT.tiers))] == [
        False,
        True,
        True,
    ]


def test_one_refused_subject_counts_for_none_of_them(moving: time_machine.Traveller) -> None:
    for _ in range(3):
        attempt()
    with pytest.raises(TooManyAttempts):
        Attempt.objects.take(LIMIT.of("kim"), LIMIT.of("lee"))
    assert Attempt.objects.of(LIMIT.of("lee")).count() == 0


def test_given_back_it_does_not_count(moving: time_machine.Traveller) -> None:
    ticket = Attempt.objects.take(LIMIT.of("kim"))
    Attempt.objects.give_back(ticket)
    assert [attempt() for _ in range(4)] == [True, True, True, False]


def test_a_short_tier_ends_sooner_than_a_long_one(moving: time_machine.Traveller) -> None:
    both = Limit("tests", (Tier(2, MINUTE, MINUTE), Tier(4, 60 * MINUTE, 15 * MINUTE)))
    assert [attempt(both) for _ in range(3)] == [True, True, False]
    moving.shift(MINUTE)
    assert [attempt(both) for _ in range(3)] == [True, True, False]
    moving.shift(MINUTE)
    assert not attempt(both), "the fourth within the hour began fifteen minutes"
    moving.shift(14 * MINUTE)
    assert attempt(both)


def test_nobody_who_is_counted_can_be_read_from_the_table() -> None:
    wrong("kim@contoso.example", "203.0.113.7")
    rows = str(list(Attempt.objects.values()))
    assert "sign-in" in rows
    assert "kim" not in rows
    assert "203.0.113" not in rows


def test_without_the_database_nobody_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise DatabaseError

    hashed = []
    monkeypatch.setattr(
        "django.contrib.auth.backends.ModelBackend.authenticate", lambda *_a, **_k: hashed.append(1)
    )
    with connection.execute_wrapper(away), pytest.raises(DatabaseError):
        wrong()
    assert hashed == []


# One address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:CB00:7107", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_an_address_is_counted_by_what_one_customer_has(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_passwords_sprayed_over_many_accounts_are_limited_by_address(
    moving: time_machine.Traveller,
) -> None:
    answers = [wrong(f"made-up-{number}@example.com").status_code for number in range(25)]
    assert answers == [200] * 19 + [429] * 6
    assert wrong("made-up-25@example.com", "203.0.113.8").status_code == 200


def test_no_password_is_hashed_once_the_address_is_refused(
    moving: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr(
        "django.contrib.auth.backends.ModelBackend.authenticate", lambda *_a, **_k: hashed.append(1)
    )
    for number in range(40):
        wrong(f"made-up-{number}@example.com")
    assert len(hashed) == 20


def test_addresses_of_one_ipv6_network_are_one(moving: time_machine.Traveller) -> None:
    answers = [
        wrong(f"a{number}@example.com", f"2001:db8:1:2::{number:x}").status_code
        for number in range(21)
    ]
    assert answers == [200] * 19 + [429] * 2


@pytest.mark.slow
def test_a_hundred_within_an_hour_are_refused_for_a_quarter(moving: time_machine.Traveller) -> None:
    for minute in range(10):
        for number in range(10):
            last = wrong(f"made-up-{minute}-{number}@example.com")
        moving.shift(5 * MINUTE)
    assert last.status_code == 429
    assert last.headers["Retry-After"] == "900"
    assert "for 15 minutes." in last.text
    moving.shift(-5 * MINUTE + 14 * MINUTE)
    assert wrong("somebody@example.com").status_code == 429
    moving.shift(MINUTE)
    again = [wrong(f"again-{number}@example.com").status_code for number in range(11)]
    assert again == [200] * 9 + [429] * 2, (
        "the first ten are older than an hour; no hour holds more than a hundred"
    )


def test_the_success_of_others_does_not_reset_what_an_address_tried(
    moving: time_machine.Traveller,
) -> None:
    user = UserFactory.create()
    for number in range(19):
        wrong(f"made-up-{number}@example.com")
        assert right(user) == 302
    assert [wrong("one-more@example.com").status_code, right(user)] == [429, 429]


@pytest.mark.slow
def test_an_office_of_honest_people_is_not_refused(moving: time_machine.Traveller) -> None:
    """A thousand sign in within the hour, one in twenty mistypes once, twelve in one minute."""
    people = UserFactory.create_batch(12)
    for _ in range(8):
        assert [wrong(person.email).status_code for person in people] == [200] * 12
        assert [right(person) for person in people] == [302] * 12
        moving.shift(8 * MINUTE)


def test_links_asked_for_from_one_address_are_limited_with_one_answer(
    moving: time_machine.Traveller,
) -> None:
    client = Client(REMOTE_ADDR="203.0.113.7")
    known = UserFactory.create().email
    answers = [
        client.post("/sign-in/reset/", {"email": f"a{number}@example.com"}).status_code
        for number in range(21)
    ]
    assert answers == [302] * 20 + [429]
    assert client.post("/sign-in/reset/", {"email": known}).status_code == 429
    assert (
        Client(REMOTE_ADDR="203.0.113.8").post("/sign-in/reset/", {"email": known}).status_code
        == 302
    )


# Races


@pytest.mark.django_db(transaction=True)
def test_of_many_at_one_instant_no_more_than_the_limit_get_through() -> None:
    assert at_once([attempt] * 20).count(True) == 3


@pytest.mark.django_db(transaction=True)
def test_two_subjects_counted_in_any_order_lock_nobody_forever() -> None:
    one, other = LIMIT.of("one"), Limit("other", (Tier(1_000, MINUTE, MINUTE),)).of("other")
    takes = [partial(Attempt.objects.take, *pair) for pair in [(one, other), (other, one)] * 8]
    outcomes = at_once(takes)
    assert [type(outcome).__name__ for outcome in outcomes].count("Ticket") == 3
    assert {type(outcome).__name__ for outcome in outcomes} == {"Ticket", "TooManyAttempts"}


# Searches


def test_what_is_counted_at_once_goes_on_when_the_oldest_leaves_the_window(
    moving: time_machine.Traveller, db: None
) -> None:
    subject = Limit("searches", (Tier(2, MINUTE, MINUTE),)).of("somebody")
    Attempt.objects.take_at_once(subject)
    moving.shift(MINUTE / 2)
    Attempt.objects.take_at_once(subject)
    with pytest.raises(TooManyAttempts) as refused:
        Attempt.objects.take_at_once(subject)
    assert refused.value.until == clock.now() + MINUTE / 2
    moving.shift(MINUTE / 2)
    Attempt.objects.take_at_once(subject)
    assert Attempt.objects.of(subject).count() == 3


def test_searches_of_an_account_are_limited_on_every_page_alike(
    moving: time_machine.Traveller, admin: User, sign_in: SignIn
) -> None:
    client, page = sign_in(admin), reverse("tenants:users")
    rows = [
        Attempt(limit="search", subject=limits.SEARCH.of(admin.pk).subject, at=clock.now())
        for _ in range(118)
    ]
    Attempt.objects.bulk_create(rows)
    found = [
        client.get(page, {"q": "kim"}),
        client.get(reverse("search"), {"q": "kim"}),
        client.get(page, {"q": "kim"}),
    ]
    assert [answer.status_code for answer in found] == [200, 200, 429]
    assert "Wait 1 minute." in found[-1].text
    assert client.get(page).status_code == 200, "what searches for nothing is not limited"
    assert sign_in(UserFactory.create()).get(reverse("search"), {"q": "kim"}).status_code != 429
    moving.shift(MINUTE)
    assert client.get(page, {"q": "kim"}).status_code == 200
