"""The ledger of what is unused: how much, and when it is lost (rules B1, B3, B5)."""

from datetime import date, timedelta
from typing import Any

import html5lib
import pytest
from django.urls import reverse
from django.utils.translation import override

from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.home import unused, unused_amounts, unused_queries
from benefits_portal.licensing.home.unused import unused_benefits
from benefits_portal.tenants.models import Actor, Partner, User
from tests import factories
from tests.clients import SignIn

TODAY = factories.TODAY


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def key(partner: Partner, days: int = 300, **facts: Any) -> Benefit:
    return factories.BenefitFactory.create(
        partner=partner, key=True, expires_on=in_days(days), **facts
    )


@pytest.mark.rule("B5")
def test_keys_and_credit_are_grouped_by_when_they_are_lost(partner: Partner) -> None:
    for days in (91, 0, 30, -1, 92, 31):
        key(partner, days)
    factories.BenefitFactory.create(partner=partner, bulk=True, expires_on=in_days(40))
    used = factories.BenefitFactory.create(partner=partner, monthly=True, expires_on=in_days(5))
    factories.AssignmentFactory.create(benefit=used)
    factories.redeem(
        factories.issue_key(partner=partner), tenant=factories.TenantFactory.create(partner=partner)
    )
    key(partner, 400, starts_on=in_days(1))  # not begun
    key(factories.PartnerFactory.create(), 5)  # somebody else's

    ledger = unused_benefits(partner, TODAY)

    assert [
        (group.name, [(row["left"], bool(row["urgency"])) for row in group.rows])
        for group in ledger.groups
    ] == [
        ("within-30-days", [("Last day today", True), ("30 days left", True)]),
        (
            "within-3-months",
            [("31 days left", False), ("40 days left", False), ("91 days left", False)],
        ),
        ("later", [("92 days left", False)]),
    ]
    assert str(ledger.amounts) == "5 keys (125 licenses) · $6,000 a year"
    assert [str(group.amounts) for group in ledger.groups] == [
        "2 keys (50 licenses)",
        "2 keys (50 licenses) · $6,000 a year",
        "1 key (25 licenses)",
    ]


@pytest.mark.rule("B3")
def test_a_month_of_unassigned_monthly_credit_is_lost_each_month(partner: Partner) -> None:
    factories.BenefitFactory.create(partner=partner, monthly=True, expires_on=in_days(275))
    factories.BenefitFactory.create(partner=partner, bulk=True, expires_on=in_days(275))

    month, later = unused_benefits(partner, TODAY).groups

    assert [(row["left"], row["day"]) for row in month.rows] == [
        ("$100 lost after May 31, 2021", "then each month, until Jan 31, 2022")
    ]
    assert [row["left"] for row in later.rows] == ["275 days left"]
    assert (str(month.amounts), str(later.amounts)) == ("$100 a month", "$6,000 a year")


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    ("on", "expires_on", "expected"),
    [
        ("2021-05-31", "2021-06-01", ("$100 lost after May 31, 2021", "until Jun 1, 2021")),
        ("2021-06-01", "2021-06-01", ("Last day today", "Use by Jun 1, 2021")),
        ("2021-05-01", "2021-05-31", ("30 days left", "Use by May 31, 2021")),
        ("2021-02-28", "2021-03-30", ("$100 lost after Feb 28, 2021", "until Mar 30, 2021")),
    ],
)
def test_in_its_last_month_credit_is_lost_on_its_own_last_day(
    partner: Partner, on: str, expires_on: str, expected: tuple[str, str]
) -> None:
    factories.BenefitFactory.create(
        partner=partner, monthly=True, expires_on=date.fromisoformat(expires_on)
    )
    [group] = unused_benefits(partner, date.fromisoformat(on)).groups
    [row] = group.rows
    assert (group.name, row["left"], row["day"].removeprefix("then each month, ")) == (
        "within-30-days",
        *expected,
    )


@pytest.mark.rule("B3")
def test_amounts_of_each_currency_are_added_up_apart(partner: Partner) -> None:
    for currency, amount in (("USD", 100), ("EUR", 85), ("USD", 150), ("JPY", 10_000)):
        factories.BenefitFactory.create(
            partner=partner, monthly=True, currency=currency, credit_amount=amount
        )
    ledger = unused_benefits(partner, TODAY)
    assert str(ledger.amounts) == "€85 a month · ¥10,000 a month · $250 a month"
    with override("nl"):
        assert str(ledger.amounts) == (
            "€\xa085 per maand · JP¥\xa010.000 per maand · US$\xa0250 per maand"
        )


