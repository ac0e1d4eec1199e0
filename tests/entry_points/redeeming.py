"""Redeeming a key (S3 to S6, S8, S9, K2, K4, K5, K7).

Activating, bringing back, extending, adding licenses.
"""

from datetime import timedelta
from typing import Any

from django.urls import reverse

from benefits_portal.benefits.exceptions import BenefitExpired, BenefitNotBegun
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed, KeyRevoked, KeyUnknown
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.exceptions import (
    CalendarEnds,
    ChangedMeanwhile,
    DifferentProduct,
    ExtensionLimitExceeded,
    NotReactivatable,
    SubscriptionFull,
    SubscriptionNotActive,
    TooManyLicenses,
)
from benefits_portal.licensing.models import Subscription, quote_redemption
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.licensing.terms import LAST_DAY, MAX_SUBSCRIPTION_LICENSES
from tests import factories
from tests.factories import TODAY
from tests.partner_fixture import PartnerFixture

from .keys import TOMORROW, YESTERDAY, in_place, key_of, revoked
from .operations import Arguments, Driver, Operation, by_verb

CHOOSE, ACTIVATE, BRING_BACK = (
    Operation("choose a tenant"),
    Operation("activate"),
    Operation("bring a subscription back"),
)
CHANGE = Operation("extend, or add licenses")
TAKE = Operation("take one of one's own keys")
START = "page licensing:product-key-start, key chosen"
EXTEND, ADD = "page licensing:extend, key chosen", "page licensing:add-licenses, key chosen"
EXTEND_VERB, ADD_VERB = "verb Subscription.extend", "verb Subscription.add_licenses"


@CHOOSE.entry_point("page licensing:product-key-start, tenant chosen")
def choose(driver: Driver, **chosen: Any) -> str:
    return driver.portal("licensing:product-key-start", **chosen)


@ACTIVATE.entry_point(START)
def activate(driver: Driver, key: ProductKey, quote: Quote) -> str:
    query = f"{in_place(driver.world.sample)}&key={key.pk}"
    return driver.portal("licensing:product-key-start", query=query, quote=quote.signed())


@ACTIVATE.entry_point("verb Subscription.activate")
def activate_by_verb(driver: Driver, key: ProductKey, quote: Quote) -> str:
    return by_verb(
        lambda: Subscription.activate(
            key, driver.world.sample.tenant, by=driver.by, on=TODAY, quote=quote
        )
    )


@BRING_BACK.entry_point("page licensing:product-key-start, way chosen")
def bring_back(driver: Driver, key: ProductKey, subscription: Subscription) -> str:
    address = (
        reverse("licensing:product-key-start")
        + f"{in_place(driver.world.sample)}&key={key.pk}&way={RedemptionKind.REACTIVATE.value}"
    )
    return driver.look("global", address)


@BRING_BACK.entry_point("verb Subscription.reactivate")
def bring_back_by_verb(driver: Driver, key: ProductKey, subscription: Subscription) -> str:
    return by_verb(lambda: subscription.reactivate(key, by=driver.by, on=TODAY))


def change(
    driver: Driver,
    page: str,
    way: RedemptionKind,
    key: ProductKey,
    subscription: Subscription,
    shown: dict[RedemptionKind, Quote],
) -> str:
    quote = shown[way].signed() if way in shown else ""
    return driver.portal(page, subscription.pk, query=f"?key={key.pk}", quote=quote)


@CHANGE.entry_point(EXTEND)
def extend(driver: Driver, **arguments: Any) -> str:
    return change(driver, "licensing:extend", RedemptionKind.EXTEND, **arguments)


@CHANGE.entry_point(ADD)
def add(driver: Driver, **arguments: Any) -> str:
    return change(driver, "licensing:add-licenses", RedemptionKind.ADD, **arguments)


@CHANGE.entry_point(EXTEND_VERB)
def extend_by_verb(
    driver: Driver, key: ProductKey, subscription: Subscription, shown: dict[RedemptionKind, Quote]
) -> str:
    return by_verb(
        lambda: subscription.extend(
            key, by=driver.by, on=TODAY, quote=shown.get(RedemptionKind.EXTEND)
        )
    )


@CHANGE.entry_point(ADD_VERB)
def add_by_verb(
    driver: Driver, key: ProductKey, subscription: Subscription, shown: dict[RedemptionKind, Quote]
) -> str:
    return by_verb(
        lambda: subscription.add_licenses(
            key, by=driver.by, on=TODAY, quote=shown.get(RedemptionKind.ADD)
        )
    )


@TAKE.entry_point("page licensing:extend, own key taken")
def take_to_extend(driver: Driver, key: ProductKey, subscription: Subscription, **_: Any) -> str:
    return driver.portal("licensing:extend", subscription.pk, chosen=key.pk)


