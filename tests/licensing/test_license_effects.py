"""Before licenses change: how many people would be over (rule L11), and what home says (L8, L9)."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.licensing.admin.effects import effects_of_replacing
from benefits_portal.licensing.home.attention import ending_subscriptions
from benefits_portal.licensing.home.licenses import licenses_of_disabled, too_few_licenses
from benefits_portal.licensing.models import LicensePool, Subscription
from benefits_portal.tenants.models import Actor, Tenant, User
from tests.clients import SignIn
from tests.factories import (
    TODAY,
    DirectoryUserFactory,
    LicenseAssignmentFactory,
    bought,
    issue_key,
    key_for,
    pool,
)

rule = pytest.mark.rule
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

BY = Actor()
JUNE = date(2021, 6, 30)


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def held(subscription: Subscription, count: int) -> LicensePool:
    licenses = LicensePool(subscription.tenant, subscription.product)
    LicenseAssignmentFactory.create_batch(count, tenant=licenses.tenant, product=licenses.product)
    return licenses


@rule("L11")
def test_a_review_says_until_when_everybody_keeps_a_license(client: Client, tenant: Tenant) -> None:
    subscription = bought(4, JUNE, partner=tenant.partner)
    held(subscription, 3)
    key = key_for(subscription, 4)
    url = reverse("licensing:extend", args=[subscription.pk])
    assert client.get(f"{url}?key={key.pk}").context["people"] == (
        "3 people have a license of this product in this tenant. There are enough until Jul 30, "
        "2022; from Jul 31, 2022, there would be 3 licenses too few."
    )


@rule("L11")
def test_a_smaller_key_on_what_has_expired_says_who_is_over_at_once(
    client: Client, tenant: Tenant
) -> None:
    subscription = bought(4, TODAY - timedelta(days=5), partner=tenant.partner)
    held(subscription, 3)
    key = issue_key(partner=tenant.partner, product=subscription.product, quantity=1)
    answer = client.get(reverse("licensing:walkthrough", args=[key.benefit_id]))
    assert answer.context["people"][0].endswith("From today, there would be 2 licenses too few.")


@rule("L11")
def test_where_nobody_has_a_license_nothing_is_said(client: Client, tenant: Tenant) -> None:
    subscription = bought(4, JUNE, partner=tenant.partner)
    key = key_for(subscription, 4)
    url = reverse("licensing:extend", args=[subscription.pk])
    assert client.get(f"{url}?key={key.pk}").context["people"] == ""


@rule("L11")
def test_staff_read_it_before_they_reverse_a_redemption() -> None:
    subscription = bought(4, JUNE)
    added = subscription.add_licenses(key_for(subscription, 4), by=BY, on=TODAY)
    held(added.subscription, 6)
    assert (
        "6 people have a license of this product in this tenant. From today, there would be 2 "
        "licenses too few."
    ) in list(effects_of_replacing(added))


@rule("L11")
def test_the_planner_begins_with_the_licenses_that_people_have(
    client: Client, tenant: Tenant
) -> None:
    subscription = bought(4, JUNE, partner=tenant.partner)
    held(subscription, 3)
    key_for(subscription, 4)
    answer = client.get(reverse("licensing:plan"), {"product": subscription.product_id})
    assert answer.context["form"]["licenses"].value() == "3"


@rule("L8", "L11")
@pytest.mark.parametrize(
    ("days", "left"),
    [
        (-121, []),
        (-120, ["Now"]),
        (-31, ["Now"]),
        (-30, ["Last day today"]),
        (0, ["30 days left"]),
        (60, ["90 days left"]),
        (61, []),
    ],
)
def test_home_tells_three_months_ahead_and_ninety_days_after(days: int, left: list[str]) -> None:
    licenses = pool(4, given=2, ends_on=TODAY + timedelta(days=days))
    soon, _later = too_few_licenses(licenses.tenant.partner, TODAY)
    assert [row["left"] for row in soon] == left


@rule("L11")
def test_home_folds_who_is_left_without_a_license_after_three_months(tenant: Tenant) -> None:
    """The same day as what ends or is lost unused: nobody wonders which of two counts."""
    for days in (60, 61):
        pool(4, given=2, tenant=tenant, ends_on=TODAY + timedelta(days=days))
    soon, later = too_few_licenses(tenant.partner, TODAY)
    assert [row["left"] for row in soon] == ["90 days left"]
    assert (later.count, later.period) == ("1", "after Jul 31, 2021")
    assert later.period == ending_subscriptions(tenant.partner, TODAY)[1].period
    assert [(row["left"], row["day"]) for row in later.rows] == [
        ("91 days left", "From Aug 1, 2021")
    ]


@rule("L11")
def test_home_puts_what_has_enough_licenses_off_until_they_go() -> None:
    licenses = pool(4, given=2, ends_on=TODAY)
    bought(2, partner=licenses.tenant.partner, product=licenses.product)
    soon, later = too_few_licenses(licenses.tenant.partner, TODAY)
    assert (soon.total, [row["day"] for row in later.rows]) == (0, ["From Feb 1, 2022"])


@rule("L9")
def test_home_lists_licenses_of_the_disabled_with_the_way_out(tenant: Tenant) -> None:
    person = DirectoryUserFactory.create(tenant=tenant, display_name="Ann", disabled=True)
    assignment = LicenseAssignmentFactory.create(tenant=tenant, directory_user=person)
    LicenseAssignmentFactory.create(tenant=tenant)
    rows = licenses_of_disabled(tenant.partner)
    take = reverse("licensing:take-license", args=[assignment.product_id, assignment.pk])
    assert [(row["title"], take in row["action"]) for row in rows] == [
        (f"Ann: {assignment.product}", True)
    ]


@rule("L6")
def test_products_and_a_subscription_show_who_has_a_license(client: Client, tenant: Tenant) -> None:
    subscription = bought(4, partner=tenant.partner)
    held(subscription, 3)
    rows = client.get(reverse("licensing:products")).context["rows"]
    assert [row["assigned"] for row in rows] == ["3 of 4"]
    assert "3 of 4 assigned" in client.get(subscription.get_absolute_url()).text


@rule("L9")
def test_a_person_s_page_names_the_licenses(client: Client, tenant: Tenant) -> None:
    assignment = LicenseAssignmentFactory.create(tenant=tenant)
    page = client.get(assignment.directory_user.get_absolute_url())
    assert [holding.title for holding in page.context["holdings"]] == [assignment.product.name]
