"""Giving credit to people, passing it on and taking it away (U1 to U5, B1, B5)."""

from datetime import date, timedelta
from typing import Any

from benefits_portal.benefits.credit_exceptions import (
    NO_SUCH_PERSON,
    AlreadyHeld,
    AssignmentEnded,
    EnrollmentYearOver,
    EntryDisabled,
    HoldsIncompatibleCredit,
    HoldsIncompatibleOffer,
    HoldsItAlready,
    LicensesNotAssigned,
    MonthlyNotTransferred,
    NobodyWithEmail,
    NotAnEmail,
    NotInDirectory,
    NotRemovable,
    OneHolderOnly,
    TwiceInList,
)
from benefits_portal.benefits.exceptions import BenefitExpired, BenefitNotBegun
from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.tenants.models import DirectoryUser
from tests import factories
from tests.factories import TODAY
from tests.partner_fixture import PartnerFixture

from .operations import Arguments, Driver, Operation, by_verb
from .people import colleague

ASSIGN, TRANSFER, REMOVE = (
    Operation("assign credit"),
    Operation("transfer bulk credit"),
    Operation("remove credit"),
)
ONE, MANY, VERB = "page benefits:assign", "page benefits:assign-list", "verb Benefit.assign"


@ASSIGN.entry_point(ONE)
def to_one(
    driver: Driver, benefit: Benefit, person: DirectoryUser, lines: str | None = None
) -> str:
    return driver.portal("benefits:assign", benefit.pk, directory_user=person.pk, confirmed="1")


@ASSIGN.entry_point(MANY)
def to_a_list(
    driver: Driver, benefit: Benefit, person: DirectoryUser, lines: str | None = None
) -> str:
    return driver.portal(
        "benefits:assign-list", benefit.pk, people=lines or person.user_principal_name
    )


@ASSIGN.entry_point(VERB)
def by_the_benefit(
    driver: Driver, benefit: Benefit, person: DirectoryUser, lines: str | None = None
) -> str:
    return by_verb(lambda: benefit.assign(person, by=driver.by, on=TODAY))


@TRANSFER.entry_point("page benefits:transfer")
def transfer(driver: Driver, assignment: Assignment, person: DirectoryUser) -> str:
    return driver.portal(
        "benefits:transfer",
        assignment.benefit_id,
        assignment.pk,
        directory_user=person.pk,
        confirmed="1",
    )


@TRANSFER.entry_point("verb Assignment.transfer")
def transfer_by_verb(driver: Driver, assignment: Assignment, person: DirectoryUser) -> str:
    return by_verb(lambda: assignment.transfer(person, by=driver.by, on=TODAY))


@REMOVE.entry_point("page benefits:remove")
def remove(driver: Driver, assignment: Assignment) -> str:
    return driver.portal("benefits:remove", assignment.benefit_id, assignment.pk)


@REMOVE.entry_point("verb Assignment.remove")
def remove_by_verb(driver: Driver, assignment: Assignment) -> str:
    return by_verb(lambda: assignment.remove(by=driver.by, on=TODAY))


def moved(benefit: Benefit, **days: date) -> Benefit:
    """The same benefit with other days."""
    Benefit.objects.filter(pk=benefit.pk).update(**days)
    return Benefit.objects.for_display().select_related("partner").get(pk=benefit.pk)


def ended(assignment: Assignment) -> Assignment:
    Assignment.objects.filter(pk=assignment.pk).update(ended_on=TODAY, ended_at=factories.NOW)
    return Assignment.objects.for_display().get(pk=assignment.pk)


def assign_to(
    sample: PartnerFixture,
    benefit: Benefit | None = None,
    person: DirectoryUser | None = None,
    **more: Any,
) -> Arguments:
    return {"benefit": benefit or sample.credit, "person": person or sample.person, **more}


@ASSIGN.refused("B1", BenefitNotBegun)
def before_the_benefit_s_first_day(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, moved(sample.credit, starts_on=TODAY + timedelta(days=1)))


@ASSIGN.refused("U5", BenefitExpired)
def after_the_benefit_s_last_day(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, moved(sample.credit, expires_on=TODAY - timedelta(days=1)))


@ASSIGN.refused("W11", HoldsItAlready)
def what_a_colleague_assigned_a_moment_ago(sample: PartnerFixture) -> Arguments:
    sample.credit.assign(sample.person, by=colleague(sample), on=TODAY)
    return assign_to(sample)


