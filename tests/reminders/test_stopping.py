"""Stopping reminders: by one click in a mail, on a page, for one thing (R9)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from benefits_portal.reminders.forms import DaysField
from benefits_portal.reminders.models import Preference, Rhythm, Silence
from benefits_portal.reminders.topics import OF_STAFF, Topic
from benefits_portal.reminders.unsubscribing import SALT, subscriber_of, token_of
from benefits_portal.tenants.models import Actor, Partner, Record, RoleAssignment, User
from tests import factories
from tests.partner_fixture import PartnerFixture

from .world import DAY, admin_of, moment

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R9")]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # RFC 8058, 3.1


@pytest.fixture
def partner() -> Partner:
    return factories.PartnerFactory.create(name="Contoso")


@pytest.fixture
def admin(partner: Partner) -> User:
    return admin_of(partner)


def url(user: User, partner: Partner | None) -> str:
    return reverse(
        "reminders:unsubscribe", args=[token_of(user.pk, partner.pk if partner else None)]
    )


def mailbox() -> Client:
    """A mailbox's own button: no cookie, and nothing that a page of ours gave it."""
    return Client(enforce_csrf_checks=True)


def test_one_click_in_a_mailbox_stops_them(admin: User, partner: Partner) -> None:
    answer = mailbox().post(url(admin, partner), ONE_CLICK)
    assert (answer.status_code, answer.cookies.get("sessionid")) == (200, None)
    assert Preference.objects.of(admin, partner).rhythm == Rhythm.OFF
    record = Record.objects.get(action="reminders.stopped")
    assert (record.actor, record.partner, record.after) == (admin, partner, {"rhythm": "off"})


def test_looking_at_the_link_stops_nothing(admin: User, partner: Partner) -> None:
    """A mailbox may open each link to see whether it is safe."""
    page = mailbox().get(url(admin, partner))
    assert "Contoso" in page.text
    assert Preference.objects.count() == 0


def test_a_second_click_is_no_second_act(admin: User, partner: Partner) -> None:
    answers = [mailbox().post(url(admin, partner), ONE_CLICK).status_code for _click in range(2)]
    assert answers == [200, 200]
    assert Record.objects.filter(action="reminders.stopped").count() == 1


def test_it_stops_those_of_one_partner_alone(admin: User, partner: Partner) -> None:
    other = factories.PartnerFactory.create()
    factories.RoleAssignmentFactory.create(user=admin, partner=other)
    mailbox().post(url(admin, partner), ONE_CLICK)
    assert Preference.objects.of(admin, other).rhythm == Rhythm.DAILY


def test_it_works_signed_in_and_as_somebody_else(admin: User, partner: Partner) -> None:
    other = admin_of(partner)
    client = Client()
    client.force_login(other)
    client.post(url(admin, partner), ONE_CLICK)
    stopped = [Preference.objects.of(each, partner).rhythm for each in (admin, other)]
    assert stopped == [Rhythm.OFF, Rhythm.DAILY]


@pytest.mark.parametrize(
    "altered",
    [
        lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
        lambda token: token[1:],
        lambda token: "x",
        lambda token: signing.dumps([1, 1], salt="something else"),
        lambda token: signing.dumps("x", salt=SALT),
        lambda token: signing.dumps([2**70, 0], salt=SALT).replace(":", ":x"),
    ],
    ids=["altered", "cut", "nonsense", "of something else", "no pair", "of nobody"],
)
def test_a_token_that_is_not_ours_is_no_page(
    admin: User, partner: Partner, altered: object
) -> None:
    token = altered(token_of(admin.pk, partner.pk))  # type: ignore[operator]
    assert subscriber_of(token) is None
    page = reverse("reminders:unsubscribe", args=[token])
    assert [mailbox().get(page).status_code, mailbox().post(page).status_code] == [404, 404]
    assert Preference.objects.count() == 0


def test_an_account_that_is_closed_meanwhile_has_no_page(admin: User, partner: Partner) -> None:
    """Between the look at its role and the look at the account."""
    page = url(admin, partner)
    theirs = (RoleAssignment.objects.filter(user=admin), User.objects.filter(pk=admin.pk))

    def close(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        answer = execute(sql, *args)
        if sql.startswith("SELECT") and "tenants_roleassignment" in sql:
            for rows in theirs:
                rows._raw_delete(rows.db)
        return answer

    with connection.execute_wrapper(close):
        assert mailbox().get(page).status_code == 404


@pytest.mark.parametrize(("days", "works"), [(395, True), (397, False)])
def test_a_token_ages_with_the_mail_that_it_is_in(days: int, works: bool) -> None:
    with time_machine.travel(moment(DAY, 8), tick=False):
        token = token_of(1, 2)
    with time_machine.travel(moment(DAY, 8) + timedelta(days=days), tick=False):
        assert (subscriber_of(token) == (1, 2)) is works


def test_without_a_role_it_names_no_partner(admin: User, partner: Partner) -> None:
    page = url(admin, partner)
    admin.role_assignments.all().delete()
    answer = mailbox().get(page)
    assert (answer.status_code, "Contoso" in answer.text) == (404, False)


def test_the_program_team_stops_its_own(partner: Partner) -> None:
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    assert mailbox().post(url(staff, None), ONE_CLICK).status_code == 200
    assert Preference.objects.get().partner is None


def test_it_does_nothing_else(admin: User, partner: Partner) -> None:
    client = mailbox()
    client.post(url(admin, partner), ONE_CLICK)
    assert client.get(reverse("reminders:reminders")).status_code == 302


# One thing


@pytest.mark.parametrize("kind", ["benefit", "subscription"])
def test_one_thing_is_silenced_and_heard_again(kind: str, today: date) -> None:
    sample = PartnerFixture()
    page = sample.url(f"reminders:switch-{kind}")
    client = Client()
    client.force_login(sample.boss)
    for remind, silenced in (("off", 1), ("off", 1), ("on", 0)):
        client.post(page, {"remind": remind, **sample.acting_in})
        assert Silence.objects.count() == silenced
    actions = Record.objects.filter(action__startswith="reminders.", refused="")
    assert sorted(actions.values_list("action", flat=True)) == [
        "reminders.resumed",
        "reminders.silenced",
    ]


def test_the_button_says_which_it_is(today: date) -> None:
    sample = PartnerFixture()
    client = Client()
    client.force_login(sample.boss)
    page = sample.url("licensing:subscription")
    before = client.get(page).text
    Silence.objects.create(
        user=sample.boss, partner=sample.partner, subscription=sample.subscription
    )
    after = client.get(page).text
    assert ["remind me of this" in text.replace("&#x27;", "'") for text in (before, after)] == [
        True,
        False,
    ]
    assert ["Remind me again" in text for text in (before, after)] == [False, True]


def test_days_that_are_no_numbers_are_asked_for_as_the_field_takes_them() -> None:
    with pytest.raises(ValidationError, match="separated by semicolons, such as 30; 7; 1"):
        DaysField().clean("soon")


# Topics


def test_what_is_chosen_leaves_the_other_topics_alone(admin: User, partner: Partner) -> None:
    own = Preference(user=admin, partner=partner, topics_off=["requests"])
    changed = own.change(Rhythm.WEEKLY, [7, 1, 7, 30], [Topic.BENEFITS], by=Actor(admin))
    assert changed.thresholds == [30, 7, 1]
    assert changed.topics == {Topic.BENEFITS, *OF_STAFF}
