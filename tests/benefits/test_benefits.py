"""A benefit's status and its last day, in Python and in SQL (rule B5)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError

from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.models import Actor
from tests.factories import TODAY, AssignmentFactory, BenefitFactory, issue_key, redeem

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule

EXPIRES_ON = date(2022, 1, 31)
DAYS = [EXPIRES_ON + timedelta(days=offset) for offset in (-1, 0, 1)]


def status(benefit: Benefit, on: date) -> str:
    return Benefit.objects.for_display().get(pk=benefit.pk).status(on)


@rule("B5")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_usable_says_the_same_in_python_and_in_sql(on):
    benefit = BenefitFactory.create()
    assert Benefit.objects.usable(on).contains(benefit) == benefit.is_usable(on) == (on <= EXPIRES_ON)


@rule("B5")
@pytest.mark.parametrize(
    ("on", "unused", "used"), list(zip(DAYS, ["not-redeemed"] * 2 + ["expired"], ["redeemed"] * 3, strict=True)), ids=str
)
def test_a_license_based_benefit_expires_unless_it_was_redeemed(on, unused, used):
    assert status(issue_key().benefit, on) == unused
    assert status(redeem().key.benefit, on) == used


@rule("B5", "U5")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_a_usage_based_benefit_ends_whether_or_not_it_is_assigned(on):
    benefit, assigned = BenefitFactory.create(monthly=True), AssignmentFactory.create().benefit
    ended = on > EXPIRES_ON
    assert (status(benefit, on), status(assigned, on)) == (("ended", "ended") if ended else ("not-assigned", "assigned"))


@rule("U2")
def test_a_benefit_whose_last_assignment_was_removed_is_not_assigned(by):
    assignment = AssignmentFactory.create()
    assignment.remove(by=by, on=TODAY)
    assert status(assignment.benefit, TODAY) == "not-assigned"


@rule("K8")
def test_a_benefit_whose_key_was_revoked_and_replaced_is_not_redeemed():
    key = issue_key()
    key.revoke("replaced", by=Actor())
    key.benefit.issue_key(by=Actor())
    assert status(key.benefit, TODAY) == "not-redeemed"


@pytest.mark.parametrize(("days", "found"), [(274, False), (275, True), (276, True)])
def test_expiring_within_counts_the_last_day(days, found):
    BenefitFactory.create()
    assert Benefit.objects.expiring_within(days, TODAY).exists() is found


def test_what_expired_is_not_expiring():
    BenefitFactory.create()
    assert not Benefit.objects.expiring_within(30, EXPIRES_ON + timedelta(days=1)).exists()


def test_unused_is_what_is_neither_redeemed_nor_assigned():
    unused = [issue_key().benefit, BenefitFactory.create(monthly=True), BenefitFactory.create(bulk=True)]
    redeem()
    AssignmentFactory.create()
    assert list(Benefit.objects.for_display().unused().order_by("pk")) == unused


def test_a_benefit_has_licenses_or_credit():
    credit = [BenefitFactory.create(monthly=True), BenefitFactory.create(bulk=True)]
    licenses = BenefitFactory.create()
    assert list(Benefit.objects.usage_based().order_by("pk")) == credit
    assert list(Benefit.objects.license_based()) == [licenses]


@pytest.mark.parametrize("nonsense", [{"quantity": 5}, {"currency": ""}, {"credit_amount": None}, {"credit_amount": 0}], ids=str)
def test_the_database_refuses_a_benefit_that_is_neither_or_both(nonsense):
    credit = BenefitFactory.create(monthly=True)
    with pytest.raises(IntegrityError):
        Benefit.objects.filter(pk=credit.pk).update(**nonsense)


@rule("P1")
def test_for_partner_leaves_out_everybody_else_s():
    mine, _theirs = BenefitFactory.create(), BenefitFactory.create()
    assert list(Benefit.objects.for_partner(mine.partner)) == [mine]
