"""What lapsed before somebody could act is no news to them; what still stands is (R10)."""

from datetime import date, timedelta

import pytest

from benefits_portal.reminders.models import Told
from benefits_portal.tenants.models import Actor, Partner, Role, RoleAssignment
from tests import factories

from .world import DAY, admin_of, at, moment, run_at, short_pool

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R10")]
BY = Actor()
A_DAY = timedelta(days=1)


@pytest.fixture
def partner() -> Partner:
    """A key expires unused on DAY."""
    partner = factories.PartnerFactory.create()
    factories.issue_key(partner=partner, membership__starts_on=DAY - timedelta(days=395))
    return partner


def role_since(partner: Partner, day: date, hour: float = 12, role: str = "") -> RoleAssignment:
    user = factories.UserFactory.create(directory_user=None)
    return factories.RoleAssignmentFactory.create(
        user=user,
        partner=partner,
        role=role or Role.PARTNER_ADMIN,
        acts_since=moment(day, hour),
    )


def told_to(role: RoleAssignment) -> list[str]:
    rows = Told.objects.filter(user=role.user).order_by("pk")
    return list(rows.values_list("occasion", flat=True))


@pytest.mark.parametrize(("days", "is_told"), [(-1, True), (0, True), (1, False)])
def test_who_could_not_act_on_the_last_day_is_not_told_of_it(
    partner: Partner, days: int, is_told: bool
) -> None:
    role = role_since(partner, DAY + days * A_DAY)
    run_at(DAY + 2 * A_DAY)
    assert told_to(role) == (["key-expires"] if is_told else [])


def test_the_day_is_that_of_the_partner(partner: Partner) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone="Pacific/Auckland")
    role = role_since(partner, DAY, hour=13)
    run_at(DAY + 2 * A_DAY)
    assert told_to(role) == []


def test_a_member_who_becomes_an_admin_acts_since_then(partner: Partner) -> None:
    held = role_since(partner, DAY - 9 * A_DAY, role=Role.MEMBER)
    with at(DAY + A_DAY):
        held.change_to(Role.PARTNER_ADMIN, by=BY)
    run_at(DAY + 2 * A_DAY)
    assert told_to(held) == []


def test_another_role_that_may_act_changes_nothing(partner: Partner) -> None:
    held = role_since(partner, DAY - 9 * A_DAY)
    with at(DAY + A_DAY):
        held.change_to(Role.GLOBAL_ADMIN, by=BY)
    run_at(DAY + 2 * A_DAY)
    assert told_to(held) == ["key-expires"]


def test_licenses_that_are_too_few_are_told_to_whoever_may_settle_it() -> None:
    licenses = short_pool(DAY - timedelta(days=39))
    role = role_since(licenses.tenant.partner, DAY - A_DAY)
    run_at(DAY)
    assert "licenses-over" in told_to(role)
    assert "subscription-disabled" not in told_to(role)


def test_older_admins_are_told_beside_a_new_one(partner: Partner) -> None:
    older = admin_of(partner).role_assignments.get()
    newer = role_since(partner, DAY + A_DAY)
    run_at(DAY + 2 * A_DAY)
    assert (told_to(older), told_to(newer)) == (["key-expires"], [])
