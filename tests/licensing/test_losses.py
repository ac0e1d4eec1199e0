"""Lost by a day: all that a partner loses up to it in all of its tenants, and how much that is."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import html5lib
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.losses import page
from benefits_portal.licensing.losses.loss import Kind, Loss, in_order
from benefits_portal.licensing.losses.page import losses_by
from benefits_portal.licensing.losses.people import people_without
from benefits_portal.licensing.losses.totals import totals
from benefits_portal.licensing.losses.unused import assigned_credit, unused_credit
from benefits_portal.tenants.models import (
    Actor,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantsAction,
    User,
)
from tests import factories
from tests.clients import SignIn

rule = pytest.mark.rule
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

TODAY = factories.TODAY
BY = date(2021, 8, 31)


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def found(partner: Partner, until: date = BY) -> list[Loss]:
    return in_order(losses_by(partner, TODAY, until, most=1000))


def benefit(partner: Partner, expires_on: date, **facts: Any) -> Any:
    return factories.BenefitFactory.create(partner=partner, expires_on=expires_on, **facts)


def test_what_is_lost_or_ends_by_a_day_is_told_by_date_with_its_tenant(tenant: Tenant) -> None:
    """On that day for the last time; a day later it is not among them, nor what is others'."""
    partner, other = tenant.partner, factories.TenantFactory.create(partner=tenant.partner)
    for days in (0, 1):
        benefit(partner, BY + timedelta(days=days), key=True)
        benefit(partner, BY + timedelta(days=days), bulk=True)
        held = benefit(partner, date(2021, 6, 1) + timedelta(days=days * 100), monthly=True)
        factories.AssignmentFactory.create(benefit=held, directory_user__tenant=other)
        factories.SubscriptionFactory.create(tenant=other, ends_on=BY + timedelta(days=days))
    factories.MembershipFactory.create(partner=partner, starts_on=date(2020, 7, 1))
    benefit(factories.PartnerFactory.create(), TODAY, key=True)

    assert [(loss.day, loss.kind, loss.about.tenant) for loss in found(partner)] == [
        (date(2021, 6, 1), Kind.ASSIGNED, other.name),
        (date(2021, 7, 1), Kind.MEMBERSHIP, "All tenants"),
        (BY, Kind.KEY, "Any tenant"),
        (BY, Kind.CREDIT, "Any tenant"),
        (BY, Kind.EXPIRED, other.name),
    ]


@rule("B3", "W7")
@pytest.mark.parametrize(("most", "has_more"), [(2, True), (3, False)])
def test_much_credit_does_not_hide_what_is_lost_at_the_month_s_end(
    partner: Partner, most: int, has_more: bool
) -> None:
    for _nth in range(2):
        benefit(partner, BY, bulk=True)
    benefit(partner, date(2022, 3, 31), monthly=True)
    lost = unused_credit(partner, TODAY, BY, most=most, may_act=True)
    assert [lost.found[0].day, len(lost.found)] == [date(2021, 5, 31), most]
    assert lost.has_more is has_more


@rule("U5", "W7")
@pytest.mark.parametrize(("most", "has_more"), [(1, True), (2, False)])
def test_assigned_credit_that_ends_first_is_told_with_who_holds_it_now(
    tenant: Tenant, by: Actor, most: int, has_more: bool
) -> None:
    later, first = (benefit(tenant.partner, day, monthly=True) for day in (BY, TODAY))
    benefit(tenant.partner, TODAY, monthly=True)
    for held in (later, first, first):
        holding = factories.AssignmentFactory.create(
            benefit=held, directory_user__tenant=tenant, directory_user__display_name="Ada"
        )
    holding.remove(by=by, on=TODAY)
    ending = assigned_credit(tenant.partner, TODAY, BY, most=most)
    assert [loss.pk for loss in ending.found] == [first.pk, later.pk][:most]
    assert ending.found[0].about.title.endswith(": Ada")
    assert ending.has_more is has_more


