"""Giving credit to people, passing it on and taking it away (U1 to U5, B1, B5)."""

from datetime import timedelta

from benefits_portal.benefits.exceptions import (
    NO_SUCH_PERSON,
    AlreadyHeld,
    AssignmentEnded,
    BenefitExpired,
    BenefitNotBegun,
    EnrollmentYearOver,
    EntryDisabled,
    HoldsIncompatibleCredit,
    HoldsIncompatibleOffer,
    HoldsItAlready,
    LicensesNotAssigned,
    MonthlyNotTransferred,
    NobodyWithAddress,
    NotAnAddress,
    NotInDirectory,
    NotRemovable,
    OneHolderOnly,
    TwiceInList,
)
from benefits_portal.benefits.models import Assignment, Benefit
from tests import factories
from tests.factories import TODAY
from tests.place import Place

from .deeds import Deed, Hand, Things, by_verb
from .people import colleague

ASSIGN, TRANSFER, REMOVE = (
    Deed("assign credit"),
    Deed("transfer bulk credit"),
    Deed("remove credit"),
)
ONE, MANY, VERB = "page benefits:assign", "page benefits:assign-list", "verb Benefit.assign"


@ASSIGN.door(ONE)
def to_one(hand: Hand, benefit, person, lines=None):
    return hand.portal("benefits:assign", benefit.pk, directory_user=person.pk)


@ASSIGN.door(MANY)
def to_a_list(hand: Hand, benefit, person, lines=None):
    return hand.portal(
        "benefits:assign-list", benefit.pk, people=lines or person.user_principal_name
    )


@ASSIGN.door(VERB)
def by_the_benefit(hand: Hand, benefit, person, lines=None):
    return by_verb(lambda: benefit.assign(person, by=hand.by, on=TODAY))


@TRANSFER.door("page benefits:transfer")
def transfer(hand: Hand, assignment, person):
    return hand.portal(
        "benefits:transfer", assignment.benefit_id, assignment.pk, directory_user=person.pk
    )


@TRANSFER.door("verb Assignment.transfer")
def transfer_by_verb(hand: Hand, assignment, person):
    return by_verb(lambda: assignment.transfer(person, by=hand.by, on=TODAY))


@REMOVE.door("page benefits:remove")
def remove(hand: Hand, assignment):
    return hand.portal("benefits:remove", assignment.benefit_id, assignment.pk)


@REMOVE.door("verb Assignment.remove")
def remove_by_verb(hand: Hand, assignment):
    return by_verb(lambda: assignment.remove(by=hand.by, on=TODAY))


def moved(benefit: Benefit, **days):
    """The same benefit with other days."""
    Benefit.objects.filter(pk=benefit.pk).update(**days)
    return Benefit.objects.for_display().select_related("partner").get(pk=benefit.pk)


def ended(assignment: Assignment):
    Assignment.objects.filter(pk=assignment.pk).update(ended_on=TODAY, ended_at=factories.NOW)
    return Assignment.objects.for_display().get(pk=assignment.pk)


def assign_to(place: Place, benefit=None, person=None, **more) -> Things:
    return {"benefit": benefit or place.credit, "person": person or place.person, **more}


@ASSIGN.refused("B1", BenefitNotBegun)
def before_the_benefit_s_first_day(place: Place) -> Things:
    return assign_to(place, moved(place.credit, starts_on=TODAY + timedelta(days=1)))


@ASSIGN.refused("U5", BenefitExpired)
def after_the_benefit_s_last_day(place: Place) -> Things:
    return assign_to(place, moved(place.credit, expires_on=TODAY - timedelta(days=1)))


@ASSIGN.refused("W11", HoldsItAlready)
def what_a_colleague_assigned_a_moment_ago(place: Place) -> Things:
    place.credit.assign(place.person, by=colleague(place), on=TODAY)
    return assign_to(place)


@ASSIGN.refused("U1", EntryDisabled)
def to_somebody_who_is_disabled(place: Place) -> Things:
    return assign_to(place, person=place.disabled)


