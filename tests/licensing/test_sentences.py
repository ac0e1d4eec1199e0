"""Every sentence about subscriptions follows from rows, days and rules (K8, S2, S3, S6)."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import Redemption, Replacement, Subscription
from benefits_portal.licensing.models.replacing_again import replace_again
from benefits_portal.licensing.subscription_display import adding_hint, end_axis, life, undoing
from benefits_portal.tenants.models import Actor, Partner, Role, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY, issue_key, key_for, live_key_of, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule
DAY = timedelta(days=1)


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def page(client: Client, name: str, pk: int, query: str = "") -> str:
    return client.get(reverse(f"licensing:{name}", args=[pk]) + query).text


def replace(redemption: Redemption, by: Actor, why: str = "It went to the wrong tenant") -> None:
    Replacement.objects.ask(redemption, why, by=by, on=TODAY).grant(by=by, on=TODAY)


# F5: withdrawn


@rule("K8")
def test_a_withdrawn_subscription_says_when_why_and_where_the_new_key_is(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    redemption = redeem(tenant=tenant)
    benefit = redemption.key.benefit
    running = page(client, "subscription", redemption.subscription_id)
    assert "withdrawn" not in running
    assert "The subscription's last day. Users keep access until May 31, 2022." in running
    replace(redemption, by)
    text = page(client, "subscription", redemption.subscription_id)
    address = reverse("licensing:benefit-detail", args=[benefit.pk])
    expected = [
        (
            "This subscription was withdrawn on May 1, 2021, because the key that started it was "
            "replaced: “It went to the wrong tenant”"
        ),
        f"""<a href="{address}">The new key is on its benefit's page</a>""",
        "<dt>Withdrawn on</dt><dd>May 1, 2021",
        "Its key was replaced. Otherwise it would end on May 1, 2022.",
        "Start a new subscription",
        "No licenses",
    ]
    text = re.sub(r"\s*(</?d[td]>)\s*", r"\1", " ".join(text.replace("&#x27;", "'").split()))
    assert [sentence for sentence in expected if sentence in text] == expected
    wrong = [
        "The subscription ended on",
        "The subscription's last day.",
        "Bring it back",
        '<p class="figure">25',
    ]
    assert [sentence for sentence in wrong if sentence in text] == []


@rule("K8")
def test_a_withdrawn_subscription_s_axis_has_its_day_and_the_new_benefit(
    tenant: Tenant, by: Actor
) -> None:
    redemption = redeem(tenant=tenant)
    subscription = Subscription.objects.get(pk=redemption.subscription_id)
    replace(redemption, by)
    subscription.refresh_from_db()
    axis = end_axis(subscription, list(subscription.redemptions.for_display()), TODAY + DAY)
    assert [(item.label, item.start, item.end) for item in axis.items] == [
        ("Today", TODAY + DAY, TODAY + DAY),
        ("Withdrawn on", TODAY, TODAY),
        (f"{redemption.key.benefit.offer_name} expires", *2 * [redemption.key.benefit.expires_on]),
    ]


@rule("S2")
def test_the_life_of_a_subscription_is_three_bars_that_follow_each_other() -> None:
    subscription = Subscription(starts_on=date(2020, 7, 1), ends_on=date(2021, 6, 30))
    assert [(bar.label, bar.start, bar.end, bar.days) for bar in life(subscription)] == [
        ("Active", date(2020, 7, 1), date(2021, 6, 30), 364),
        ("Expired", date(2021, 7, 1), date(2021, 7, 30), 29),
        ("Disabled", date(2021, 7, 31), date(2021, 10, 28), 89),
    ]


