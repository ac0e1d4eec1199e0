"""What the lists are filtered by says the same as the models do.

It is asked on the day before, of and after each edge.
"""

from datetime import date, timedelta

import pytest

from benefits_portal.benefits.models import Benefit, Membership, PackageLine, ProductKey
from benefits_portal.tenants.models import Actor
from tests import factories

LAST = date(2022, 1, 31)
DAYS = [LAST - timedelta(days=1), LAST, LAST + timedelta(days=1)]


@pytest.mark.rule("B5")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_a_status_asked_of_the_database_is_the_one_that_the_benefit_says(
    on: date, db: None, today: date
) -> None:
    factories.redeem()
    replaced = factories.BenefitFactory.create(key=True)
    replaced.live_key().revoke("for a test", by=Actor())
    factories.BenefitFactory.create(key=True)
    factories.BenefitFactory.create(monthly=True)
    factories.AssignmentFactory.create()
    benefits = Benefit.objects.for_display()
    said = {benefit.pk: benefit.status(on) for benefit in benefits}
    assert {
        benefit.pk: status
        for status in Benefit.Status
        for benefit in benefits.with_status(status, on)
    } == said
    assert len(set(said.values())) == (4 if on <= LAST else 3)


@pytest.mark.rule("B5", "K8")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_a_key_is_redeemable_lapsed_redeemed_or_revoked(on: date, db: None, today: date) -> None:
    redeemed, live, revoked = factories.redeem().key, factories.issue_key(), factories.issue_key()
    revoked.revoke("for a test", by=Actor())
    keys = ProductKey.objects
    states = [
        set(keys.redeemable(on)),
        set(keys.lapsed(on)),
        set(keys.redeemed()),
        set(keys.revoked()),
    ]
    usable = {live} if on <= LAST else set()
    assert states == [usable, {live} - usable, {redeemed}, {revoked}]


@pytest.mark.rule("B1")
@pytest.mark.parametrize(
    ("on", "state", "ends_within_30"),
    [
        (date(2020, 12, 31), "upcoming", False),
        (date(2021, 1, 1), "running", False),
        (date(2021, 12, 1), "running", False),
        (date(2021, 12, 2), "running", True),
        (date(2022, 1, 1), "running", True),
        (date(2022, 1, 2), "ended", False),
    ],
    ids=str,
)
@pytest.mark.django_db
def test_a_membership_is_upcoming_runs_or_has_ended(
    on: date, state: str, ends_within_30: bool
) -> None:
    factories.MembershipFactory.create(starts_on=date(2021, 1, 1))
    memberships = Membership.objects
    found = {
        "upcoming": memberships.upcoming(on),
        "running": memberships.running(on),
        "ended": memberships.ended(on),
    }
    assert [name for name, rows in found.items() if rows] == [state]
    assert memberships.ending_within(30, on).exists() is ends_within_30


@pytest.mark.rule("B4")
@pytest.mark.parametrize(
    ("on", "is_left_out"),
    [(date(2020, 12, 31), False), (date(2021, 1, 1), True), (date(2021, 1, 2), True)],
    ids=str,
)
@pytest.mark.django_db
def test_a_line_is_provisioned_or_left_out_and_a_withdrawn_one_neither(
    on: date, is_left_out: bool
) -> None:
    line = factories.PackageLineFactory.create(product__discontinued_on=date(2021, 1, 1))
    factories.PackageLineFactory.create(
        offer=line.offer, product=line.product, withdrawn_on=date(2020, 1, 1)
    )
    lines = PackageLine.objects
    found = [
        list(lines.of_package(line.offer, on)),
        list(lines.left_out_of_package(line.offer, on)),
    ]
    assert found == ([[], [line]] if is_left_out else [[line], []])