@TAKE.entry_point("page licensing:add-licenses, own key taken")
def take_to_add(driver: Driver, key: ProductKey, subscription: Subscription, **_: Any) -> str:
    return driver.portal("licensing:add-licenses", subscription.pk, chosen=key.pk)


@CHOOSE.refused("K5", "Choose the tenant in which the product should run.")
def none(sample: PartnerFixture) -> Arguments:
    return {}


@CHOOSE.refused("K5", "This is not a tenant of your organization.")
def another_partner_s_tenant(sample: PartnerFixture) -> Arguments:
    return {"tenant": factories.TenantFactory.create().pk}


@CHOOSE.refused("K5", "it is the first key that goes into this tenant")
def a_new_one_without_its_domain(sample: PartnerFixture) -> Arguments:
    return {"tenant": sample.second.pk}


def activation(sample: PartnerFixture) -> Arguments:
    return {
        "key": sample.fitting,
        "quote": quote_redemption(RedemptionKind.NEW, sample.fitting, sample.tenant, None, TODAY),
    }


@ACTIVATE.refused("K8", KeyRevoked)
def with_a_key_revoked_meanwhile(sample: PartnerFixture) -> Arguments:
    arguments = activation(sample)
    return arguments | {"key": revoked(sample.fitting)}


@ACTIVATE.refused("K2", KeyAlreadyRedeemed)
def with_a_key_redeemed_meanwhile(sample: PartnerFixture) -> Arguments:
    arguments = activation(sample)
    Subscription.activate(arguments["key"], sample.tenant, by=sample.by, on=TODAY)
    return arguments


@ACTIVATE.refused("B5", BenefitExpired)
def after_the_benefit_expired(sample: PartnerFixture) -> Arguments:
    return activation(sample) | {"key": key_of(sample, expires_on=YESTERDAY)}


@ACTIVATE.refused("B1", BenefitNotBegun)
def before_the_benefit_begins(sample: PartnerFixture) -> Arguments:
    return activation(sample) | {"key": key_of(sample, starts_on=TOMORROW)}


@ACTIVATE.refused("K4", KeyUnknown, other_messages={START: "not found"})
def with_another_partner_s_key(sample: PartnerFixture) -> Arguments:
    key = factories.issue_key()
    return {
        "key": key,
        "quote": quote_redemption(RedemptionKind.NEW, key, sample.tenant, None, TODAY),
    }


@ACTIVATE.refused("S8", ChangedMeanwhile)
def what_was_shown_yesterday(sample: PartnerFixture) -> Arguments:
    return {
        "key": sample.fitting,
        "quote": quote_redemption(
            RedemptionKind.NEW, sample.fitting, sample.tenant, None, YESTERDAY
        ),
    }


@BRING_BACK.refused("S3", NotReactivatable)
def one_that_is_deleted(sample: PartnerFixture) -> Arguments:
    Subscription.objects.filter(pk=sample.subscription.pk).update(
        starts_on="2020-01-01", ends_on=TODAY - timedelta(days=121)
    )
    factories.SubscriptionFactory.create(tenant=sample.tenant, product=sample.subscription.product)
    return {
        "key": sample.fitting,
        "subscription": Subscription.objects.for_display().get(pk=sample.subscription.pk),
    }


def changing(sample: PartnerFixture, key: ProductKey | None = None, **facts: Any) -> Arguments:
    """A key for the place's subscription, what was shown, and then other facts of it."""
    key = key or sample.fitting
    shown = {
        way: quote_redemption(way, sample.fitting, sample.tenant, sample.subscription, TODAY)
        for way in (RedemptionKind.EXTEND, RedemptionKind.ADD)
    }
    Subscription.objects.filter(pk=sample.subscription.pk).update(
        **facts or {"licenses": sample.subscription.licenses}
    )
    there = (
        Subscription.objects.for_display().select_related("partner").get(pk=sample.subscription.pk)
    )
    return {
        "key": key,
        "subscription": there,
        "shown": {way: quote for way, quote in shown.items() if key == sample.fitting},
    }


@CHANGE.refused("S4", SubscriptionNotActive)
def a_subscription_that_ended(sample: PartnerFixture) -> Arguments:
    return changing(sample, starts_on="2020-01-01", ends_on=YESTERDAY)


@CHANGE.refused("S6", SubscriptionNotActive)
def a_subscription_that_is_deleted(sample: PartnerFixture) -> Arguments:
    return changing(sample, starts_on="2020-01-01", ends_on=TODAY - timedelta(days=121))


@CHANGE.refused("K7", DifferentProduct)
def with_a_key_for_another_product(sample: PartnerFixture) -> Arguments:
    return changing(sample, sample.key)


