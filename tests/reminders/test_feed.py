"""The calendar feed: a secret address, days that move and are canceled, 304 (R11 to R14)."""

import logging
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
import vobject
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar.parser import Contentline

from benefits_portal.licensing.models import Subscription
from benefits_portal.reminders.feed import rows as feed_rows
from benefits_portal.reminders.feed.ical import folded
from benefits_portal.reminders.models import Feed
from benefits_portal.tenants.models import (
    Actor,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from tests import factories
from tests.clients import ClientResponse, SignIn

pytestmark = pytest.mark.django_db
TODAY = factories.TODAY
rule = pytest.mark.rule


@pytest.fixture(autouse=True)
def day(today: date) -> date:
    return today


@pytest.fixture
def role(admin: User) -> RoleAssignment:
    return admin.role_assignments.get()


@pytest.fixture
def secret(role: RoleAssignment) -> str:
    return Feed.objects.make(role, by=Actor(role.user))


def url_of(secret: str) -> str:
    return reverse("reminders:feed", args=[secret])


def fetch(secret: str, **headers: str) -> ClientResponse:
    return Client().get(url_of(secret), headers=headers)


def events_in(answer: ClientResponse) -> list[Any]:
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def summaries(secret: str) -> list[tuple[date, str]]:
    return [(event["DTSTART"].dt, str(event["SUMMARY"])) for event in events_in(fetch(secret))]


def ending(secret: str) -> Any:
    """The event of the one subscription's last day."""
    [found] = [
        event for event in events_in(fetch(secret)) if "subscription-ends" in str(event["UID"])
    ]
    return found


def bought(tenant: Tenant) -> Subscription:
    """25 licenses until a year from today."""
    return factories.redeem(tenant=tenant, on=TODAY).subscription


# Which days


@rule("R12")
def test_it_holds_what_home_shows_on_each_last_day(tenant: Tenant, secret: str) -> None:
    partner = tenant.partner
    membership = factories.MembershipFactory.create(partner=partner, offer__name="Gold competency")
    factories.issue_key(partner=partner, membership=membership, product__name="Visio", quantity=5)
    factories.BenefitFactory.create(
        partner=partner, membership=membership, monthly=True, product__name="Azure"
    )
    factories.SubscriptionFactory.create(
        tenant=tenant, product__name="Power BI", ends_on=TODAY + timedelta(days=9)
    )
    assert summaries(secret) == [
        (date(2021, 5, 10), "Last day of Power BI, 25 licenses"),
        (date(2021, 6, 9), "Last day before it's disabled: Power BI, 25 licenses"),
        (date(2021, 9, 7), "Last day before it's deleted: Power BI, 25 licenses"),
        (date(2022, 1, 1), "Last day of the membership: Gold competency"),
        (date(2022, 1, 31), "Last day to assign the credit: Azure, $100 per month"),
        (date(2022, 1, 31), "Last day to redeem the key: Visio, 5 licenses"),
    ]


@rule("R12")
def test_what_is_used_or_another_partner_s_is_not_in_it(tenant: Tenant, secret: str) -> None:
    partner = tenant.partner
    factories.AssignmentFactory.create(benefit__partner=partner)
    factories.SubscriptionFactory.create()
    factories.issue_key()
    assert {text.partition(":")[0] for _day, text in summaries(secret)} == {
        "Last day of the membership"
    }


@rule("R12")
@pytest.mark.parametrize(
    ("days", "shown"), [(-121, 0), (-120, 1), (-30, 2), (0, 3), (640, 2), (730, 1), (731, 0)]
)
def test_24_months_are_shown_from_today_on(
    tenant: Tenant, secret: str, days: int, shown: int
) -> None:
    factories.SubscriptionFactory.create(tenant=tenant, ends_on=TODAY + timedelta(days=days))
    assert len(summaries(secret)) == shown


@rule("B1")
def test_a_membership_that_was_renewed_ends_with_its_next_year(
    partner: Partner, secret: str
) -> None:
    first = factories.MembershipFactory.create(partner=partner, offer__name="Gold")
    factories.MembershipFactory.create(
        partner=partner, offer=first.offer, starts_on=first.ends_on + timedelta(days=1)
    )
    assert summaries(secret) == [(date(2023, 1, 2), "Last day of the membership: Gold")]


@rule("W7")
def test_a_long_feed_is_cut_and_says_from_which_day_on(
    tenant: Tenant, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_rows, "MAX_OF_A_KIND", 2)
    for days in (1, 2, 3, 4):
        factories.issue_key(
            partner=tenant.partner,
            membership__starts_on=TODAY + timedelta(days=days - 395),
            product__name=f"P{days}",
        )
    assert [text for _day, text in summaries(secret) if "membership" not in text] == [
        "Last day to redeem the key: P1, 25 licenses",
        "Last day to redeem the key: P2, 25 licenses",
        "More dates from here on: see the portal",
    ]


# Moved, and canceled


@rule("R12")
def test_an_extended_date_is_the_same_event_on_another_day(tenant: Tenant, secret: str) -> None:
    subscription = bought(tenant)
    before = ending(secret)
    with time_machine.travel(factories.NOW + timedelta(hours=1), tick=False):
        subscription.extend(factories.key_for(subscription), by=Actor(), on=TODAY)
        after = ending(secret)
    assert (before["DTSTART"].dt, after["DTSTART"].dt) == (date(2022, 5, 1), date(2023, 5, 1))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["LAST-MODIFIED"].dt - before["LAST-MODIFIED"].dt == timedelta(hours=1)


@rule("R12", "K8")
def test_a_move_that_is_reversed_moves_it_back_and_counts(tenant: Tenant, secret: str) -> None:
    subscription = bought(tenant)
    extended = subscription.extend(factories.key_for(subscription), by=Actor(), on=TODAY)
    factories.replace(extended)
    event = ending(secret)
    assert (event["DTSTART"].dt, event["SEQUENCE"]) == (date(2022, 5, 1), 2)
    assert event["STATUS"] == "CONFIRMED"


@rule("R12", "K8")
def test_what_a_reversed_key_brought_is_canceled_on_all_its_days(
    tenant: Tenant, secret: str
) -> None:
    factories.replace(factories.redeem(tenant=tenant, on=TODAY))
    found = [
        (event["STATUS"], event["SEQUENCE"])
        for event in events_in(fetch(secret))
        if str(event["UID"]).startswith("subscription-")
    ]
    assert found == [("CANCELLED", 1)] * 3


@rule("R12", "B1")
def test_a_membership_ended_early_takes_its_benefits_along(tenant: Tenant, secret: str) -> None:
    membership = factories.MembershipFactory.create(partner=tenant.partner)
    factories.issue_key(partner=tenant.partner, membership=membership)
    before = {str(event["UID"]) for event in events_in(fetch(secret))}
    membership.end(date(2021, 6, 30), by=Actor(), on=TODAY)
    after = events_in(fetch(secret))
    assert [(event["DTSTART"].dt, event["SEQUENCE"]) for event in after] == [
        (date(2021, 6, 30), 1),
        (date(2021, 7, 30), 1),
    ]
    assert {str(event["UID"]) for event in after} == before


# What programs read


@rule("R12")
def test_a_day_ends_the_day_after(tenant: Tenant, secret: str) -> None:
    bought(tenant)
    event = ending(secret)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(days=1)
    assert b"DTSTART;VALUE=DATE:20220501\r\n" in fetch(secret).content


@rule("R13")
def test_programs_are_asked_to_look_every_twelve_hours(secret: str) -> None:
    assert {
        b"REFRESH-INTERVAL;VALUE=DURATION:PT12H",
        b"X-PUBLISHED-TTL:PT12H",
    } <= set(fetch(secret).content.split(b"\r\n"))


@rule("R14")
def test_it_has_no_alarm_and_nobody_s_name(tenant: Tenant, secret: str, admin: User) -> None:
    bought(tenant)
    held = factories.AssignmentFactory.create(benefit__partner=tenant.partner)
    text = fetch(secret).content.decode()
    names = (admin.name, admin.email, held.directory_user.display_name)
    assert [word for word in ("VALARM", "ATTENDEE", "ORGANIZER", *names) if word in text] == []


LONG = "Azure Telefonisch Vergaderen voor Überseeische Geschäftsstellen, ‘proef’; deel \\ 2"


@rule("R12")
def test_long_dutch_lines_are_folded_and_read_back_whole(
    tenant: Tenant, secret: str, admin: User
) -> None:
    User.objects.filter(pk=admin.pk).update(language="nl")
    Tenant.objects.filter(pk=tenant.pk).update(name="Ĳsselmeer " * 10)
    factories.SubscriptionFactory.create(tenant=tenant, product__name=LONG, licenses=1234)
    content = fetch(secret).content
    assert max(map(len, content.split(b"\r\n"))) <= 75
    first = next(iter(Calendar.from_ical(content).walk("VEVENT")))
    assert first["SUMMARY"] == f"Laatste dag van {LONG}, 1.234 licenties"
    assert first["DESCRIPTION"].startswith(f"Tenant: {'Ĳsselmeer ' * 10}".rstrip())
    second = vobject.readOne(content.decode()).vevent_list[0]
    assert (second.summary.value, second.description.value) == (
        first["SUMMARY"],
        first["DESCRIPTION"],
    )


@rule("R12")
@given(st.text(alphabet="a\\^,é", max_size=400))
@example("a" * 73 + "\\," + "a" * 80)
@example("a" * 74)
@example("a" * 72 + "\\\\" + "a" * 80)
def test_lines_are_folded_where_the_library_folds_them(line: str) -> None:
    assert folded(line).encode() == Contentline(line).to_ical()


@rule("R12")
def test_two_parsers_read_the_same_moved_and_canceled(tenant: Tenant, secret: str) -> None:
    subscription = bought(tenant)
    subscription.extend(factories.key_for(subscription), by=Actor(), on=TODAY)
    factories.replace(factories.redeem(tenant=tenant, on=TODAY))
    answer = fetch(secret)
    first = [
        (str(event["UID"]), event["DTSTART"].dt, event["DTEND"].dt, str(event["STATUS"]))
        for event in events_in(answer)
    ]
    second = [
        (event.uid.value, event.dtstart.value, event.dtend.value, event.status.value)
        for event in vobject.readOne(answer.content.decode()).vevent_list
    ]
    assert first == second
    assert {status for *_rest, status in first} == {"CONFIRMED", "CANCELLED"}


# The secret


@rule("R11")
def test_the_secret_has_128_bits_and_only_its_digest_is_kept(secret: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", secret)
    assert secret not in str(list(Feed.objects.values()))


@rule("R11")
def test_a_new_one_ends_the_one_before(role: RoleAssignment, secret: str) -> None:
    another = Feed.objects.make(role, by=Actor(role.user))
    assert [fetch(each).status_code for each in (secret, another)] == [404, 200]
    assert Feed.objects.count() == 1


def lose_role(role: RoleAssignment) -> None:
    factories.RoleAssignmentFactory.create(
        user__directory_user__tenant__partner=role.partner, role=Role.GLOBAL_ADMIN
    )
    role.take(by=Actor())


@rule("R11", "P1")
def test_it_ends_with_the_role_and_does_not_come_back_with_another(
    role: RoleAssignment, secret: str
) -> None:
    assert fetch(secret).status_code == 200
    lose_role(role)
    assert fetch(secret).status_code == 404
    again = RoleAssignment.objects.create(user=role.user, partner=role.partner, role=role.role)
    assert fetch(secret).status_code == 404
    assert fetch(Feed.objects.make(again, by=Actor())).status_code == 200


@rule("R11")
def test_it_ends_with_the_account(admin: User, secret: str) -> None:
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert fetch(secret).status_code == 404


@rule("R11")
@pytest.mark.parametrize("other", ["0" * 32, "f" * 31, "G" * 32, "0" * 32 + "\n"])
def test_any_other_secret_leads_nowhere(secret: str, other: str) -> None:
    assert Client().get(f"/calendar/{other}.ics").status_code == 404


@rule("R11")
def test_no_log_line_holds_it(
    secret: str, caplog: pytest.LogCaptureFixture, role: RoleAssignment
) -> None:
    from benefits_portal.logs import JsonLines

    caplog.set_level(logging.DEBUG)
    fetch(secret)
    Client().post(url_of(secret))
    lose_role(role)
    fetch(secret)
    lines = [JsonLines().format(record) for record in caplog.records]
    assert len([line for line in lines if '"message": "request"' in line]) == 3
    assert [line for line in lines if secret in line] == []


@rule("R11")
def test_nobody_between_keeps_it_and_no_referrer_carries_it(secret: str) -> None:
    headers = fetch(secret).headers
    assert {name: headers.get(name) for name in ("Cache-Control", "Referrer-Policy")} == {
        "Cache-Control": "private, no-cache",
        "Referrer-Policy": "no-referrer",
    }


# Its page

PAGE = "/account/calendar/"


def form_on(client: Client, acting_in: dict[str, str]) -> dict[str, str]:
    """What the page's form sends."""
    return acting_in | {"submission": client.get(PAGE).context["submission"]}


def link_in(answer: ClientResponse) -> list[str]:
    return re.findall(r"/calendar/([0-9a-f]{32})\.ics<", answer.text)


@rule("R11")
def test_the_page_shows_the_link_once(
    admin: User, sign_in: SignIn, acting_in: dict[str, str]
) -> None:
    client = sign_in(admin)
    assert "Create a calendar link" in client.get(PAGE).text
    made = client.post(PAGE, form_on(client, acting_in))
    [url] = re.findall(r"http://testserver/calendar/[0-9a-f]{32}\.ics", made.text)
    assert f'href="webcal{url.removeprefix("http")}"' in made.text
    assert Client().get(url).status_code == 200
    page = client.get(PAGE).text
    assert "/calendar/" not in page.replace(PAGE, "")
    assert "Create a new link" in page


def test_a_browser_says_where_its_form_comes_from(admin: User, sign_in: SignIn) -> None:
    """With `no-referrer` it would say `Origin: null`, and be refused as from another site."""
    assert sign_in(admin).get(PAGE).headers["Referrer-Policy"] == "same-origin"


def test_the_page_says_when_a_calendar_looked_last(
    admin: User, sign_in: SignIn, secret: str
) -> None:
    client = sign_in(admin)
    assert "no calendar has used the link" in client.get(PAGE).text
    fetch(secret)
    page = client.get(PAGE).text
    assert "no calendar has used the link" not in page
    assert "May 1, 2021, 12:00 PM" in page


@rule("R11", "A1")
def test_making_one_is_on_record_without_it(
    admin: User, sign_in: SignIn, acting_in: dict[str, str]
) -> None:
    client = sign_in(admin)
    made = client.post(PAGE, form_on(client, acting_in))
    [url] = link_in(made)
    record = Record.objects.get(action="reminders.feed-made")
    assert (record.actor, record.partner, record.subject) == (
        admin,
        admin.home_partner,
        admin,
    )
    assert url not in str(Record.objects.values_list("before", "after", "params"))


@rule("R11", "W11")
def test_a_double_click_makes_one_link_and_shows_it_twice(
    admin: User, sign_in: SignIn, acting_in: dict[str, str]
) -> None:
    client = sign_in(admin)
    form = form_on(client, acting_in)
    first, second = (link_in(client.post(PAGE, form)) for _click in range(2))
    assert first == second
    assert fetch(*first).status_code == 200
    assert Record.objects.filter(action="reminders.feed-made").count() == 1


@rule("R11", "W11")
def test_an_older_form_brings_no_ended_link_back(
    admin: User, sign_in: SignIn, acting_in: dict[str, str]
) -> None:
    client = sign_in(admin)
    older = form_on(client, acting_in)
    [ended] = link_in(client.post(PAGE, older))
    [latest] = link_in(client.post(PAGE, form_on(client, acting_in)))
    answer = client.post(PAGE, older)
    assert link_in(answer) == []
    assert "the page was out of date" in answer.text
    assert [fetch(each).status_code for each in (ended, latest)] == [404, 200]


@rule("R11")
@pytest.mark.parametrize("submission", ["", "nonsense", "WyJhIiwiIl0:1abc:def"])
def test_a_form_that_is_not_ours_makes_no_link(
    admin: User, sign_in: SignIn, acting_in: dict[str, str], submission: str
) -> None:
    answer = sign_in(admin).post(PAGE, acting_in | {"submission": submission})
    assert link_in(answer) == []
    assert not Feed.objects.exists()


# What it costs


@pytest.fixture
def fetched(secret: str) -> str:
    """A first fetch, whose ETag it is."""
    return fetch(secret).headers["ETag"]


@rule("R13")
def test_nothing_new_is_a_304_with_one_query(secret: str, fetched: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = fetch(secret, if_none_match=fetched)
    assert (answer.status_code, answer.content, len(queries)) == (304, b"", 1)
    assert answer.headers["ETag"] == fetched


@rule("R13")
@pytest.mark.parametrize("change", ["redeemed", "renamed", "language", "tomorrow", "made again"])
def test_whatever_changes_it_changes_the_etag(
    tenant: Tenant, secret: str, fetched: str, role: RoleAssignment, change: str
) -> None:
    with time_machine.travel(
        factories.NOW + timedelta(days=change == "tomorrow", seconds=1), tick=False
    ):
        if change == "redeemed":
            bought(tenant)
        if change == "renamed":
            factories.RecordFactory.create(partner=None)
        if change == "language":
            User.objects.filter(pk=role.user_id).update(language="nl")
        if change == "made again":
            secret = Feed.objects.make(role, by=Actor())
        assert fetch(secret, if_none_match=fetched).status_code == 200


@rule("R13")
def test_three_queries_and_its_mark_however_much_there_is(tenant: Tenant, secret: str) -> None:
    counts = []
    for _ in range(2):
        bought(tenant)
        factories.issue_key(partner=tenant.partner)
        Feed.objects.update(fetched_at=None)
        with CaptureQueriesContext(connection) as queries:
            fetch(secret)
        counts.append(len(queries))
    assert counts == [4, 4]


@rule("R11")
def test_a_thousand_fetches_write_once_in_five_minutes(secret: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(20):
            fetch(secret)
    assert len([one for one in queries if one["sql"].startswith("UPDATE")]) == 1
    assert Feed.objects.get().fetched_at == factories.NOW
    with time_machine.travel(factories.NOW + timedelta(minutes=5), tick=False):
        fetch(secret)
    assert Feed.objects.get().fetched_at == factories.NOW + timedelta(minutes=5)
