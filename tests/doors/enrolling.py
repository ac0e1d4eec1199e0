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
from benefits_portal.tenants.admin.imports import SALT
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Partner
from tests import factories
from tests.back_office.conftest import page
from tests.factories import TODAY
from tests.place import Place

from .deeds import Deed, Hand, Things, by_verb

ENROLL, RENEW, END, COMPLETE = (
    Deed("enroll"),
    Deed("renew"),
    Deed("end early"),
    Deed("provision what is missing"),
)
FORM, COMMAND, VERB = "form benefits.membership", "command enroll", "verb Membership.enroll"
IMPORT, IMPORT_COMMAND = "office benefits_membership_import", "command import_csv, memberships"
LIST_COMMAND = "command renew"


def import_page(hand: Hand, model: type[Model], text: str) -> str:
    """Choose the file, and then confirm what it would do, whatever the page said."""
    shown = hand.office(model, "import", file=SimpleUploadedFile("some.csv", text.encode()))
    salt = f"{SALT}.{model._meta.label_lower}.{hand.signed_in('programme').session[SESSION_KEY]}"
    try:
        fingerprint = admin.site.get_model_admin(model).importing.of(text).fingerprint
    except Unreadable:
        fingerprint = ""
    return shown + hand.office(
        model, "import", confirmed=dumps(text, salt=salt, compress=True), shown=fingerprint
    )


def import_command(hand: Hand, kind: str, text: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(text)
        file.flush()
        return hand.command("import_csv", kind, str(Path(file.name)))


def fingerprint(membership: Membership) -> str:
    """Of what the page shows beforehand; of a package that cannot be provisioned there is none."""
    try:
        return membership.plan().fingerprint
    except Refusal:
        return ""


@ENROLL.door(FORM)
def by_form(hand: Hand, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)):
    sent: dict[str, Any] = {"partner": partner.pk, "offer": offer.pk, "starts_on": day}
    return hand.office(Membership, "add", **sent) + (
        hand.office(Membership, "add", **sent, plan=plan) if plan else ""
    )


def line_for(partner: Partner, offer: Offer, day: str) -> str:
    return f"mpn_id,offer,starts_on\n{partner.mpn_id},{offer.name},{day}\n"


@ENROLL.door(IMPORT)
def by_import(hand: Hand, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)):
    return import_page(hand, Membership, line_for(partner, offer, day))


@ENROLL.door(IMPORT_COMMAND)
def by_import_command(
    hand: Hand, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)
):
    return import_command(hand, "memberships", line_for(partner, offer, day))


@ENROLL.door(COMMAND)
def by_command(hand: Hand, partner: Partner, offer: Offer, plan: str = "", day: str = str(TODAY)):
    return hand.command("enroll", partner.mpn_id, offer.name, f"--starts-on={day}")


@ENROLL.door(VERB)
def enroll(hand: Hand, partner: Partner, offer: Offer, plan: str = ""):
    try:
        return by_verb(lambda: Membership.enroll(partner, offer, TODAY, by=hand.by, shown=plan))
    except ValidationError as error:
        return " ".join(error.messages)


RENEW_PAGE = "office benefits_membership_renew"
RENEW_OPENED = f"{RENEW_PAGE}, opened"


@RENEW.door(RENEW_OPENED)
def open_the_page_of_renewing(hand: Hand, membership: Membership):
    return hand.look("programme", page(Membership, "renew", membership.pk))


@RENEW.door(RENEW_PAGE)
def renew_on_its_page(hand: Hand, membership: Membership):
    return hand.office(Membership, "renew", membership.pk, plan=fingerprint(membership.renewal()))


@RENEW.door("action benefits.membership renew")
def renew_from_the_list(hand: Hand, membership: Membership):
    return hand.action("renew", membership)


@RENEW.door(LIST_COMMAND)
def renew_all_that_end_soon(hand: Hand, membership: Membership):
    return hand.command("renew", offer=membership.offer.name, ending_within=366)


@RENEW.door("verb Membership.renew")
def renew(hand: Hand, membership: Membership):
    return by_verb(lambda: membership.renew(by=hand.by, on=TODAY))


@END.door("office benefits_membership_end")
def end_on_its_page(hand: Hand, membership: Membership, last_day: date):
    return hand.office(Membership, "end", membership.pk, last_day=last_day)


@END.door("verb Membership.end")
def end(hand: Hand, membership: Membership, last_day: date):
    return by_verb(lambda: membership.end(last_day, by=hand.by, on=TODAY))


@COMPLETE.door("action benefits.membership provision_what_is_missing")
def complete_from_the_list(hand: Hand, membership: Membership):
    return hand.action("provision_what_is_missing", membership)


@COMPLETE.door("verb Membership.provision")
def provision(hand: Hand, membership: Membership):
    return by_verb(lambda: membership.provision(by=hand.by))


def offer(**line: Any) -> Offer:
    """An offer whose package holds one line."""
    made: Offer = factories.PackageLineFactory.create(**line).offer
    return made


