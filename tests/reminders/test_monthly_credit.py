"""Of monthly credit that nobody holds, each month is lost at its end, and told before (B3, R1)."""

from datetime import date, timedelta

import pytest
from django.core import mail

from benefits_portal.benefits.models import Benefit
from tests import factories

from .world import DAY, admin_of, run_at, told

pytestmark = [pytest.mark.django_db, pytest.mark.rule("B3", "R1")]
MONTH, NEXT_MONTH = date(2021, 5, 31), date(2021, 6, 30)


def credit(expires_on: date, **facts: bool) -> Benefit:
    """Unassigned, at a partner whose admin is reminded of it."""
    partner = factories.PartnerFactory.create()
    admin_of(partner)
    return factories.BenefitFactory.create(partner=partner, expires_on=expires_on, **facts)


@pytest.mark.slow
def test_each_month_is_told_before_it_is_lost() -> None:
    credit(date(2021, 12, 31), monthly=True)
    for day in range(32):
        run_at(DAY + timedelta(days=day))
    assert told() == [
        ("credit-month-ends", MONTH, 30),
        ("credit-month-ends", MONTH, 7),
        ("credit-month-ends", MONTH, 1),
        ("credit-month-ends", NEXT_MONTH, 30),
    ]
    assert "This month's credit is lost after May 31, 2021" in str(mail.outbox[0].body)


def test_the_last_month_is_told_by_the_benefit_s_own_day() -> None:
    credit(MONTH, monthly=True)
    run_at(DAY)
    assert told() == [("credit-expires", MONTH, 30)]


def test_bulk_credit_is_not_lost_by_month() -> None:
    credit(date(2021, 12, 31), bulk=True)
    run_at(DAY)
    assert told() == []


def test_credit_that_somebody_holds_is_not_told() -> None:
    factories.AssignmentFactory.create(benefit=credit(date(2021, 12, 31), monthly=True))
    run_at(DAY)
    assert told() == []
