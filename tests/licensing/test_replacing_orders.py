"""An order is taken back from its last step, or whole by one request (O14, K8)."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.licensing.exceptions import (
    BuiltOnSince,
    ReplacedOnRequestBefore,
    ReplacementAskedAlready,
    ReplacementTooLate,
)
from benefits_portal.licensing.models import (
    Order,
    Redemption,
    Replacement,
    Reversal,
    Subscription,
)
from benefits_portal.licensing.models.order_replacement import ask_for_order
from benefits_portal.licensing.order_exceptions import BuiltOnInOrder
from benefits_portal.licensing.order_quotes import OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.exceptions import AlreadyDecided
from benefits_portal.tenants.models import Actor, Mail, Record, Role, Tenant, User
from tests import factories
from tests.agreement import findings
from tests.clients import SignIn
from tests.factories import TODAY, bought, key_for

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.rule("O14", "K8"),
    pytest.mark.usefixtures("today"),
]
EXTEND, ADD = RedemptionKind.EXTEND, RedemptionKind.ADD


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    """100 licenses until 2021-06-30."""
    return bought(licenses=100, ends_on=date(2021, 6, 30), partner=tenant.partner)


@pytest.fixture
def order(subscription: Subscription) -> Order:
    """Of three steps."""
    return factories.order(EXTEND, ADD, EXTEND, subscription=subscription)


def step(order: Order, position: int) -> Redemption:
    return Redemption.objects.for_display().get(order=order, position=position)


def ask_for_step(order: Order, position: int, by: Actor) -> Replacement:
    return Replacement.objects.ask(step(order, position), "By mistake", by=by, on=TODAY)


def term_of(subscription: Subscription) -> object:
    return Subscription.objects.get(pk=subscription.pk).term


def test_the_whole_order_is_one_request_and_undoes_every_step(
    by: Actor, subscription: Subscription, order: Order
) -> None:
    before = step(order, 0).before
    asked = ask_for_order(order, "Wrong subscription", by=by, on=TODAY)
    assert Replacement.objects.as_requests().get() == asked[0]
    asked[0].grant(by=by, on=TODAY)
    assert term_of(subscription) == before
    assert [reversal.redemption.position for reversal in Reversal.objects.order_by("pk")] == [
        2,
        1,
        0,
    ]
    for each in Replacement.objects.select_related("key", "redemption__key"):
        assert each.key
        assert each.key.benefit == each.redemption.key.benefit
        assert each.key.is_redeemable(TODAY)
        assert each.redemption.key.revoked_at
    assert Mail.objects.count() == 1, "one answer"
    assert Record.objects.filter(action="licensing.replacement-granted").get().after == {
        "order": order.pk,
        "why": "Wrong subscription",
    }
    assert findings() == {}


@pytest.mark.parametrize(("position", "later"), [(0, "2, 3"), (1, "3")])
def test_a_step_in_the_middle_is_refused_naming_those_built_on_it(
    by: Actor, order: Order, position: int, later: str
) -> None:
    with pytest.raises(BuiltOnInOrder, match=f"{later} of the same order"):
        ask_for_step(order, position, by)
    assert not Replacement.objects.exists()
    assert Record.objects.get(refused="built-on-in-order").params["steps"] == later


def test_the_last_step_is_taken_back_first_and_then_the_one_before_it(
    by: Actor, subscription: Subscription, order: Order
) -> None:
    for position in (2, 1, 0):
        before = step(order, position).before
        ask_for_step(order, position, by).grant(by=by, on=TODAY)
        assert term_of(subscription) == before
    assert findings() == {}


def test_what_is_left_of_an_order_is_one_request(
    by: Actor, subscription: Subscription, order: Order
) -> None:
    before = step(order, 0).before
    ask_for_step(order, 2, by).grant(by=by, on=TODAY)
    assert len(ask_for_order(order, "The rest too", by=by, on=TODAY)) == 2
    Replacement.objects.as_requests().undecided().get().grant(by=by, on=TODAY)
    assert term_of(subscription) == before


def test_an_order_that_something_was_built_on_stays(
    by: Actor, subscription: Subscription, order: Order
) -> None:
    asked = ask_for_order(order, "By mistake", by=by, on=TODAY)[0]
    subscription.refresh_from_db()
    subscription.extend(key_for(subscription, 1), by=by, on=TODAY)
    after = term_of(subscription)
    with pytest.raises(BuiltOnSince):
        asked.grant(by=by, on=TODAY)
    assert (term_of(subscription), Reversal.objects.count()) == (after, 0)
    assert Replacement.objects.undecided().count() == 3
    assert not Redemption.objects.exclude(key__revoked_at=None).exists()


def test_an_order_is_asked_for_once_and_a_step_of_it_no_more(by: Actor, order: Order) -> None:
    asked = ask_for_order(order, "By mistake", by=by, on=TODAY)[0]
    with pytest.raises(ReplacementAskedAlready):
        ask_for_order(order, "Again", by=by, on=TODAY)
    with pytest.raises(ReplacementAskedAlready):
        ask_for_step(order, 2, by)
    asked.decline("It is what was asked for", by=by)
    with pytest.raises(AlreadyDecided):
        asked.grant(by=by, on=TODAY)
    assert not Replacement.objects.undecided().exists(), "all of it was declined"
    with pytest.raises(ReplacementAskedAlready):
        ask_for_order(order, "Again", by=by, on=TODAY)


def test_an_order_is_asked_for_within_thirty_days(by: Actor, order: Order) -> None:
    with pytest.raises(ReplacementTooLate):
        ask_for_order(order, "By mistake", by=by, on=TODAY + timedelta(days=31))
    assert ask_for_order(order, "By mistake", by=by, on=TODAY + timedelta(days=30))


def test_an_order_with_a_key_of_an_expired_benefit_stays(by: Actor, order: Order) -> None:
    benefit = step(order, 1).key.benefit
    type(benefit).objects.filter(pk=benefit.pk).update(expires_on=TODAY)
    with pytest.raises(BenefitExpired):
        ask_for_order(order, "By mistake", by=by, on=TODAY + timedelta(days=1))


def test_an_order_with_a_key_that_is_a_replacement_stays(
    by: Actor, subscription: Subscription
) -> None:
    first = factories.order(EXTEND, ADD, subscription=subscription)
    ask_for_order(first, "By mistake", by=by, on=TODAY)[0].grant(by=by, on=TODAY)
    subscription.refresh_from_db()
    keys = [each.key for each in Replacement.objects.select_related("key__benefit")]
    steps = [OrderStep(EXTEND, key) for key in keys if key]
    second = Order.redeem(subscription, steps, tenant=subscription.tenant, by=by, on=TODAY)
    with pytest.raises(ReplacedOnRequestBefore):
        ask_for_order(second, "Again", by=by, on=TODAY)


# On the pages


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def test_the_order_s_receipt_leads_to_the_request_and_tells_the_answer(
    client: Client, acting_in: dict[str, str], by: Actor, order: Order
) -> None:
    receipt, url = order.get_absolute_url(), reverse("licensing:order-replacement", args=[order.pk])
    assert url in client.get(receipt).text
    assert client.get(url).text.count("•••••-") == 3
    told = client.post(url, acting_in | {"why": "Wrong one"}, follow=True)
    assert told.redirect_chain == [(receipt, 302)]
    assert "You requested replacements for the whole order on May 1, 2021." in told.text
    assert url not in told.text
    requests = client.get(reverse("licensing:requests"))
    asked = requests.context["requests"][0][0]
    assert (asked.is_order, asked.href) == (True, receipt)
    Replacement.objects.as_requests().get().grant(by=by, on=TODAY)
    granted = client.get(receipt)
    assert "Replacements were granted on May 1, 2021." in granted.text
    assert granted.text.count("Reversed") == 3


def test_a_receipt_of_a_step_leads_to_its_order_and_says_what_was_built_on_it(
    client: Client, order: Order
) -> None:
    receipt = client.get(reverse("licensing:receipt", args=[step(order, 1).pk]))
    assert order.get_absolute_url() in receipt.text
    assert "Step 3 of the same order was built on this one" in receipt.text
    timeline = client.get(reverse("licensing:subscription", args=[order.subscription_id]))
    whos = [event.get("who", "") for event in timeline.context["timeline"]]
    assert [who.rpartition(", ")[2] for who in whos if "order" in who] == [
        f"step {number} of order {order.pk}" for number in (1, 2, 3)
    ]


@pytest.mark.rule("P3")
def test_a_member_is_told_who_can_request(tenant: Tenant, sign_in: SignIn, order: Order) -> None:
    member = factories.UserFactory.create(directory_user__tenant=tenant)
    factories.RoleAssignmentFactory.create(user=member, partner=tenant.partner, role=Role.MEMBER)
    receipt = sign_in(member).get(order.get_absolute_url())
    assert "A Global admin or an MPN partner admin of your organization can request it." in (
        receipt.text
    )
