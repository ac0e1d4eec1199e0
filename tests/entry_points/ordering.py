"""Redeeming several keys in one order (O9 to O11)."""

from collections.abc import Callable
from typing import Any

from benefits_portal.benefits.exceptions import BenefitExpired, BenefitNotBegun
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed, KeyRevoked, KeyUnknown
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.licensing.exceptions import (
    ChangedMeanwhile,
    DifferentProduct,
    ExtensionLimitExceeded,
    SubscriptionNotActive,
)
from benefits_portal.licensing.models import Order, Subscription
from benefits_portal.licensing.order_exceptions import (
    RefusedInOrder,
    SameKeyTwice,
    TooFewKeys,
    TooManyKeys,
)
from benefits_portal.licensing.order_quotes import MAX_KEYS, OrderQuote, OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from tests import factories
from tests.factories import TODAY
from tests.partner_fixture import PartnerFixture

from .keys import TOMORROW, YESTERDAY, revoked
from .operations import Arguments, Driver, Message, Operation, Scenario, by_verb

ORDER = Operation("redeem several keys in one order")
CHOOSE = Operation("choose several keys, row by row")
REVIEW, VERB = "page licensing:order", "verb Order.redeem"


@ORDER.entry_point(REVIEW)
def press(driver: Driver, keys: list[ProductKey], quote: OrderQuote | None, **_: Any) -> str:
    subscription = driver.world.sample.subscription
    query = "&".join(f"step=extend:{key.pk}" for key in keys)
    return driver.portal(
        "licensing:order",
        subscription.pk,
        query=f"?{query}",
        quote=quote.signed() if quote else "",
    )


@ORDER.entry_point(VERB)
def by_the_verb(driver: Driver, keys: list[ProductKey], quote: OrderQuote | None, **_: Any) -> str:
    subscription = Subscription.objects.select_related("partner", "tenant", "product").get(
        pk=driver.world.sample.subscription.pk
    )
    return by_verb(
        lambda: Order.redeem(
            subscription,
            extending(keys),
            tenant=subscription.tenant,
            by=driver.by,
            on=TODAY,
            quote=quote,
        )
    )


@CHOOSE.entry_point("page licensing:extend, several rows")
def choose(driver: Driver, keys: list[ProductKey], **_: Any) -> str:
    rows: dict[str, Any] = {
        f"{number}-chosen": key.pk for number, key in enumerate(keys[1:], start=2)
    }
    return driver.portal(
        "licensing:extend", driver.world.sample.subscription.pk, chosen=keys[0].pk, **rows
    )


@CHOOSE.entry_point("page licensing:add-licenses, several rows")
def choose_to_add(driver: Driver, keys: list[ProductKey], **_: Any) -> str:
    rows: dict[str, Any] = {"way_chosen": "extend"}
    for number, key in enumerate(keys[1:], start=2):
        rows |= {f"{number}-chosen": key.pk, f"{number}-way_chosen": "extend"}
    return driver.portal(
        "licensing:add-licenses", driver.world.sample.subscription.pk, chosen=keys[0].pk, **rows
    )


def extending(keys: list[ProductKey]) -> list[OrderStep]:
    return [OrderStep(RedemptionKind.EXTEND, key) for key in keys]


def ordering(sample: PartnerFixture, *others: ProductKey) -> Arguments:
    """A key that fits, `others`, and what was shown of them, if anything was."""
    keys = [sample.fitting, *others]
    try:
        quote = Order.quote(sample.subscription, extending(keys), TODAY)
    except (RefusedInOrder, TooFewKeys, TooManyKeys):
        quote = None
    return {"keys": keys, "quote": quote}


def fitting(sample: PartnerFixture, **facts: Any) -> ProductKey:
    """Another key for the subscription's product."""
    days = {name: facts.pop(name) for name in ("starts_on", "expires_on") if name in facts}
    key = factories.issue_key(partner=sample.partner, product=sample.subscription.product, **facts)
    if days:
        Benefit.objects.filter(pk=key.benefit_id).update(**days)
    return ProductKey.objects.for_display().get(pk=key.pk)


