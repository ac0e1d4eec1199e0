"""What redeeming does is one sentence: announced, on the button, and reported (rule S8)."""

from datetime import date

import pytest
from django.utils.html import strip_tags
from django.utils.translation import override

from benefits_portal.formats import as_day
from benefits_portal.licensing.date_shifts import in_time
from benefits_portal.licensing.models import quote_redemption, redeem_key
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.redemption_sentences import button_label, headline, outcome
from benefits_portal.tenants.models import Actor, Tenant
from tests import factories
from tests.factories import TODAY

pytestmark = [pytest.mark.usefixtures("today"), pytest.mark.rule("S8")]

# kind, licenses, end date, licenses of the key → announced, on the button, reported
SENTENCES = [
    (
        RedemptionKind.EXTEND,
        100,
        date(2021, 6, 30),
        25,
        "Office (100 licenses) will end on {day} instead of {before}: 3 months later.",
        "Extend to {day}",
        "The end date of Office (100 licenses) moved from {before} to {day}: 3 months later.",
        date(2021, 9, 30),
    ),
    (
        RedemptionKind.EXTEND,
        10_000,
        date(2021, 6, 30),
        1,
        "Office (10,000 licenses) will still end on {day}. What this key adds is less than a day, "
        "and counts in the next calculation.",
        "Extend to {day}",
        "The end date of Office (10,000 licenses) stayed {day}. What the key added is less than a "
        "day, and counts in the next calculation.",
        date(2021, 6, 30),
    ),
    (
        RedemptionKind.ADD,
        10,
        date(2022, 8, 1),
        10,
        "Office will have 20 licenses instead of 10 licenses, and end on {day} instead of "
        "{before}: 46 days earlier.",
        "Add 10 licenses",
        "Office went from 10 licenses to 20 licenses, and its end date from {before} to {day}: "
        "46 days earlier.",
        date(2022, 6, 16),
    ),
    (
        RedemptionKind.ADD,
        10,
        date(2022, 5, 1),
        1,
        "Office will have 11 licenses instead of 10 licenses, and still end on {day}.",
        "Add 1 license",
        "Office went from 10 licenses to 11 licenses, and still ended on {day}.",
        date(2022, 5, 1),
    ),
    (
        RedemptionKind.REACTIVATE,
        10,
        date(2021, 4, 15),
        5,
        "Office will be active again from today, with 5 licenses (it had 10 licenses), and end on "
        "{day}.",
        "Reactivate",
        "Office became active again, with 5 licenses (it had 10 licenses), ending on {day}.",
        date(2022, 5, 1),
    ),
    (
        RedemptionKind.REACTIVATE,
        10,
        date(2021, 4, 15),
        10,
        "Office will be active again from today, with 10 licenses as before, and end on {day}.",
        "Reactivate",
        "Office became active again, with 10 licenses as before, ending on {day}.",
        date(2022, 5, 1),
    ),
    (
        RedemptionKind.NEW,
        None,
        None,
        25,
        "A new subscription to Office will start today with 25 licenses and end on {day}.",
        "Start new subscription",
        "A new subscription to Office started with 25 licenses, ending on {day}.",
        date(2022, 5, 1),
    ),
]


@pytest.mark.parametrize(
    ("way", "licenses", "ends_on", "key_licenses", "announced", "button", "reported", "day"),
    SENTENCES,
)
def test_what_a_key_does_is_told_before_on_the_button_and_after(
    tenant: Tenant,
    by: Actor,
    way: RedemptionKind,
    licenses: int | None,
    ends_on: date | None,
    key_licenses: int,
    announced: str,
    button: str,
    reported: str,
    day: date,
) -> None:
    product = factories.ProductFactory.create(name="Office")
    subscription = None
    if licenses and ends_on:
        subscription = factories.SubscriptionFactory.create(
            tenant=tenant, product=product, licenses=licenses, ends_on=ends_on
        )
    key = factories.issue_key(partner=tenant.partner, product=product, quantity=key_licenses)
    quote = quote_redemption(way, key, tenant, subscription, TODAY)
    redemption = redeem_key(way, key, tenant, subscription, by=by, on=TODAY, quote=quote)
    days = {"day": as_day(day), "before": as_day(ends_on) if ends_on else ""}
    assert [
        strip_tags(headline(quote, product)),
        button_label(quote),
        strip_tags(outcome(redemption)),
    ] == [text.format(**days) for text in (announced, button, reported)]


@pytest.mark.parametrize(
    ("before", "after", "english", "dutch"),
    [
        (date(2027, 8, 21), date(2027, 11, 21), "3 months later", "3 maanden later"),
        (date(2027, 8, 31), date(2028, 2, 29), "6 months later", "6 maanden later"),
        (date(2027, 8, 21), date(2027, 9, 21), "1 month later", "1 maand later"),
        (date(2027, 8, 21), date(2028, 8, 21), "12 months later", "12 maanden later"),
        (date(2027, 8, 21), date(2027, 11, 22), "93 days later", "93 dagen later"),
        (date(2027, 8, 21), date(2027, 8, 22), "1 day later", "1 dag later"),
        (date(2027, 8, 21), date(2027, 8, 1), "20 days earlier", "20 dagen eerder"),
        (date(2027, 8, 21), date(2027, 6, 21), "2 months earlier", "2 maanden eerder"),
        (date(2027, 8, 21), date(2027, 8, 21), "", ""),
    ],
)
def test_how_much_later_is_said_in_months_where_they_are_whole(
    before: date, after: date, english: str, dutch: str
) -> None:
    said = []
    for language in ("en", "nl"):
        with override(language):
            said.append(in_time(before, after))
    assert said == [english, dutch]


def test_a_product_s_name_is_written_as_text_and_isolated(tenant: Tenant) -> None:
    product = factories.ProductFactory.create(name="<i>Office</i>")
    key = factories.issue_key(partner=tenant.partner, product=product, quantity=1)
    quote = quote_redemption(RedemptionKind.NEW, key, tenant, None, TODAY)
    assert "<bdi>&lt;i&gt;Office&lt;/i&gt;</bdi>" in headline(quote, product)


def test_the_sentence_is_whole_in_dutch(tenant: Tenant) -> None:
    product = factories.ProductFactory.create(name="Office")
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, product=product, licenses=100, ends_on=date(2021, 6, 30)
    )
    key = factories.key_for(subscription, 25)
    quote = quote_redemption(RedemptionKind.EXTEND, key, tenant, subscription, TODAY)
    with override("nl"):
        assert (strip_tags(headline(quote, product)), button_label(quote)) == (
            "Office (100 licenties) eindigt dan op 30 september 2021 in plaats van op 30 juni "
            "2021: 3 maanden later.",
            "Verlengen t/m 30 september 2021",
        )
