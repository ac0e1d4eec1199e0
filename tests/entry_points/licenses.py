"""Giving licenses to people, taking them away and moving them (L1 to L10)."""

from datetime import timedelta

from benefits_portal.benefits.credit_exceptions import NobodyWithEmail, NotAnEmail, TwiceInList
from benefits_portal.benefits.models import Product
from benefits_portal.licensing.license_exceptions import (
    HolderDisabled,
    HoldsLicense,
    LicenseTaken,
    MorePeopleThanLicenses,
    NoLicenseLeft,
    NothingRuns,
    NotInTenant,
    SameProduct,
)
from benefits_portal.licensing.license_forms import NO_SUCH_HOLDER
from benefits_portal.licensing.models import LicenseAssignment, LicensePool
from benefits_portal.tenants.models import DirectoryUser
from tests import factories
from tests.factories import TODAY
from tests.partner_fixture import PartnerFixture

from .enrolling import import_command, import_page
from .operations import Arguments, Driver, Operation, by_verb

GIVE, TAKE, MOVE = (
    Operation("give a license"),
    Operation("take a license"),
    Operation("move a license"),
)


ONE, MANY, VERB = (
    "page licensing:give-license",
    "page licensing:give-license-list",
    "verb LicensePool.give",
)
FILE, COMMAND = "office licensing_licenseassignment_import", "command import_csv, licenses"
FILES = (FILE, COMMAND)


@GIVE.entry_point(ONE)
def to_one(
    driver: Driver, licenses: LicensePool, person: DirectoryUser, lines: str | None = None
) -> str:
    return driver.portal("licensing:give-license", licenses.product.pk, directory_user=person.pk)


@GIVE.entry_point(MANY)
def to_a_list(
    driver: Driver, licenses: LicensePool, person: DirectoryUser, lines: str | None = None
) -> str:
    return driver.portal(
        "licensing:give-license-list",
        licenses.product.pk,
        people=lines or person.user_principal_name,
    )


def table(licenses: LicensePool, person: DirectoryUser, lines: str | None) -> str:
    """A file of staff, with a line for each of `lines`."""
    emails = (lines or person.user_principal_name).split()
    rows = [f"{licenses.tenant.domain},{licenses.product.name},{email}" for email in emails]
    return "\n".join(["tenant,product,user_principal_name", *rows])


@GIVE.entry_point(FILE)
def by_import(
    driver: Driver, licenses: LicensePool, person: DirectoryUser, lines: str | None = None
) -> str:
    return import_page(driver, LicenseAssignment, table(licenses, person, lines))


@GIVE.entry_point(COMMAND)
def by_import_command(
    driver: Driver, licenses: LicensePool, person: DirectoryUser, lines: str | None = None
) -> str:
    return import_command(driver, "licenses", table(licenses, person, lines))


@GIVE.entry_point(VERB)
def by_the_pool(
    driver: Driver, licenses: LicensePool, person: DirectoryUser, lines: str | None = None
) -> str:
    return by_verb(lambda: licenses.give(person, by=driver.by, on=TODAY))


@TAKE.entry_point("page licensing:take-license")
def take_at_the_page(driver: Driver, assignment: LicenseAssignment) -> str:
    return driver.portal("licensing:take-license", assignment.product_id, assignment.pk)


@MOVE.entry_point("page licensing:move-license")
def move_at_the_page(driver: Driver, assignment: LicenseAssignment, product: Product) -> str:
    return driver.portal(
        "licensing:move-license", assignment.product_id, assignment.pk, product=product.pk
    )


@TAKE.entry_point("verb LicenseAssignment.take")
def take_by_verb(driver: Driver, assignment: LicenseAssignment) -> str:
    return by_verb(lambda: assignment.take(by=driver.by, on=TODAY))


@MOVE.entry_point("verb LicenseAssignment.move")
def move_by_verb(driver: Driver, assignment: LicenseAssignment, product: Product) -> str:
    return by_verb(lambda: assignment.move(product, by=driver.by, on=TODAY))


def pool(
    sample: PartnerFixture, licenses: int = 2, given: int = 0, *, days_ago: int = -100
) -> LicensePool:
    """Another pool of the tenant, whose subscription ended so many days ago."""
    ends_on = TODAY - timedelta(days=days_ago)
    return factories.pool(licenses, given, tenant=sample.tenant, ends_on=ends_on)


