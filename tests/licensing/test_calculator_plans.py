"""The calculator's *All possibilities* and *Explain a date* (rules O1 to O8)."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from benefits_portal.licensing.calculator_explained import Explained
from benefits_portal.licensing.calculator_plans import Possibilities
from benefits_portal.licensing.plan_rows import coverage_text, how, sizes_of
from benefits_portal.licensing.planning import Coverage, Key, Stock, frontier
from benefits_portal.licensing.planning.explaining import MAX_LISTED
from benefits_portal.licensing.terms import Term

rule = pytest.mark.rule
ON = date(2026, 11, 29)
HUNDRED = Term(100, date(2027, 3, 31))
FOUR = [25, 25, 50, 100]
ASKED = {"licenses": "100", "ends_on": "2027-03-31", "keys": "25;25;50;100", "on": "2026-11-29"}


def stock(before: Term, *sizes: int) -> Stock:
    return Stock(before, tuple(map(Key, sizes)), ON)


def page(client: Client, **query: str) -> str:
    return client.get(reverse("licensing:calculator"), ASKED | query).text


@rule("O2")
def test_all_possibilities_are_one_line_for_each_number_of_licenses() -> None:
    [group] = Possibilities(stock(HUNDRED, *FOUR)).groups()
    rows = [(row.licenses, row.ends_on, row.shift["shift"], row.how) for row in group.rows]
    assert rows[:3] == [
        ("100 licenses", "Mar 30, 2029", "730 days later", "Extend with 2 × 25 + 50 + 100"),
        ("125 licenses", "Oct 13, 2028", "562 days later", rows[1][3]),
        ("150 licenses", "Jun 20, 2028", "447 days later", rows[2][3]),
    ]
    assert (len(rows), rows[-1][3]) == (9, "Add 2 × 25 + 50 + 100")


@rule("O2")
def test_the_first_sentence_says_from_what_to_what() -> None:
    said = "You can have from 100 licenses until Mar 30, 2029 to 300 licenses until Sep 9, 2027."
    assert Possibilities(stock(HUNDRED, *FOUR)).sentence() == said


@rule("O2", "S5")
def test_a_key_that_is_left_says_why() -> None:
    [group] = Possibilities(stock(Term(5, date(2027, 3, 31)), 5, 25)).groups()
    rows = [(row.plan.licenses, row.unused, row.unused_reason) for row in group.rows]
    assert rows[:2] == [(5, "25", "Too large to extend 5 licenses (at most 3 years)"), (10, "", "")]


@rule("O6")
@pytest.mark.parametrize(
    ("keys", "licenses", "day", "said"),
    [
        (
            [10],
            None,
            date(2027, 8, 15),
            "100 licenses or more until Aug 15, 2027: not with these keys, 101 days short. "
            "Closest would be one more key after the plan that ends on May 6, 2027: "
            "27 licenses (Aug 13, 2027) or 28 licenses (Aug 17, 2027).",
        ),
        (
            [301],
            100,
            date(2027, 3, 30),
            "100 licenses or more until Mar 30, 2027: yes, and 1 day longer.",
        ),
        (
            [25],
            None,
            date(2027, 6, 30),
            "100 licenses or more until exactly Jun 30, 2027: yes.",
        ),
        ([25], 400, None, "400 licenses or more: not with these keys."),
    ],
)
def test_a_wish_is_answered_in_the_first_sentence(
    keys: list[int], licenses: int | None, day: date | None, said: str
) -> None:
    assert Possibilities(stock(HUNDRED, *keys), licenses, day).sentence() == said


@rule("O6")
def test_the_plans_nearest_to_a_wish_stand_above_the_others() -> None:
    wish, outcomes = Possibilities(stock(HUNDRED, *FOUR), 140, date(2028, 5, 1)).groups()
    assert [(row.ends_on, row.tags) for row in wish.rows] == [
        ("Jun 19, 2028", ["Nearest after", "Fewest keys"]),
        ("Apr 20, 2028", ["Nearest before"]),
    ]
    tagged = [row.plan.licenses for row in outcomes.rows if row.tags == ["Meets your goal"]]
    assert (wish.title, tagged) == ("Your goal", [150])


@rule("W7")
def test_of_very_many_outcomes_the_first_are_shown_and_how_many_there_are(client: Client) -> None:
    keys = ";".join(map(str, range(1, 41)))
    cut = client.get(
        reverse("licensing:calculator"), ASKED | {"keys": keys, "view": "possibilities"}
    )
    excerpt = cut.context["calculation"].excerpt
    assert len(excerpt.rows) == 20
    assert excerpt.summary in cut.text
    whole = client.get(reverse("licensing:calculator") + excerpt.href)
    assert len(whole.context["calculation"].excerpt.rows) == excerpt.total > 20


@rule("W7", "O8")
@pytest.mark.slow
def test_of_very_many_ways_to_a_day_the_first_are_listed(client: Client) -> None:
    """Keys that are small beside the licenses move nothing, so that every set leads there."""
    asked = ASKED | {"licenses": "1000000", "keys": ";".join(["5"] * 20 + ["7"] * 20)}
    asked |= {"view": "explain", "ends_on": "2027-11-29", "now_ends_on": "2027-11-29"}
    cut = client.get(reverse("licensing:calculator"), asked)
    answer = cut.context["calculation"]
    assert [len(group.rows) for group in answer.groups()] == [20, 20]
    assert answer.excerpt.summary in cut.text
    found = answer.explanation
    origins = [*found.origins, *found.with_fewer_keys]
    assert answer.excerpt.total == len(origins) > 1_000
    listed = sum(len(origin.plans) for origin in origins)
    assert listed < len(origins) + 2 * MAX_LISTED
    whole = client.get(reverse("licensing:calculator") + answer.excerpt.href)
    assert [len(group.rows) for group in whole.context["calculation"].groups()] == [50, 50]


@rule("O8")
@pytest.mark.parametrize(
    ("keys", "day", "licenses", "said"),
    [
        (
            FOUR,
            date(2028, 10, 13),
            None,
            "Oct 13, 2028 with 125 licenses: 25 added licenses, "
            "25 + 50 + 100 extended the end date.",
        ),
        (
            FOUR,
            date(2027, 10, 13),
            275,
            "Redeemed on Nov 29, 2026, these keys don't lead to Oct 13, 2027. "
            "Nearest: Oct 5, 2027.",
        ),
        (
            [100, 7],
            date(2028, 3, 31),
            None,
            "Redeemed on Nov 29, 2026, these keys don't lead to Mar 31, 2028. "
            "Without 7, they do: perhaps not redeemed, or reversed.",
        ),
        (
            [25],
            date(2027, 5, 17),
            125,
            "Redeemed on Nov 29, 2026, these keys don't lead to May 17, 2027. "
            "Redeemed on Nov 25, 2026, they do.",
        ),
        (
            [25, 50],
            date(2027, 12, 31),
            140,
            "These keys can't make 140 licenses, only: 100, 125, 150, 175.",
        ),
    ],
    ids=["exact", "nearest", "taken back", "earlier day", "other licenses"],
)
def test_a_date_is_explained_in_the_first_sentence(
    keys: list[int], day: date, licenses: int | None, said: str
) -> None:
    explained = Explained(stock(HUNDRED, *keys), day, licenses)
    assert explained.sentence() == said
    assert [group for group in explained.groups() if not group.rows] == []


@rule("O8")
def test_of_too_many_numbers_none_is_called_impossible() -> None:
    """Keys of 1, 2, 4 … 1,024 licenses make every number up to 2,147."""
    keys = [2**power for power in range(11)]
    explained = Explained(stock(HUNDRED, *keys), date(2099, 12, 31), 2_000)
    assert explained.no_way_text() == (
        "Redeemed on Nov 29, 2026, these keys don't lead to Dec 31, 2099."
    )


@rule("O8")
def test_the_question_asked_on_the_telephone_is_answered(client: Client) -> None:
    """We had 100 until 31 March and used 25, 25, 50 and 100: why is it 13 October?"""
    text = page(client, view="explain", now_ends_on="2028-10-13")
    assert "Oct 13, 2028 with 125 licenses: 25 added licenses" in text
    assert "3 orders lead there" in text


@rule("S2", "S4")
@pytest.mark.parametrize("view", ["possibilities", "explain"])
def test_what_has_ended_is_told_to_be_reactivated_first(client: Client, view: str) -> None:
    text = page(client, view=view, on="2027-04-01", now_ends_on="2028-01-01")
    assert "On Apr 1, 2027 this subscription is Expired" in text
    assert "<caption" not in text


@pytest.mark.parametrize("view", ["possibilities", "explain"])
def test_its_own_example_is_answered(client: Client, view: str) -> None:
    """Pressing the button at once, without changing a field."""
    form = client.get(reverse("licensing:calculator"), {"view": view}).context["form"]
    example = {name: str(value) for name, value in form.initial.items()}
    answer = client.get(reverse("licensing:calculator"), example | {"view": view})
    assert answer.context["form"].errors == {}
    assert "calculation" in answer.context
    if view == "explain":
        assert answer.context["calculation"].explanation.origins


def test_each_tab_keeps_the_figures_that_it_asks_for_too(client: Client) -> None:
    query = ASKED | {"view": "possibilities", "wanted_licenses": "140"}
    answer = client.get(reverse("licensing:calculator"), query)
    hrefs = [tab.href for tab in answer.context["tabs"]]
    figures = "?licenses=100&ends_on=2027-03-31&keys=25%3B25%3B50%3B100&on=2026-11-29"
    assert hrefs == [
        figures,
        f"{figures}&wanted_licenses=140&view=possibilities",
        f"{figures}&view=explain",
    ]
    assert [tab.is_current for tab in answer.context["tabs"]] == [False, True, False]


def test_an_unknown_tab_is_the_first_one(client: Client) -> None:
    answer = client.get(reverse("licensing:calculator"), ASKED | {"view": "x"})
    assert [tab.is_current for tab in answer.context["tabs"]] == [True, False, False]


@pytest.mark.parametrize(
    ("view", "query"), [("possibilities", {}), ("explain", {"now_ends_on": "2028-10-13"})]
)
def test_the_result_can_be_copied_with_its_link(
    client: Client, view: str, query: dict[str, str]
) -> None:
    answer = client.get(reverse("licensing:calculator"), ASKED | query | {"view": view})
    lines = answer.context["text"].split("\n")
    summary = answer.context["calculation"].summary
    assert (lines[0], summary[1]) == ("; ".join(summary), "keys: 2 × 25 + 50 + 100")
    assert lines[2] == answer.context["calculation"].sentence()
    assert lines[-1].startswith("http://testserver/calculator/?licenses=100")


@rule("O3")
@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        (Coverage(192, 192), "Compared all 192 ways and orders of these keys."),
        (
            Coverage(512, 10_321_920),
            "Compared 512 of 10,321,920 ways and orders of these keys. Another order can end some "
            "days later.",
        ),
        (
            Coverage(202, 10**60),
            "Compared 202 of more than 1,000,000,000 ways and orders of these keys. Another order "
            "can end some days later.",
        ),
    ],
)
def test_how_much_was_compared_is_said(coverage: Coverage, said: str) -> None:
    assert coverage_text(coverage) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Add 100, then extend with 50 + 25, then add 25"),
        ("nl", "100 toevoegen, dan verlengen met 50 + 25, dan 25 toevoegen"),
    ],
)
def test_how_keys_are_used_is_a_sentence(language: str, said: str) -> None:
    plans = frontier(stock(HUNDRED, *FOUR)).plans
    with translation.override(language):
        assert how(next(plan for plan in plans if plan.licenses == 225)) == said


def test_equal_keys_beside_one_another_are_counted() -> None:
    assert sizes_of(map(Key, (25, 25, 1000, 25))) == "2 × 25 + 1,000 + 25"