@ASSIGN.refused("U1", EntryDisabled)
def to_somebody_who_is_disabled(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, person=sample.disabled)


@ASSIGN.refused("U1", NotInDirectory, other_messages={ONE: NO_SUCH_PERSON, MANY: NobodyWithEmail})
def to_another_partner_s_person(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, person=factories.DirectoryUserFactory.create())


@ASSIGN.refused("U1", NotAnEmail, not_at={ONE: "chosen from a list", VERB: "takes a person"})
def to_no_address(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, lines="nobody")


@ASSIGN.refused("U2", TwiceInList, not_at={ONE: "one person", VERB: "one person"})
def to_one_person_twice(sample: PartnerFixture) -> Arguments:
    return assign_to(
        sample, lines=f"{sample.person.user_principal_name}\n{sample.person.user_principal_name}"
    )


@ASSIGN.refused("U2", HoldsItAlready)
def to_its_holder(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, person=sample.boss.directory_user)


@ASSIGN.refused("U3", OneHolderOnly, not_at={ONE: "one person", VERB: "one person"})
def bulk_credit_to_a_list(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, factories.BenefitFactory.create(partner=sample.partner, bulk=True))


@ASSIGN.refused("U3", AlreadyHeld)
def bulk_credit_that_has_a_holder(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, sample.bulk)


@ASSIGN.refused("U4", HoldsIncompatibleOffer)
def to_the_holder_of_an_offer_that_excludes_it(sample: PartnerFixture) -> Arguments:
    factories.HeldOfferFactory.create(
        directory_user=sample.person, external_offer__excludes=[sample.credit.product]
    )
    return assign_to(sample)


@ASSIGN.refused("U4", HoldsIncompatibleCredit)
def to_the_holder_of_bulk_credit(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, person=sample.admin.directory_user)


@ASSIGN.refused(
    "U2",
    LicensesNotAssigned,
    not_at={ONE: "no such page for licenses", MANY: "no such page for licenses"},
)
def licenses(sample: PartnerFixture) -> Arguments:
    return assign_to(sample, sample.licenses)


@TRANSFER.refused("U2", MonthlyNotTransferred)
def monthly_credit(sample: PartnerFixture) -> Arguments:
    return {"assignment": sample.assignment, "person": sample.person}


def transfer_to(sample: PartnerFixture, person: DirectoryUser | None = None) -> Arguments:
    return {
        "assignment": Assignment.objects.for_display().get(pk=sample.transferable.pk),
        "person": person or sample.person,
    }


@TRANSFER.refused("U3", EnrollmentYearOver)
def after_the_enrollment_year(sample: PartnerFixture) -> Arguments:
    yesterday = TODAY - timedelta(days=1)
    sample.bulk.membership._meta.model._default_manager.filter(pk=sample.bulk.membership_id).update(
        ends_on=yesterday
    )
    return transfer_to(sample)


@TRANSFER.refused("U2", HoldsItAlready)
def to_the_same_person(sample: PartnerFixture) -> Arguments:
    return transfer_to(sample, sample.admin.directory_user)


@TRANSFER.refused("U2", AssignmentEnded)
def what_has_ended(sample: PartnerFixture) -> Arguments:
    return {"assignment": ended(sample.transferable), "person": sample.person}


@TRANSFER.refused("U1", EntryDisabled)
def on_to_somebody_who_is_disabled(sample: PartnerFixture) -> Arguments:
    return transfer_to(sample, sample.disabled)


@TRANSFER.refused("U4", HoldsIncompatibleOffer)
def on_to_the_holder_of_an_offer_that_excludes_it(sample: PartnerFixture) -> Arguments:
    factories.HeldOfferFactory.create(
        directory_user=None, partner=sample.partner, external_offer__excludes=[sample.bulk.product]
    )
    return transfer_to(sample)


@TRANSFER.refused("U4", HoldsIncompatibleCredit)
def on_to_the_holder_of_other_credit(sample: PartnerFixture) -> Arguments:
    return transfer_to(sample, sample.boss.directory_user)


@REMOVE.refused("U3", NotRemovable)
def bulk_credit(sample: PartnerFixture) -> Arguments:
    return {"assignment": sample.transferable}


@REMOVE.refused("U2", AssignmentEnded)
def what_was_removed_already(sample: PartnerFixture) -> Arguments:
    return {"assignment": ended(sample.assignment)}
