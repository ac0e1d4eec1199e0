"""The table of ways: changes, losses, tags, actions, and what a closed walkthrough says."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from benefits_portal import clock
from benefits_portal.licensing.calculator import Calculation
from benefits_portal.licensing.comparison import Comparison, comparisons
from benefits_portal.licensing.date_axis import SHORT
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.licensing.models import Subscription, Term
from benefits_portal.licensing.ways import Way, WayGroup
from benefits_portal.tenants.models import Actor, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def client(sign_in: SignIn, admin: User) -> Client:
    return sign_in(admin)


def ways_of(licenses: int, ends_on: date, key: int, on: date = TODAY) -> dict[str, Way]:
    groups = Calculation(Term(licenses, ends_on), [key], on).groups()
    return {way.title: way for group in groups for way in group.ways}


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("title", "change", "shift", "effect", "is_loss"),
    [
        ("Extend end date", "unchanged", "3 months later (92 days)", "later", False),
        ("Add licenses", "+25", "36 days later", "later", False),
        # Later, and no gain: 75 licenses are lost
        ("Wait and start new", "−75", "366 days later", "same", True),
        ("New subscription", "", "12 months", "new", False),
    ],
)
def test_each_way_says_what_it_changes(
    title: str, change: str, shift: str, effect: str, is_loss: bool
) -> None:
    way = ways_of(100, date(2021, 11, 1), 25)[title]
    assert (way.change, way.shift, way.effect, way.is_loss) == (change, shift, effect, is_loss)
    assert way.bar
    assert (way.bar.label, way.bar.kind) == (f"With {title}", "warning" if is_loss else "new")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_labels_of_ways_on_the_axis_are_short(language: str) -> None:
    """One of them long would stand above its mark on a phone, and the others beside theirs."""
    with translation.override(language):
        ways = ways_of(100, date(2021, 11, 1), 25).values()
    labels = [way.on_axis for way in ways]
    assert (
        labels
        == {
            "en": [
                "With Extend end date",
                "With Add licenses",
                "With Wait and start new",
                "With New subscription",
            ],
            "nl": [
                "Einddatum bij verlengen",
                "Einddatum bij toevoegen",
                "Einddatum bij wachten",
                "Einddatum nieuw abonnement",
            ],
        }[language]
    )
    assert max(map(len, labels)) <= SHORT


@pytest.mark.rule("S6", "S8")
def test_an_earlier_end_is_a_loss_though_licenses_are_gained() -> None:
    way = ways_of(10, date(2022, 8, 1), 10)["Add licenses"]
    assert way.change == "+10"
    assert way.shift == "46 days earlier"
    assert way.effect == "earlier"
    assert way.is_loss


@pytest.mark.parametrize(
    ("before", "after", "english", "dutch"),
    [
        ("2021-06-30", "2021-09-30", "3 months later (92 days)", "3 maanden later (92 dagen)"),
        ("2021-06-30", "2021-07-30", "1 month later (30 days)", "1 maand later (30 dagen)"),
        ("2021-06-30", "2022-06-30", "12 months later (365 days)", "12 maanden later (365 dagen)"),
        ("2021-01-31", "2021-02-28", "1 month later (28 days)", "1 maand later (28 dagen)"),
        ("2021-06-30", "2021-05-30", "1 month earlier (31 days)", "1 maand eerder (31 dagen)"),
        ("2021-06-30", "2021-10-01", "93 days later", "93 dagen later"),
        ("2021-06-30", "2021-06-29", "1 day earlier", "1 dag eerder"),
        ("2021-06-30", "2021-06-30", "the same end date", "dezelfde einddatum"),
    ],
)
def test_a_move_is_told_in_months_where_they_are_whole(
    before: str, after: str, english: str, dutch: str
) -> None:
    days = date.fromisoformat(before), date.fromisoformat(after)
    with translation.override("nl"):
        in_dutch = shift(*days)["shift"]
    assert (shift(*days)["shift"], in_dutch) == (english, dutch)


@pytest.mark.rule("S4", "S5", "S6")
@pytest.mark.parametrize(
    ("licenses", "ends_on", "key", "tags"),
    [
        (100, "2021-06-30", 25, {"Extend end date": ["Best for renewing"]}),
        # More than 3 years: what keeps every license and ends last is Add licenses
        (5, "2021-06-30", 16, {"Add licenses": ["Best for renewing"]}),
        (5, "2023-06-30", 16, {}),  # and where that ends earlier nothing renews
    ],
)
def test_tags_follow_from_what_is_kept_and_gained(
    licenses: int, ends_on: str, key: int, tags: dict[str, list[str]]
) -> None:
    ways = ways_of(licenses, date.fromisoformat(ends_on), key)
    expected = {title: tags.get(title, []) for title in ways}
    expected["Add licenses"] = [*expected["Add licenses"], "For more people"]
    assert {title: list(way.tags) for title, way in ways.items()} == expected


@pytest.mark.parametrize(
    ("hrefs", "primary"), [("ab", [True, False]), (" b", [False, True]), ("  ", [False, False])]
)
def test_a_group_has_one_primary_action_at_most(hrefs: str, primary: list[bool]) -> None:
    group = WayGroup("Group", [Way("Way", href=href.strip()) for href in hrefs]).tagged()
    assert [way.is_primary for way in group.ways] == primary


@pytest.mark.rule("S3", "S8")
def test_of_two_subscriptions_a_new_one_is_shown_once(tenant: Tenant, by: Actor) -> None:
    product = factories.ProductFactory.create()
    for days in (30, 60):
        factories.SubscriptionFactory.create(
            tenant=tenant, product=product, licenses=100, ends_on=TODAY + days * DAY
        )
    key = factories.issue_key(partner=tenant.partner, product=product)
    groups = [
        group for comparison in comparisons(key, tenant, TODAY) for group in comparison.groups()
    ]
    assert [[way.title for way in group.ways] for group in groups] == [
        ["Extend end date", "Add licenses", "Wait and start new"],
        ["Extend end date", "Add licenses", "Wait and start new"],
        ["New subscription"],
    ]
    assert [sum(way.is_primary for way in group.ways) for group in groups] == [1, 0, 0]


@pytest.mark.rule("S8")
def test_buttons_name_the_act_and_lead_to_it(tenant: Tenant) -> None:
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, licenses=100, ends_on=date(2021, 6, 30)
    )
    key = factories.key_for(subscription, 25)
    groups = Comparison.of(key, tenant, subscription, TODAY).groups()
    actions = {way.action: way.href for group in groups for way in group.ways if way.href}
    pages = [
        reverse(f"licensing:{page}", args=[subscription.pk]) for page in ("extend", "add-licenses")
    ]
    assert {action: href.partition("?")[0] for action, href in actions.items()} == {
        "Extend to Sep 30, 2021": pages[0],
        "Add 25 licenses": pages[1],
        "Start new subscription": reverse("licensing:product-key-start"),
    }


@pytest.mark.rule("S2", "S3")
@pytest.mark.parametrize(
    ("days", "gap"),
    [(1, ""), (2, "1 day, since Apr 29, 2021"), (19, "18 days, since Apr 12, 2021")],
)
def test_coming_back_says_the_days_without_service(tenant: Tenant, days: int, gap: str) -> None:
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, licenses=100, ends_on=TODAY - days * DAY
    )
    key = factories.key_for(subscription, 25)
    back, new = (
        way
        for group in Comparison.of(key, tenant, subscription, TODAY).groups()
        for way in group.ways
    )
    assert [(way.gap, way.is_primary) for way in (back, new)] == [(gap, True), (gap, False)]
    assert back.change == "−75"
    assert back.effect == "new"
    assert back.is_loss
    assert back.shift == "12 months"
    assert "keeps its ID" in back.summary
    assert "new ID" in new.summary


@pytest.mark.rule("S7")
@pytest.mark.parametrize(
    ("licenses", "ends_on", "carried", "key", "steps"),
    [
        (
            100,
            "2021-06-30",
            0,
            25,
            [
                "12 months × 25 licenses ÷ 100 licenses = 3 months",
                "Jun 30, 2021 + 3 months = Sep 30, 2021",
            ],
        ),
        (
            55,
            "2021-06-30",
            0,
            5,
            [
                "12 months × 5 licenses ÷ 55 licenses = 1 month, remainder 5 license-months",
                "Jun 30, 2021 + 1 month = Jul 30, 2021",
                "5 license-months × 31 days of the month that follows ÷ 55 licenses = 2 days, "
                "remainder 45 license-days",
                "Jul 30, 2021 + 2 days = Aug 1, 2021",
            ],
        ),
        (
            7,
            "2021-01-31",
            6,
            7,
            [
                "12 months × 7 licenses ÷ 7 licenses = 12 months",
                "6 license-days carried ÷ 7 licenses = 0 days, remainder 6 license-days",
                "Jan 31, 2021 + 12 months = Jan 31, 2022",
            ],
        ),
        (
            30,
            "2021-06-30",
            0,
            1,
            [
                "12 months × 1 license ÷ 30 licenses = 0 months, remainder 12 license-months",
                "12 license-months × 30 days of the month that follows ÷ 30 licenses = 12 days",
                "Jun 30, 2021 + 12 days = Jul 12, 2021",
            ],
        ),
    ],
)
def test_the_formula_of_extending_has_no_term_of_nothing(
    licenses: int, ends_on: str, carried: int, key: int, steps: list[str]
) -> None:
    subscription = Subscription(
        licenses=licenses, ends_on=date.fromisoformat(ends_on), carried_license_days=carried
    )
    calculation = subscription.extended(key).calculation
    assert calculation
    assert calculation.steps() == steps


@pytest.mark.rule("S7")
@pytest.mark.parametrize(
    ("licenses", "ends_on", "carried", "key", "total"),
    [
        (3, TODAY, 0, 4, "4 licenses × 365 days (12 months) = 1,460 license-days"),
        (
            3,
            TODAY + DAY,
            2,
            4,
            "3 licenses × 1 day left + 4 licenses × 365 days (12 months) + 2 license-days carried "
            "= 1,465 license-days",
        ),
    ],
)
def test_the_formula_of_adding_has_no_term_of_nothing(
    licenses: int, ends_on: date, carried: int, key: int, total: str
) -> None:
    subscription = Subscription(licenses=licenses, ends_on=ends_on, carried_license_days=carried)
    calculation = subscription.with_added_licenses(key, TODAY).calculation
    assert calculation
    assert calculation.steps()[0] == total


def test_a_remainder_says_of_what_it_is_in_dutch() -> None:
    calculation = Subscription(licenses=55, ends_on=date(2021, 6, 30)).extended(5).calculation
    assert calculation
    with translation.override("nl"):
        steps = calculation.steps()
    assert "rest 5 licentiemaanden" in steps[0]
    assert "rest 45 licentiedagen" in steps[2]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "100 licenses until Jun 30, 2021; key: 25 licenses; redeemed on May 1, 2021",
                "",
                "Extend end date: 100 licenses (unchanged), end date Sep 30, 2021: "
                "3 months later (92 days)",
                "  12 months × 25 licenses ÷ 100 licenses = 3 months",
            ],
        ),
        (
            "nl",
            [
                "100 licenties tot en met 30 juni 2021; productcode: 25 licenties; ingewisseld op "
                "1 mei 2021",
                "",
                "Einddatum verlengen: 100 licenties (ongewijzigd), einddatum 30 september 2021: "
                "3 maanden later (92 dagen)",
                "  12 maanden × 25 licenties ÷ 100 licenties = 3 maanden",
            ],
        ),
    ],
)
def test_the_result_can_be_copied_as_text(language: str, lines: list[str]) -> None:
    calculation = Calculation(Term(100, date(2021, 6, 30)), [25], TODAY)
    with translation.override(language):
        text = calculation.as_text("https://portal.example/calculator/?licenses=100")
    assert text.split("\n")[:4] == lines
    assert text.endswith("\n\nhttps://portal.example/calculator/?licenses=100")


def test_so_many_keys_that_no_way_is_left_are_refused_in_words() -> None:
    keys = "; ".join(["1000000"] * 12)
    query = {"licenses": "1", "ends_on": "2021-06-30", "keys": keys, "on": "2021-05-01"}
    answer = Client().get(reverse("licensing:calculator"), query)
    ways = [way for group in answer.context["calculation"].groups() for way in group.ways]
    assert [(way.title, bool(way.reason)) for way in ways][:2] == [
        ("Extend end date", True),
        ("Add licenses", True),
    ]
    assert answer.status_code == 200
    assert ways[-1].title == "New subscription"
    assert ways[-1].reason


@pytest.mark.rule("K7", "B5")
@pytest.mark.parametrize("state", ["redeemed", "expired", "revoked"])
def test_a_closed_walkthrough_says_the_state_and_what_to_do(
    client: Client, tenant: Tenant, by: Actor, state: str
) -> None:
    last_day = TODAY - DAY if state == "expired" else TODAY + DAY
    key = factories.issue_key(
        partner=tenant.partner, starts_on=TODAY - 300 * DAY, expires_on=last_day
    )
    links = [reverse("licensing:benefit-detail", args=[key.benefit_id])]
    said = "This benefit has no key right now."
    if state == "redeemed":
        redemption = factories.redeem(key, tenant=tenant)
        said = "This key was redeemed on May 1, 2021"
        links += [redemption.subscription.get_absolute_url(), redemption.get_absolute_url()]
    elif state == "expired":
        said = "This benefit expired: Apr 30, 2021 was the last day to use it."
        links.append(reverse("benefits:azure-cloud"))
    else:
        key.revoke("Lost", by=by)
    answer = client.get(reverse("licensing:walkthrough", args=[key.benefit_id]))
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    assert said in main
    assert [link for link in links if f'href="{link}"' not in main] == []
    assert [
        text for text in ('class="stepper"', 'class="ways"', "tenant-card") if text in main
    ] == []


def test_the_carried_license_days_are_folded_until_they_are_used() -> None:
    query = {"licenses": "7", "ends_on": "2021-06-30", "keys": "3", "on": clock.today().isoformat()}
    pages = [
        Client().get(reverse("licensing:calculator"), query | {"carried": carried}).text
        for carried in ("", "6")
    ]
    assert ['calculator-more" open>' in page for page in pages] == [False, True]
