"""Planning with one's own keys: choices, steps with their last day, and the way on (O1 to O7)."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.plan_page.supply import MOST
from benefits_portal.tenants.models import Actor, Role, Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule
DAY = timedelta(days=1)


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    """100 licenses until 2021-08-31."""
    return factories.SubscriptionFactory.create(
        tenant=tenant, licenses=100, ends_on=TODAY + 122 * DAY
    )


def key_of(subscription: Subscription, licenses: int, days: int = 300, **fields: Any) -> ProductKey:
    """A key for `subscription`, to be redeemed within `days`."""
    about = {"partner": subscription.partner, "product": subscription.product}
    return factories.issue_key(**about | fields, quantity=licenses, expires_on=TODAY + days * DAY)


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def planned(client: Client, query: dict[str, Any] | None = None, **more: Any) -> ClientResponse:
    url = reverse("licensing:plan")
    return client.get(f"{url}?{urlencode((query or {}) | more, doseq=True)}")


def outcomes(page: ClientResponse) -> list[tuple[int, str]]:
    rows = [row for group in page.context["plans"].groups() for row in group.rows]
    return [(row.plan.licenses, row.how) for row in rows]


def main(page: ClientResponse) -> str:
    return page.text[page.text.index("<main") : page.text.index("</main>")]


@rule("O2", "O4")
def test_everything_that_can_be_used_is_chosen_at_first(
    client: Client, subscription: Subscription
) -> None:
    key_of(subscription, 25)
    key_of(subscription, 50)
    page = planned(client, subscription=subscription.pk)
    assert outcomes(page) == [
        (100, "Extend with 25 + 50"),
        (125, "Add 25, then extend with 50"),
        (150, "Add 50, then extend with 25"),
        (175, "Add 25 + 50"),
    ]


@rule("O2")
def test_only_the_ticked_keys_are_planned_with(client: Client, subscription: Subscription) -> None:
    key_of(subscription, 25)
    ticked = key_of(subscription, 50)
    page = planned(client, sent=1, subscription=subscription.pk, key=ticked.pk)
    assert outcomes(page) == [(100, "Extend with 50"), (150, "Add 50")]


@rule("O4")
def test_keys_of_no_use_are_listed_with_the_reason(
    client: Client, subscription: Subscription, by: Actor
) -> None:
    key_of(subscription, 1)
    key_of(subscription, 2, days=-1)
    key_of(subscription, 3, starts_on=TODAY + 10 * DAY)
    key_of(subscription, 4).revoke("Lost", by=by)
    key_of(subscription, 5, product=factories.ProductFactory.create())
    page = planned(client, subscription=subscription.pk)
    named = [(one.key.licenses, one.reason) for one in page.context["supply"].unusable]
    assert named == [
        (2, "This benefit expired: Apr 30, 2021 was the last day to use it."),
        (3, "This benefit hasn't started: May 11, 2021 is the first day to use it."),
        (4, "This key was revoked on May 1, 2021."),
    ]
    assert [one for _licenses, one in named if one not in unescape(main(page))] == []


@rule("O5")
def test_each_step_says_by_when_and_why(client: Client, subscription: Subscription) -> None:
    key_of(subscription, 25, days=30)
    key_of(subscription, 50, days=200)
    page = planned(
        client,
        subscription=subscription.pk,
        choice=chosen(planned(client, subscription=subscription.pk), 150),
    )
    [steps] = page.context["steps"]
    assert [(row.title, row.by_when) for row in steps.rows()] == [
        (
            "Add 50 licenses",
            "Possible until Aug 31, 2021, the last day that the subscription is active",
        ),
        (
            "Extend with the key for 25 licenses",
            "Possible until May 31, 2021, the last day of the key's benefit",
        ),
    ]
    assert steps.last_day == "May 31, 2021"
    assert "in this order, by May 31, 2021: the earliest of these days." in main(page)


def chosen(page: ClientResponse, licenses: int) -> str:
    """The choice behind the line for so many licenses."""
    rows = [row for group in page.context["plans"].groups() for row in group.rows]
    href = next(row.href for row in rows if row.plan.licenses == licenses)
    return href.partition("choice=")[2].removesuffix("#steps")


@rule("O5")
def test_unused_keys_are_named_with_the_day_they_are_lost(
    client: Client, subscription: Subscription
) -> None:
    key_of(subscription, 25)
    key_of(subscription, 400, days=40)
    page = planned(client, subscription=subscription.pk)
    page = planned(client, subscription=subscription.pk, choice=chosen(page, 100))
    [steps] = page.context["steps"]
    assert steps.lapsing() == ["400 licenses, lost after Jun 10, 2021"]
    assert "400 licenses, lost after Jun 10, 2021" in main(page)


@rule("S5")
def test_a_key_that_no_choice_extends_with_says_why(
    client: Client, subscription: Subscription
) -> None:
    """In the words of the review, which refuses it."""
    key = key_of(subscription, 301)
    page = planned(client, subscription=subscription.pk)
    review = client.get(reverse("licensing:extend", args=[subscription.pk]), {"key": key.pk})
    [reason] = page.context["plans"].not_extended
    assert reason.startswith("A key with 301 licenses would move the end date more than 3 years.")
    assert (reason in main(page), reason) == (True, str(review.context["refusal"]))


@rule("S5")
@pytest.mark.parametrize("sizes", [[300], [301, 1]], ids=str)
def test_nothing_is_explained_where_a_choice_extends_with_every_key(
    client: Client, subscription: Subscription, sizes: list[int]
) -> None:
    """The larger key fits once the smaller one is added."""
    for licenses in sizes:
        key_of(subscription, licenses)
    page = planned(client, subscription=subscription.pk)
    assert page.context["plans"].not_extended == []
    assert "Why not extend?" not in main(page)


@rule("O6")
def test_a_goal_is_answered_first(client: Client, subscription: Subscription) -> None:
    key_of(subscription, 25)
    page = planned(client, subscription=subscription.pk, licenses=100, until="2021-10-15")
    assert "100 licenses or more until Oct 15, 2021: yes, and 3 days longer." in main(page)


@rule("O7")
def test_several_subscriptions_can_end_on_one_day(
    client: Client, subscription: Subscription
) -> None:
    factories.SubscriptionFactory.create(
        tenant=subscription.tenant,
        product=subscription.product,
        licenses=100,
        ends_on=subscription.ends_on + 91 * DAY,
    )
    key_of(subscription, 25)
    page = planned(
        client,
        sent=1,
        product=subscription.product_id,
        subscription="all",
        key=[key.pk for key in ProductKey.objects.all()],
    )
    assert [plan.ends_on.isoformat() for plan in page.context["plans"].found.plans] == [
        "2021-11-30",
        "2021-11-30",
    ]
    assert "All 2 subscriptions can end on the same day: Nov 30, 2021." in main(page)


def test_the_subscription_asked_for_is_there_however_many_end_before(
    client: Client, subscription: Subscription
) -> None:
    key_of(subscription, 25)
    for days in range(MOST):
        factories.SubscriptionFactory.create(
            tenant=subscription.tenant, product=subscription.product, ends_on=TODAY + days * DAY
        )
    asked = planned(client, subscription=subscription.pk, product=subscription.product.pk)
    listed = asked.context["supply"].subscriptions
    assert (listed[-1], len(listed)) == (subscription, MOST)
    assert asked.context["form"].errors == {}
    others = planned(client, product=subscription.product.pk).context["supply"].subscriptions
    assert subscription not in others


def test_one_subscription_alone_has_no_same_day(client: Client, subscription: Subscription) -> None:
    key_of(subscription, 25)
    page = planned(client, subscription=subscription.pk)
    assert [option["value"] for option in page.context["form"].subscription_options()] == [
        str(subscription.pk)
    ]


# The way on


def test_a_plan_of_one_key_leads_to_its_review(client: Client, subscription: Subscription) -> None:
    key = key_of(subscription, 25)
    for licenses, name in ((100, "licensing:extend"), (125, "licensing:add-licenses")):
        page = planned(client, subscription=subscription.pk)
        page = planned(client, subscription=subscription.pk, choice=chosen(page, licenses))
        [steps] = page.context["steps"]
        assert steps.href == f"{reverse(name, args=[subscription.pk])}?key={key.pk}"
        review = client.get(steps.href)
        assert review.context["quote"].after == steps.plan.after


@rule("O1", "O10")
def test_what_a_plan_of_several_keys_shows_is_what_the_order_does(
    client: Client, subscription: Subscription, acting_in: dict[str, str]
) -> None:
    """Every line to the carried license-day; one of them is carried out by clicking."""
    for licenses in (7, 13, 29):
        key_of(subscription, licenses)
    page = planned(client, subscription=subscription.pk)
    names = [chosen(page, row.plan.licenses) for row in page.context["plans"].groups()[0].rows]
    pages = [planned(client, subscription=subscription.pk, choice=name) for name in names]
    hrefs = [page.context["steps"][0].href for page in pages]
    plans = [page.context["steps"][0].plan.after for page in pages]
    quotes = [client.get(href).context["quote"] for href in hrefs]
    assert [quote.total.after for quote in quotes] == plans
    done = client.post(hrefs[3], acting_in | {"quote": quotes[3].signed()})
    subscription.refresh_from_db()
    assert (done.status_code, subscription.term) == (302, plans[3])


@rule("P3")
def test_a_member_sees_the_plan_and_why_the_way_to_carry_it_out_is_locked(
    subscription: Subscription, admin: User, sign_in: SignIn
) -> None:
    member = factories.UserFactory.create(directory_user__tenant=subscription.tenant)
    factories.RoleAssignmentFactory.create(
        user=member, partner=subscription.partner, role=Role.MEMBER
    )
    key_of(subscription, 25)
    choice = chosen(planned(sign_in(admin), subscription=subscription.pk), 100)
    pages = [
        main(planned(sign_in(user), subscription=subscription.pk, choice=choice))
        for user in (admin, member)
    ]
    href = reverse("licensing:extend", args=[subscription.pk])
    assert [f'href="{href}?key=' in page for page in pages] == [True, False]
    reasons = [page.count("Only Global admins and MPN partner admins") for page in pages]
    assert reasons == [0, 1]
    assert ['aria-describedby="carry-out-1-reason"' in page for page in pages] == [False, True]
    assert ["Extend with the key for 25 licenses" in page for page in pages] == [True, True]


@rule("K3")
def test_no_character_of_a_key_is_on_the_page(client: Client, subscription: Subscription) -> None:
    key = key_of(subscription, 25)
    page = planned(client, subscription=subscription.pk)
    assert key.last_five not in main(page)


# What is somebody else's, and what has changed


@rule("P1", "K4")
def test_what_belongs_to_another_partner_does_not_exist(
    client: Client, subscription: Subscription
) -> None:
    foreign = factories.SubscriptionFactory.create()
    theirs = factories.issue_key(product=subscription.product)
    mine = key_of(subscription, 25)
    asked: list[dict[str, Any]] = [
        {"subscription": foreign.pk},
        {"subscription": 10**30},
        {"product": 10**17},
        {"subscription": subscription.pk, "key": theirs.pk},
        {"subscription": subscription.pk, "key": [mine.pk, theirs.pk]},
        {"subscription": subscription.pk, "key": "x"},
        {"subscription": subscription.pk, "key": 10**30},
    ]
    assert [planned(client, query).status_code for query in asked] == [404] * len(asked)
    assert planned(client, subscription=subscription.pk, key=mine.pk).status_code == 200


def test_a_key_used_since_is_left_out_and_that_is_said(
    client: Client, subscription: Subscription, by: Actor
) -> None:
    used, left = key_of(subscription, 25), key_of(subscription, 50)
    query = {"subscription": subscription.pk, "key": [used.pk, left.pk], "sent": 1}
    subscription.extend(used, by=by, on=TODAY)
    page = planned(client, query)
    assert "A key of this plan can no longer be redeemed" in main(page)
    assert outcomes(page) == [(100, "Extend with 50"), (150, "Add 50")]


@pytest.mark.rule("W4")
@pytest.mark.parametrize(
    ("old", "new"), [("&", "&amp;"), ("$", "."), ("$", ">"), ("=", "=3D")], ids=str
)
def test_a_link_to_a_plan_works_however_it_was_sent(
    client: Client, subscription: Subscription, old: str, new: str
) -> None:
    keys = [key_of(subscription, licenses) for licenses in (25, 50)]
    query = "&".join(f"key={key.pk}" for key in keys)
    query += f"&subscription={subscription.pk}&sent=1&licenses=120&until=2021-12-31"
    sent = re.sub(re.escape(old) if old != "$" else old, new, query)
    page = client.get(f"{reverse('licensing:plan')}?{sent}")
    asked = client.get(f"{reverse('licensing:plan')}?{query}")
    assert page.context["form"].cleaned_data == asked.context["form"].cleaned_data
    assert (page.context["plans"].sentence(), page.context["supply"].has_all_keys) == (
        asked.context["plans"].sentence(),
        True,
    )
    assert asked.context["form"].cleaned_data["key"] == [key.pk for key in keys]


def test_a_choice_that_is_none_any_more_is_said(client: Client, subscription: Subscription) -> None:
    key_of(subscription, 25)
    page = planned(client, subscription=subscription.pk, choice="125.2030-01-01.1")
    assert "The figures have changed since this plan was made" in main(page)
    assert page.context["steps"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"sent": 1}, "Select at least one key."),
        ({"licenses": "x"}, "Enter a whole number, such as 100."),
        ({"until": "soon"}, "Write the day like 2027-01-31."),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(
    client: Client, subscription: Subscription, query: dict[str, Any], said: str
) -> None:
    key_of(subscription, 25)
    page = planned(client, query, subscription=subscription.pk)
    assert (said in main(page), "plans" in page.context) == (True, False)


@rule("O9")
def test_at_most_twenty_keys_are_planned_with(client: Client, subscription: Subscription) -> None:
    keys = [key_of(subscription, 5) for _ in range(21)]
    query = {"subscription": subscription.pk, "sent": 1}
    first = planned(client, subscription=subscription.pk)
    assert len(first.context["form"].cleaned_data["key"]) == MOST
    pages = [planned(client, query, key=[key.pk for key in keys[:many]]) for many in (20, 21)]
    assert ["plans" in page.context for page in pages] == [True, False]
    assert "Select at most 20 keys for one order." in main(pages[1])


@rule("W7")
def test_the_first_keys_are_shown_those_asked_for_and_the_way_to_all(
    client: Client, subscription: Subscription, by: Actor
) -> None:
    """A link with keys that are not among the first plans with them, and with no used one."""
    keys = [key_of(subscription, 5, days=100 + number) for number in range(MOST + 3)]
    subscription.extend(keys[-2], by=by, on=TODAY)
    pages = [
        planned(client, subscription=subscription.pk, **more)
        for more in ({}, {"all": 1}, {"key": [keys[-1].pk]}, {"key": [keys[-2].pk, keys[-1].pk]})
    ]
    first = keys[:MOST]
    listed = [page.context["supply"].keys for page in pages]
    assert listed == [first, [*keys[:-2], keys[-1]], [*first, keys[-1]], [*first, keys[-1]]]
    ticked = [page.context["form"].cleaned_data["key"] for page in pages]
    assert ticked == [[key.pk for key in chosen] for chosen in (first, first, keys[-1:], keys[-1:])]
    assert [page.context["supply"].has_all_keys for page in pages] == [True, True, True, False]
    assert [page.context["supply"].unusable for page in pages] == [[]] * 4
    assert [f"The first {MOST} of 12 are shown." in main(page) for page in pages[:2]] == [
        True,
        False,
    ]
    assert "&amp;all=1" in main(pages[0])


def test_a_key_of_another_product_is_not_planned_with(
    client: Client, subscription: Subscription
) -> None:
    key, other = key_of(subscription, 25), factories.issue_key(partner=subscription.partner)
    page = planned(client, subscription=subscription.pk, key=[key.pk, other.pk])
    supply = page.context["supply"]
    assert (supply.keys, supply.unusable, supply.has_all_keys) == ([key], [], False)


def test_to_end_on_the_same_day_all_subscriptions_are_shown(
    client: Client, subscription: Subscription
) -> None:
    key_of(subscription, 25)
    for days in range(MOST):
        factories.SubscriptionFactory.create(
            tenant=subscription.tenant, product=subscription.product, ends_on=TODAY + days * DAY
        )
    product = subscription.product.pk
    pages = [planned(client, product=product), planned(client, product=product, subscription="all")]
    assert [len(page.context["supply"].subscriptions) for page in pages] == [MOST, MOST + 1]
    assert ['name="all"' in main(page) for page in pages] == [False, True]


@rule("S2")
def test_a_subscription_that_ended_is_not_planned_for(
    client: Client, subscription: Subscription
) -> None:
    """Its last day is still one to plan on."""
    key_of(subscription, 25)
    for days, is_planned in ((0, True), (-1, False)):
        Subscription.objects.update(ends_on=TODAY + days * DAY)
        page = planned(client, subscription=subscription.pk)
        assert ("plans" in page.context) is is_planned
    assert "is not active in" in main(page)


# Which product


def test_pages_about_keys_and_subscriptions_lead_to_the_plan(
    client: Client, subscription: Subscription
) -> None:
    key, plan = key_of(subscription, 25), reverse("licensing:plan")
    pages = {
        reverse("home"): plan,
        reverse("licensing:products"): plan,
        subscription.get_absolute_url(): f"{plan}?subscription={subscription.pk}",
        reverse("licensing:walkthrough", args=[key.benefit_id]): (
            f"{plan}?product={subscription.product_id}"
        ),
    }
    found = {url: f'href="{href}"' in main(client.get(url)) for url, href in pages.items()}
    assert found == dict.fromkeys(pages, True)


def test_products_that_can_be_planned_stand_first_and_are_linked(
    client: Client, subscription: Subscription
) -> None:
    key_of(subscription, 25)
    alone = factories.issue_key(partner=subscription.partner, product__name="A key alone")
    running = factories.SubscriptionFactory.create(
        tenant=subscription.tenant, product__name="Running alone"
    )
    page = planned(client)
    assert [(choice.name, choice.can_be_planned) for choice in page.context["choices"]] == [
        (subscription.product.name, True),
        ("A key alone", False),
        (running.product.name, False),
    ]
    assert f"?product={subscription.product_id}" in main(page)
    assert f"?product={alone.product_id}" not in main(page)


def test_without_keys_or_subscriptions_the_page_says_so(client: Client, tenant: Tenant) -> None:
    assert "You have no unused keys, and nothing is active in this tenant." in main(planned(client))


def test_a_product_without_keys_says_so(client: Client, subscription: Subscription) -> None:
    page = planned(client, subscription=subscription.pk)
    assert "that can be redeemed today" in main(page)


@rule("W7")
def test_a_key_of_today_is_offered_before_those_that_lapsed(
    client: Client, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benefits_portal.licensing.plan_page.supply.MOST", 2)
    for days in (-20, -10):
        key_of(subscription, 5, days)
    live = key_of(subscription, 25)
    page = planned(client, product=subscription.product.pk)
    assert [key.pk for key in page.context["supply"].keys] == [live.pk]
    assert "The first 2 of 3 are shown." in main(page)


@rule("W7")
def test_subscriptions_that_are_left_out_are_counted(
    client: Client, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benefits_portal.licensing.plan_page.supply.MOST", 1)
    key_of(subscription, 25)
    factories.SubscriptionFactory.create(
        tenant=subscription.tenant, product=subscription.product, ends_on=TODAY + 200 * DAY
    )
    page = planned(client, product=subscription.product.pk)
    assert "The first of 2 is shown." in main(page)