@rule("K8")
def test_the_list_shows_the_day_of_withdrawal_and_no_day_a_year_ahead(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    replace(redeem(tenant=tenant), by)
    text = client.get(reverse("licensing:products"), {"show": "all"}).text
    assert "Withdrawn on May 1, 2021" in text
    assert "May 1, 2022" not in text


@rule("K8")
def test_why_staff_replaced_a_key_is_not_for_the_partner_to_read(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    first = redeem(tenant=tenant)
    replace(first, by)
    again = Subscription.activate(live_key_of(first.key.benefit), tenant, by=by, on=TODAY)
    replace_again(again, "Fraud suspected", by=Actor(reason="Fraud suspected"), on=TODAY)
    text = page(client, "subscription", again.subscription_id)
    assert "withdrawn on May 1, 2021" in text
    assert "Fraud" not in text


@rule("K8")
def test_a_reversed_receipt_says_what_became_of_the_subscription(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    activation = redeem(tenant=tenant)
    replace(activation, by)
    assert "it created was withdrawn" in page(client, "receipt", activation.pk)

    subscription = redeem(tenant=tenant).subscription
    extension = subscription.extend(key_for(subscription), by=by, on=TODAY)
    replace(extension, by)
    assert "went back to what it was before" in page(client, "receipt", extension.pk)


# F6: what can be undone


@rule("K8")
@pytest.mark.parametrize(
    ("expires_in", "until", "said"),
    [
        (30, "May 31, 2021", "May 31, 2021."),
        (29, "May 30, 2021", "May 30, 2021, the last day of the benefit."),
    ],
)
def test_what_can_be_undone_ends_with_the_benefit(
    client: Client, tenant: Tenant, expires_in: int, until: str, said: str
) -> None:
    active = redeem(tenant=tenant).subscription
    key = issue_key(
        partner=tenant.partner,
        product=active.product,
        expires_on=TODAY + timedelta(days=expires_in),
    )
    pages = [
        page(client, "walkthrough", key.benefit_id),
        page(client, "extend", active.pk, f"?key={key.pk}"),
    ]
    message = (
        "You can't undo this yourself. If it's a mistake, you can request a replacement key once "
        f"for this redemption, until {said}"
    )
    assert [message in text.replace("&#x27;", "'") for text in pages] == [True, True]
    receipt = redeem(key, tenant=tenant)
    assert f"Request a replacement key (until {until})" in page(client, "receipt", receipt.pk)


@rule("K8")
def test_a_replacement_promises_no_replacement(tenant: Tenant, by: Actor) -> None:
    redemption = redeem(tenant=tenant)
    assert "you can request a replacement" in undoing(issue_key(partner=tenant.partner), TODAY)
    replace(redemption, by)
    said = undoing(live_key_of(redemption.key.benefit), TODAY)
    assert said == (
        "You can't undo this. The key is itself a replacement, so you can't request another one."
    )


# F9: beside what?


@rule("S3", "S8")
@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("nothing", "this product isn't active in this tenant."),
        ("active", "The current one keeps its end date."),
        ("expired", "The old one stays inactive."),
        ("deleted", "this product isn't active in this tenant."),
    ],
)
def test_a_new_subscription_says_what_it_stands_beside(
    client: Client, tenant: Tenant, there: str, said: str
) -> None:
    days = {"active": 1, "expired": -1, "deleted": -121}
    product = factories.ProductFactory.create()
    if there in days:
        ends_on = TODAY + timedelta(days=days[there])
        factories.SubscriptionFactory.create(tenant=tenant, product=product, ends_on=ends_on)
    key = issue_key(partner=tenant.partner, product=product)
    text = page(client, "walkthrough", key.benefit_id).replace("&#x27;", "'")
    sentences = [
        "this product isn't active in this tenant.",
        "The current one keeps its end date.",
        "The old one stays inactive.",
    ]
    assert [sentence for sentence in sentences if sentence in text] == [
        s for s in sentences if said.endswith(s)
    ]
    assert "beside what there is" not in text


# S3: coming back, and S6: which way


@rule("S3")
def test_only_what_can_come_back_is_said_to(client: Client, tenant: Tenant) -> None:
    product = factories.ProductFactory.create()
    facts = {"tenant": tenant, "product": product}
    older = factories.SubscriptionFactory.create(ends_on=TODAY - 2 * DAY, **facts)
    latest = factories.SubscriptionFactory.create(ends_on=TODAY - DAY, **facts)
    texts = [page(client, "subscription", one.pk) for one in (older, latest)]
    assert [">Reactivate</" in text for text in texts] == [False, True]
    assert [">Start a new subscription</" in text for text in texts] == [True, False]
    later = "because another subscription to this product ended later."
    assert [later in text for text in texts] == [True, False]


@rule("S6")
@pytest.mark.parametrize(
    ("ends_on", "said"),
    [
        (date(2022, 4, 30), "later than the current one, or the same."),
        (date(2022, 5, 1), "The end date stays the same."),
        (date(2022, 5, 2), "earlier than the current one, or the same."),
    ],
)
def test_which_way_adding_licenses_moves_the_end_is_computed(
    client: Client, tenant: Tenant, ends_on: date, said: str
) -> None:
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, ends_on=ends_on, licenses=7, carried_license_days=6
    )
    assert adding_hint(subscription, TODAY).endswith(said)
    assert [
        said in page(client, name, subscription.pk) for name in ("subscription", "add-licenses")
    ] == [True, True]
    for key in (1, 7, 1000):
        moved = subscription.with_added_licenses(key, TODAY).days_later_than(ends_on)
        assert moved >= 0 if "later, not" in said else moved <= 0


# F17: the calculator


@rule("S2", "S3")
@pytest.mark.parametrize(
    ("days", "status", "back"),
    [
        (0, "", False),
        (1, "Expired", True),
        (30, "Expired", True),
        (31, "Disabled", True),
        (120, "Disabled", True),
        (121, "Deleted", False),
    ],
)
def test_the_calculator_names_the_status_and_brings_back_what_can_be(
    days: int, status: str, back: bool
) -> None:
    on = TODAY + timedelta(days=days)
    query = {
        "licenses": "100",
        "ends_on": TODAY.isoformat(),
        "keys": "25; 10",
        "on": on.isoformat(),
    }
    answer = Client().get(reverse("licensing:calculator"), query)
    calculation = answer.context["calculation"]
    ways = {way.title: way for group in calculation.groups() for way in group.ways}
    assert ("Reactivation" in ways, calculation.status_hint() != "") == (back, status != "")
    assert (f"this subscription is {status}" in answer.text) is (status != "")
    labels = [item.label for item in calculation.axis().items]
    assert (
        "3-year limit" in labels,
        "Last day to reactivate" in labels,
    ) == (days == 0, days > 0)
    if back:
        with_second = end_dates.with_added_licenses(calculation.started_new()[0], 10, on)
        assert (ways["Reactivation"].licenses, calculation.started_new()[-1]) == (
            "35",
            with_second,
        )
    if days:
        advice = (
            "It is deleted and can't be reactivated."
            if status == "Deleted"
            else "reactivate the subscription that ended last"
        )
        assert advice in ways["Extend end date"].reason