ONLY_WHEN_EXTENDING = {
    ADD: "adding moves no end beyond twelve months",
    ADD_VERB: "adding moves no end beyond twelve months",
}
ONLY_WHEN_ADDING = {
    EXTEND: "extending brings no licenses",
    EXTEND_VERB: "extending brings no licenses",
}


@CHANGE.refused("S5", ExtensionLimitExceeded, not_at=ONLY_WHEN_EXTENDING)
def by_more_than_three_years(sample: PartnerFixture) -> Arguments:
    return changing(sample, licenses=sample.fitting.licenses // 3 - 1, carried_license_days=0)


@CHANGE.refused("S5", CalendarEnds, not_at=ONLY_WHEN_EXTENDING)
def beyond_the_calendar(sample: PartnerFixture) -> Arguments:
    return changing(sample, ends_on=LAST_DAY)


@CHANGE.refused("S6", TooManyLicenses, not_at=ONLY_WHEN_ADDING)
def to_more_licenses_than_one_can_hold(sample: PartnerFixture) -> Arguments:
    return changing(sample, licenses=MAX_SUBSCRIPTION_LICENSES - sample.fitting.licenses + 1)


@CHANGE.refused("S6", SubscriptionFull, not_at=ONLY_WHEN_ADDING)
def to_one_that_is_full(sample: PartnerFixture) -> Arguments:
    return changing(sample, licenses=MAX_SUBSCRIPTION_LICENSES)


@CHANGE.refused("S8", ChangedMeanwhile)
def a_subscription_changed_meanwhile(sample: PartnerFixture) -> Arguments:
    return changing(sample, licenses=sample.subscription.licenses + 1)


@CHANGE.refused("S9", ChangedMeanwhile)
def with_the_other_one_s_form(sample: PartnerFixture) -> Arguments:
    arguments = changing(sample)
    return arguments | {
        "shown": {
            RedemptionKind.EXTEND: arguments["shown"][RedemptionKind.ADD],
            RedemptionKind.ADD: arguments["shown"][RedemptionKind.EXTEND],
        }
    }


@CHANGE.refused("K2", KeyAlreadyRedeemed)
def with_a_spent_key(sample: PartnerFixture) -> Arguments:
    arguments = changing(sample)
    Subscription.activate(sample.fitting, sample.tenant, by=sample.by, on=TODAY)
    return arguments


@CHANGE.refused("K8", KeyRevoked)
def with_a_revoked_key(sample: PartnerFixture) -> Arguments:
    arguments = changing(sample)
    return arguments | {"key": revoked(sample.fitting)}


@CHANGE.refused("B5", BenefitExpired)
def with_a_key_of_an_expired_benefit(sample: PartnerFixture) -> Arguments:
    return changing(sample) | {"key": key_of(sample, expires_on=YESTERDAY)}


@CHANGE.refused("B1", BenefitNotBegun)
def with_a_key_of_a_benefit_not_begun(sample: PartnerFixture) -> Arguments:
    return changing(sample) | {"key": key_of(sample, starts_on=TOMORROW)}


NOT_FOUND = {EXTEND: "not found", ADD: "not found"}


@CHANGE.refused("K4", KeyUnknown, other_messages=NOT_FOUND)
def with_a_key_of_another_partner(sample: PartnerFixture) -> Arguments:
    return changing(sample, factories.issue_key(product=sample.subscription.product))


# A key that is taken by reference is refused as one that is typed, in the order of K7

TAKEN_TO_EXTEND, TAKEN_TO_ADD = TAKE.entry_points
TAKE.refused("S4", SubscriptionNotActive)(a_subscription_that_ended)
TAKE.refused("K7", DifferentProduct)(with_a_key_for_another_product)
TAKE.refused("K2", KeyAlreadyRedeemed)(with_a_spent_key)
TAKE.refused("K8", KeyRevoked)(with_a_revoked_key)
TAKE.refused("B5", BenefitExpired)(with_a_key_of_an_expired_benefit)
TAKE.refused("B1", BenefitNotBegun)(with_a_key_of_a_benefit_not_begun)
TAKE.refused(
    "S5",
    ExtensionLimitExceeded,
    not_at={TAKEN_TO_ADD: "adding moves no end beyond twelve months"},
)(by_more_than_three_years)
TAKE.refused("S6", SubscriptionFull, not_at={TAKEN_TO_EXTEND: "extending brings no licenses"})(
    to_one_that_is_full
)
TAKE.refused(
    "K4",
    KeyUnknown,
    other_messages={TAKEN_TO_EXTEND: "not found", TAKEN_TO_ADD: "not found"},
)(with_a_key_of_another_partner)
