"""A subscription's page: its dates, what fed it, one timeline, and what a key does for it."""

from datetime import date, timedelta

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from benefits_portal.licensing.models import Replacement, Subscription
from benefits_portal.licensing.timeline import status_changes, status_sentence
from benefits_portal.licensing.views.choosing_tenant import TENANT_CONFIRMATION_SALT
from benefits_portal.tenants.models import Actor, Role, Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.factories import TODAY, issue_key, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule
WHY_DATES_DIFFER = "The subscription has its own end date, which follows from all keys used on it."


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def page(client: Client, subscription: Subscription) -> ClientResponse:
    return client.get(reverse("licensing:subscription", args=[subscription.pk]))


def main_of(response: ClientResponse) -> str:
    return response.text.partition("<main")[2].partition("</main>")[0]


@rule("B5")
@pytest.mark.parametrize(("expires_on", "differs"), [("2022-05-01", False), ("2022-01-31", True)])
def test_why_the_dates_differ_is_said_only_where_they_do(
    client: Client, tenant: Tenant, expires_on: str, differs: bool
) -> None:
    key = issue_key(partner=tenant.partner, expires_on=date.fromisoformat(expires_on))
    text = page(client, redeem(key, tenant=tenant).subscription).text
    assert (WHY_DATES_DIFFER in text) == differs
    assert "The last day to use" not in text


@rule("B5")
def test_each_benefit_that_fed_a_subscription_has_a_line(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    first = redeem(tenant=tenant)
    subscription = first.subscription
    second = subscription.extend(
        issue_key(
            partner=tenant.partner,
            product=subscription.product,
            quantity=subscription.licenses,
            expires_on=date(2021, 12, 24),
        ),
        by=by,
        on=TODAY,
    )
    response = page(client, subscription)
    fed = [(line["pk"], line["expires_on"]) for line in response.context["feeding"]]
    assert fed == [
        (second.key.benefit_id, date(2021, 12, 24)),
        (first.key.benefit_id, first.key.benefit.expires_on),
    ]
    for pk, _expires in fed:
        assert f'href="{reverse("licensing:benefit-detail", args=[pk])}"' in response.text


def test_a_redemption_stands_once_on_its_subscriptions_page(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    redemption = redeem(tenant=tenant)
    shown = main_of(page(client, redemption.subscription))
    assert shown.count(redemption.get_absolute_url()) == 1
    titles = ["Activated with 25 licenses", "Activated a subscription"]
    assert [shown.count(title) for title in titles] == [1, 0]


@pytest.mark.parametrize("query", ["?history=open", "?before=1"])
def test_the_log_is_there_where_it_or_an_older_page_is_asked_for(
    client: Client, tenant: Tenant, query: str
) -> None:
    href = reverse("licensing:subscription", args=[redeem(tenant=tenant).subscription_id])
    _shown, _, log = main_of(client.get(href + query)).partition('id="history" open')
    assert log.count("Activated a subscription") == 1


def test_the_link_to_the_log_keeps_what_else_is_asked_for(client: Client, tenant: Tenant) -> None:
    href = reverse("licensing:subscription", args=[redeem(tenant=tenant).subscription_id])
    links = [client.get(href + query).context["history_href"] for query in ("", "?all=timeline")]
    assert links == ["?history=open#history", "?all=timeline&history=open#history"]


@rule("S3")
@pytest.mark.parametrize("days", [1, 30, 31, 120])
def test_what_ended_has_one_blue_button_with_the_keys_that_fit(
    client: Client, admin: User, tenant: Tenant, days: int
) -> None:
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, ends_on=TODAY - timedelta(days=days)
    )
    of_product = {"partner": tenant.partner, "product": subscription.product}
    keys = [issue_key(**of_product, expires_on=TODAY + timedelta(days=left)) for left in (5, 9)]
    issue_key(partner=tenant.partner)
    response = page(client, subscription)
    assert [key.pk for key in response.context["keys"]] == [key.pk for key in keys]
    assert main_of(response).count('data-kind="primary"') == 1
    assert 'data-kind="primary">Reactivate</button>' in main_of(response)
    assert "it runs until May 1, 2022 with the licenses of the key." in response.text
    place = signing.dumps([admin.pk, tenant.pk], salt=TENANT_CONFIRMATION_SALT)
    asked = {"key": str(keys[1].pk), "way": "reactivate", "place": place}
    review = client.get(reverse("licensing:product-key-start"), asked)
    assert "licensing/start_review.html" in {template.name for template in review.templates}


@rule("S2")
def test_what_is_deleted_starts_a_new_subscription(client: Client, tenant: Tenant) -> None:
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, ends_on=TODAY - timedelta(days=121)
    )
    without = main_of(page(client, subscription))
    issue_key(partner=tenant.partner, product=subscription.product)
    with_key = main_of(page(client, subscription))
    assert ["Start a new subscription</" in text for text in (without, with_key)] == [True, True]
    assert ['name="way" value="new"' in text for text in (without, with_key)] == [False, True]
    assert "Reactivate" not in without + with_key


