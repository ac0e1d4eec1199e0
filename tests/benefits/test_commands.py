"""Enrolling and renewing from the command line (rules B1, B2): the same verbs, with a dry run."""

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from benefits_portal.benefits.models import Benefit, Membership, Offer, ProductKey
from benefits_portal.tenants.models import Actor, How, Partner, Record
from tests.factories import TODAY, OfferFactory, PackageLineFactory, PartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.rule("B1", "B2"), pytest.mark.usefixtures("today")]


@pytest.fixture
def offer() -> Offer:
    offer = OfferFactory.create(name="Action Pack")
    PackageLineFactory.create(offer=offer)
    PackageLineFactory.create(
        offer=offer, product__name="Old", product__discontinued_on="2021-01-01"
    )
    return offer


@pytest.mark.rule("A1")
def test_a_reason_that_the_record_does_not_hold_is_refused(
    capsys: pytest.CaptureFixture[str], partner: Partner, offer: Offer
) -> None:
    given = ["--reason", "Signed up " * 21]
    with pytest.raises(CommandError, match="write at most 200 characters; these are 209"):
        run(capsys, "enroll", partner.mpn_id, "Action Pack", *given)
    assert made() == (0, 0, 0)


def run(capsys: pytest.CaptureFixture[str], *words: str, **options: Any) -> str:
    call_command(*words, **options)
    return capsys.readouterr().out.strip()


def made() -> tuple[int, int, int]:
    return Membership.objects.count(), Benefit.objects.count(), ProductKey.objects.count()


def test_a_dry_run_says_what_enrolling_then_makes_once(
    capsys: pytest.CaptureFixture[str], partner: Partner, offer: Offer
) -> None:
    words = (
        "enroll",
        partner.mpn_id,
        "Action Pack",
        "--starts-on",
        "2021-04-15",
        "--reason",
        "Signed up",
    )
    who, what = (
        f"{partner.known_as}: Action Pack (Apr 15, 2021).",
        "benefits 1, product keys 1, without Old (discontinued).",
    )
    assert (run(capsys, *words, "--dry-run"), made()) == (f"{who} Would be made: {what}", (0, 0, 0))
    assert (run(capsys, *words), made()) == (f"{who} Made: {what}", (1, 1, 1))
    assert set(Record.objects.values_list("how", "reason")) == {(How.COMMAND, "Signed up")}
    with pytest.raises(CommandError, match="overlaps"):
        run(capsys, *words)
    assert made() == (1, 1, 1)


@pytest.mark.parametrize(("partner_id", "name"), [("none", "Action Pack"), ("4711", "none")])
def test_who_or_what_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], offer: Offer, partner_id: str, name: str
) -> None:
    PartnerFactory.create(mpn_id="4711")
    with pytest.raises(CommandError, match="There is no"):
        run(capsys, "enroll", partner_id, name)


def test_those_that_end_soon_are_renewed_once_each_for_itself(
    capsys: pytest.CaptureFixture[str], partner: Partner, offer: Offer
) -> None:
    run(capsys, "enroll", partner.mpn_id, "Action Pack", "--starts-on", "2020-05-10")
    membership = Membership.objects.get()
    plan = "from May 11, 2021 on: benefits 1"
    assert (run(capsys, "renew", "--dry-run"), made()) == (
        f"{membership}: would be renewed {plan}, product keys 1.",
        (1, 2, 2),
    )
    assert (run(capsys, "renew"), made()) == (f"{membership}: renewed {plan}.", (2, 3, 3))
    assert Membership.objects.latest("starts_on").ends_on == date(2022, 5, 10)
    assert (run(capsys, "renew"), made()) == (f"{membership}: was renewed already.", (2, 3, 3))
    assert run(capsys, "renew", "--dry-run") == f"{membership}: was renewed already."


@pytest.mark.rule("B3")
def test_one_that_is_refused_is_told_with_the_reason_and_ends_in_an_error(
    capsys: pytest.CaptureFixture[str], partner: Partner, offer: Offer
) -> None:
    run(capsys, "enroll", partner.mpn_id, "Action Pack", "--starts-on", "2020-05-10")
    PackageLineFactory.create(offer=offer, product__monthly=True, amount=False)
    with pytest.raises(CommandError, match="1 could not be renewed"):
        run(capsys, "renew")
    assert "has no amount in USD" in capsys.readouterr().out


def test_one_that_was_ended_early_is_left_alone_and_said_without_an_error(
    capsys: pytest.CaptureFixture[str], partner: Partner, offer: Offer
) -> None:
    run(capsys, "enroll", partner.mpn_id, "Action Pack", "--starts-on", "2021-01-01")
    membership = Membership.objects.get()
    membership.end(date(2021, 5, 10), by=Actor(), on=TODAY)
    message = f"{membership}: was ended early, so it is not renewed."
    assert [run(capsys, "renew", "--dry-run"), run(capsys, "renew")] == [message, message]
    assert (made(), Record.objects.exclude(refused="").count()) == ((1, 1, 1), 0)


@pytest.mark.parametrize(
    ("project", "partner", "renewed"),
    [("UTC", "Pacific/Kiritimati", True), ("Pacific/Kiritimati", "UTC", False)],
)
def test_each_partner_s_own_day_decides_what_ends_soon(
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
    offer: Offer,
    project: str,
    partner: str,
    renewed: bool,
) -> None:
    """It is 1 May in UTC and 2 May in Kiritimati, where what ends on 1 June ends within 30 days."""
    settings.TIME_ZONE = project
    PartnerFactory.create(mpn_id="4711", time_zone=partner)
    run(capsys, "enroll", "4711", "Action Pack", "--starts-on", "2020-06-01")
    message = f"{Membership.objects.get()}: renewed from Jun 2, 2021 on: benefits 1."
    assert (run(capsys, "renew"), made()) == ((message, (2, 3, 3)) if renewed else ("", (1, 2, 2)))


@pytest.mark.parametrize("days", ["-1", "3651", "9" * 30, "1_000", "x"])
def test_days_that_the_calendar_does_not_hold_are_refused(days: str, db: None) -> None:
    with pytest.raises(CommandError, match="write a number of days up to 3,650"):
        call_command("renew", f"--ending-within={days}")


def test_renewing_an_offer_that_is_not_there_says_so(
    capsys: pytest.CaptureFixture[str], db: None
) -> None:
    with pytest.raises(CommandError, match="There is no offer called Nope"):
        run(capsys, "renew", "--offer", "Nope")
