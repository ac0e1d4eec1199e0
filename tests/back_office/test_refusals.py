"""One page with all that was refused lately, for whoever may see it (W7)."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from benefits_portal.tenants.models import User
from tests import factories
from tests.clients import SignIn

pytestmark = pytest.mark.usefixtures("today")


def test_refusals_wrong_keys_and_lock_outs_stand_on_one_page(office: Client) -> None:
    factories.RecordFactory.create()
    refused = factories.RecordFactory.create(refused="key-still-live")
    wrong = factories.KeyAttemptFactory.create()
    locked = factories.AttemptFactory.create(refused=True)
    factories.AttemptFactory.create(email="y@example.com")
    answer = office.get(reverse("refusals"))
    assert list(answer.context["records"]) == [refused]
    assert list(answer.context["attempts"]) == [wrong]
    assert [attempt for attempt, _limit, _until in answer.context["lockouts"]] == [locked]
    assert "<strong>This benefit has a live key already.</strong> Revoke it first" in answer.text


def test_a_refusal_names_its_partner_beside_those_of_others(office: Client) -> None:
    first, second = factories.RecordFactory.create_batch(2, refused="key-still-live")
    named = re.findall(r"<bdi>(.*?)</bdi></a>:", office.get(reverse("refusals")).text)
    assert named == [second.partner.known_as, first.partner.known_as]


def test_each_part_is_for_whoever_may_see_its_list(sign_in: SignIn) -> None:
    user: User = factories.UserFactory.create(staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_keyattempt"))
    factories.RecordFactory.create(refused="key-still-live")
    wrong = factories.KeyAttemptFactory.create()
    answer = sign_in(user).get(reverse("refusals"))
    shown = {name for name in ("records", "attempts", "lockouts") if name in answer.context}
    assert (shown, list(answer.context["attempts"])) == ({"attempts"}, [wrong])
    assert "live key already" not in answer.text
