"""A day is written in one way at every entry point and in every language (W4)."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.forms import CharField
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from benefits_portal.benefits.importing import MembershipImport
from benefits_portal.fields import EmailFormField, LineFormField
from benefits_portal.tenants.models import User
from benefits_portal.typed_text import read_day
from tests import factories
from tests.clients import SignIn

WAY = "Write the day like 2027-01-31."
NO_SUCH_DAY = f"There is no such day. {WAY}"

pytestmark = pytest.mark.rule("W4")

DUTCH = {
    "February 2027 has 28 days.": "Februari 2027 heeft 28 dagen.",
    "February 2028 has 29 days.": "Februari 2028 heeft 29 dagen.",
    "April 2027 has 30 days.": "April 2027 heeft 30 dagen.",
}
OUT_OF_RANGE = [
    ("0001-01-01", "Choose a day in 2000 or later."),
    ("1999-12-31", "Choose a day in 2000 or later."),
    ("3000-01-01", "Choose a day up to the year 2999."),
    ("9999-12-31", "Choose a day up to the year 2999."),
]

REFUSED = [
    ("20270131", WAY),
    ("2027-W05", WAY),
    ("2027-W05-7", WAY),
    ("31-01-2027", WAY),
    ("01/31/2027", WAY),
    ("31.1.2027", WAY),
    ("2027/01/31", WAY),
    ("2027-1-31", WAY),
    ("27-01-31", WAY),
    ("46783", WAY),
    ("2027-01-31T00:00", WAY),
    ("2027-01-31 00:00:00", WAY),
    ("٢٠٢٧-٠١-٣١", WAY),
    ("๒๕๗๐-๐๑-๓๑", WAY),
    ("tomorrow", WAY),
    ("2027-02-30", "February 2027 has 28 days."),
    ("2027-02-29", "February 2027 has 28 days."),
    ("2027-04-31", "April 2027 has 30 days."),
    ("２０２８-０２-３０", "February 2028 has 29 days."),
    ("2027-04-00", "April 2027 has 30 days."),
    ("2027-13-01", NO_SUCH_DAY),
    ("0000-01-01", NO_SUCH_DAY),
]


@pytest.mark.parametrize(
    "typed",
    [
        "2027-01-31",
        " 2027-01-31\u00a0",
        "\ufeff2027-01-31\u200b",
        "２０２７-０１-３１",
        "２０２７－０１－３１",
        "2027‑01‑31",
        "2027–01–31",
    ],
)
def test_one_way_of_writing_a_day_is_read(typed: str) -> None:
    assert read_day(typed) == date(2027, 1, 31)


@pytest.mark.parametrize(("typed", "error"), [*REFUSED, ("", WAY)])
def test_every_other_way_is_told_the_one(typed: str, error: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_day(typed)
    assert refused.value.messages == [error]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_portal_reads_a_day_in_one_way(admin: User, sign_in: SignIn, language: str) -> None:
    portal = sign_in(admin)
    portal.cookies["django_language"] = language
    with translation.override(language):  # put back afterwards: a request leaves its own behind
        for typed, error in REFUSED:
            messages = [DUTCH.get(error, gettext(error)) if language == "nl" else error]
            calculator = portal.get(
                reverse("licensing:calculator"),
                {"licenses": "9", "keys": "9", "ends_on": typed, "on": typed},
            )
            assert (typed, calculator.context["form"].errors) == (
                typed,
                {"ends_on": messages, "on": messages},
            )
            activity = portal.get(reverse("tenants:activity"), {"since": typed, "until": typed})
            assert (typed, activity.context["form"].errors) == (
                typed,
                {"since": messages, "until": messages},
            )


@pytest.mark.parametrize(("typed", "error"), REFUSED)
def test_the_command_line_reads_a_day_in_one_way(db: None, typed: str, error: str) -> None:
    with pytest.raises(CommandError, match=error):
        call_command("enroll", "1", "Gold", f"--starts-on={typed}")


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "error"), OUT_OF_RANGE)
def test_a_day_out_of_range_is_told_the_range_everywhere(
    admin: User, sign_in: SignIn, day: str, error: str
) -> None:
    admin.is_staff = admin.is_superuser = True
    admin.save()
    partner, line = (
        factories.PartnerFactory.create(mpn_id="1234"),
        factories.PackageLineFactory.create(),
    )
    office = sign_in(admin)
    activity = office.get(reverse("tenants:activity"), {"since": day})
    assert activity.context["form"].errors == {"since": [error]}
    sent = {"partner": partner.pk, "offer": line.offer_id, "starts_on": day}
    added = office.post(reverse("admin:benefits_membership_add"), sent)
    assert added.context["adminform"].form.errors == {"starts_on": [error]}
    sent = {
        "name": line.product.name,
        "kind": line.product.kind,
        "discontinued_on": day,
        "reason": "Agreed",
    }
    changed = office.post(reverse("admin:benefits_product_change", args=[line.product_id]), sent)
    assert changed.context["adminform"].form.errors["discontinued_on"] == [error]
    asked = MembershipImport.of(f"mpn_id,offer,starts_on\n1234,{line.offer.name},{day}\n")
    assert [line.reason for line in asked.lines] == [f"starts_on: {error}"]
    with pytest.raises(CommandError, match=error):
        call_command("enroll", "1234", line.offer.name, f"--starts-on={day}")


@pytest.mark.django_db
@pytest.mark.rule("W1")
def test_what_cannot_be_shown_is_told_in_one_sentence(admin: User, sign_in: SignIn) -> None:
    messages = [
        "This contains a character that can't be shown. Type the text instead of pasting it."
    ]
    portal = sign_in(admin)
    calculator = portal.get(
        reverse("licensing:calculator"), {"licenses": "9", "keys": "9\0", "ends_on": "2027-01-31"}
    )
    assert calculator.context["form"].errors == {"keys": messages}
    activity = portal.get(reverse("tenants:activity"), {"person": "kim\0"})
    assert activity.context["form"].errors == {"person": messages}
    for field in (LineFormField(), CharField(), EmailFormField()):
        with pytest.raises(ValidationError) as refused:
            field.clean("kim\0@contoso.com")
        assert refused.value.messages == messages
