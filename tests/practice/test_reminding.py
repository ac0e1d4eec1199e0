"""Moving a practice calendar sends what is due, once (R5)."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from pytest_django import Settings

from benefits_portal.practice.reminding import remind
from benefits_portal.reminders.models import Digest
from benefits_portal.tenants.models import Partner, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import PracticeWorldFactory

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R5")]


@pytest.fixture(autouse=True)
def practice(today: date, tenant: Tenant, admin: User, settings: Settings) -> None:
    settings.DEMO = True
    PracticeWorldFactory.create()
    Partner.objects.update(is_practice=True)
    for days in (40, 200, 400):
        factories.SubscriptionFactory.create(tenant=tenant, ends_on=today + timedelta(days=days))


def move(partner: Partner, days: int) -> int:
    partner.move_calendar_to(factories.TODAY + timedelta(days=days))
    return remind(partner)


def test_a_year_s_move_is_one_mail_with_everything_due(partner: Partner, admin: User) -> None:
    assert move(partner, 365) == 1
    [message] = mail.outbox
    assert message.to == [admin.email]
    assert Digest.objects.get().for_day == factories.TODAY + timedelta(days=365)


def test_a_day_on_nothing_is_told_twice(partner: Partner) -> None:
    assert [move(partner, days) for days in (365, 366, 367)] == [1, 0, 0]


def test_moving_it_on_the_page_says_how_many_there_are(
    tenant: Tenant, admin: User, sign_in: SignIn, acting_in: dict[str, str]
) -> None:
    day = factories.TODAY + timedelta(days=300)
    moved = sign_in(admin).post(
        reverse("demo-clock"), acting_in | {"today": str(day), "next": "/"}, follow=True
    )
    assert "1 reminder email is on the Mail page." in moved.text
    assert len(mail.outbox) == 1


def test_a_move_to_where_nothing_is_due_sends_nothing(partner: Partner) -> None:
    partner.subscriptions.all().delete()
    assert (move(partner, 30), mail.outbox) == (0, [])
