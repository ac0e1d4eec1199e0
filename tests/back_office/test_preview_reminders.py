"""*Preview today's reminders*: what somebody would be sent, with nothing written (R8)."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from benefits_portal.reminders.models import Digest, Told
from benefits_portal.tenants.models import Tenant, User
from tests import factories
from tests.clients import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R8")]


@pytest.fixture(autouse=True)
def due(today: date, tenant: Tenant) -> None:
    factories.SubscriptionFactory.create(
        tenant=tenant, product__name="Visio", ends_on=today + timedelta(days=7)
    )


def preview(office: Client, user: User) -> str:
    return office.get(reverse("preview-reminders", args=[user.pk])).text


def test_it_shows_the_mail_of_today_and_sends_and_tells_nothing(
    office: Client, admin: User
) -> None:
    page = preview(office, admin)
    assert "Visio, 25 licenses" in page
    assert "the next date is May 8, 2021" in page
    assert (mail.outbox, Digest.objects.count(), Told.objects.count()) == ([], 0, 0)


def test_it_speaks_the_person_s_language(office: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(language="nl")
    assert "Eindigt op 8 mei 2021" in preview(office, admin)


def test_it_holds_no_link_that_stops_somebody_else_s_reminders(office: Client, admin: User) -> None:
    assert "/unsubscribe/" not in preview(office, admin)


def test_it_says_that_today_s_was_made(office: Client, admin: User, today: date) -> None:
    factories.DigestFactory.create(user=admin, partner=admin.home_partner, for_day=today)
    assert "made already" in preview(office, admin)


def test_who_may_not_act_gets_none(office: Client) -> None:
    assert "may not act anywhere" in preview(office, factories.UserFactory.create())


def test_it_is_for_whoever_may_see_reminders_and_people(
    support: User, sign_in: SignIn, admin: User
) -> None:
    url = reverse("preview-reminders", args=[admin.pk])
    nobody = factories.UserFactory.create(staff=True)
    answers = [sign_in(user).get(url).status_code for user in (support, nobody, admin)]
    assert answers == [200, 403, 302]


def test_a_person_s_page_leads_to_it(office: Client, admin: User) -> None:
    page = office.get(reverse("admin:tenants_user_change", args=[admin.pk])).text
    assert reverse("preview-reminders", args=[admin.pk]) in page
