"""What the database refuses, whoever writes it (R3 to R5, R9, R11)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from benefits_portal import clock
from benefits_portal.reminders.models import Digest, Silence
from tests.factories import (
    BenefitFactory,
    DigestFactory,
    FeedFactory,
    PreferenceFactory,
    SilenceFactory,
    SubscriptionFactory,
    ToldFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R5")]


def refuses(write: Callable[[], Any]) -> bool:
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        return True
    return False


def test_one_email_for_a_person_a_partner_and_a_day() -> None:
    first = DigestFactory.create()
    same = {"user": first.user, "for_day": first.for_day}
    assert refuses(lambda: DigestFactory.create(**same, partner=first.partner))
    assert not refuses(lambda: DigestFactory.create(**same))


def test_one_email_for_one_of_the_program_team_and_a_day() -> None:
    first = DigestFactory.create(partner=None)
    assert refuses(
        lambda: DigestFactory.create(partner=None, user=first.user, for_day=first.for_day)
    )


def test_no_two_emails_with_one_message_id() -> None:
    first = DigestFactory.create()
    assert refuses(lambda: DigestFactory.create(message_id=first.message_id))


@pytest.mark.parametrize(
    ("filled", "is_refused"),
    [
        ([], True),
        (["next_try_at"], False),
        (["sent_at"], False),
        (["gave_up_at"], False),
        (["next_try_at", "sent_at"], True),
        (["next_try_at", "gave_up_at"], True),
        (["sent_at", "gave_up_at"], True),
    ],
)
def test_an_email_waits_was_sent_or_was_given_up(filled: list[str], is_refused: bool) -> None:
    first, now = DigestFactory.create(), clock.now()
    moments = dict.fromkeys(["next_try_at", "sent_at", "gave_up_at"]) | dict.fromkeys(filled, now)
    own = Digest.objects.filter(pk=first.pk, partner=first.partner)
    assert refuses(lambda: own.update(**moments)) is is_refused


def test_a_thing_is_told_once_of_its_day_and_threshold() -> None:
    first = ToldFactory.create()
    same = {name: getattr(first, name) for name in ("user", "subject_id", "occasion", "due_on")}
    assert refuses(lambda: ToldFactory.create(**same, threshold=first.threshold))
    assert not refuses(lambda: ToldFactory.create(**same, threshold=first.threshold - 1))


@pytest.mark.parametrize(("threshold", "is_refused"), [(-8, True), (-7, False), (366, True)])
def test_a_thing_is_told_within_a_year(threshold: int, is_refused: bool) -> None:
    assert refuses(lambda: ToldFactory.create(threshold=threshold)) is is_refused


@pytest.mark.rule("R11")
def test_one_calendar_for_a_person_and_a_partner() -> None:
    first = FeedFactory.create()
    assert refuses(lambda: FeedFactory.create(role=first.role))


@pytest.mark.rule("R11")
def test_no_two_calendars_with_one_secret() -> None:
    first = FeedFactory.create()
    assert refuses(lambda: FeedFactory.create(digest=first.digest))


@pytest.mark.rule("R9")
def test_one_choice_for_a_person_and_a_partner() -> None:
    first = PreferenceFactory.create()
    assert refuses(lambda: PreferenceFactory.create(user=first.user, partner=first.partner))


@pytest.mark.rule("R9")
def test_one_choice_for_one_of_the_program_team() -> None:
    first = PreferenceFactory.create(partner=None)
    assert refuses(lambda: PreferenceFactory.create(user=first.user, partner=None))


@pytest.mark.rule("R9")
def test_a_subscription_is_silenced_once() -> None:
    first = SilenceFactory.create()
    assert refuses(lambda: SilenceFactory.create(user=first.user, subscription=first.subscription))


@pytest.mark.rule("R9")
def test_a_benefit_is_silenced_once() -> None:
    benefit = BenefitFactory.create()
    user = SilenceFactory.create().user
    same = {"user": user, "partner": benefit.partner, "benefit": benefit}
    Silence.objects.create(**same)
    assert refuses(lambda: Silence.objects.create(**same))


@pytest.mark.rule("R9")
def test_a_silence_is_of_one_thing() -> None:
    benefit = BenefitFactory.create()
    same = {"user": SilenceFactory.create().user, "partner": benefit.partner}
    subscription = SubscriptionFactory.create(tenant__partner=benefit.partner)
    assert refuses(lambda: Silence.objects.create(**same))
    assert refuses(
        lambda: Silence.objects.create(**same, benefit=benefit, subscription=subscription)
    )
