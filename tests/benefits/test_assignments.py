"""Credit given to people: assigned, removed, transferred, refused (rules U1 to U6, B5, A1)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from benefits_portal.benefits.credit_exceptions import (
    AlreadyHeld,
    AssignmentEnded,
    EntryDisabled,
    HoldsItAlready,
    NotAssignable,
    NotRemovable,
    NotTransferable,
)
from benefits_portal.benefits.eligibility import Eligibility
from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record, Tenant
from tests.factories import (
    NOW,
    TODAY,
    BenefitFactory,
    DirectoryUserFactory,
    ExternalOfferFactory,
    HeldOfferFactory,
    OfferFactory,
    TenantFactory,
)

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule

YEAR_ENDS_ON, EXPIRES_ON = date(2022, 1, 1), date(2022, 1, 31)  # of the factories' memberships


@pytest.fixture
def person(tenant: Tenant) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=tenant)


@pytest.fixture
def monthly(partner: Partner) -> Benefit:
    return BenefitFactory.create(partner=partner, monthly=True)


@pytest.fixture
def bulk(partner: Partner) -> Benefit:
    return BenefitFactory.create(partner=partner, bulk=True)


def somebody(partner: Partner, **facts: Any) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=partner.tenants.get(is_primary=True), **facts)


def reason(benefit: Benefit, person: DirectoryUser, on: date = TODAY) -> str:
    """What stands beside their name in the list, before the choice (U6).

    Empty if they can be chosen.
    """
    refusal = Eligibility(benefit, [person], on).refusal(person)
    return str(refusal.message) if refusal else ""


# Whom


@rule("U1")
@pytest.mark.parametrize("facts", [{}, {"guest": True}], ids=["a member", "a guest"])
@pytest.mark.parametrize("kind", ["monthly", "bulk"])
def test_an_enabled_person_of_the_directory_can_be_assigned(
    by: Actor, tenant: Tenant, kind: str, facts: dict[str, bool]
) -> None:
    benefit = BenefitFactory.create(partner=tenant.partner, **{kind: True})
    person = DirectoryUserFactory.create(tenant=tenant, **facts)
    assert benefit.assign(person, by=by, on=TODAY).is_running(TODAY)


@rule("U1")
def test_a_person_of_any_of_the_partner_s_tenants_can_be_assigned(
    by: Actor, tenant: Tenant, monthly: Benefit
) -> None:
    elsewhere = TenantFactory.create(partner=tenant.partner)
    assert monthly.assign(DirectoryUserFactory.create(tenant=elsewhere), by=by, on=TODAY)


@rule("U1", "U6")
@pytest.mark.parametrize("kind", ["monthly", "bulk"])
def test_a_disabled_person_cannot(by: Actor, tenant: Tenant, kind: str) -> None:
    benefit = BenefitFactory.create(partner=tenant.partner, **{kind: True})
    person = DirectoryUserFactory.create(tenant=tenant, disabled=True)
    with pytest.raises(EntryDisabled, match="Disabled"):
        benefit.assign(person, by=by, on=TODAY)
    assert "Disabled" in reason(benefit, person)


@rule("U1", "P1")
def test_another_partner_s_person_cannot(by: Actor, monthly: Benefit) -> None:
    stranger = DirectoryUserFactory.create()
    with pytest.raises(NotAssignable, match="directory"):
        monthly.assign(stranger, by=by, on=TODAY)


@rule("U1")
def test_somebody_disabled_meanwhile_is_noticed_though_the_page_was_older(
    by: Actor, person: DirectoryUser, monthly: Benefit
) -> None:
    DirectoryUser.objects.filter(pk=person.pk).update(disabled_at=NOW)
    assert person.is_enabled, "as the page knew them"
    with pytest.raises(EntryDisabled, match="Disabled"):
        monthly.assign(person, by=by, on=TODAY)


@rule("U1")
def test_licenses_are_not_assigned(by: Actor, person: DirectoryUser, partner: Partner) -> None:
    with pytest.raises(NotAssignable, match="product key"):
        BenefitFactory.create(partner=partner).assign(person, by=by, on=TODAY)


# Monthly credit


@rule("U2")
def test_monthly_credit_is_given_to_any_number_of_people(
    by: Actor, tenant: Tenant, monthly: Benefit
) -> None:
    for person in DirectoryUserFactory.create_batch(5, tenant=tenant):
        monthly.assign(person, by=by, on=TODAY)
    assert Assignment.objects.running(TODAY).filter(benefit=monthly).count() == 5


@rule("U2", "U6")
def test_nobody_holds_the_same_credit_twice_at_a_time(
    by: Actor, person: DirectoryUser, monthly: Benefit
) -> None:
    monthly.assign(person, by=by, on=TODAY)
    with pytest.raises(NotAssignable, match="already"):
        monthly.assign(person, by=by, on=TODAY)
    assert "already" in reason(monthly, person)


@rule("U2")
def test_monthly_credit_is_removed_and_given_again_at_any_time(
    by: Actor, person: DirectoryUser, monthly: Benefit
) -> None:
    first = monthly.assign(person, by=by, on=TODAY)
    first.remove(by=by, on=TODAY + timedelta(days=1))
    first.refresh_from_db()
    assert (first.ended_on, first.ended_by) == (TODAY + timedelta(days=1), by.user)
    assert not first.is_running(TODAY)
    assert monthly.assign(person, by=by, on=TODAY + timedelta(days=1)) != first


@rule("U2")
def test_what_had_ended_is_not_removed_again(
    by: Actor, person: DirectoryUser, monthly: Benefit
) -> None:
    assignment = monthly.assign(person, by=by, on=TODAY)
    assignment.remove(by=by, on=TODAY)
    ended_at = Assignment.objects.get().ended_at
    with pytest.raises(AssignmentEnded):
        assignment.remove(by=by, on=TODAY)
    assert Assignment.objects.get().ended_at == ended_at


@rule("U2")
def test_two_monthly_credits_go_together(
    by: Actor, person: DirectoryUser, monthly: Benefit, partner: Partner
) -> None:
    monthly.assign(person, by=by, on=TODAY)
    assert BenefitFactory.create(partner=partner, monthly=True).assign(person, by=by, on=TODAY)


@rule("U2", "U3")
def test_monthly_credit_is_not_transferred(
    by: Actor, person: DirectoryUser, monthly: Benefit, partner: Partner
) -> None:
    assignment = monthly.assign(person, by=by, on=TODAY)
    with pytest.raises(NotTransferable, match="not transferred"):
        assignment.transfer(somebody(partner), by=by, on=TODAY)


# Bulk credit


@rule("U3")
def test_bulk_credit_has_one_holder_at_a_time(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner
) -> None:
    bulk.assign(person, by=by, on=TODAY)
    with pytest.raises(AlreadyHeld, match=person.display_name):
        bulk.assign(somebody(partner), by=by, on=TODAY)


@rule("U3")
def test_bulk_credit_cannot_be_removed(by: Actor, person: DirectoryUser, bulk: Benefit) -> None:
    assignment = bulk.assign(person, by=by, on=TODAY)
    with pytest.raises(NotRemovable):
        assignment.remove(by=by, on=TODAY)
    assert Assignment.objects.running(TODAY).contains(assignment)


@rule("U3")
@pytest.mark.parametrize("on", [YEAR_ENDS_ON - timedelta(days=1), YEAR_ENDS_ON], ids=str)
def test_bulk_credit_is_transferred_within_the_enrollment_year(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner, on: date
) -> None:
    assignment, heir = bulk.assign(person, by=by, on=TODAY), somebody(partner)
    assert assignment.transfer(heir, by=by, on=on).directory_user == heir


@rule("U3")
@pytest.mark.parametrize("on", [YEAR_ENDS_ON + timedelta(days=1), EXPIRES_ON], ids=str)
def test_after_the_enrollment_year_bulk_credit_stays_where_it_is(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner, on: date
) -> None:
    assignment = bulk.assign(person, by=by, on=TODAY)
    with pytest.raises(NotTransferable, match=r"Jan 1, 2022"):
        assignment.transfer(somebody(partner), by=by, on=on)
    assert Assignment.objects.running(on).get() == assignment


@rule("U3", "B5")
def test_a_first_assignment_is_possible_30_days_after_the_enrollment_year(
    by: Actor, person: DirectoryUser, bulk: Benefit
) -> None:
    assert bulk.assign(person, by=by, on=EXPIRES_ON)


@rule("U3", "A1")
def test_each_transfer_is_kept_with_the_chain_of_holders(
    by: Actor, bulk: Benefit, partner: Partner
) -> None:
    first, second, third = (somebody(partner) for _ in range(3))
    a = bulk.assign(first, by=by, on=TODAY)
    b = a.transfer(second, by=by, on=TODAY)
    c = b.transfer(third, by=by, on=TODAY)
    a.refresh_from_db()
    assert c.transferred_from == b
    assert b.transferred_from == a
    assert (a.ended_on, a.ended_by) == (TODAY, by.user)
    assert [record.action for record in Record.objects.about(bulk)] == [
        "benefits.transferred"
    ] * 2 + ["benefits.assigned"]
    assert Record.objects.about(bulk).first().before == {"person": second.pk}


@rule("U3")
def test_bulk_credit_comes_back_to_an_earlier_holder_by_another_transfer(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner
) -> None:
    there = bulk.assign(person, by=by, on=TODAY).transfer(somebody(partner), by=by, on=TODAY)
    assert there.transfer(person, by=by, on=TODAY).directory_user == person


@rule("U3")
def test_bulk_credit_is_transferred_to_somebody_else(
    by: Actor, person: DirectoryUser, bulk: Benefit
) -> None:
    assignment = bulk.assign(person, by=by, on=TODAY)
    with pytest.raises(NotAssignable, match="already"):
        assignment.transfer(person, by=by, on=TODAY)
    assert Assignment.objects.get().ended_at is None


@rule("U3", "U4")
@pytest.mark.parametrize("spelling", [str, str.upper, str.title])
def test_bulk_credit_is_not_transferred_to_its_holder_in_another_tenant(
    by: Actor,
    person: DirectoryUser,
    bulk: Benefit,
    partner: Partner,
    spelling: Callable[[str], str],
) -> None:
    other = TenantFactory.create(partner=partner)
    twin = DirectoryUserFactory.create(
        tenant=other, user_principal_name=spelling(person.user_principal_name), kind="guest"
    )
    assignment = bulk.assign(person, by=by, on=TODAY)
    assert bulk.candidates(twin.display_name, TODAY)[0].refusal is not None, (
        "told before the choice (U6)"
    )
    with pytest.raises(HoldsItAlready):
        assignment.transfer(twin, by=by, on=TODAY)
    assert Assignment.objects.get().ended_at is None
    assert Record.objects.get(refused="holds-it-already").action == "benefits.transferred"


@rule("U1", "U3")
def test_a_refused_transfer_leaves_the_holder_as_they_were(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner
) -> None:
    assignment = bulk.assign(person, by=by, on=TODAY)
    with pytest.raises(NotAssignable):
        assignment.transfer(somebody(partner, disabled=True), by=by, on=TODAY)
    assert Assignment.objects.running(TODAY).get() == assignment
    assert Record.objects.about(bulk).first().refused == "entry-disabled"


@rule("U3")
def test_a_leaver_s_bulk_credit_is_transferred_although_they_are_disabled(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner
) -> None:
    assignment = bulk.assign(person, by=by, on=TODAY)
    DirectoryUser.objects.filter(pk=person.pk).update(disabled_at=NOW)
    assert assignment.transfer(somebody(partner), by=by, on=TODAY)


@rule("U3")
def test_an_assignment_that_was_transferred_is_not_transferred_again(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner
) -> None:
    assignment = bulk.assign(person, by=by, on=TODAY)
    assignment.transfer(somebody(partner), by=by, on=TODAY)
    with pytest.raises(AssignmentEnded):
        assignment.transfer(somebody(partner), by=by, on=TODAY)


# What cannot be combined


@rule("U4", "U6")
@pytest.mark.parametrize(
    "offer",
    [
        "Enterprise Agreement",
        "Cloud Solution Provider",
        "Azure in Open",
        "Azure Pass",
        "Action Pack",
    ],
)
def test_bulk_credit_is_refused_to_holders_of_an_excluding_offer_by_name(
    by: Actor, person: DirectoryUser, bulk: Benefit, monthly: Benefit, offer: str
) -> None:
    HeldOfferFactory.create(
        directory_user=person,
        external_offer=ExternalOfferFactory.create(name=offer, excludes=[bulk.product]),
    )
    with pytest.raises(NotAssignable, match=offer) as refusal:
        bulk.assign(person, by=by, on=TODAY)
    assert refusal.value.rule == "U4"
    assert offer in reason(bulk, person)
    assert not reason(monthly, person), "monthly credit is not excluded"


@rule("U4")
def test_an_offer_of_the_whole_partner_excludes_its_people_and_no_others(
    by: Actor, person: DirectoryUser, bulk: Benefit, partner: Partner
) -> None:
    offer = ExternalOfferFactory.create(name="Enterprise Agreement", excludes=[bulk.product])
    elsewhere = DirectoryUserFactory.create()
    HeldOfferFactory.create(directory_user=None, partner=partner, external_offer=offer)
    theirs = BenefitFactory.create(
        partner=elsewhere.tenant.partner, product=bulk.product, credit=True
    )
    assert "Enterprise Agreement" in reason(bulk, person)
    assert not reason(theirs, elsewhere)


@rule("U4")
@pytest.mark.parametrize(
    ("since", "until", "excludes"),
    [
        (TODAY, None, True),
        (TODAY + timedelta(days=1), None, False),
        (date(2020, 1, 1), TODAY, True),
        (date(2020, 1, 1), TODAY - timedelta(days=1), False),
    ],
    ids=["since today", "since tomorrow", "until today", "until yesterday"],
)
def test_an_offer_excludes_on_the_days_it_is_held(
    person: DirectoryUser, bulk: Benefit, since: date, until: date | None, excludes: bool
) -> None:
    HeldOfferFactory.create(
        directory_user=person,
        since=since,
        until=until,
        external_offer=ExternalOfferFactory.create(excludes=[bulk.product]),
    )
    assert bool(reason(bulk, person)) is excludes


@rule("U4")
def test_one_monthly_credit_goes_with_another(
    by: Actor, person: DirectoryUser, partner: Partner
) -> None:
    for monthly in BenefitFactory.create_batch(2, partner=partner, monthly=True):
        assert monthly.assign(person, by=by, on=TODAY)


@rule("U4")
@pytest.mark.parametrize(
    ("first", "second"), [("monthly", "bulk"), ("bulk", "monthly"), ("bulk", "bulk")]
)
def test_bulk_credit_goes_with_no_other_credit(
    by: Actor, person: DirectoryUser, partner: Partner, first: str, second: str
) -> None:
    held = BenefitFactory.create(partner=partner, **{first: True})
    wanted = BenefitFactory.create(partner=partner, **{second: True})
    held.assign(person, by=by, on=TODAY)
    with pytest.raises(NotAssignable, match=held.membership.offer.name):
        wanted.assign(person, by=by, on=TODAY)
    assert held.membership.offer.name in reason(wanted, person)


@rule("U4")
def test_credit_that_was_removed_or_has_expired_blocks_no_more(
    by: Actor, person: DirectoryUser, partner: Partner, bulk: Benefit
) -> None:
    BenefitFactory.create(partner=partner, monthly=True).assign(person, by=by, on=TODAY).remove(
        by=by, on=TODAY
    )
    expired = BenefitFactory.create(
        partner=partner, monthly=True, membership__starts_on=date(2020, 1, 1)
    )
    expired.assign(person, by=by, on=date(2020, 6, 1))
    assert reason(bulk, person, on=expired.expires_on)
    assert not reason(bulk, person, on=expired.expires_on + timedelta(days=1))


@rule("U4")
def test_a_partner_s_action_pack_blocks_only_who_its_credit_is_assigned_to(
    by: Actor, person: DirectoryUser, partner: Partner, bulk: Benefit
) -> None:
    pack = BenefitFactory.create(
        partner=partner,
        monthly=True,
        membership__offer=OfferFactory.create(name="Microsoft Action Pack", is_competency=False),
    )
    assert not reason(bulk, person)
    pack.assign(person, by=by, on=TODAY)
    assert "Microsoft Action Pack" in reason(bulk, person)
    assert not reason(bulk, somebody(partner))


@rule("U4")
def test_a_transfer_asks_the_same_of_the_new_holder(
    by: Actor, person: DirectoryUser, partner: Partner, bulk: Benefit, monthly: Benefit
) -> None:
    assignment, heir = bulk.assign(person, by=by, on=TODAY), somebody(partner)
    monthly.assign(heir, by=by, on=TODAY)
    with pytest.raises(NotAssignable, match="can't be combined"):
        assignment.transfer(heir, by=by, on=TODAY)


# After the benefit's end


@rule("U5", "B5")
@pytest.mark.parametrize("kind", ["monthly", "bulk"])
def test_an_expired_benefit_takes_no_new_assignment_and_what_ran_has_ended(
    by: Actor, person: DirectoryUser, partner: Partner, kind: str
) -> None:
    benefit = BenefitFactory.create(partner=partner, **{kind: True})
    assignment = benefit.assign(person, by=by, on=EXPIRES_ON)
    after = EXPIRES_ON + timedelta(days=1)
    with pytest.raises(BenefitExpired):
        benefit.assign(somebody(partner), by=by, on=after)
    assert assignment.is_running(EXPIRES_ON)
    assert not assignment.is_running(after)


@rule("U5")
@pytest.mark.parametrize("days", [-1, 0, 1, 2])
def test_running_says_the_same_in_python_and_in_sql(
    by: Actor, person: DirectoryUser, monthly: Benefit, days: int
) -> None:
    assignment, on = monthly.assign(person, by=by, on=TODAY), EXPIRES_ON + timedelta(days=days)
    assert Assignment.objects.running(on).contains(assignment) == assignment.is_running(on)
    assignment.remove(by=by, on=TODAY)
    assignment.refresh_from_db()
    assert Assignment.objects.running(on).contains(assignment) == assignment.is_running(on) is False


@rule("U5")
def test_what_ended_with_its_benefit_is_not_removed(
    by: Actor, person: DirectoryUser, monthly: Benefit
) -> None:
    assignment = monthly.assign(person, by=by, on=TODAY)
    with pytest.raises(AssignmentEnded):
        assignment.remove(by=by, on=EXPIRES_ON + timedelta(days=1))


# What is kept


@rule("A1")
def test_an_assignment_and_its_end_are_on_record(
    by: Actor, person: DirectoryUser, monthly: Benefit
) -> None:
    monthly.assign(person, by=by, on=TODAY).remove(by=by, on=TODAY)
    removed, assigned = Record.objects.about(monthly)
    assert (assigned.action, removed.action) == ("benefits.assigned", "benefits.removed")
    for record in (assigned, removed):
        assert (record.actor, record.how, record.partner, record.tenant) == (
            by.user,
            "portal",
            monthly.partner,
            person.tenant,
        )
        assert record.after["person"] == person.pk


@rule("A1")
def test_a_refused_assignment_is_on_record_although_it_rolled_back(
    by: Actor, monthly: Benefit, partner: Partner
) -> None:
    person = somebody(partner, disabled=True)
    with pytest.raises(Refusal):
        monthly.assign(person, by=by, on=TODAY)
    record = Record.objects.about(monthly).get()
    assert (record.refused, record.after) == ("entry-disabled", {"person": person.pk})


@rule("A1")
def test_assignments_are_never_deleted(by: Actor, person: DirectoryUser, monthly: Benefit) -> None:
    assignment = monthly.assign(person, by=by, on=TODAY)
    for delete in (
        assignment.delete,
        Assignment.objects.all().delete,
        monthly.assignments.all().delete,
    ):
        with pytest.raises(TypeError):
            delete()


@rule("U2", "U3")
@pytest.mark.parametrize("kind", ["monthly", "bulk"])
def test_the_database_refuses_what_went_round_the_rules(
    person: DirectoryUser, partner: Partner, kind: str
) -> None:
    benefit = BenefitFactory.create(partner=partner, **{kind: True})
    facts = {
        "partner": partner,
        "benefit": benefit,
        "assigned_on": TODAY,
        "is_exclusive": kind == "bulk",
    }
    Assignment.objects.create(directory_user=person, **facts)
    with pytest.raises(IntegrityError):
        Assignment.objects.create(
            directory_user=somebody(partner) if kind == "bulk" else person, **facts
        )


@rule("A1")
@pytest.mark.parametrize(
    "half",
    [
        {"ended_at": NOW},
        {"ended_on": TODAY},
        {"ended_at": NOW, "ended_on": TODAY - timedelta(days=1)},
    ],
    ids=str,
)
def test_the_database_refuses_half_an_end_and_one_before_the_beginning(
    by: Actor, person: DirectoryUser, monthly: Benefit, half: dict[str, Any]
) -> None:
    monthly.assign(person, by=by, on=TODAY)
    with pytest.raises(IntegrityError):
        Assignment.objects.update(**half)


@pytest.mark.rule("U4")
def test_one_person_with_an_entry_in_two_tenants_is_one_person(
    partner: Partner, tenant: Tenant, by: Actor
) -> None:
    second = TenantFactory.create(partner=partner)
    member = DirectoryUserFactory.create(tenant=tenant, user_principal_name="pat@contoso.example")
    guest = DirectoryUserFactory.create(
        tenant=second, user_principal_name="Pat@contoso.example", guest=True
    )
    BenefitFactory.create(partner=partner, bulk=True).assign(member, by=by, on=TODAY)
    monthly = BenefitFactory.create(partner=partner, monthly=True)
    with pytest.raises(NotAssignable, match="Bulk credit can't be combined"):
        monthly.assign(guest, by=by, on=TODAY)
