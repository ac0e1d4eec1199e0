"""The calculator reads numbers as people write them, and as they were meant (rules S4 to S8)."""

import re
from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import translation

from benefits_portal import clock
from benefits_portal.licensing.calculator import Calculation
from benefits_portal.licensing.calculator_forms import CalculatorForm, form_for
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.tenants.models import Partner, User
from tests.clients import SignIn, request_of


def form(**changes: str) -> CalculatorForm:
    return CalculatorForm(
        {"licenses": "100", "ends_on": "2021-06-30", "keys": "25", "on": "2021-05-01", **changes}
    )


def calculated(**changes: str) -> Calculation:
    asked = form(**changes)
    assert asked.is_valid(), asked.errors
    return asked.answer()


@pytest.mark.parametrize(
    "typed", ["1000", "1,000", "1.000", "1 000", " 1000 ", "1\u00a0000", "1’000"]
)
def test_a_thousand_is_a_thousand_however_it_is_grouped(typed: str) -> None:
    asked = form(licenses=typed)
    assert asked.is_valid()
    assert asked.cleaned_data["licenses"] == 1000


@pytest.mark.parametrize(
    "typed", ["1.5", "10,0", "1,00,000", "1.000,000", "-5", "0", "x", "1e3", "1000001", "١2"]
)
def test_what_is_not_a_whole_number_of_licenses_is_refused_and_kept(typed: str) -> None:
    asked = form(licenses=typed)
    assert not asked.is_valid()
    assert asked["licenses"].value() == typed


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("25", [25]),
        ("25, 10", [25, 10]),
        ("25;10;10", [25, 10, 10]),
        ("25,10", [25, 10]),
        ("25 + 10", [25, 10]),
        ("1.200", [1200]),
    ],
)
def test_several_keys_are_told_apart(typed: str, keys: list[int]) -> None:
    asked = form(keys=typed)
    assert asked.is_valid()
    assert asked.cleaned_data.get("keys") == keys


def test_a_number_that_could_be_one_key_or_two_is_asked_back() -> None:
    asked = form(keys="1,200")
    assert asked.errors["keys"] == ["Write 1200 for one key, or 1; 200 for two."]


@pytest.mark.parametrize(
    ("keys", "most", "view"),
    [
        ("; ".join(["5"] * 13), 12, ""),
        ("5;" * 300, 12, ""),
        ("5" * 401, 12, ""),
        ("; ".join(["5"] * 41), 40, "possibilities"),
        ("5;" * 300, 40, "explain"),
    ],
)
def test_too_many_keys_are_told_how_many_may_be_entered(keys: str, most: int, view: str) -> None:
    query = QueryDict(mutable=True)
    query.update({"licenses": "100", "ends_on": "2021-06-30", "keys": keys, "view": view})
    said = f"Enter at most {most} keys, each as a number: 25; 10; 10."
    assert form_for(query, date(2021, 5, 1)).errors["keys"] == [said]


@pytest.mark.parametrize("today", [date(2021, 1, 30), date(2024, 2, 29), date(2021, 12, 31)])
def test_its_own_example_can_be_calculated_on_any_day(today: date) -> None:
    asked = form_for(QueryDict(), today)
    example = CalculatorForm({name: str(value) for name, value in asked.initial.items()})
    assert example.is_valid()
    ways = [way for group in example.answer().groups() for way in group.ways]
    assert ([way.title for way in ways if way.reason], len(ways)) == ([], 4)


def test_several_keys_one_after_the_other_show_each_step() -> None:
    page = Client().get(
        "/calculator/?licenses=7&ends_on=2021-01-31&keys=3;3&carried=6&on=2021-01-01"
    )
    assert "Key 2: Jun 30, 2021 + 5 days = Jul 5, 2021" not in page.text
    assert "Key 1: Jun 30, 2021 + 5 days = Jul 5, 2021" in page.text


@pytest.mark.parametrize(
    ("language", "unit"),
    [
        ("en", ["1 license", "1 day", "1 license-month"]),
        ("nl", ["1 licentie", "1 dag", "1 licentiemaand"]),
    ],
)
def test_one_of_anything_is_written_in_the_singular(language: str, unit: list[str]) -> None:
    with translation.override(language):
        calculation = calculated(licenses="1", keys="1", ends_on="2021-05-02")
        said = calculation.as_text("")
        rest = calculated(licenses="11", keys="1").as_text("")
    wrong = re.findall(
        r"(?<![\d.,])1 (?:licenses|days|months|license-months"
        r"|licenties|dagen|maanden|licentiemaanden)\b",
        said + rest,
    )
    assert ([one in said + rest for one in unit], wrong) == ([True, True, True], [])


@pytest.mark.parametrize(
    ("ends_on", "is_marked"),
    [("2021-06-30", True), ("2021-04-30", False)],
    ids=["active", "expired"],
)
def test_letting_it_end_is_on_the_line_of_dates_as_among_the_ways(
    ends_on: str, is_marked: bool
) -> None:
    calculation = calculated(ends_on=ends_on)
    drawn = {lane["label"]: lane["date"] for lane in calculation.axis().lanes()}
    ways = {way.title: way.ends_on for group in calculation.groups() for way in group.ways}
    ways = {title: day for title, day in ways.items() if day}
    assert ("Wait and start new" in ways) is is_marked
    assert {f"With {title}": day for title, day in ways.items()}.items() <= drawn.items()


@pytest.mark.parametrize(
    ("days", "english", "dutch"),
    [
        (1, "1 day later", "1 dag later"),
        (90, "90 days later", "90 dagen later"),
        (-1, "1 day earlier", "1 dag eerder"),
        (-46, "46 days earlier", "46 dagen eerder"),
    ],
)
def test_a_shift_is_said_in_words_alone(days: int, english: str, dutch: str) -> None:
    day = date(2021, 5, 1)
    assert shift(day, day + timedelta(days=days))["shift"] == english
    with translation.override("nl"):
        assert shift(day, day + timedelta(days=days))["shift"] == dutch


def test_today_is_the_day_of_the_partner_one_acts_for(sign_in: SignIn, admin: User) -> None:
    Partner.objects.filter(pk=admin.directory_user.tenant.partner_id).update(
        is_practice=True, days_ahead=30
    )
    page = sign_in(admin).get("/calculator/")
    assert page.context["form"].initial["on"] == request_of(page).partner.today()
    assert page.context["form"].initial["on"] - clock.today() == timedelta(days=30)
