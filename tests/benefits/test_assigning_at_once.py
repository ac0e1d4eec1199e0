"""Two people's clicks at one instant (rules U2 to U4).

Real connections; each guard is switched off once, too.
"""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet

from benefits_portal.benefits.bulk_assignment import assign_many, preview
from benefits_portal.benefits.eligibility import Eligibility
from benefits_portal.benefits.models import Assignment, Membership
from benefits_portal.benefits.models.assignment_queryset import AssignmentQuerySet
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record
from tests.factories import (
    TODAY,
    BenefitFactory,
    DirectoryUserFactory,
    MembershipFactory,
    PackageLineFactory,
)
from tests.simultaneous import IS_POSTGRES, Rendezvous, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
rule = pytest.mark.rule

A_CROWD = 12 if IS_POSTGRES else 6
needs_row_locks = pytest.mark.skipif(
    not IS_POSTGRES, reason="SQLite has one writer at a time: BEGIN IMMEDIATE is its guard"
)


def kinds(outcomes: list[Any]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


def people(partner: Partner, count: int) -> list[DirectoryUser]:
    return DirectoryUserFactory.create_batch(count, tenant=partner.tenants.get())


@pytest.fixture
def no_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_options: self)


@rule("U3")
def test_of_many_first_assignments_of_bulk_credit_one_succeeds_others_told(
    by: Actor, partner: Partner
) -> None:
    benefit = BenefitFactory.create(partner=partner, bulk=True)
    outcomes = at_once(
        [partial(benefit.assign, person, by=by, on=TODAY) for person in people(partner, A_CROWD)]
    )
    assert kinds(outcomes) == {"Assignment": 1, "AlreadyHeld": A_CROWD - 1}
    assert Assignment.objects.running(TODAY).count() == 1


@rule("U2")
def test_one_person_assigned_many_times_at_once_holds_the_credit_once(
    by: Actor, partner: Partner
) -> None:
    benefit, [person] = BenefitFactory.create(partner=partner, monthly=True), people(partner, 1)
    outcomes = at_once([partial(benefit.assign, person, by=by, on=TODAY)] * A_CROWD)
    assert kinds(outcomes) == {"Assignment": 1, "HoldsItAlready": A_CROWD - 1}


@rule("U4")
def test_of_bulk_and_monthly_credit_for_one_person_at_once_one_is_given(
    by: Actor, partner: Partner
) -> None:
    [person] = people(partner, 1)
    benefits = [
        BenefitFactory.create(partner=partner, **{kind: True}) for kind in ("bulk", "monthly") * 3
    ]
    outcomes = at_once([partial(benefit.assign, person, by=by, on=TODAY) for benefit in benefits])
    held = [
        outcome.benefit.product.is_bulk_credit
        for outcome in outcomes
        if isinstance(outcome, Assignment)
    ]
    assert held in ([True], [False] * 3), "one bulk credit, or the monthly ones"
    assert set(kinds(outcomes)) == {"Assignment", "HoldsIncompatibleCredit"}


