"""Enrolling, renewing, ending early, completing: on forms, by import, by command (B1 to B3)."""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import dumps
from django.db.models import Model

from benefits_portal.backoffice.csv_reading import Unreadable
from benefits_portal.backoffice.import_page import SALT
from benefits_portal.benefits.exceptions import (
    AlreadyEnrolled,
    AlreadyRenewed,
    MembershipOver,
    NoCreditInCurrency,
    NotEndable,
    PlanChanged,
    RenewedAfterEnding,
    RenewedTooEarly,
    RenewedTooLate,
)
from benefits_portal.benefits.models import Membership, Offer
from benefits_portal.tenants.admin.imports import ImportMixin
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Partner
from tests import factories
from tests.back_office.conftest import page
from tests.factories import TODAY
from tests.partner_fixture import PartnerFixture

from .operations import Arguments, Driver, Operation, by_verb

ENROLL, RENEW, END, COMPLETE = (
    Operation("enroll"),
    Operation("renew"),
    Operation("end early"),
    Operation("provision what is missing"),
)
FORM, COMMAND, VERB = "form benefits.membership", "command enroll", "verb Membership.enroll"
IMPORT, IMPORT_COMMAND = "office benefits_membership_import", "command import_csv, memberships"
LIST_COMMAND = "command renew"


def import_page(driver: Driver, model: type[Model], text: str) -> str:
    """Choose the file, and then confirm what it would do, whatever the page said."""
    shown = driver.office(model, "import", file=SimpleUploadedFile("some.csv", text.encode()))
    salt = f"{SALT}.{model._meta.label_lower}.{driver.signed_in('programme').session[SESSION_KEY]}"
    try:
        model_admin = admin.site.get_model_admin(model)
        assert isinstance(model_admin, ImportMixin)
        fingerprint = model_admin.importing.of(text).fingerprint
    except Unreadable:
        fingerprint = ""
    return shown + driver.office(
        model, "import", confirmed=dumps(text, salt=salt, compress=True), shown=fingerprint
    )


def import_command(driver: Driver, kind: str, text: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        return driver.command("import_csv", kind, str(Path(file.name)))


def fingerprint(membership: Membership) -> str:
    """Of what the page shows beforehand; of a package that cannot be provisioned there is none."""
    try:
        return membership.plan().fingerprint
    except Refusal:
        return ""


@ENROLL.entry_point(FORM)
def by_form(
    driver: Driver, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)
) -> str:
    sent: dict[str, Any] = {"partner": partner.pk, "offer": offer.pk, "starts_on": day}
    return driver.office(Membership, "add", **sent) + (
        driver.office(Membership, "add", **sent, plan=plan) if plan else ""
    )


def line_for(partner: Partner, offer: Offer, day: str) -> str:
    return f"mpn_id,offer,starts_on\n{partner.mpn_id},{offer.name},{day}\n"


@ENROLL.entry_point(IMPORT)
def by_import(
    driver: Driver, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)
) -> str:
    return import_page(driver, Membership, line_for(partner, offer, day))


@ENROLL.entry_point(IMPORT_COMMAND)
def by_import_command(
    driver: Driver, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)
) -> str:
    return import_command(driver, "memberships", line_for(partner, offer, day))


@ENROLL.entry_point(COMMAND)
def by_command(
    driver: Driver, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)
) -> str:
    return driver.command("enroll", partner.mpn_id, offer.name, f"--starts-on={day}")


@ENROLL.entry_point(VERB)
def enroll(driver: Driver, partner: Partner, offer: Offer, plan: str = "") -> str:
    try:
        return by_verb(lambda: Membership.enroll(partner, offer, TODAY, by=driver.by, shown=plan))
    except ValidationError as error:
        return " ".join(error.messages)


RENEW_PAGE = "office benefits_membership_renew"
RENEW_OPENED = f"{RENEW_PAGE}, opened"


