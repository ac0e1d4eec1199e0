"""The calculator reads numbers as people write them, and never another number than was meant (rules S4 to S8)."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client

from benefits_portal.licensing.calculator import CalculatorForm, form_for


def form(**changes: str) -> CalculatorForm:
    return CalculatorForm({"licenses": "100", "ends_on": "2021-06-30", "keys": "25", "on": "2021-05-01", **changes})


@pytest.mark.parametrize("typed", ["1000", "1,000", "1.000", "1 000", " 1000 ", "1\u00a0000", "1’000"])
def test_a_thousand_is_a_thousand_however_it_is_grouped(typed):
    asked = form(licenses=typed)
    assert (asked.is_valid(), asked.cleaned_data["licenses"]) == (True, 1000)


@pytest.mark.parametrize("typed", ["1.5", "10,0", "1,00,000", "1.000,000", "-5", "0", "x", "1e3", "1000001", "٣"])
def test_what_is_not_a_whole_number_of_licenses_is_refused_and_kept(typed):
    asked = form(licenses=typed)
    assert (asked.is_valid(), asked["licenses"].value()) == (False, typed)


@pytest.mark.parametrize(
    ("typed", "keys"),
    [("25", [25]), ("25, 10", [25, 10]), ("25;10;10", [25, 10, 10]), ("25,10", [25, 10]), ("25 + 10", [25, 10]), ("1.200", [1200])],
)
def test_several_keys_are_told_apart(typed, keys):
    asked = form(keys=typed)
    assert (asked.is_valid(), asked.cleaned_data.get("keys")) == (True, keys)


def test_a_number_that_could_be_one_key_or_two_is_asked_back():
    asked = form(keys="1,200")
    assert asked.errors["keys"] == ["Write 1200 for one key, or 1; 200 for two."]


@pytest.mark.parametrize("today", [date(2021, 1, 30), date(2024, 2, 29), date(2021, 12, 31)])
def test_its_own_example_can_be_calculated_on_any_day(today):
    with time_machine.travel(datetime(today.year, today.month, today.day, 12, tzinfo=UTC), tick=False):
        asked = form_for(QueryDict())
        example = CalculatorForm({name: str(value) for name, value in asked.initial.items()})
    assert example.is_valid()
    assert [card["title"] for card in example.calculation().cards() if "reason" in card] == []


def test_several_keys_one_after_the_other_show_each_step():
    page = Client().get("/calculator/?licenses=7&ends_on=2021-01-31&keys=3;3&carried=6&on=2021-01-01")
    assert "Key 2: June 30, 2021 + 5 days = July 5, 2021" not in page.text
    assert "Key 1: June 30, 2021 + 5 days = July 5, 2021" in page.text