@rule("U2")
def test_one_list_sent_many_times_at_once_gives_everybody_the_credit_once(
    by: Actor, partner: Partner
) -> None:
    benefit, crowd = BenefitFactory.create(partner=partner, monthly=True), people(partner, 5)
    lines = preview(benefit, enumerate(person.user_principal_name for person in crowd), TODAY)
    turned = lines[::-1]  # whoever comes first in one list comes last in the other
    outcomes = at_once(
        [
            partial(assign_many, benefit, chosen, by=by, on=TODAY)
            for chosen in (lines, turned) * (A_CROWD // 2)
        ]
    )
    assert kinds(outcomes) == {"list": A_CROWD}
    assert (
        sum(not line.refused for became in outcomes for line in became)
        == Assignment.objects.running(TODAY).count()
        == len(crowd)
    )


@rule("U3")
def test_of_many_transfers_of_one_assignment_at_once_one_happens(
    by: Actor, partner: Partner
) -> None:
    benefit = BenefitFactory.create(partner=partner, bulk=True)
    holder, *heirs = people(partner, A_CROWD + 1)
    assignment = benefit.assign(holder, by=by, on=TODAY)
    outcomes = at_once([partial(assignment.transfer, heir, by=by, on=TODAY) for heir in heirs])
    assert kinds(outcomes) == {"Assignment": 1, "AssignmentEnded": A_CROWD - 1}
    assert Assignment.objects.running(TODAY).count() == 1


@rule("U3")
def test_two_who_swap_their_bulk_credit_at_once_do_not_lock_each_other_up(
    by: Actor, partner: Partner
) -> None:
    one, two = people(partner, 2)
    a, b = (
        BenefitFactory.create(partner=partner, bulk=True).assign(person, by=by, on=TODAY)
        for person in (one, two)
    )
    outcomes = at_once(
        [partial(a.transfer, two, by=by, on=TODAY), partial(b.transfer, one, by=by, on=TODAY)]
    )
    assert kinds(outcomes) == {"HoldsIncompatibleCredit": 2}


@rule("U2", "A1")
def test_of_many_removals_of_one_assignment_at_once_one_happens(
    by: Actor, partner: Partner
) -> None:
    benefit, [person] = BenefitFactory.create(partner=partner, monthly=True), people(partner, 1)
    assignment = benefit.assign(person, by=by, on=TODAY)
    outcomes = at_once([partial(assignment.remove, by=by, on=TODAY)] * A_CROWD)
    assert kinds(outcomes) == {"NoneType": 1, "AssignmentEnded": A_CROWD - 1}
    assert Record.objects.filter(action="benefits.removed", refused="").count() == 1


@rule("B2")
def test_provisioning_a_membership_many_times_at_once_makes_nothing_twice(
    by: Actor, partner: Partner
) -> None:
    membership = MembershipFactory.create(partner=partner)
    PackageLineFactory.create_batch(3, offer=membership.offer)
    outcomes = at_once([partial(Membership.objects.get(pk=membership.pk).provision, by=by)] * 4)
    assert sorted(len(made) for made in outcomes) == [0, 0, 0, 3]
    assert membership.benefits.count() == 3


# With the guards off


def bulk_and_monthly_meeting_after_the_check(
    monkeypatch: pytest.MonkeyPatch, by: Actor, partner: Partner
) -> Counter[str]:
    """Both are checked before either is written."""
    [person] = people(partner, 1)
    benefits = [
        BenefitFactory.create(partner=partner, **{kind: True}) for kind in ("bulk", "monthly")
    ]
    meet, honest = Rendezvous(2), Eligibility.refusal

    def refusal_then_meet(self: Eligibility, person: DirectoryUser) -> Refusal | None:
        answer = honest(self, person)
        meet.wait()
        return answer

    monkeypatch.setattr(Eligibility, "refusal", refusal_then_meet)
    return kinds(
        at_once([partial(benefit.assign, person, by=by, on=TODAY) for benefit in benefits])
    )


@rule("U4")
def test_with_the_lock_on_the_person_two_credits_are_one_and_a_refusal(
    monkeypatch: pytest.MonkeyPatch, by: Actor, partner: Partner
) -> None:
    assert bulk_and_monthly_meeting_after_the_check(monkeypatch, by, partner) == {
        "Assignment": 1,
        "HoldsIncompatibleCredit": 1,
    }


@rule("U4")
@needs_row_locks
@pytest.mark.usefixtures("no_row_locks")
def test_without_it_one_person_gets_both(
    monkeypatch: pytest.MonkeyPatch, by: Actor, partner: Partner
) -> None:
    assert bulk_and_monthly_meeting_after_the_check(monkeypatch, by, partner) == {"Assignment": 2}


@rule("U3")
@needs_row_locks
@pytest.mark.usefixtures("no_row_locks")
def test_without_the_benefit_s_lock_the_database_stops_its_second_holder(
    monkeypatch: pytest.MonkeyPatch, by: Actor, partner: Partner
) -> None:
    benefit = BenefitFactory.create(partner=partner, bulk=True)
    meet, honest = Rendezvous(2), AssignmentQuerySet.create

    def meet_then_create(self: Any, **facts: Any) -> Assignment:
        if self.model is Assignment:
            meet.wait()
        return honest(self, **facts)

    monkeypatch.setattr(AssignmentQuerySet, "create", meet_then_create)
    outcomes = at_once(
        [partial(benefit.assign, person, by=by, on=TODAY) for person in people(partner, 2)]
    )
    assert kinds(outcomes) == {"Assignment": 1, "IntegrityError": 1}