@RENEW.entry_point(RENEW_OPENED)
def open_the_page_of_renewing(driver: Driver, membership: Membership) -> str:
    return driver.look("programme", page(Membership, "renew", membership.pk))


@RENEW.entry_point(RENEW_PAGE)
def renew_on_its_page(driver: Driver, membership: Membership) -> str:
    return driver.office(Membership, "renew", membership.pk, plan=fingerprint(membership.renewal()))


@RENEW.entry_point("action benefits.membership renew")
def renew_from_the_list(driver: Driver, membership: Membership) -> str:
    return driver.action("renew", membership)


@RENEW.entry_point(LIST_COMMAND)
def renew_all_that_end_soon(driver: Driver, membership: Membership) -> str:
    return driver.command("renew", offer=membership.offer.name, ending_within=366)


@RENEW.entry_point("verb Membership.renew")
def renew(driver: Driver, membership: Membership) -> str:
    return by_verb(lambda: membership.renew(by=driver.by, on=TODAY))


@END.entry_point("office benefits_membership_end")
def end_on_its_page(driver: Driver, membership: Membership, last_day: date) -> str:
    return driver.office(Membership, "end", membership.pk, last_day=last_day)


@END.entry_point("verb Membership.end")
def end(driver: Driver, membership: Membership, last_day: date) -> str:
    return by_verb(lambda: membership.end(last_day, by=driver.by, on=TODAY))


@COMPLETE.entry_point("action benefits.membership provision_what_is_missing")
def complete_from_the_list(driver: Driver, membership: Membership) -> str:
    return driver.action("provision_what_is_missing", membership)


@COMPLETE.entry_point("office benefits_membership_provision_what_is_missing, opened")
def open_provision_what_is_missing_of_membership(driver: Driver, membership: Membership) -> str:
    return driver.look("programme", page(Membership, "provision_what_is_missing", membership.pk))


@COMPLETE.entry_point("office benefits_membership_provision_what_is_missing")
def provision_what_is_missing_on_page_of_membership(driver: Driver, membership: Membership) -> str:
    return driver.office(Membership, "provision_what_is_missing", membership.pk)


@COMPLETE.entry_point("verb Membership.provision")
def provision(driver: Driver, membership: Membership) -> str:
    return by_verb(lambda: membership.provision(by=driver.by))


def offer(**line: Any) -> Offer:
    """An offer whose package holds one line."""
    made: Offer = factories.PackageLineFactory.create(**line).offer
    return made


def member(sample: PartnerFixture, **facts: Any) -> Membership:
    made: Membership = factories.MembershipFactory.create(
        partner=sample.partner, offer=facts.pop("offer", None) or offer(), **facts
    )
    return made


def ended_early(membership: Membership, last_day: date) -> Membership:
    Membership.objects.filter(pk=membership.pk).update(
        ends_on=last_day, benefits_expire_on=last_day + timedelta(days=30)
    )
    return Membership.objects.select_related("partner", "offer").get(pk=membership.pk)


WITHOUT_AMOUNT: dict[str, Any] = {"product__monthly": True, "amount": False}


@ENROLL.refused("B1", "overlaps")
def beside_an_enrollment_that_runs(sample: PartnerFixture) -> Arguments:
    return {"partner": sample.partner, "offer": member(sample).offer}


SAME = {IMPORT: "leaves what is there as it is", IMPORT_COMMAND: "leaves what is there as it is"}


@ENROLL.refused(
    "B2", AlreadyEnrolled, not_at=SAME, other_messages={FORM: "overlaps", COMMAND: "overlaps"}
)
def a_second_time(sample: PartnerFixture) -> Arguments:
    return {"partner": sample.partner, "offer": member(sample, starts_on=TODAY).offer}