@pytest.mark.parametrize("days", [1, -1, -121])
def test_a_member_reads_one_reason_and_no_key(tenant: Tenant, sign_in: SignIn, days: int) -> None:
    member = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.MEMBER
    ).user
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, ends_on=TODAY + timedelta(days=days)
    )
    issue_key(partner=tenant.partner, product=subscription.product)
    text = main_of(page(sign_in(member), subscription))
    assert text.count("Only Global admins and MPN partner admins") == 1
    assert ('type="radio"' in text, "unused key" in text, 'data-kind="primary"' in text) == (
        (False,) * 3
    )


@rule("S4")
def test_the_suggested_key_extends_to_the_day_that_is_told(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    subscription = factories.SubscriptionFactory.create(tenant=tenant, licenses=100)
    key = issue_key(partner=tenant.partner, product=subscription.product, quantity=25)
    suggested = page(client, subscription).context["suggested_key"]
    until = subscription.extend(key, by=by, on=TODAY).after_ends_on
    assert suggested["link"] == f"Extend to {until:%b} {until.day}, {until.year}"
    assert suggested["href"].endswith(f"/extend/?key={key.pk}")
    assert client.get(suggested["href"]).status_code == 200
    assert page(client, subscription).context["suggested_key"] == {}


@rule("S5")
@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ([(25, 9)], "You have an unused key for 25 licenses."),
        (
            [(25, 9), (50, 8), (301, 7)],
            "2 of your unused keys fit. The one that expires first is for 50 licenses.",
        ),
    ],
)
def test_the_suggestion_says_how_many_keys_fit(
    client: Client, tenant: Tenant, keys: list[tuple[int, int]], text: str
) -> None:
    subscription = factories.SubscriptionFactory.create(tenant=tenant, licenses=100)
    for licenses, days in keys:
        issue_key(
            partner=tenant.partner,
            product=subscription.product,
            quantity=licenses,
            expires_on=TODAY + timedelta(days=days),
        )
    assert page(client, subscription).context["suggested_key"]["text"] == text


EXPIRED = "You can still reactivate it with a key. Users keep access."
DISABLED = "Users have no access. You can still reactivate it."
DELETED = "It can't be reactivated. A key creates a new subscription."


@rule("S2")
@pytest.mark.parametrize(
    ("days", "details", "sentence"),
    [
        (0, [EXPIRED, DISABLED, DELETED], "Expires after Jun 30, 2021 unless you extend it."),
        (
            1,
            [EXPIRED, DISABLED, DELETED],
            "Users keep access until Jul 30, 2021. Reactivate it before then.",
        ),
        (
            31,
            ["", DISABLED, DELETED],
            "Users have no access. It will be deleted after Oct 28, 2021.",
        ),
        (121, ["", "", DELETED], "Deleted after Oct 28, 2021."),
    ],
)
def test_what_a_status_means_is_said_of_the_present_and_the_next(
    days: int, details: list[str], sentence: str
) -> None:
    ends_on = date(2021, 6, 30)
    subscription, on = Subscription(ends_on=ends_on), ends_on + timedelta(days=days)
    changes = status_changes(subscription, on, can_come_back=True)
    assert [event["detail"] for _day, event in changes] == details
    assert status_sentence(subscription, on, can_come_back=days < 121) == sentence


@rule("K8")
def test_events_stand_in_the_order_of_their_days(client: Client, tenant: Tenant, by: Actor) -> None:
    subscription = redeem(tenant=tenant).subscription
    key = factories.key_for(subscription, 1)
    extended = subscription.extend(key, by=by, on=TODAY)
    Replacement.objects.ask(extended, "Wrong one", by=by, on=TODAY).grant(by=by, on=TODAY)
    titles = [event["title"] for event in page(client, subscription).context["timeline"]]
    assert titles == [
        "Activated with 25 licenses",
        "End date extended",
        "Reversed",
        "Expired",
        "Disabled",
        "Deleted",
    ]


@rule("K8")
def test_the_latest_redemption_says_until_when_its_key_can_be_replaced(
    client: Client, tenant: Tenant, sign_in: SignIn
) -> None:
    first = redeem(tenant=tenant, on=TODAY - timedelta(days=31))
    way_out = "request a replacement key (until"
    assert way_out not in main_of(page(client, first.subscription)), "31 days ago"
    key = factories.key_for(first.subscription)
    first.subscription.extend(key, by=Actor(), on=TODAY)
    assert main_of(page(client, first.subscription)).count(way_out) == 1
    member = sign_in(
        factories.RoleAssignmentFactory.create(
            user__directory_user__tenant=tenant, role=Role.MEMBER
        ).user
    )
    assert way_out not in main_of(page(member, first.subscription))


@pytest.mark.parametrize("has_key", [True, False])
def test_extend_is_the_main_action_only_with_a_key_for_it(
    client: Client, tenant: Tenant, has_key: bool
) -> None:
    subscription = redeem(tenant=tenant).subscription
    issue_key(
        partner=tenant.partner if has_key else factories.PartnerFactory.create(),
        product=subscription.product,
    )
    html = " ".join(main_of(page(client, subscription)).split())
    assert ('class="button" data-kind="primary" data-panel-link' in html) is has_key
    assert ("None of your unused keys extends this subscription." in html) is not has_key