@pytest.mark.rule("K8")
def test_a_benefit_whose_key_was_revoked_is_not_counted_as_a_key(partner: Partner) -> None:
    key(partner)
    revoked = key(partner)
    factories.live_key_of(revoked).revoke("lost", by=Actor())

    ledger = unused_benefits(partner, TODAY)

    assert str(ledger.amounts) == "1 key (25 licenses) · 1 benefit without a key"
    [row] = [row for row in ledger.groups[0].rows if row["hint"]]
    assert (row["hint"], row["href"]) == ("Its key was revoked", revoked.get_absolute_url())
    assert "Get key" not in row["action"]


def test_each_row_has_the_one_thing_to_do(partner: Partner) -> None:
    licenses = key(partner, 10)
    monthly = factories.BenefitFactory.create(partner=partner, monthly=True, expires_on=in_days(11))
    bulk = factories.BenefitFactory.create(partner=partner, bulk=True, expires_on=in_days(12))

    [month] = unused_benefits(partner, TODAY).groups

    assert [str(row["action"]).partition("<span")[0] for row in month.rows] == [
        f'<a class="button" href="{licenses.get_absolute_url()}">Get key',
        f'<a class="button" href="{reverse("benefits:assign", args=[monthly.pk])}">Assign',
        f'<a class="button" href="{reverse("benefits:assign", args=[bulk.pk])}">Assign',
    ]


@pytest.mark.rule("W7")
def test_of_very_many_a_part_is_read_and_said_to_be_one(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (unused_queries, unused_amounts):
        monkeypatch.setattr(module, "MAX_COUNT", 3)
    monkeypatch.setattr(unused, "MAX_SHOWN", 1)
    for days in (10, 20, 40, 50, 300):
        key(partner, days)
    factories.BenefitFactory.create(partner=partner, bulk=True, expires_on=in_days(40))

    ledger = unused_benefits(partner, TODAY)

    assert (str(ledger.amounts), ledger.amounts.count) == (
        "3+ keys (100+ licenses) · $6,000 a year",
        "3+",  # as the list says it, which counts no more either
    )
    assert [(group.name, group.amounts.count, str(group.amounts)) for group in ledger.groups] == [
        ("within-30-days", "2", "2 keys (50 licenses)"),
        ("within-3-months", "3+", "2+ keys (50+ licenses) · $6,000 a year"),
    ]
    assert [group.rows.summary for group in ledger.groups] == [
        "The first of 2 is shown.",
        "The first of more than 2 is shown.",
    ]


@pytest.mark.rule("W7")
def test_every_unused_benefit_is_one_click_from_home(
    partner: Partner, admin: User, sign_in: SignIn, today: date
) -> None:
    for days in (10, 40, 300):
        key(partner, days)
    factories.BenefitFactory.create(partner=partner, monthly=True)
    client = sign_in(admin)
    ledger = client.get(reverse("home")).context["unused"]
    assert ledger.amounts.count == "4"
    assert client.get(ledger.href).context["page"].total == 4


EMPTY, CALM = "all set for the next three months", "Nothing is lost in the next three months."
WAITING = "waiting: start here"


@pytest.mark.parametrize(
    ("days", "is_used", "has_membership", "expected"),
    [
        ([], False, False, []),
        ([300], True, True, [EMPTY]),
        ([300], False, True, [CALM, WAITING]),
        ([300, 40], False, True, [WAITING]),
    ],
)
def test_home_is_empty_only_when_truly_nothing_is_unused(
    partner: Partner,
    admin: User,
    sign_in: SignIn,
    today: date,
    days: list[int],
    is_used: bool,
    has_membership: bool,
    expected: list[str],
) -> None:
    for number in days:
        benefit = key(partner, number)
        if is_used:
            benefit.begin_use()
    page = sign_in(admin).get(reverse("home")).text.replace("&#x27;", "'")
    assert [text for text in (EMPTY, CALM, WAITING) if text in page] == expected
    assert ("No membership" in page) is not has_membership


@pytest.mark.parametrize(("count", "words"), [(1, "See it in the list"), (2, "See all 2")])
def test_the_way_to_the_list_counts_what_is_more_than_one(
    partner: Partner, admin: User, sign_in: SignIn, today: date, count: int, words: str
) -> None:
    for _ in range(count):
        key(partner)
    page = html5lib.parse(sign_in(admin).get(reverse("home")).text, namespaceHTMLElements=False)
    link, _to_plan = page.iterfind(".//p[@class='ledger-total']/a")
    assert (link.text or "").strip() == words


def test_a_new_partner_reads_where_to_start(
    partner: Partner, admin: User, sign_in: SignIn, today: date
) -> None:
    first = key(partner, 40)
    credit = factories.BenefitFactory.create(partner=partner, bulk=True)
    client = sign_in(admin)

    page = client.get(reverse("home"))

    assert "2 benefits are waiting: start here" in page.text
    assert page.context["unused"].first["href"] == first.get_absolute_url()
    factories.AssignmentFactory.create(benefit=credit)
    assert WAITING not in client.get(reverse("home")).text