@ASSIGN.refused("U1", NotInDirectory, in_other_words={ONE: NO_SUCH_PERSON, MANY: NobodyWithAddress})
def to_another_partner_s_person(place: Place) -> Things:
    return assign_to(place, person=factories.DirectoryUserFactory.create())


@ASSIGN.refused("U1", NotAnAddress, not_at={ONE: "chosen from a list", VERB: "takes a person"})
def to_no_address(place: Place) -> Things:
    return assign_to(place, lines="nobody")


@ASSIGN.refused("U2", TwiceInList, not_at={ONE: "one person", VERB: "one person"})
def to_one_person_twice(place: Place) -> Things:
    return assign_to(
        place, lines=f"{place.person.user_principal_name}\n{place.person.user_principal_name}"
    )


@ASSIGN.refused("U2", HoldsItAlready)
def to_its_holder(place: Place) -> Things:
    return assign_to(place, person=place.boss.directory_user)


@ASSIGN.refused("U3", OneHolderOnly, not_at={ONE: "one person", VERB: "one person"})
def bulk_credit_to_a_list(place: Place) -> Things:
    return assign_to(place, factories.BenefitFactory.create(partner=place.partner, bulk=True))


@ASSIGN.refused("U3", AlreadyHeld)
def bulk_credit_that_has_a_holder(place: Place) -> Things:
    return assign_to(place, place.bulk)


@ASSIGN.refused("U4", HoldsIncompatibleOffer)
def to_the_holder_of_an_offer_that_excludes_it(place: Place) -> Things:
    factories.HeldOfferFactory.create(
        directory_user=place.person, external_offer__excludes=[place.credit.product]
    )
    return assign_to(place)


@ASSIGN.refused("U4", HoldsIncompatibleCredit)
def to_the_holder_of_bulk_credit(place: Place) -> Things:
    return assign_to(place, person=place.admin.directory_user)


@ASSIGN.refused(
    "U2",
    LicensesNotAssigned,
    not_at={ONE: "no such page for licenses", MANY: "no such page for licenses"},
)
def licenses(place: Place) -> Things:
    return assign_to(place, place.licenses)


@TRANSFER.refused("U2", MonthlyNotTransferred)
def monthly_credit(place: Place) -> Things:
    return {"assignment": place.assignment, "person": place.person}


def transfer_to(place: Place, person=None) -> Things:
    return {
        "assignment": Assignment.objects.for_display().get(pk=place.transferable.pk),
        "person": person or place.person,
    }


@TRANSFER.refused("U3", EnrollmentYearOver)
def after_the_enrollment_year(place: Place) -> Things:
    yesterday = TODAY - timedelta(days=1)
    place.bulk.membership._meta.model.objects.filter(pk=place.bulk.membership_id).update(
        ends_on=yesterday
    )
    return transfer_to(place)


@TRANSFER.refused("U2", HoldsItAlready)
def to_the_same_person(place: Place) -> Things:
    return transfer_to(place, place.admin.directory_user)


@TRANSFER.refused("U2", AssignmentEnded)
def what_has_ended(place: Place) -> Things:
    return {"assignment": ended(place.transferable), "person": place.person}


@TRANSFER.refused("U1", EntryDisabled)
def on_to_somebody_who_is_disabled(place: Place) -> Things:
    return transfer_to(place, place.disabled)


@TRANSFER.refused("U4", HoldsIncompatibleOffer)
def on_to_the_holder_of_an_offer_that_excludes_it(place: Place) -> Things:
    factories.HeldOfferFactory.create(
        directory_user=None, partner=place.partner, external_offer__excludes=[place.bulk.product]
    )
    return transfer_to(place)


@TRANSFER.refused("U4", HoldsIncompatibleCredit)
def on_to_the_holder_of_other_credit(place: Place) -> Things:
    return transfer_to(place, place.boss.directory_user)


@REMOVE.refused("U3", NotRemovable)
def bulk_credit(place: Place) -> Things:
    return {"assignment": place.transferable}


@REMOVE.refused("U2", AssignmentEnded)
def what_was_removed_already(place: Place) -> Things:
    return {"assignment": ended(place.assignment)}