def test_credit_that_is_marked_as_used_and_held_by_nobody_is_left_out(partner: Partner) -> None:
    marked = benefit(partner, TODAY, monthly=True)
    Benefit.objects.filter(partner=partner, pk=marked.pk).update(is_used=True)
    assert assigned_credit(partner, TODAY, BY, most=None).found == []


@rule("S2", "W7")
@pytest.mark.parametrize(
    ("ended_for", "until", "has_more"),
    [(1, 29, True), (1, 28, False), (31, 89, True), (31, 88, False)],
)
def test_many_that_ended_do_not_hide_what_ends_before_they_change(
    tenant: Tenant, ended_for: int, until: int, has_more: bool
) -> None:
    """Nor does what changes after the day count as more."""
    create = factories.SubscriptionFactory.create
    for _nth in range(3):
        create(tenant=tenant, ends_on=TODAY - timedelta(days=ended_for))
    ending = create(tenant=tenant, ends_on=TODAY + timedelta(days=9))
    by = TODAY + timedelta(days=until)
    kinds = losses_by(tenant.partner, TODAY, by, most=2)
    [affected] = [part for part in kinds if part.found]
    assert affected.found[0].about.href == ending.get_absolute_url()
    assert affected.has_more is has_more


@rule("B3")
@pytest.mark.parametrize(
    ("starts_on", "expires_on", "until", "months"),
    [
        pytest.param(TODAY, date(2022, 1, 1), date(2021, 5, 30), 0, id="no month is over"),
        pytest.param(TODAY, date(2022, 1, 1), date(2021, 5, 31), 1, id="a month ends"),
        pytest.param(TODAY, date(2022, 1, 1), BY, 4, id="four months"),
        pytest.param(TODAY, date(2021, 7, 2), BY, 3, id="it expires in a month"),
        pytest.param(TODAY, date(2021, 7, 31), BY, 3, id="it expires with a month"),
        pytest.param(date(2021, 7, 5), date(2022, 7, 5), BY, 2, id="it begins later"),
        pytest.param(date(2021, 9, 1), date(2022, 9, 1), BY, 0, id="it begins after that day"),
    ],
)
def test_unassigned_monthly_credit_is_added_up_month_by_month(
    partner: Partner, starts_on: date, expires_on: date, until: date, months: int
) -> None:
    benefit(partner, expires_on, starts_on=starts_on, monthly=True, credit_amount=100)
    losses = unused_credit(partner, TODAY, until, most=None, may_act=True).found
    assert sum(loss.amount for loss in losses) == Decimal(100) * months
    assert len(losses) == min(months, 1)


@rule("S2")
@pytest.mark.parametrize(
    ("ends_in", "until_in", "kinds"),
    [
        (10, 9, []),
        (10, 10, ["expired"]),
        (10, 40, ["expired", "disabled"]),
        (10, 130, ["expired", "disabled", "deleted"]),
        (-1, 29, ["disabled"]),
        (-31, 89, ["deleted"]),
        (-121, 300, []),
    ],
)
def test_a_subscription_is_told_with_each_stage_that_it_reaches(
    tenant: Tenant, ends_in: int, until_in: int, kinds: list[str]
) -> None:
    factories.SubscriptionFactory.create(
        tenant=tenant,
        starts_on=TODAY - timedelta(days=400),
        ends_on=TODAY + timedelta(days=ends_in),
    )
    losses = found(tenant.partner, TODAY + timedelta(days=until_in))
    assert [loss.kind.value for loss in losses] == kinds
    assert {loss.about.tenant for loss in losses} <= {tenant.name}


