"""What the lists are filtered by says the same as the models do.

It is asked on the day before, of and after each edge.
"""

from datetime import date, timedelta

import pytest
from django.test import Client

from benefits_portal.benefits.models import Assignment, Benefit, Membership, PackageLine, ProductKey
from benefits_portal.tenants.models import Actor
from tests import factories

from .conftest import page

LAST = date(2022, 1, 31)
DAY_BEFORE, DAY_AFTER = LAST - timedelta(days=1), LAST + timedelta(days=1)


@pytest.mark.rule("B5")
@pytest.mark.parametrize(("on", "kinds"), [(DAY_BEFORE, 4), (LAST, 4), (DAY_AFTER, 3)], ids=str)
def test_a_status_asked_of_the_database_is_the_one_that_the_benefit_says(
    on: date, kinds: int, db: None, today: date
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
    assert len(set(said.values())) == kinds


@pytest.mark.rule("B5", "K8")
@pytest.mark.parametrize(
    ("on", "state"),
    [(DAY_BEFORE, "redeemable"), (LAST, "redeemable"), (DAY_AFTER, "lapsed")],
    ids=str,
)
def test_a_key_is_redeemable_lapsed_redeemed_or_revoked(
    on: date, state: str, db: None, today: date
) -> None:
    redeemed, live, revoked = factories.redeem().key, factories.issue_key(), factories.issue_key()
    revoked.revoke("for a test", by=Actor())
    keys = ProductKey.objects
    found = {
        "redeemable": list(keys.redeemable(on)),
        "lapsed": list(keys.lapsed(on)),
        "redeemed": list(keys.redeemed()),
        "revoked": list(keys.revoked()),
    }
    nothing_live = {"redeemable": [], "lapsed": [], "redeemed": [redeemed], "revoked": [revoked]}
    assert found == nothing_live | {state: [live]}


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
    ("on", "state"),
    [
        (date(2020, 12, 31), "provisioned"),
        (date(2021, 1, 1), "left out"),
        (date(2021, 1, 2), "left out"),
    ],
    ids=str,
)
@pytest.mark.django_db
def test_a_line_is_provisioned_or_left_out_and_a_withdrawn_one_neither(
    on: date, state: str
) -> None:
    line = factories.PackageLineFactory.create(product__discontinued_on=date(2021, 1, 1))
    factories.PackageLineFactory.create(
        offer=line.offer, product=line.product, withdrawn_on=date(2020, 1, 1)
    )
    lines = PackageLine.objects
    found = {
        "provisioned": list(lines.of_package(line.offer, on)),
        "left out": list(lines.left_out_of_package(line.offer, on)),
    }
    assert found == {"provisioned": [], "left out": []} | {state: [line]}


@pytest.mark.rule("U5")
@pytest.mark.parametrize("on", [DAY_BEFORE, LAST, DAY_AFTER], ids=str)
def test_an_assignment_is_running_or_over(on: date, db: None, today: date) -> None:
    assignment = factories.AssignmentFactory.create()
    removed = factories.AssignmentFactory.create()
    removed.remove(by=Actor(), on=today)
    running, over = Assignment.objects.running(on), Assignment.objects.over(on)
    assert {*running, *over} == {assignment, removed}
    assert not {*running} & {*over}


def test_benefits_are_filtered_by_the_offer_of_their_package(
    office: Client, db: None, today: date
) -> None:
    benefit, _other = factories.BenefitFactory.create_batch(2, key=True)
    offer = benefit.membership.offer_id
    query = {"package_line__offer__id__exact": str(offer)}
    listed = office.get(page(Benefit, "changelist"), query).context["cl"].queryset
    assert {found.membership.offer_id for found in listed} == {offer}
    assert (
        office.get(
            page(Benefit, "changelist"), {**query, "package_line__offer__id__exact": "x"}
        ).status_code
        == 302
    )
