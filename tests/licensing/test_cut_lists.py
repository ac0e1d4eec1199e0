"""Lists that grow without end are cut, say of how many, and lead to all (rule W7)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.backoffice.changelist import CappedPaginator
from benefits_portal.benefits.models import Assignment
from benefits_portal.licensing.comparison import comparisons
from benefits_portal.licensing.prepared_queries import MAX_COMPARED
from benefits_portal.licensing.views.benefit_detail import MAX_HOLDERS
from benefits_portal.licensing.views.redeeming import MAX_KEYS
from benefits_portal.licensing.views.subscriptions import MAX_REDEMPTIONS
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.models import Actor, Partner, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.rule("W7"), pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def test_a_subscription_shows_its_latest_redemptions_and_leads_to_all(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    subscription = factories.redeem(tenant=tenant, by=by).subscription
    for _ in range(MAX_REDEMPTIONS + 1):
        subscription.add_licenses(factories.key_for(subscription, 1), by=by, on=TODAY)
    href = reverse("licensing:subscription", args=[subscription.pk])
    page = client.get(href)
    assert (len(page.context["excerpt"]), page.text.count("The latest 50 of 52 are shown.")) == (
        50,
        1,
    )
    assert (len(page.context["feeding"]), page.context["feeding"].total) == (5, 50)
    assert page.context["segments"][0]["label"].endswith("redeemed earlier")
    assert sum(segment["width"] for segment in page.context["segments"]) == 100
    whole = client.get(page.context["excerpt"].href.split("#")[0])
    assert len(whole.context["excerpt"]) == 52
    assert "The latest 50 of" not in whole.text
    assert "The latest 5 of 52 are shown." in whole.text


def test_a_bulk_credit_shows_its_latest_holders_and_leads_to_all(
    client: Client, tenant: Tenant
) -> None:
    credit = factories.BenefitFactory.create(partner=tenant.partner, bulk=True)
    before = None
    for number in range(MAX_HOLDERS + 3):
        ended = (
            {}
            if number == MAX_HOLDERS + 2
            else {"ended_on": TODAY, "ended_at": NOW + timedelta(minutes=number)}
        )
        moment = NOW + timedelta(minutes=number)
        given = {
            "directory_user__tenant": tenant,
            "transferred_from": before,
            "assigned_at": moment,
            **ended,
        }
        before = factories.AssignmentFactory.create(benefit=credit, **given)
    page = client.get(reverse("licensing:benefit-detail", args=[credit.pk]))
    assert "The latest 20 of 23 are shown." in page.text
    assert (len(page.context["chain"]), page.context["chain"][-1]["title"]) == (
        20,
        before.directory_user.display_name,
    )
    assert [held.pk for held in page.context["running"]] == [before.pk]
    assert client.get(page.context["holders"].href).context["page"].total == 1
    assert (
        client.get(f"{page.context['holders'].href}?show=past").context["page"].total
        == Assignment.objects.count() - 1
    )


def test_a_comparison_of_many_subscriptions_says_how_many_there_are(
    client: Client, tenant: Tenant, partner: Partner
) -> None:
    product = factories.ProductFactory.create()
    for days in range(MAX_COMPARED + 2):
        factories.SubscriptionFactory.create(
            tenant=tenant, product=product, ends_on=TODAY + timedelta(days=days)
        )
    key = factories.issue_key(partner=partner, product=product)
    found = comparisons(key, tenant, TODAY)
    assert (len(found), found.total, found.summary) == (3, 5, "The first 3 of 5 are shown.")
    assert found.summary in client.get(reverse("licensing:walkthrough", args=[key.benefit_id])).text


def test_a_comparison_of_very_many_subscriptions_does_not_count_them(
    tenant: Tenant, partner: Partner
) -> None:
    product = factories.ProductFactory.create()
    factories.SubscriptionFactory.create_batch(101, tenant=tenant, product=product)
    found = comparisons(factories.issue_key(partner=partner, product=product), tenant, TODAY)
    assert found.summary == "The first 3 of more than 100 are shown."


def test_of_three_compared_one_is_what_can_come_back(
    client: Client, tenant: Tenant, partner: Partner
) -> None:
    product = factories.ProductFactory.create()
    ended, _first, *last = [
        factories.SubscriptionFactory.create(
            tenant=tenant, product=product, ends_on=TODAY + timedelta(days=days)
        )
        for days in range(-1, MAX_COMPARED)
    ]
    found = comparisons(factories.issue_key(partner=partner, product=product), tenant, TODAY)
    assert [one.subscription for one in found] == [*last, ended]
    assert (found.total, found.summary) == (4, "The first 3 of 4 are shown.")


def test_ones_own_keys_say_how_many_can_be_redeemed(
    client: Client, tenant: Tenant, partner: Partner
) -> None:
    product = factories.ProductFactory.create()
    subscription = factories.SubscriptionFactory.create(tenant=tenant, product=product)
    for _ in range(MAX_KEYS + 1):
        factories.issue_key(partner=partner, product=product)
    page = client.get(reverse("licensing:extend", args=[subscription.pk]))
    assert (len(page.context["own_keys"]), page.context["own_keys"].summary) == (
        10,
        "The first 10 of 11 are shown.",
    )
    assert page.context["own_keys"].summary in page.text
    assert client.get(page.context["own_keys"].href).context["page"].total == 11


@pytest.mark.parametrize(
    ("count", "summary"),
    [
        (1, ""),
        (2, "The first of 2 is shown."),
        (3, "The first of more than 2 is shown."),
        (4, "The first of more than 2 is shown."),
    ],
)
def test_what_is_counted_to_a_limit_says_that_there_are_more(count: int, summary: str) -> None:
    factories.PartnerFactory.create_batch(count)
    assert Excerpt.of(Partner.objects.order_by("pk"), 1, count_to=2).summary == summary


def test_choosing_by_typing_says_where_it_ends(
    admin: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedPaginator, "MAX", 25)
    factories.PartnerFactory.create_batch(30)
    User.objects.filter(pk=admin.pk).update(is_staff=True, is_superuser=True)
    asked = {
        "app_label": "tenants",
        "model_name": "roleassignment",
        "field_name": "partner",
        "term": "partner",
    }
    first, last = (
        sign_in(admin).get(reverse("admin:autocomplete"), asked | {"page": page}).json()
        for page in (1, 2)
    )
    assert (len(first["results"]), first["pagination"]) == (20, {"more": True})
    assert (len(last["results"]), last["pagination"]) == (6, {"more": False})
    assert (
        last["results"][-1]["text"]
        == "The first 25 of more than 25 are shown. Type more to find another one."
    )
    assert last["results"][-1]["disabled"] is True
