"""*Send today's email now*: today's digest at any hour, and once (R4, R5)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from benefits_portal.reminders.models import Digest
from tests.clients import SignIn
from tests.partner_fixture import PartnerFixture

from .world import DAY, ending, moment, run_at

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R4")]


def test_who_asks_gets_todays_once_at_any_hour(sign_in: SignIn) -> None:
    with time_machine.travel(moment(DAY, 3), tick=False):
        sample = PartnerFixture()
        ending(sample.partner, DAY + timedelta(days=30))
        client = sign_in(sample.boss)
        for _click in range(2):
            client.post(reverse("reminders:send-today"), sample.acting_in)
    assert Digest.objects.get().user == sample.boss
    assert len(mail.outbox) == 1
    assert run_at(DAY, 8).made == 0