# F18: the panel


@pytest.mark.parametrize("name", ["extend", "add-licenses"])
def test_the_side_panel_has_a_heading_over_the_key(
    client: Client, tenant: Tenant, name: str
) -> None:
    subscription = factories.SubscriptionFactory.create(tenant=tenant, ends_on=TODAY)
    text = page(client, name, subscription.pk)
    assert 0 < text.index("<h2>Redeem product key</h2>") < text.index('name="key"')


# F11: whose clock


@pytest.mark.parametrize(
    ("is_practice", "ahead", "said"), [(True, 40, True), (True, 0, False), (False, 0, False)]
)
def test_a_receipt_in_practice_says_which_day_the_calendar_said(
    admin: User,
    sign_in: SignIn,
    tenant: Tenant,
    by: Actor,
    is_practice: bool,
    ahead: int,
    said: bool,
) -> None:
    Partner.objects.filter(pk=tenant.partner_id).update(is_practice=is_practice, days_ahead=ahead)
    redemption = redeem(tenant=tenant, on=TODAY + timedelta(days=ahead))
    client = sign_in(admin)
    assert (
        "Real time; the practice calendar said Jun 10, 2021."
        in page(client, "receipt", redemption.pk)
    ) is said
    address = f"{redemption.subscription.get_absolute_url()}?history=open"
    history = client.get(address).text
    assert ("These are real times. The practice date was later." in history) is said


def test_an_order_s_receipt_says_which_day_the_calendar_said(
    admin: User, sign_in: SignIn, tenant: Tenant, by: Actor
) -> None:
    Partner.objects.filter(pk=tenant.partner_id).update(is_practice=True, days_ahead=40)
    there = redeem(tenant=tenant, on=TODAY).subscription
    order = factories.order(subscription=there, on=TODAY + timedelta(days=40))
    text = page(sign_in(admin), "order-receipt", order.pk)
    assert text.count("Real time; the practice calendar said Jun 10, 2021.") == 1


@pytest.mark.parametrize(("zone", "said"), [("Pacific/Auckland", False), ("UTC", True)])
def test_the_partner_s_own_day_is_no_practice_day(tenant: Tenant, zone: str, said: bool) -> None:
    """At 13:00 UTC it is tomorrow in Auckland, by the real clock."""
    Partner.objects.filter(pk=tenant.partner_id).update(is_practice=True, time_zone=zone)
    with time_machine.travel(factories.NOW + timedelta(hours=1), tick=False):
        redemption = Redemption.objects.for_display().get(
            pk=redeem(tenant=tenant, on=TODAY + DAY).pk
        )
    assert (redemption.practice_day is not None) is said


# F25: a member


@rule("P3")
@pytest.mark.parametrize("role", Role)
def test_what_a_member_may_not_open_is_shown_disabled_and_not_linked(
    tenant: Tenant, sign_in: SignIn, role: Role
) -> None:
    user = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=role
    ).user
    client = sign_in(user)
    places = {
        reverse("tenants:activity"): reverse("home"),
        reverse("licensing:product-key-start"): reverse("licensing:products"),
    }
    for forbidden, seen_on in places.items():
        text = client.get(seen_on).text
        assert (f'href="{forbidden}"' in text) is role.may_act
        assert ('role="link" aria-disabled="true"' in text) is not role.may_act
        assert (client.get(forbidden).status_code == 200) is role.may_act
    found = client.get(reverse("search"), {"q": "activity"}).text
    assert (
        f'<a href="{reverse("tenants:activity")}">Activity' in found.split("<main")[1]
    ) is role.may_act


@rule("P3")
@pytest.mark.parametrize(
    "roles", [[Role.MEMBER, Role.PARTNER_ADMIN], [Role.GLOBAL_ADMIN, Role.MEMBER]]
)
def test_the_navigation_is_the_reader_s_own_whoever_came_before(
    tenant: Tenant, sign_in: SignIn, roles: list[Role]
) -> None:
    forbidden = reverse("licensing:product-key-start")
    for role in roles:
        held = factories.RoleAssignmentFactory.create(
            user__directory_user__tenant=tenant, role=role
        )
        navigation = sign_in(held.user).get(reverse("licensing:products")).text.split("<main")[0]
        assert (f'href="{forbidden}"' in navigation) is role.may_act