def give(
    sample: PartnerFixture,
    licenses: LicensePool | None = None,
    person: DirectoryUser | None = None,
    **more: str,
) -> Arguments:
    return {"licenses": licenses or pool(sample), "person": person or sample.person, **more}


@GIVE.refused("L1", NotInTenant)
def to_somebody_of_another_tenant(sample: PartnerFixture) -> Arguments:
    person = factories.DirectoryUserFactory.create(tenant=sample.second)
    return give(sample, person=person)


@GIVE.refused("L1", HolderDisabled)
def to_somebody_who_is_disabled(sample: PartnerFixture) -> Arguments:
    return give(sample, person=sample.disabled)


@GIVE.refused("L12", NotAnEmail, not_at={ONE: "chosen from a list", VERB: "takes a person"})
def to_no_address(sample: PartnerFixture) -> Arguments:
    return give(sample, lines="nobody")


@GIVE.refused(
    "L12",
    TwiceInList,
    not_at={ONE: "one person", VERB: "one person"},
    other_messages=dict.fromkeys(FILES, "Duplicate of line 2."),
)
def to_one_person_twice(sample: PartnerFixture) -> Arguments:
    return give(sample, lines="\n".join([sample.person.user_principal_name] * 2))


@GIVE.refused("L1", NotInTenant, other_messages={ONE: NO_SUCH_HOLDER, MANY: NobodyWithEmail})
def to_another_partner_s_person(sample: PartnerFixture) -> Arguments:
    return give(sample, person=factories.DirectoryUserFactory.create())


@GIVE.refused("L2", HoldsLicense, not_at=dict.fromkeys(FILES, "leaves what is there as it is"))
def to_its_holder(sample: PartnerFixture) -> Arguments:
    licenses = pool(sample)
    licenses.give(sample.person, by=sample.by, on=TODAY)
    return give(sample, licenses)


@GIVE.refused("L3", NoLicenseLeft)
def when_none_is_left(sample: PartnerFixture) -> Arguments:
    return give(sample, pool(sample, 2, given=2))


@GIVE.refused("L7", NothingRuns)
def when_nothing_runs(sample: PartnerFixture) -> Arguments:
    return give(sample, pool(sample, days_ago=31))


@GIVE.refused("L8", MorePeopleThanLicenses)
def when_there_are_more_people_than_licenses(sample: PartnerFixture) -> Arguments:
    return give(sample, pool(sample, 2, given=4))


def held(sample: PartnerFixture) -> LicenseAssignment:
    return pool(sample).give(sample.person, by=sample.by, on=TODAY)


@TAKE.refused("L5", LicenseTaken)
def what_was_taken_already(sample: PartnerFixture) -> Arguments:
    assignment = held(sample)
    LicenseAssignment.objects.get(pk=assignment.pk).take(by=sample.by, on=TODAY)
    return {"assignment": assignment}


@MOVE.refused("L10", SameProduct)
def to_its_own_product(sample: PartnerFixture) -> Arguments:
    assignment = held(sample)
    return {"assignment": assignment, "product": assignment.product}


@MOVE.refused("L5", LicenseTaken)
def what_was_taken_meanwhile(sample: PartnerFixture) -> Arguments:
    return what_was_taken_already(sample) | {"product": pool(sample).product}


@MOVE.refused("L10", NoLicenseLeft)
def to_a_product_of_which_none_is_left(sample: PartnerFixture) -> Arguments:
    return {"assignment": held(sample), "product": pool(sample, 2, given=2).product}


@MOVE.refused("L10", MorePeopleThanLicenses)
def to_a_product_with_more_people_than_licenses(sample: PartnerFixture) -> Arguments:
    return {"assignment": held(sample), "product": pool(sample, 2, given=4).product}


@MOVE.refused(
    "L7",
    NothingRuns,
    other_messages={"page licensing:move-license": "There are no licenses of this product here."},
)
def to_a_product_of_which_nothing_runs(sample: PartnerFixture) -> Arguments:
    return {"assignment": held(sample), "product": pool(sample, days_ago=31).product}


@MOVE.refused("L2", HoldsLicense)
def to_a_product_that_they_have(sample: PartnerFixture) -> Arguments:
    other = pool(sample)
    other.give(sample.person, by=sample.by, on=TODAY)
    return {"assignment": held(sample), "product": other.product}
