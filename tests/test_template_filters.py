"""Filters that every template has."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from benefits_portal import clock
from benefits_portal.practice.templatetags.practice import time_left
from benefits_portal.templatetags.portal import breakable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("contoso.onmicrosoft.com", "contoso<wbr>.onmicrosoft<wbr>.com"),
        ("irvin.sayers@contoso.com", "irvin.sayers@<wbr>contoso<wbr>.com"),
        ("<b>@x.com", "&lt;b&gt;@<wbr>x<wbr>.com"),
    ],
)
def test_an_address_breaks_after_its_at_and_before_a_dot_of_its_domain(
    text: str, shown: str
) -> None:
    assert breakable(text) == shown


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(
    "value",
    [date(2021, 5, 1), datetime(2021, 5, 1, 23, 30, tzinfo=UTC), None],
    ids=["day", "moment", "none"],
)
def test_a_day_is_written_as_django_writes_it(value: date | None, language: str) -> None:
    template = Template('{{ value|day }}|{{ value|date:"DATE_FORMAT" }}')
    with translation.override(language), timezone.override("Asia/Tokyo"):
        ours, djangos = template.render(Context({"value": value})).split("|")
    assert ours == djangos


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize(
    ("language", "minutes", "shown"),
    [
        ("en", 119, "1 hour and 59 minutes"),
        ("nl", 119, "1 uur en 59 minuten"),
        ("nl", 5, "5 minuten"),
    ],
)
def test_the_time_left_is_read_as_one_says_it(language: str, minutes: int, shown: str) -> None:
    with translation.override(language):
        assert time_left(clock.now() + timedelta(minutes=minutes)).replace("\xa0", " ") == shown
