"""Stretches and days on one axis: positions, labels that cannot collide, the same as a table."""

from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from benefits_portal.licensing.date_axis import Bar, DateAxis, Mark, tick_label

TODAY = date(2021, 5, 1)
AXIS = DateAxis(
    TODAY,
    [Bar("Current end date", TODAY, date(2021, 7, 1), "now")],
    [Mark("3-year limit", date(2024, 7, 1), "limit"), Mark("Expires", date(2021, 4, 21))],
)


def test_today_comes_first_then_bars_then_marks_by_their_days() -> None:
    assert [item.label for item in AXIS.items] == [
        "Today",
        "Current end date",
        "Expires",
        "3-year limit",
    ]


def test_positions_lie_between_the_margins_in_proportion_to_the_days() -> None:
    axis = DateAxis(TODAY, marks=[Mark("End", TODAY + timedelta(days=1000))])
    days = [TODAY + timedelta(days=days) for days in (0, 250, 500, 1000)]
    assert [axis.position(day) for day in days] == [12, 256, 500, 988]


@pytest.mark.parametrize("axis", [AXIS, DateAxis(TODAY)], ids=["several", "one day"])
def test_each_has_a_lane_and_a_row_of_its_own(axis: DateAxis) -> None:
    labels = [item.label for item in axis.items]
    assert [lane["label"] for lane in axis.lanes()] == labels
    assert [row["label"] for row in axis.rows()] == labels


@pytest.mark.parametrize(
    ("days", "side"),
    [(0, "start"), (330, "start"), (340, "middle"), (660, "middle"), (670, "end"), (1000, "end")],
)
def test_a_label_stands_on_the_side_where_there_is_room(days: int, side: str) -> None:
    mark = Mark("Mark", TODAY + timedelta(days=days))
    axis = DateAxis(TODAY, marks=[mark, Mark("End", TODAY + timedelta(days=1000))])
    assert axis.lane(mark)["side"] == side


def test_the_table_says_the_same_days_and_how_far_they_are() -> None:
    assert [tuple(row.values()) for row in AXIS.rows()] == [
        ("Today", "", "May 1, 2021", "today"),
        ("Current end date", "May 1, 2021", "Jul 1, 2021", "in 61 days"),
        ("Expires", "", "Apr 21, 2021", "10 days ago"),
        ("3-year limit", "", "Jul 1, 2024", "in 1,157 days"),
    ]


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (0, []),
        (20, []),
        (90, ["Jun 2021", "Jul 2021"]),
        (365, ["Jul 2021", "Oct 2021", "Jan 2022"]),
        (365 * 5, ["2022", "2023", "2024", "2025", "2026"]),
        (365 * 20, ["2025", "2030", "2035", "2040"]),
        (365 * 400, ["2100", "2200", "2300", "2400"]),
    ],
)
def test_every_tick_is_named(days: int, labels: list[str]) -> None:
    axis = DateAxis(TODAY, marks=[Mark("End", TODAY + timedelta(days=days))])
    assert [tick["label"] for tick in axis.ticks()] == labels


@pytest.mark.parametrize(
    ("first_tick", "sides"),
    [(30, ["start", "middle"]), (120, ["middle", "middle"])],
    ids=["at the edge", "away from it"],
)
def test_the_name_of_a_tick_at_the_edge_stands_beside_it(first_tick: int, sides: list[str]) -> None:
    day = date(2027, 1, 1) - timedelta(days=first_tick)
    axis = DateAxis(day, marks=[Mark("End", day + timedelta(days=1000))])
    assert [tick["side"] for tick in axis.ticks()[:2]] == sides


def test_the_drawing_is_hidden_from_readers_and_the_table_is_not() -> None:
    with translation.override("nl"):  # whose comma is no decimal point in SVG
        text = render_to_string("components/date_axis.html", {"label": "Tijdlijn", "axis": AXIS})
    drawing, table = text.split("</div>\n  <details")
    assert 'aria-hidden="true"' in drawing
    assert "aria-hidden" not in table
    assert 'x1="2.0%"' in drawing
    assert "style=" not in text


def test_dutch_months_begin_with_a_small_letter() -> None:
    with translation.override("nl"):
        assert tick_label(date(2027, 10, 1), 3) == "okt 2027"
