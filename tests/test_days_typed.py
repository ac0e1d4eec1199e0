"""A day is written in one way at every entry point and in every language (W4)."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from benefits_portal.typed import read_day

WAY = "Write the day as in 2027-01-31."
NO_SUCH_DAY = f"There is no such day in the calendar. {WAY}"

pytestmark = pytest.mark.rule("W4")

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
    ("tomorrow", WAY),
    ("2027-02-30", NO_SUCH_DAY),
    ("2027-13-01", NO_SUCH_DAY),
    ("0000-01-01", NO_SUCH_DAY),
]


@pytest.mark.parametrize(
    "typed",
    ["2027-01-31", " 2027-01-31\u00a0", "\ufeff2027-01-31\u200b", "２０２７-０１-３１", "２０２７－０１－３１", "2027‑01‑31", "2027–01–31"],
)
def test_one_way_of_writing_a_day_is_read(typed):
    assert read_day(typed) == date(2027, 1, 31)


@pytest.mark.parametrize(("typed", "error"), [*REFUSED, ("", WAY)])
def test_every_other_way_is_told_the_one(typed, error):
    with pytest.raises(ValidationError) as refused:
        read_day(typed)
    assert refused.value.messages == [error]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_portal_reads_a_day_in_one_way(admin, sign_in, language):
    portal = sign_in(admin)
    portal.cookies["django_language"] = language
    with translation.override(language):  # put back afterwards: a request leaves its own behind
        for typed, error in REFUSED:
            told = [gettext(NO_SUCH_DAY) if error == NO_SUCH_DAY else gettext(WAY)]
            calculator = portal.get(reverse("licensing:calculator"), {"licenses": "9", "keys": "9", "ends_on": typed, "on": typed})
            assert (typed, calculator.context["form"].errors) == (typed, {"ends_on": told, "on": told})
            activity = portal.get(reverse("tenants:activity"), {"since": typed, "until": typed})
            assert (typed, activity.context["form"].errors) == (typed, {"since": told, "until": told})


@pytest.mark.parametrize(("typed", "error"), REFUSED)
def test_the_command_line_reads_a_day_in_one_way(db, typed, error):
    with pytest.raises(CommandError, match=error):
        call_command("enroll", "1", "Gold", f"--starts-on={typed}")