@ENROLL.refused(
    "B2",
    PlanChanged,
    not_at=dict.fromkeys([IMPORT, IMPORT_COMMAND, COMMAND], "plans it anew as it enrolls"),
    other_messages={FORM: "The package changed since this was shown"},
)
def what_changed_since_it_was_shown(sample: PartnerFixture) -> Arguments:
    return {"partner": sample.partner, "offer": offer(), "plan": "of another package"}


@ENROLL.refused("B3", NoCreditInCurrency)
def without_the_partner_s_currency(sample: PartnerFixture) -> Arguments:
    return {"partner": sample.partner, "offer": offer(**WITHOUT_AMOUNT)}


ONE_WAY = "Write the day like 2027-01-31."


@ENROLL.refused("W4", ONE_WAY, not_at={VERB: "takes a day"})
def from_a_day_in_another_way(sample: PartnerFixture) -> Arguments:
    return {"partner": sample.partner, "offer": offer(), "day": "31-01-2027"}


@END.refused("W4", ONE_WAY, not_at={"verb Membership.end": "takes a day"})
def on_a_day_in_another_way(sample: PartnerFixture) -> Arguments:
    return {"membership": member(sample), "last_day": "20270131"}


@RENEW.refused("B1", RenewedTooEarly, not_at={LIST_COMMAND: "takes what runs"})
def before_it_has_begun(sample: PartnerFixture) -> Arguments:
    return {"membership": member(sample, starts_on=TODAY + timedelta(days=1))}


@RENEW.refused(
    "B1", RenewedAfterEnding, other_messages={LIST_COMMAND: "was ended early, so it is not renewed"}
)
def what_was_ended_early(sample: PartnerFixture) -> Arguments:
    return {"membership": ended_early(member(sample), TODAY + timedelta(days=10))}


@RENEW.refused("B1", RenewedTooLate, not_at={LIST_COMMAND: "takes what runs"})
def when_the_year_after_it_is_over_too(sample: PartnerFixture) -> Arguments:
    return {"membership": member(sample, starts_on=TODAY - timedelta(days=800))}


@RENEW.refused("B3", NoCreditInCurrency)
def without_the_currency_by_now(sample: PartnerFixture) -> Arguments:
    return {"membership": member(sample, offer=offer(**WITHOUT_AMOUNT))}


def renewed(sample: PartnerFixture) -> Membership:
    """A membership whose further year somebody else has made."""
    membership = member(sample)
    member(sample, offer=membership.offer, starts_on=membership.ends_on + timedelta(days=1))
    return membership


@RENEW.refused(
    "B2",
    AlreadyEnrolled,
    other_messages={LIST_COMMAND: "was renewed already", RENEW_OPENED: AlreadyRenewed},
)
def what_was_renewed(sample: PartnerFixture) -> Arguments:
    return {"membership": renewed(sample)}


@RENEW.refused(
    "W11",
    AlreadyEnrolled,
    other_messages={LIST_COMMAND: "was renewed already", RENEW_OPENED: AlreadyRenewed},
)
def what_a_colleague_renewed_a_moment_ago(sample: PartnerFixture) -> Arguments:
    membership = member(sample)
    membership.renew(by=sample.by, on=TODAY)
    return {"membership": membership}


@END.refused("B1", NotEndable)
def on_a_day_that_has_passed(sample: PartnerFixture) -> Arguments:
    return {"membership": member(sample), "last_day": TODAY - timedelta(days=1)}


@END.refused("B1", NotEndable)
def on_its_last_day(sample: PartnerFixture) -> Arguments:
    membership = member(sample)
    return {"membership": membership, "last_day": membership.ends_on}


@END.refused("B1", MembershipOver)
def what_has_ended(sample: PartnerFixture) -> Arguments:
    return {"membership": ended_early(member(sample), TODAY - timedelta(days=1)), "last_day": TODAY}


@COMPLETE.refused("B3", NoCreditInCurrency)
def a_package_without_the_currency(sample: PartnerFixture) -> Arguments:
    return {"membership": member(sample, offer=offer(**WITHOUT_AMOUNT))}