@rule("L7", "L11")
def test_who_is_left_without_a_license_is_counted_once_and_from_when(tenant: Tenant) -> None:
    """Two subscriptions of 3 end a month after another, and 5 people have a license."""
    pool = factories.pool(3, given=5, tenant=tenant, ends_on=date(2021, 5, 31))
    factories.SubscriptionFactory.create(
        tenant=tenant, product=pool.product, licenses=3, ends_on=date(2021, 7, 1)
    )
    losses = people_without(tenant.partner, TODAY, date(2021, 7, 31)).found
    assert [(loss.day, loss.people, loss.about.explanation) for loss in losses] == [
        (date(2021, 6, 30), 2, "From Jul 1, 2021"),
        (date(2021, 7, 31), 3, "From Aug 1, 2021"),
    ]
    assert [
        loss.people for loss in people_without(tenant.partner, TODAY, date(2021, 7, 30))[0]
    ] == [2]


@rule("B1")
def test_a_renewed_year_is_not_lost_and_the_next_one_is_by_its_own_last_day(
    partner: Partner,
) -> None:
    year = factories.MembershipFactory.create(partner=partner, starts_on=date(2020, 7, 1))
    factories.MembershipFactory.create(
        partner=partner, offer=year.offer, starts_on=date(2021, 7, 2)
    )
    assert found(partner) == []
    assert [loss.day for loss in found(partner, date(2023, 1, 1))] == [date(2022, 7, 2)]


@rule("W7")
def test_the_totals_do_not_mention_counting_twice_where_nothing_is(tenant: Tenant) -> None:
    factories.pool(4, given=2, tenant=tenant, ends_on=TODAY)
    lines = totals(losses_by(tenant.partner, TODAY, TODAY + timedelta(days=1), most=3))
    assert [line.label for line in lines] == ["Subscriptions affected", "Of these, expiring"]


@rule("W7")
def test_the_totals_say_how_much_of_each_kind_and_where_there_is_more(tenant: Tenant) -> None:
    partner = tenant.partner
    for _ in range(3):
        benefit(partner, BY, key=True, quantity=25)
    benefit(partner, BY, bulk=True, credit_amount=6000)
    benefit(partner, BY, monthly=True, credit_amount=100)
    factories.pool(4, given=2, tenant=tenant, ends_on=TODAY)
    lines = [
        [(line.label, line.text) for line in totals(losses_by(partner, TODAY, BY, most=most))]
        for most in (3, 2)
    ]
    others = [
        ("Unassigned credit lost", "$6,400"),
        ("Subscriptions affected, some more than once", "1 (4 licenses)"),
        ("Of these, expiring", "1 (4 licenses)"),
        ("Of these, being disabled", "1 (4 licenses)"),
        ("Of these, being deleted", "1 (4 licenses)"),
        ("People left without a license", "2"),
    ]
    assert lines == [
        [("Keys that expire unused", "3 keys (75 licenses)"), *others],
        [("Keys that expire unused", "2+ keys (50+ licenses)"), *others],
    ]


def test_the_page_shows_the_first_rows_and_its_file_has_all_on_record(
    client: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "FIRST_ROWS", 2)
    for day in (BY, TODAY, TODAY):
        benefit(tenant.partner, day, key=True)
    query = f"?by={BY.isoformat()}"
    shown = client.get(reverse("licensing:losses") + query)
    html5lib.HTMLParser(strict=True).parse(shown.text)
    assert [row["day"] for row in shown.context["rows"]] == ["May 1, 2021", "May 1, 2021"]
    assert "The first 2 of 3 are shown." in shown.text
    assert "Show all" in shown.text
    whole = client.get(reverse("licensing:losses") + f"{query}&all=losses")
    assert [row["day"] for row in whole.context["rows"]][2:] == ["Aug 31, 2021"]
    file = b"".join(client.get(reverse("licensing:losses-csv") + query)).decode("utf-8-sig")
    heads, *lines = file.splitlines()
    assert heads.startswith('"Last day","What happens","What","Tenant"')
    assert [line[1:11] for line in lines] == ["2021-05-01", "2021-05-01", "2021-08-31"]
    record = Record.objects.get(action=TenantsAction.LIST_DOWNLOADED)
    assert record.after == {"list": "losses", "rows": 3, "filters": "by=2021-08-31"}


