"""Runs: what is told once, whatever was missed, doubled or late (R1 to R7, R10)."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from benefits_portal.reminders.digest_maker import DigestMaker
from benefits_portal.reminders.models import Digest, Preference, Rhythm, Run, Told
from benefits_portal.reminders.mornings import mornings
from benefits_portal.tenants.models import Partner, Role, User
from tests import factories

from .world import DAY, admin_of, at, ending, moment, run_at, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return factories.PartnerFactory.create()


@pytest.fixture
def admin(partner: Partner) -> User:
    return admin_of(partner)


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.mark.rule("R1")
def test_a_run_tells_what_is_due_and_the_next_one_nothing(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(30))
    assert str(run_at(DAY)) == "1 made, 1 sent, 0 failed."
    assert str(run_at(DAY + days(1))) == "0 made, 0 sent, 0 failed."
    assert told() == [("subscription-ends", DAY + days(30), 30)]
    assert mail.outbox[0].to == [admin.email]


@pytest.mark.slow
@pytest.mark.rule("R1", "R2")
def test_each_day_of_a_run_tells_each_threshold_once(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(95))
    for day in range(96):
        run_at(DAY + days(day))
    assert [threshold for _occasion, _on, threshold in told()] == [90, 30, 7, 1]
    assert len(mail.outbox) == 4


@pytest.mark.slow
@pytest.mark.rule("R2", "R5")
@pytest.mark.parametrize(
    ("down", "thresholds"), [(1, [90, 30, 7, 1]), (7, [90, 30, 7]), (60, [90, 30])]
)
def test_after_days_without_a_run_each_thing_is_told_once(
    admin: User, partner: Partner, down: int, thresholds: list[int]
) -> None:
    ending(partner, DAY + days(90))
    for day in range(0, 91, down + 1):
        run_at(DAY + days(day))
    assert [threshold for _occasion, _on, threshold in told()] == thresholds
    assert len(mail.outbox) == len(thresholds)


@pytest.mark.rule("R4", "R5")
def test_away_for_60_days_one_mail_has_everything(admin: User, partner: Partner) -> None:
    for number in range(20):
        ending(partner, DAY + days(60 + number))
    run_at(DAY)
    mail.outbox.clear()
    run_at(DAY + days(60))
    run_at(DAY + days(60), 8.17)
    assert len(mail.outbox) == 1
    assert Told.objects.filter(digest__for_day=DAY + days(60)).count() == 20


@pytest.mark.rule("R3")
def test_a_day_that_moves_is_told_again_and_back_too(admin: User, partner: Partner) -> None:
    subscription = ending(partner, DAY + days(20))
    run_at(DAY)
    for day, ends_on in ((1, DAY + days(25)), (2, DAY + days(15)), (3, DAY + days(25))):
        subscription.ends_on = ends_on
        subscription.save()
        run_at(DAY + days(day))
    assert [on for _occasion, on, _threshold in told()] == [
        DAY + days(20),
        DAY + days(25),
        DAY + days(15),
    ]


@pytest.mark.rule("R4")
@pytest.mark.parametrize(("hour", "mails"), [(6.98, 0), (7, 1), (12, 1), (23.98, 1)])
def test_no_mail_leaves_before_seven_in_the_partners_morning(hour: float, mails: int) -> None:
    partner = factories.PartnerFactory.create(time_zone="Pacific/Auckland")
    admin_of(partner)
    ending(partner, DAY + days(30))
    run_at(DAY, hour, "Pacific/Auckland")
    assert len(mail.outbox) == mails


@pytest.mark.rule("R4")
def test_one_mail_a_day_for_each_partner_of_somebody(partner: Partner) -> None:
    user, other = admin_of(partner), factories.PartnerFactory.create()
    factories.RoleAssignmentFactory.create(user=user, partner=other)
    for each in (partner, other):
        ending(each, DAY + days(30))
    run_at(DAY)
    ending(partner, DAY + days(7))
    run_at(DAY, 9)
    assert len(mail.outbox) == 2


@pytest.mark.rule("R4", "R5")
def test_the_same_day_made_twice_is_one_digest(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(30))
    with at(DAY):
        made = [
            sum(DigestMaker(moment(DAY, 8)).make(each) for each in mornings(moment(DAY, 8)))
            for _time in range(2)
        ]
    assert (made, Digest.objects.count()) == ([1, 0], 1)


@pytest.mark.rule("R4")
def test_weekly_tells_on_monday_or_the_first_day_after(admin: User, partner: Partner) -> None:
    factories.PreferenceFactory.create(user=admin, partner=partner, rhythm=Rhythm.WEEKLY)
    for number in range(21):
        ending(partner, DAY + days(30 + number))
    monday = date(2021, 5, 3)
    made = [run_at(monday + days(day)).made for day in (0, 1, 6, 8, 9, 13, 14)]
    assert made == [1, 0, 0, 1, 0, 0, 1]


@pytest.mark.rule("R7")
@pytest.mark.parametrize(
    "leave",
    [
        lambda user: user.role_assignments.all().delete(),
        lambda user: user.role_assignments.update(role=Role.MEMBER),
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    ],
    ids=["no role", "reads only", "closed account"],
)
def test_who_may_not_act_gets_nothing(
    admin: User,
    partner: Partner,
    leave: object,
) -> None:
    ending(partner, DAY + days(30))
    run_at(DAY)
    assert len(mail.outbox) == 1
    leave(admin)  # type: ignore[operator]
    ending(partner, DAY + days(31))
    assert run_at(DAY + days(1)).made == 0


@pytest.mark.rule("R7")
def test_who_loses_the_role_before_it_is_sent_gets_nothing(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(30))
    with at(DAY):
        for morning in mornings(moment(DAY, 8)):
            DigestMaker(moment(DAY, 7)).make(morning)
    assert Digest.objects.waiting().count() == 1
    admin.role_assignments.all().delete()
    run_at(DAY, 9)
    assert (len(mail.outbox), Told.objects.count()) == (0, 0)


@pytest.mark.rule("R8")
def test_what_was_redeemed_before_it_is_sent_is_left_out(admin: User, partner: Partner) -> None:
    gone, _left = ending(partner, DAY + days(30)), ending(partner, DAY + days(30))
    with at(DAY):
        for morning in mornings(moment(DAY, 8)):
            DigestMaker(moment(DAY, 7)).make(morning)
    gone.ends_on = DAY + days(400)
    gone.save()
    run_at(DAY, 9)
    assert len(mail.outbox) == 1


@pytest.mark.rule("R9")
def test_who_wants_none_gets_none(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(30))
    factories.PreferenceFactory.create(user=admin, partner=partner, rhythm=Rhythm.OFF)
    assert run_at(DAY).made == 0
    Preference.objects.update(rhythm=Rhythm.DAILY)
    assert run_at(DAY + days(1)).made == 1


@pytest.mark.rule("R9")
def test_what_is_silenced_or_turned_off_is_not_told(admin: User, partner: Partner) -> None:
    silenced = ending(partner, DAY + days(30))
    factories.SilenceFactory.create(user=admin, subscription=silenced)
    assert run_at(DAY).made == 0
    ending(partner, DAY + days(30))
    factories.PreferenceFactory.create(user=admin, partner=partner, topics_off=["subscriptions"])
    assert run_at(DAY + days(1)).made == 0
    Preference.objects.update(topics_off=[])
    assert run_at(DAY + days(2)).made == 1
    assert Told.objects.count() == 1


@pytest.mark.rule("R5")
def test_a_clock_that_goes_back_tells_nothing_twice(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(30))
    made = [run_at(DAY + days(day)).made for day in (0, 2, 1, 0, -1, 3)]
    assert made == [1, 0, 0, 0, 0, 0]


@pytest.mark.rule("R5")
def test_a_calendar_moved_by_a_year_is_one_mail(partner: Partner) -> None:
    Partner.objects.update(is_practice=True)
    admin_of(partner)
    ending(partner, DAY + days(390))
    run_at(DAY)
    Partner.objects.update(days_ahead=365)
    run_at(DAY, 8)
    run_at(DAY, 9)
    assert told() == [("subscription-ends", DAY + days(390), 30)]


@pytest.mark.rule("R4")
def test_another_time_zone_meanwhile_tells_nothing_twice(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(30))
    for hour, zone in ((8, "Pacific/Kiritimati"), (12, "UTC"), (23, "Pacific/Pago_Pago")):
        Partner.objects.update(time_zone=zone)
        run_at(DAY, hour, "UTC")
    assert (len(mail.outbox), Told.objects.count()) == (1, 1)


@pytest.mark.rule("R5")
def test_a_day_that_was_done_is_not_asked_for_again(admin: User, partner: Partner) -> None:
    run_at(DAY)
    ending(partner, DAY + days(30))
    assert [run_at(DAY, 9).made, run_at(DAY + days(1)).made] == [0, 1]


def test_each_run_says_what_came_of_it(admin: User, partner: Partner) -> None:
    ending(partner, DAY + days(30))
    run_at(DAY)
    run = Run.objects.get()
    assert (run.made, run.sent, run.failed) == (1, 1, 0)
    assert run.ended_at == moment(DAY, 7.17)


# The command


def test_a_dry_run_counts_and_writes_nothing(
    admin: User, partner: Partner, capsys: pytest.CaptureFixture[str]
) -> None:
    ending(partner, DAY + days(30))
    call_command("send_reminders", "--dry-run", "--at", f"{DAY}T08:00+00:00")
    assert capsys.readouterr().out == "1 would be made at 2021-05-01 08:00 UTC.\n"
    assert [model.objects.count() for model in (Digest, Told, Run)] == [0, 0, 0]


def test_the_command_sends_and_says_so(
    admin: User, partner: Partner, capsys: pytest.CaptureFixture[str]
) -> None:
    ending(partner, DAY + days(30))
    with at(DAY):
        call_command("send_reminders")
    assert capsys.readouterr().out == "1 made, 1 sent, 0 failed.\n"


@pytest.mark.parametrize(
    "text",
    [
        *("tomorrow", "2021-05-01", "2021-05-01T08:00", "2021-13-01T08:00Z"),
        *("0001-01-01T00:00Z", "9999-12-31T23:59Z", "2021-W17-6T08:00Z", "20210501T0800Z"),
    ],
)
def test_what_is_no_moment_with_its_time_zone_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="is no moment"):
        call_command("send_reminders", "--dry-run", "--at", text)


def test_mails_are_sent_for_this_moment_only() -> None:
    with pytest.raises(CommandError, match="--at goes with --dry-run"):
        call_command("send_reminders", "--at", "2021-05-01T08:00+00:00")