def member(place: Place, **facts: Any) -> Membership:
    made: Membership = factories.MembershipFactory.create(
        partner=place.partner, offer=facts.pop("offer", None) or offer(), **facts
    )
    return made


def ended_early(membership: Membership, last_day: date) -> Membership:
    Membership.objects.filter(pk=membership.pk).update(
        ends_on=last_day, benefits_expire_on=last_day + timedelta(days=30)
    )
    return Membership.objects.select_related("partner", "offer").get(pk=membership.pk)


WITHOUT_AMOUNT: dict[str, Any] = {"product__monthly": True, "amount": False}


@ENROLL.refused("B1", "overlaps")
def beside_an_enrollment_that_runs(place: Place) -> Things:
    return {"partner": place.partner, "offer": member(place).offer}


SAME = {IMPORT: "leaves what is there as it is", IMPORT_COMMAND: "leaves what is there as it is"}


@ENROLL.refused(
    "B2", AlreadyEnrolled, not_at=SAME, in_other_words={FORM: "overlaps", COMMAND: "overlaps"}
)
def a_second_time(place: Place) -> Things:
    return {"partner": place.partner, "offer": member(place, starts_on=TODAY).offer}


@ENROLL.refused(
    "B2",
    PlanChanged,
    not_at=dict.fromkeys([IMPORT, IMPORT_COMMAND, COMMAND], "plans it anew as it enrolls"),
    in_other_words={FORM: "The package changed since this was shown"},
)
def what_changed_since_it_was_shown(place: Place) -> Things:
    return {"partner": place.partner, "offer": offer(), "plan": "of another package"}


@ENROLL.refused("B3", NoCreditInCurrency)
def without_the_partner_s_currency(place: Place) -> Things:
    return {"partner": place.partner, "offer": offer(**WITHOUT_AMOUNT)}


ONE_WAY = "Write the day as in 2027-01-31."


@ENROLL.refused("W4", ONE_WAY, not_at={VERB: "takes a day"})
def from_a_day_in_another_way(place: Place) -> Things:
    return {"partner": place.partner, "offer": offer(), "day": "31-01-2027"}


@END.refused("W4", ONE_WAY, not_at={"verb Membership.end": "takes a day"})
def on_a_day_in_another_way(place: Place) -> Things:
    return {"membership": member(place), "last_day": "20270131"}


@RENEW.refused("B1", RenewedTooEarly, not_at={LIST_COMMAND: "takes what runs"})
def before_it_has_begun(place: Place) -> Things:
    return {"membership": member(place, starts_on=TODAY + timedelta(days=1))}


@RENEW.refused(
    "B1", RenewedAfterEnding, in_other_words={LIST_COMMAND: "was ended early, so it is not renewed"}
)
def what_was_ended_early(place: Place) -> Things:
    return {"membership": ended_early(member(place), TODAY + timedelta(days=10))}


@RENEW.refused("B1", RenewedTooLate, not_at={LIST_COMMAND: "takes what runs"})
def when_the_year_after_it_is_over_too(place: Place) -> Things:
    return {"membership": member(place, starts_on=TODAY - timedelta(days=800))}


@RENEW.refused("B3", NoCreditInCurrency)
def without_the_currency_by_now(place: Place) -> Things:
    return {"membership": member(place, offer=offer(**WITHOUT_AMOUNT))}


def renewed(place: Place) -> Membership:
    """A membership whose further year somebody else has made."""
    membership = member(place)
    member(place, offer=membership.offer, starts_on=membership.ends_on + timedelta(days=1))
    return membership


@RENEW.refused(
    "B2",
    AlreadyEnrolled,
    in_other_words={LIST_COMMAND: "was renewed already", RENEW_OPENED: AlreadyRenewed},
)
def what_was_renewed(place: Place) -> Things:
    return {"membership": renewed(place)}


@RENEW.refused(
    "W11",
    AlreadyEnrolled,
    in_other_words={LIST_COMMAND: "was renewed already", RENEW_OPENED: AlreadyRenewed},
)
def what_a_colleague_renewed_a_moment_ago(place: Place) -> Things:
    membership = member(place)
    membership.renew(by=place.by, on=TODAY)
    return {"membership": membership}


@END.refused("B1", NotEndable)
def on_a_day_that_has_passed(place: Place) -> Things:
    return {"membership": member(place), "last_day": TODAY - timedelta(days=1)}


@END.refused("B1", NotEndable)
def on_its_last_day(place: Place) -> Things:
    membership = member(place)
    return {"membership": membership, "last_day": membership.ends_on}


@END.refused("B1", MembershipOver)
def what_has_ended(place: Place) -> Things:
    return {"membership": ended_early(member(place), TODAY - timedelta(days=1)), "last_day": TODAY}


@COMPLETE.refused("B3", NoCreditInCurrency)
def a_package_without_the_currency(place: Place) -> Things:
    return {"membership": member(place, offer=offer(**WITHOUT_AMOUNT))}