def test_the_file_has_plain_amounts_and_says_now_of_what_is_so_already(
    client: Client, tenant: Tenant
) -> None:
    """As the file of the benefits and the page do: no thousandths, and no day that is not true."""
    benefit(tenant.partner, BY, bulk=True)
    factories.pool(3, given=2, tenant=tenant, ends_on=TODAY - timedelta(days=31))
    query = f"?by={BY.isoformat()}"
    file = b"".join(client.get(reverse("licensing:losses-csv") + query)).decode("utf-8-sig")
    lines = list(csv.DictReader(file.splitlines()))
    assert [(line["Last day"], line["Amount"]) for line in lines] == [
        ("Now", ""),
        ("2021-07-29", ""),
        ("2021-08-31", "6000"),
    ]


@pytest.mark.parametrize(
    ("by", "day", "error"),
    [
        ("", date(2021, 7, 31), ""),
        ("2021-05-01", TODAY, ""),
        ("2021-04-30", date(2021, 7, 31), "Choose today or a later day."),
        ("soon", date(2021, 7, 31), "Write the day like 2027-01-31."),
    ],
)
def test_a_day_that_cannot_be_shown_is_said_and_three_months_are(
    client: Client, by: str, day: date, error: str
) -> None:
    chosen = client.get(reverse("licensing:losses"), {"by": by}).context["chosen"]
    assert (chosen.day, chosen.error) == (day, error)


@rule("P3")
def test_who_may_only_look_sees_what_is_lost_and_why_nothing_can_be_done(
    client: Client, tenant: Tenant, admin: User
) -> None:
    RoleAssignment.objects.filter(user=admin).update(role=Role.MEMBER)
    benefit(tenant.partner, TODAY, key=True)
    text = client.get(reverse("licensing:losses")).text
    assert 'aria-disabled="true" aria-describedby="locked-reason"' in text
    assert 'id="locked-reason"' in text


def test_a_subscription_that_was_deleted_since_it_was_counted_is_left_out(tenant: Tenant) -> None:
    """A room that is started over, say."""
    gone, there = factories.SubscriptionFactory.create_batch(2, tenant=tenant, ends_on=BY)
    counted = losses_by(tenant.partner, TODAY, BY, most=9)
    gone.delete()
    assert [loss.pk for loss in in_order(counted)] == [there.pk]


def test_home_leads_to_what_is_lost_by_a_day(client: Client, tenant: Tenant) -> None:
    factories.MembershipFactory.create(partner=tenant.partner)
    text = client.get(reverse("home")).text
    assert f'action="{reverse("licensing:losses")}"' in text
    assert 'value="2021-07-31"' in text


@pytest.mark.parametrize("count", [1, 5])
def test_what_is_lost_takes_eleven_queries_however_much_it_is(
    client: Client, tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    """One of them since a key fits two subscriptions, one for people left without a license.

    One more for the subscriptions that are shown.
    """
    for _ in range(count):
        first = factories.SubscriptionFactory.create(tenant=tenant, ends_on=TODAY)
        factories.SubscriptionFactory.create(tenant=tenant, product=first.product, ends_on=BY)
        factories.key_for(first)
        factories.pool(1, given=1, tenant=tenant, ends_on=TODAY)
        factories.AssignmentFactory.create(
            benefit=benefit(tenant.partner, BY, monthly=True), directory_user__tenant=tenant
        )
        benefit(tenant.partner, BY, monthly=True)
        factories.MembershipFactory.create(partner=tenant.partner, starts_on=date(2020, 7, 1))
    url = f"{reverse('licensing:losses')}?by={BY.isoformat()}"
    client.get(url)
    with django_assert_num_queries(11):
        client.get(url)