def both(rule: str, message: Message) -> Callable[[Scenario], Scenario]:
    """What is refused when it is chosen and when it is redeemed."""

    def register(scenario: Scenario) -> Scenario:
        ORDER.refused(rule, message)(scenario)
        return CHOOSE.refused(rule, message)(scenario)

    return register


@ORDER.refused("O9", TooFewKeys, not_at={REVIEW: "one key leads to its own review"})
def of_one_key(sample: PartnerFixture) -> Arguments:
    return ordering(sample)


@both("O9", TooManyKeys)
def of_more_keys_than_an_order_holds(sample: PartnerFixture) -> Arguments:
    return ordering(sample, *(fitting(sample) for _number in range(MAX_KEYS)))


@both("O11", SameKeyTwice)
def of_the_same_key_twice(sample: PartnerFixture) -> Arguments:
    return ordering(sample, fitting(sample), sample.fitting)


def spent_in(sample: PartnerFixture, position: int) -> Arguments:
    """That key was redeemed by somebody else after the review."""
    arguments = ordering(sample, fitting(sample))
    Subscription.activate(arguments["keys"][position], sample.tenant, by=sample.by, on=TODAY)
    return arguments


@ORDER.refused("O11", RefusedInOrder)
def whose_first_key_was_spent(sample: PartnerFixture) -> Arguments:
    return spent_in(sample, 0)


@both("K2", KeyAlreadyRedeemed)
def whose_second_key_was_spent(sample: PartnerFixture) -> Arguments:
    return spent_in(sample, 1)


@both("K7", DifferentProduct)
def whose_third_key_is_of_another_product(sample: PartnerFixture) -> Arguments:
    return ordering(sample, fitting(sample), sample.key)


@both("K8", KeyRevoked)
def whose_second_key_was_revoked(sample: PartnerFixture) -> Arguments:
    return ordering(sample, revoked(fitting(sample)))


@both("B5", BenefitExpired)
def whose_second_key_has_lapsed(sample: PartnerFixture) -> Arguments:
    return ordering(sample, fitting(sample, expires_on=YESTERDAY))


@both("B1", BenefitNotBegun)
def whose_second_key_has_not_begun(sample: PartnerFixture) -> Arguments:
    return ordering(sample, fitting(sample, starts_on=TOMORROW))


@both("S5", ExtensionLimitExceeded)
def whose_second_key_is_too_large(sample: PartnerFixture) -> Arguments:
    return ordering(sample, fitting(sample, quantity=3 * sample.subscription.licenses + 1))


@both("S4", SubscriptionNotActive)
def of_a_subscription_that_ended(sample: PartnerFixture) -> Arguments:
    arguments = ordering(sample, fitting(sample))
    Subscription.objects.filter(pk=sample.subscription.pk).update(
        starts_on="2020-01-01", ends_on=YESTERDAY
    )
    return arguments


@ORDER.refused("O10", ChangedMeanwhile)
def of_a_subscription_changed_since_the_review(sample: PartnerFixture) -> Arguments:
    arguments = ordering(sample, fitting(sample))
    Subscription.objects.filter(pk=sample.subscription.pk).update(
        licenses=sample.subscription.licenses + 1
    )
    return arguments


@ORDER.refused("O10", ChangedMeanwhile)
def with_another_chain_s_review(sample: PartnerFixture) -> Arguments:
    arguments = ordering(sample, fitting(sample))
    keys = arguments["keys"]
    quote = Order.quote(sample.subscription, extending(keys[::-1]), TODAY)
    return {"keys": keys, "quote": quote}


@ORDER.refused("K4", KeyUnknown, other_messages={REVIEW: "not found"})
def with_a_key_of_another_partner(sample: PartnerFixture) -> Arguments:
    return ordering(sample, factories.issue_key(product=sample.subscription.product))


CHOOSE.refused("K4", "not found")(with_a_key_of_another_partner)
