"""A benefit's status and its last day, in Python and in SQL (rule B5)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from benefits_portal.benefits.exceptions import BenefitNotBegun
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.benefits.status import Status
from benefits_portal.tenants.models import Actor, Record
from tests.factories import (
    TODAY,
    AssignmentFactory,
    BenefitFactory,
    DirectoryUserFactory,
    TenantFactory,
    issue_key,
    redeem,
)

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule

STARTS_ON, EXPIRES_ON = date(2021, 1, 1), date(2022, 1, 31)
FIRST_DAYS = [STARTS_ON + timedelta(days=offset) for offset in (-1, 0, 1)]
DAYS = [EXPIRES_ON + timedelta(days=offset) for offset in (-1, 0, 1)]


def status(benefit: Benefit, on: date) -> str:
    return Benefit.objects.for_display().get(pk=benefit.pk).status(on)


@rule("B1", "B5")
@pytest.mark.parametrize("on", FIRST_DAYS + DAYS, ids=str)
def test_usable_says_the_same_in_python_and_in_sql(on: date) -> None:
    benefit = BenefitFactory.create()
    assert (
        Benefit.objects.usable(on).contains(benefit)
        == benefit.is_usable(on)
        == (STARTS_ON <= on <= EXPIRES_ON)
    )


@rule("B1")
def test_before_its_first_day_a_benefit_is_unusable_and_the_day_is_named(by: Actor) -> None:
    on = STARTS_ON - timedelta(days=1)
    key, credit = issue_key(), BenefitFactory.create(monthly=True)
    assert (status(key.benefit, on), status(credit, on)) == ("not-begun", "not-begun")
    assert list(ProductKey.objects.not_begun(on)) == [key]
    assert not ProductKey.objects.redeemable(on).exists()
    assert not key.is_redeemable(on)
    for operation in uses(key, credit, by, on):
        with pytest.raises(BenefitNotBegun, match=r"Jan 1, 2021 is the first day"):
            operation()
    assert Record.objects.filter(refused="benefit-not-begun").count() == 3


@rule("B1")
@pytest.mark.parametrize("on", [STARTS_ON, STARTS_ON + timedelta(days=1)], ids=str)
def test_from_its_first_day_a_benefit_is_used_in_every_way(by: Actor, on: date) -> None:
    key, credit = issue_key(), BenefitFactory.create(monthly=True)
    assert (status(key.benefit, on), status(credit, on)) == ("not-redeemed", "not-assigned")
    assert list(ProductKey.objects.redeemable(on)) == [key]
    assert not ProductKey.objects.not_begun(on).exists()
    assert key.is_redeemable(on)
    for operation in uses(key, credit, by, on):
        assert operation()
    assert not Record.objects.filter(refused="benefit-not-begun").exists()


def uses(key: ProductKey, credit: Benefit, by: Actor, on: date) -> list[Callable[[], object]]:
    """All that a benefit is for: its key shown and redeemed, its credit assigned."""
    tenant = TenantFactory.create(partner=key.partner)
    person = DirectoryUserFactory.create(tenant__partner=credit.partner)
    return [
        lambda: key.reveal(by=by, on=on),
        lambda: redeem(key, tenant=tenant, on=on),
        lambda: credit.assign(person, by=by, on=on),
    ]


@rule("B1", "B5")
@pytest.mark.parametrize("wanted", Benefit.Status)
def test_the_query_for_each_status_finds_exactly_what_has_it(wanted: Status) -> None:
    issue_key(), redeem(), AssignmentFactory.create(), BenefitFactory.create(bulk=True)
    for on in FIRST_DAYS + DAYS:
        having = {
            benefit for benefit in Benefit.objects.for_display() if benefit.status(on) == wanted
        }
        assert set(Benefit.objects.for_display().with_status(wanted, on)) == having, on


@rule("B5")
@pytest.mark.parametrize(
    ("on", "unused", "used"),
    list(zip(DAYS, ["not-redeemed"] * 2 + ["expired"], ["redeemed"] * 3, strict=True)),
    ids=str,
)
def test_a_license_based_benefit_expires_unless_it_was_redeemed(
    on: date, unused: str, used: str
) -> None:
    assert status(issue_key().benefit, on) == unused
    assert status(redeem().key.benefit, on) == used


@rule("B5", "U5")
@pytest.mark.parametrize(
    ("on", "unused", "used"),
    list(zip(DAYS, ["not-assigned"] * 2 + ["ended"], ["assigned"] * 2 + ["ended"], strict=True)),
    ids=str,
)
def test_a_usage_based_benefit_ends_whether_or_not_it_is_assigned(
    on: date, unused: str, used: str
) -> None:
    assert status(BenefitFactory.create(monthly=True), on) == unused
    assert status(AssignmentFactory.create().benefit, on) == used


@rule("U2")
def test_a_benefit_whose_last_assignment_was_removed_is_not_assigned(by: Actor) -> None:
    assignment = AssignmentFactory.create()
    assignment.remove(by=by, on=TODAY)
    assert status(assignment.benefit, TODAY) == "not-assigned"


@rule("K8")
def test_a_benefit_whose_key_was_revoked_and_replaced_is_not_redeemed() -> None:
    key = issue_key()
    key.revoke("replaced", by=Actor())
    key.benefit.issue_key(by=Actor())
    assert status(key.benefit, TODAY) == "not-redeemed"


@pytest.mark.parametrize(("days", "found"), [(274, False), (275, True), (276, True)])
def test_expiring_within_counts_the_last_day(days: int, found: bool) -> None:
    BenefitFactory.create()
    assert Benefit.objects.expiring_within(days, TODAY).exists() is found


def test_what_expired_is_not_expiring() -> None:
    BenefitFactory.create()
    assert not Benefit.objects.expiring_within(30, EXPIRES_ON + timedelta(days=1)).exists()


def test_unused_is_what_is_neither_redeemed_nor_assigned() -> None:
    unused = [
        issue_key().benefit,
        BenefitFactory.create(monthly=True),
        BenefitFactory.create(bulk=True),
    ]
    redeem()
    AssignmentFactory.create()
    assert list(Benefit.objects.for_display().unused().order_by("pk")) == unused


def test_a_benefit_has_licenses_or_credit() -> None:
    credit = [BenefitFactory.create(monthly=True), BenefitFactory.create(bulk=True)]
    licenses = BenefitFactory.create()
    assert list(Benefit.objects.usage_based().order_by("pk")) == credit
    assert list(Benefit.objects.license_based()) == [licenses]


@pytest.mark.parametrize(
    "nonsense",
    [{"quantity": 5}, {"currency": ""}, {"credit_amount": None}, {"credit_amount": 0}],
    ids=str,
)
def test_the_database_refuses_a_benefit_that_is_neither_or_both(nonsense: dict[str, Any]) -> None:
    credit = BenefitFactory.create(monthly=True)
    with pytest.raises(IntegrityError):
        Benefit.objects.filter(pk=credit.pk).update(**nonsense)


@rule("P1")
def test_for_partner_leaves_out_everybody_else_s() -> None:
    mine, _theirs = BenefitFactory.create(), BenefitFactory.create()
    assert list(Benefit.objects.for_partner(mine.partner)) == [mine]
