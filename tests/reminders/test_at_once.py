"""Several runs at the same instant: each thing is told by one of them (R5)."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from benefits_portal.reminders.digest_maker import DigestMaker
from benefits_portal.reminders.link_submission import LinkSubmission
from benefits_portal.reminders.models import Digest, Feed, Told
from benefits_portal.reminders.mornings import mornings
from benefits_portal.reminders.running import run
from benefits_portal.tenants.models import Actor, Record
from tests import factories
from tests.simultaneous import at_once

from .world import DAY, admin_of, ending, moment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("R5")]
NOW = moment(DAY, 8)


def test_of_many_runs_at_once_each_thing_is_told_by_one() -> None:
    for _partner in range(5):
        partner = factories.PartnerFactory.create()
        for _admin in range(3):
            admin_of(partner)
        for days in (1, 30, 90):
            ending(partner, DAY + timedelta(days=days))
    with time_machine.travel(NOW, tick=False):
        outcomes = at_once([run] * 6)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Report"] * 6
    assert sum(outcome.made for outcome in outcomes) == Digest.objects.count() == 15
    assert Told.objects.count() == 45
    assert set(Counter(message.to[0] for message in mail.outbox).values()) == {1}


def test_runs_for_two_days_at_once_tell_each_thing_in_one_digest() -> None:
    """As where a partner's time zone changes meanwhile: the digests are two, the things one."""
    partner = factories.PartnerFactory.create()
    admin_of(partner)
    for number in range(20):
        ending(partner, DAY + timedelta(days=25 + number % 2))

    def make(day: int) -> int:
        at = NOW + timedelta(days=day)
        return sum(DigestMaker(at).make(morning) for morning in mornings(at))

    made = at_once([lambda: make(0), lambda: make(1)] * 2)
    assert sorted(made) == [0, 0, 0, 1]
    assert Told.objects.count() == 20
    assert Digest.objects.count() == 1


@pytest.mark.rule("R11", "W11")
def test_one_form_sent_many_times_at_once_makes_one_link() -> None:
    role = admin_of(factories.PartnerFactory.create()).role_assignments.get()
    form = LinkSubmission.on_page(None)
    by = Actor(role.user)
    links = at_once([lambda: Feed.objects.make_once(role, form, by=by)] * 8)
    assert set(links) == {form.secret}
    assert Record.objects.filter(action="reminders.feed-made").count() == 1
