"""Home: what needs attention beside what is unused, by date, and the memberships."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from benefits_portal.benefits.models import Membership, Product
from benefits_portal.licensing.home.attention import (
    MAX_LINES,
    ending_subscriptions,
    held_by_disabled,
)
from benefits_portal.licensing.home.membership_years import memberships
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Actor, Partner, Role, Tenant, User
from tests import factories
from tests.clients import SignIn

TODAY = factories.TODAY


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_one_that_is_withdrawn_while_home_is_put_together_is_left_out(tenant: Tenant) -> None:
    first, second = (
        factories.SubscriptionFactory.create(tenant=tenant, ends_on=in_days(days))
        for days in (20, 30)
    )
    theirs = Subscription.objects.filter(pk=first.pk, partner=tenant.partner)

    def withdraw(execute: Any, sql: str, *rest: Any) -> Any:
        if "fitting_key" in sql and theirs.filter(withdrawn_on=None).exists():
            theirs.update(withdrawn_on=TODAY)
        return execute(sql, *rest)

    with connection.execute_wrapper(withdraw):
        rows, _later = ending_subscriptions(tenant.partner, TODAY)
    assert [row["href"] for row in rows] == [second.get_absolute_url()]


@pytest.mark.rule("S2")
def test_subscriptions_that_end_or_can_come_back_are_told_by_their_day(
    tenant: Tenant,
) -> None:
    """Those that end after three months are folded below them."""
    second = factories.TenantFactory.create(partner=tenant.partner)
    for days, at in (
        (91, tenant),
        (92, tenant),
        (0, second),
        (-1, tenant),
        (-30, tenant),
        (-31, second),
        (-120, tenant),
        (-121, tenant),
    ):
        factories.SubscriptionFactory.create(
            tenant=at, ends_on=in_days(days), starts_on=in_days(days - 365)
        )
    factories.SubscriptionFactory.create(ends_on=in_days(5))  # somebody else's

    soon, later = ending_subscriptions(tenant.partner, TODAY)

    assert [(line["left"], line["day"], line["status"]) for line in soon] == [
        ("Last day today", "Deleted after May 1, 2021", "disabled"),
        ("Last day today", "Disabled after May 1, 2021", "expired"),
        ("Last day today", "Ends on May 1, 2021", "active"),
        ("29 days left", "Disabled after May 30, 2021", "expired"),
        ("89 days left", "Deleted after Jul 29, 2021", "disabled"),
        ("91 days left", "Ends on Jul 31, 2021", "active"),
    ]
    assert (later.count, later.period) == ("1", "after Jul 31, 2021")
    assert [(line["left"], line["day"]) for line in later.rows] == [
        ("92 days left", "Ends on Aug 1, 2021")
    ]


@pytest.mark.rule("W7")
@pytest.mark.parametrize(
    ("soon", "later", "shown"),
    [(0, 0, (0, 0)), (2, 0, (2, 0)), (0, 13, (0, 12)), (2, 11, (2, 10)), (12, 1, (12, 0))],
)
def test_of_subscriptions_that_end_the_first_twelve_are_shown(
    tenant: Tenant, soon: int, later: int, shown: tuple[int, int]
) -> None:
    for days in [*soon * [91], *later * [92]]:
        factories.SubscriptionFactory.create(tenant=tenant, ends_on=in_days(days))

    first, others = ending_subscriptions(tenant.partner, TODAY)

    assert (first.total, others.rows.total) == (soon, later)
    assert (len(first), len(others.rows)) == shown


@pytest.mark.parametrize("ended", [-1, -31])
def test_what_ends_tomorrow_is_first_beside_many_that_ended(tenant: Tenant, ended: int) -> None:
    for days in (*13 * [ended], 1):
        factories.SubscriptionFactory.create(tenant=tenant, ends_on=in_days(days))

    soon, _later = ending_subscriptions(tenant.partner, TODAY)

    assert (soon.rows[0]["day"], len(soon), soon.total) == ("Ends on May 2, 2021", 12, 14)


def test_a_partner_who_uses_everything_sees_what_ends_later_too(
    tenant: Tenant, admin: User, sign_in: SignIn, today: date
) -> None:
    later = factories.SubscriptionFactory.create(tenant=tenant, ends_on=in_days(92))
    factories.MembershipFactory.create(partner=tenant.partner)
    client = sign_in(admin)
    page = client.get(reverse("home"))
    calm, _, folded = page.text.partition('id="ending-later"')
    assert "all set for the next three months" in calm
    assert "None in the next three months." in calm
    assert later.get_absolute_url() in folded
    whole = client.get(f"{reverse('home')}?all=ending")
    opened = ['id="ending-later" open' in text for text in (page.text, whole.text)]
    assert opened == [False, True]


def step(row: dict[str, Any]) -> str:
    """The words on its button or link, without what is only heard."""
    return str(row["action"]).partition(">")[2].partition("<")[0]


@pytest.mark.rule("S3", "S4", "S5")
@pytest.mark.parametrize(
    ("ends_in", "key_licenses", "expected"),
    [
        pytest.param(
            10,
            25,
            ("Extend", "You have a key for 25 licenses: extend to May 11, 2022"),
            id="as many licenses, a year",
        ),
        pytest.param(
            10,
            75,
            ("Extend", "You have a key for 75 licenses: extend to May 11, 2024"),
            id="three times as many, three years",
        ),
        pytest.param(10, 76, ("View details", ""), id="beyond the 3-year limit"),
        pytest.param(
            0,
            5,
            ("Extend", "You have a key for 5 licenses: extend to Jul 13, 2021"),
            id="its last day",
        ),
        pytest.param(
            -1,
            76,
            ("Reactivate", "You have a key: reactivate with 76 licenses"),
            id="expired, whatever the licenses",
        ),
        pytest.param(
            -120,
            1,
            ("Reactivate", "You have a key: reactivate with 1 license"),
            id="disabled, its last day",
        ),
    ],
)
def test_where_a_subscription_ends_the_key_that_fits_is_offered(
    tenant: Tenant, ends_in: int, key_licenses: int, expected: tuple[str, str]
) -> None:
    running = factories.SubscriptionFactory.create(
        tenant=tenant, starts_on=in_days(-400), ends_on=in_days(ends_in)
    )
    factories.issue_key(partner=tenant.partner, product=running.product, quantity=key_licenses)

    [row] = ending_subscriptions(tenant.partner, TODAY)[0]

    assert (step(row), row["hint"]) == expected


def revoked_key(**benefit: Any) -> None:
    factories.issue_key(**benefit).revoke("lost", by=Actor())


@pytest.mark.parametrize(
    "issue_unfit_key",
    [
        pytest.param(
            lambda partner, product: factories.issue_key(product=product), id="of another partner"
        ),
        pytest.param(
            lambda partner, _product: factories.issue_key(partner=partner), id="of another product"
        ),
        pytest.param(
            lambda partner, product: revoked_key(partner=partner, product=product), id="revoked"
        ),
        pytest.param(
            lambda partner, product: factories.issue_key(
                partner=partner, product=product, expires_on=in_days(-1)
            ),
            id="expired yesterday",
        ),
        pytest.param(
            lambda partner, product: factories.issue_key(
                partner=partner, product=product, starts_on=in_days(1)
            ),
            id="begins tomorrow",
        ),
    ],
)
def test_a_key_that_cannot_be_redeemed_is_not_offered(
    tenant: Tenant, issue_unfit_key: Callable[[Partner, Product], object]
) -> None:
    running = factories.SubscriptionFactory.create(tenant=tenant, ends_on=in_days(10))
    issue_unfit_key(tenant.partner, running.product)

    [row] = ending_subscriptions(tenant.partner, TODAY)[0]

    assert (step(row), row["hint"]) == ("View details", "")


@pytest.mark.rule("S3")
def test_of_ended_ones_only_the_latest_can_come_back(tenant: Tenant) -> None:
    product = factories.ProductFactory.create()
    factories.issue_key(partner=tenant.partner, product=product)
    for days in (-5, -5, -50, -119):
        factories.SubscriptionFactory.create(
            tenant=tenant, product=product, starts_on=in_days(-400), ends_on=in_days(days)
        )
    ended = Subscription.objects.with_can_come_back(TODAY)

    assert {one.pk for one in ended if vars(one)["comes_back"]} == {
        one.pk for one in ended if one.can_come_back(TODAY)
    }
    steps = [step(row) for row in ending_subscriptions(tenant.partner, TODAY)[0]]
    assert sorted(steps) == ["Reactivate"] + 3 * ["View details"]


def test_the_way_that_home_offers_leads_to_the_review_of_it(
    tenant: Tenant, admin: User, sign_in: SignIn, today: date
) -> None:
    running = factories.SubscriptionFactory.create(tenant=tenant, ends_on=in_days(10))
    key = factories.issue_key(partner=tenant.partner, product=running.product)
    page = sign_in(admin).get(reverse("home"))
    href = f"{reverse('licensing:extend', args=[running.pk])}?key={key.pk}"

    assert f'href="{href}"' in page.text
    review = sign_in(admin).get(href)
    assert review.context["quote"].after.ends_on == date(2022, 5, 11)


def test_credit_of_somebody_disabled_is_told_until_it_ends(tenant: Tenant) -> None:
    running = factories.BenefitFactory.create(
        partner=tenant.partner, monthly=True, expires_on=TODAY
    )
    ended = factories.BenefitFactory.create(
        partner=tenant.partner, monthly=True, expires_on=in_days(-1)
    )
    for benefit in (running, ended):
        factories.AssignmentFactory.create(
            benefit=benefit, directory_user__tenant=tenant, directory_user__disabled=True
        )
    factories.AssignmentFactory.create(benefit=running, directory_user__tenant=tenant)

    assert [row["href"] for row in held_by_disabled(tenant.partner, TODAY)] == [
        reverse("licensing:benefit-detail", args=[running.pk])
    ]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2022, 1, 1), ["Transfer by Jan 1, 2022", "Ends on Jan 15, 2022"]),
        (date(2022, 1, 2), ["Ends on Jan 15, 2022", "Ends on Jan 31, 2022"]),
    ],
)
def test_credit_of_the_disabled_is_in_the_order_of_the_day_that_is_told(
    tenant: Tenant, on: date, expected: list[str]
) -> None:
    """Bulk credit is transferred until its year ends, before monthly credit that expires first."""
    monthly = factories.BenefitFactory.create(
        partner=tenant.partner, monthly=True, expires_on=date(2022, 1, 15)
    )
    bulk = factories.BenefitFactory.create(partner=tenant.partner, bulk=True)
    for benefit in (monthly, bulk):
        factories.AssignmentFactory.create(
            benefit=benefit, directory_user__tenant=tenant, directory_user__disabled=True
        )

    rows = held_by_disabled(tenant.partner, on)

    assert [row["day"] for row in rows] == expected


@pytest.mark.rule("U2", "U3")
@pytest.mark.parametrize(
    ("kind", "on", "expected"),
    [
        ("monthly", TODAY, ("Remove", "Ends on Jan 31, 2022")),
        ("bulk", date(2022, 1, 1), ("Transfer", "Transfer by Jan 1, 2022")),
        ("bulk", date(2022, 1, 2), ("View details", "Ends on Jan 31, 2022")),
    ],
)
def test_what_can_be_done_about_the_credit_of_somebody_disabled(
    tenant: Tenant, kind: str, on: date, expected: tuple[str, str]
) -> None:
    benefit = factories.BenefitFactory.create(partner=tenant.partner, **{kind: True})
    factories.AssignmentFactory.create(
        benefit=benefit, directory_user__tenant=tenant, directory_user__disabled=True
    )

    [row] = held_by_disabled(tenant.partner, on)

    assert (step(row), row["day"]) == expected


@pytest.mark.rule("B1", "B5")
def test_one_axis_has_a_membership_s_end_its_benefits_and_subscriptions(
    tenant: Tenant,
) -> None:
    redeemed = factories.redeem(tenant=tenant)
    membership = redeemed.key.benefit.membership

    [year] = memberships(tenant.partner, TODAY)

    assert year.membership == membership
    start = membership.starts_on
    assert [(item.label, item.start, item.end) for item in year.axis.items] == [
        ("Today", TODAY, TODAY),
        ("Membership ends", start, membership.ends_on),
        ("Benefits expire", start, membership.benefits_expire_on),
        ("Last subscription ends", *2 * [redeemed.subscription.ends_on]),
    ]


@pytest.mark.rule("K8")
def test_a_subscription_withdrawn_with_its_key_is_not_a_membership_s_last(tenant: Tenant) -> None:
    redeemed = factories.redeem(tenant=tenant)
    factories.replace(redeemed)

    [year] = memberships(tenant.partner, TODAY)

    assert "Last subscription ends" not in {item.label for item in year.axis.items}


FIRST_DAY, LAST_DAY = date(2021, 1, 1), date(2022, 1, 1)
RENEWED = "Renewed: next year begins Jan 2, 2022"


@pytest.mark.rule("B1")
@pytest.mark.parametrize(
    ("on", "is_renewed", "state", "last_day", "asks"),
    [
        (FIRST_DAY, False, "Not renewed yet", "Ends on Jan 1, 2022 (365 days left)", False),
        (date(2021, 10, 1), False, "Not renewed yet", "Ends on Jan 1, 2022 (92 days left)", False),
        (date(2021, 10, 2), False, "Not renewed yet", "Ends on Jan 1, 2022 (91 days left)", True),
        (LAST_DAY, False, "Not renewed yet", "Ends on Jan 1, 2022 (Last day today)", True),
        (LAST_DAY, True, RENEWED, "Ends on Jan 1, 2022 (Last day today)", False),
        (
            date(2022, 1, 2),
            True,
            "Renewed: next year began Jan 2, 2022",
            "Ended Jan 1, 2022. You can use its benefits through Jan 31, 2022.",
            False,
        ),
        (
            date(2022, 1, 31),
            False,
            "Not renewed yet",
            "Ended Jan 1, 2022. You can use its benefits through Jan 31, 2022.",
            True,
        ),
        (date(2022, 2, 1), False, "Not renewed", "Ended Jan 1, 2022", True),
        (LAST_DAY + timedelta(days=365), False, "Not renewed", "Ended Jan 1, 2022", True),
    ],
)
def test_a_membership_says_what_comes_after_it(
    partner: Partner, on: date, is_renewed: bool, state: str, last_day: str, asks: bool
) -> None:
    membership = factories.MembershipFactory.create(partner=partner, starts_on=FIRST_DAY)
    factories.MembershipFactory.create(starts_on=date(2022, 1, 2))  # somebody else's next year
    factories.MembershipFactory.create(partner=partner, starts_on=date(2024, 1, 2))  # other offer
    if is_renewed:
        membership.renewal().save()

    [year] = [
        year for year in memberships(partner, on) if year.membership.offer == membership.offer
    ][:1]

    assert year.membership == membership
    assert (year.state, bool(year.renewal_href)) == (state, asks)
    assert year.last_day == last_day


@pytest.mark.rule("B1")
def test_before_it_begins_a_membership_says_when(partner: Partner) -> None:
    factories.MembershipFactory.create(partner=partner, starts_on=FIRST_DAY)

    [year] = memberships(partner, date(2020, 12, 31))

    assert year.state == "Starts on Jan 1, 2021"
    assert not year.renewal_href


@pytest.mark.rule("B1")
@pytest.mark.parametrize(
    ("days", "state"),
    [(1, "Renewed: next year begins Jan 2, 2022"), (2, "Next year begins Jan 3, 2022")],
)
def test_a_year_after_a_gap_is_no_renewal(partner: Partner, days: int, state: str) -> None:
    year = factories.MembershipFactory.create(partner=partner)
    factories.MembershipFactory.create(
        partner=partner, offer=year.offer, starts_on=LAST_DAY + timedelta(days=days)
    )
    assert [one.state for one in memberships(partner, TODAY)] == [state]


@pytest.mark.rule("B1")
def test_a_year_to_come_is_told_with_the_one_before_it(partner: Partner) -> None:
    running = factories.MembershipFactory.create(partner=partner)
    running.renewal().save()
    alone = factories.MembershipFactory.create(partner=partner, starts_on=in_days(30))
    factories.MembershipFactory.create(partner=partner, starts_on=in_days(-731))  # over a year ago
    ended = factories.MembershipFactory.create(partner=partner, starts_on=in_days(-730))

    years = memberships(partner, TODAY)

    assert [(year.membership, year.is_over) for year in years] == [
        (running, False),
        (alone, False),
        (ended, True),
    ]


@pytest.mark.rule("B1")
def test_a_membership_that_was_ended_early_cannot_be_renewed(partner: Partner) -> None:
    membership: Membership = factories.MembershipFactory.create(partner=partner)
    membership.end(in_days(20), by=Actor(), on=TODAY)

    [year] = memberships(partner, TODAY)

    assert (year.state, year.renewal_href) == ("Ended early, not renewed", "")


@pytest.mark.rule("P3")
def test_a_member_reads_on_home_why_the_actions_are_locked(
    tenant: Tenant, sign_in: SignIn, today: date
) -> None:
    running = factories.SubscriptionFactory.create(tenant=tenant, ends_on=in_days(10))
    factories.issue_key(partner=tenant.partner, product=running.product)
    factories.BenefitFactory.create(partner=tenant.partner, monthly=True)
    texts = {}
    for role in (Role.MEMBER, Role.PARTNER_ADMIN):
        person = factories.RoleAssignmentFactory.create(
            user__directory_user__tenant=tenant, role=role
        ).user
        page = sign_in(person).get(reverse("home"))
        texts[role] = (
            page.text.count('aria-describedby="locked-reason"'),
            page.text.count('id="locked-reason"'),
            page.text.count(reverse("licensing:extend", args=[running.pk])),
        )
    assert texts == {Role.MEMBER: (3, 1, 0), Role.PARTNER_ADMIN: (0, 0, 1)}


@pytest.mark.rule("W7")
def test_what_is_cut_on_home_says_of_how_many_and_leads_to_all(
    tenant: Tenant, admin: User, sign_in: SignIn, today: date
) -> None:
    product = factories.ProductFactory.create()
    for _ in range(MAX_LINES + 2):
        factories.SubscriptionFactory.create(tenant=tenant, product=product, ends_on=TODAY)
        factories.BenefitFactory.create(partner=tenant.partner, product=product, expires_on=TODAY)
    client = sign_in(admin)
    page = client.get(reverse("home"))
    [group] = page.context["unused"].groups
    assert (len(group.rows), group.rows.total) == (12, 14)
    assert [
        (section.name, len(section.rows), section.rows.total)
        for section in page.context["attention"]
    ] == [("ending", 12, 14)]
    assert page.text.count("The first 12 of 14 are shown.") == 2
    assert page.text.count("The first 6 of 14 are shown.") == 1
    [ending] = client.get(f"{reverse('home')}?all=ending").context["attention"]
    assert (ending.name, len(ending.rows), ending.rows.summary) == ("ending", 14, "")
    [whole] = client.get(group.rows.href).context["unused"].groups
    assert (len(whole.rows), whole.rows.summary, whole.is_open) == (14, "", True)
