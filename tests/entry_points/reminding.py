"""Choosing what one is reminded of, and turning single things off and on (R1, R9)."""

from typing import Any

from benefits_portal.reminders.exceptions import (
    AlreadySilenced,
    NotSilenced,
    ThresholdsOutOfRange,
)
from benefits_portal.reminders.models import Preference, Rhythm, Silence
from benefits_portal.reminders.topics import Topic
from tests.partner_fixture import PartnerFixture

from .operations import Arguments, Driver, Operation, by_verb

CHOOSE, SILENCE, RESUME = (
    Operation("choose reminders"),
    Operation("turn reminders of a thing off"),
    Operation("turn reminders of a thing on"),
)


@CHOOSE.entry_point("verb Preference.change")
def by_the_preference(driver: Driver, thresholds: list[int]) -> str:
    sample = driver.world.sample
    chosen = Preference.objects.of(sample.boss, sample.partner)
    return by_verb(lambda: chosen.change(Rhythm.DAILY, thresholds, [*Topic], by=driver.by))


def typed(thresholds: list[int]) -> dict[str, str]:
    return {"rhythm": "daily", "thresholds": "; ".join(map(str, thresholds))}


@CHOOSE.entry_point("page reminders:reminders")
def on_their_page(driver: Driver, thresholds: list[int]) -> str:
    return driver.portal("reminders:reminders", **typed(thresholds))


@CHOOSE.entry_point("page reminders:program")
def on_the_page_of_the_program(driver: Driver, thresholds: list[int]) -> str:
    return driver.send("programme", "/account/reminders/program/", typed(thresholds))


@CHOOSE.refused("R1", ThresholdsOutOfRange)
def more_than_a_year_before(sample: PartnerFixture) -> Arguments:
    return {"thresholds": [400, 30]}


@CHOOSE.refused("R1", ThresholdsOutOfRange)
def twenty_times(sample: PartnerFixture) -> Arguments:
    return {"thresholds": [*range(20)]}


def sent(driver: Driver, thing: Any, remind: str) -> str:
    kind = thing._meta.model_name
    return driver.portal(f"reminders:switch-{kind}", thing.pk, remind=remind)


@SILENCE.entry_point("verb Silence.silence")
def silence_by_verb(driver: Driver, thing: Any) -> str:
    return by_verb(lambda: Silence.objects.silence(thing, by=driver.by))


@SILENCE.entry_point("page reminders:switch-benefit", "page reminders:switch-subscription")
def silence_on_its_page(driver: Driver, thing: Any) -> str:
    return sent(driver, thing, "off")


@SILENCE.refused("R9", AlreadySilenced)
def a_silenced_one(sample: PartnerFixture) -> Arguments:
    Silence.objects.create(user=sample.boss, partner=sample.partner, benefit=sample.licenses)
    return {"thing": sample.licenses}


@RESUME.entry_point("verb Silence.resume")
def resume_by_verb(driver: Driver, thing: Any) -> str:
    return by_verb(lambda: Silence.objects.resume(thing, by=driver.by))


@RESUME.entry_point("page reminders:switch-benefit", "page reminders:switch-subscription")
def resume_on_its_page(driver: Driver, thing: Any) -> str:
    return sent(driver, thing, "on")


@RESUME.refused("R9", NotSilenced)
def one_that_was_not_silenced(sample: PartnerFixture) -> Arguments:
    return {"thing": sample.subscription}
