"""Sentences for people hold days as the reader's language writes them, never as 2027-01-31 (W4)."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from benefits_portal.benefits.importing import MembershipImport
from benefits_portal.benefits.models import Membership
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import User
from tests.clients import SignIn
from tests.factories import MembershipFactory

pytestmark = pytest.mark.rule("W4")

ISO = re.compile(r"\d{4}-\d\d-\d\d")
START = date(2027, 1, 31)


def kinds_with_days() -> Iterator[Any]:
    """Every refusal with places in its words."""
    for name, kind in sorted(Refusal.by_code.items()):
        places = set(
            re.findall(
                r"%\((\w+)\)s",
                f"{kind.message} {kind.advice if isinstance(kind.advice, str) else ''}",
            )
        )
        if days := places & {"date", "day", "earliest", "latest", "until", "last_day"}:
            yield pytest.param(kind, places, days, id=name)


@pytest.mark.parametrize(("kind", "places", "days"), list(kinds_with_days()))
@pytest.mark.parametrize("day", [START, "2027-01-31"], ids=["at once", "from the record"])
@pytest.mark.parametrize(
    ("language", "written"), [("en", "Jan 31, 2027"), ("nl", "31 januari 2027")]
)
def test_a_refusal_writes_days_as_the_reader_does(
    kind: type[Refusal],
    places: set[str],
    days: set[str],
    day: date | str,
    language: str,
    written: str,
) -> None:
    with translation.override(language):
        said = str(kind.message) % kind.written(
            {param: day if param in days else "x" for param in places}
        )
    assert ISO.findall(said) == []
    assert written in said


def refusal_of_form(there: Membership) -> str:
    again = Membership(partner=there.partner, offer=there.offer, starts_on=START)
    with pytest.raises(ValidationError) as refused:
        again.full_clean(exclude=["ends_on", "benefits_expire_on"])
    return " ".join(refused.value.messages)


def refusal_of_import(there: Membership) -> str:
    [line] = MembershipImport.of(
        f"mpn_id,offer,starts_on\n{there.partner.mpn_id},{there.offer.name},2027-01-31\n"
    ).lines
    return line.reason


@pytest.mark.django_db
@pytest.mark.parametrize("refusal", [refusal_of_form, refusal_of_import])
@pytest.mark.parametrize(
    ("language", "days"),
    [("en", ["Sep 1, 2026", "Sep 1, 2027"]), ("nl", ["1 september 2026", "1 september 2027"])],
)
def test_overlapping_memberships_are_refused_with_days_as_people_write(
    refusal: Callable[[Membership], str], language: str, days: list[str]
) -> None:
    there = MembershipFactory.create(starts_on=date(2026, 9, 1))
    with translation.override(language):
        said = refusal(there)
        named = str(there)
    assert ISO.findall(said + named) == []
    assert [day in said for day in days] == [True, True]
    assert days[0] in named


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "day"), [("since", "1999-12-31"), ("until", "3000-01-01")])
def test_a_day_out_of_range_in_activity_is_refused_in_words(
    admin: User, sign_in: SignIn, name: str, day: str
) -> None:
    form = sign_in(admin).get(reverse("tenants:activity"), {name: day}).context["form"]
    assert ISO.findall(" ".join(form.errors[name])) == []
    assert len(form.errors[name]) == 1
