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
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.licensing.terms import LAST_DAY, MAX_SUBSCRIPTION_LICENSES
from tests import factories
from tests.factories import TODAY
from tests.place import Place

from .deeds import Deed, Hand, Things, by_verb
from .keys import TOMORROW, YESTERDAY, in_place, key_of, revoked

CHOOSE, ACTIVATE, BRING_BACK = (
    Deed("choose a tenant"),
    Deed("activate"),
    Deed("bring a subscription back"),
)
CHANGE = Deed("extend, or add licenses")
START = "page licensing:product-key-start, key chosen"
EXTEND, ADD = "page licensing:extend, key chosen", "page licensing:add-licenses, key chosen"
EXTEND_VERB, ADD_VERB = "verb Subscription.extend", "verb Subscription.add_licenses"


@CHOOSE.door("page licensing:product-key-start, tenant chosen")
def choose(hand: Hand, **chosen: Any):
    return hand.portal("licensing:product-key-start", **chosen)


@ACTIVATE.door(START)
def activate(hand: Hand, key: ProductKey, quote: Quote):
    query = f"{in_place(hand.world.place)}&key={key.pk}"
    return hand.portal("licensing:product-key-start", query=query, quote=quote.signed())


@ACTIVATE.door("verb Subscription.activate")
def activate_by_verb(hand: Hand, key: ProductKey, quote: Quote):
    return by_verb(
        lambda: Subscription.activate(
            key, hand.world.place.tenant, by=hand.by, on=TODAY, quote=quote
        )
    )


@BRING_BACK.door("page licensing:product-key-start, way chosen")
def bring_back(hand: Hand, key: ProductKey, subscription: Subscription):
    address = (
        reverse("licensing:product-key-start")
        + f"{in_place(hand.world.place)}&key={key.pk}&way={RedemptionKind.REACTIVATE.value}"
    )
    return hand.look("global", address)


@BRING_BACK.door("verb Subscription.reactivate")
def bring_back_by_verb(hand: Hand, key: ProductKey, subscription: Subscription):
    return by_verb(lambda: subscription.reactivate(key, by=hand.by, on=TODAY))


def change(
    hand: Hand,
    page: str,
    way: RedemptionKind,
    key: ProductKey,
    subscription: Subscription,
    shown: dict[RedemptionKind, Quote],
) -> str:
    quote = shown[way].signed() if way in shown else ""
    return hand.portal(page, subscription.pk, query=f"?key={key.pk}", quote=quote)


@CHANGE.door(EXTEND)
def extend(hand: Hand, **things: Any):
    return change(hand, "licensing:extend", RedemptionKind.EXTEND, **things)


@CHANGE.door(ADD)
def add(hand: Hand, **things: Any):
    return change(hand, "licensing:add-licenses", RedemptionKind.ADD, **things)


@CHANGE.door(EXTEND_VERB)
def extend_by_verb(
    hand: Hand, key: ProductKey, subscription: Subscription, shown: dict[RedemptionKind, Quote]
):
    return by_verb(
        lambda: subscription.extend(
            key, by=hand.by, on=TODAY, quote=shown.get(RedemptionKind.EXTEND)
        )
    )


@CHANGE.door(ADD_VERB)
def add_by_verb(
    hand: Hand, key: ProductKey, subscription: Subscription, shown: dict[RedemptionKind, Quote]
):
    return by_verb(
        lambda: subscription.add_licenses(
            key, by=hand.by, on=TODAY, quote=shown.get(RedemptionKind.ADD)
        )
    )


@CHOOSE.refused("K5", "Choose the tenant in which the product should run.")
def none(place: Place) -> Things:
    return {}


@CHOOSE.refused("K5", "This is not a tenant of your organization.")
def another_partner_s_tenant(place: Place) -> Things:
    return {"tenant": factories.TenantFactory.create().pk}


@CHOOSE.refused("K5", "it is the first key that goes into this tenant")
def a_new_one_without_its_domain(place: Place) -> Things:
    return {"tenant": place.second.pk}


def activation(place: Place) -> Things:
    return {
        "key": place.fitting,
        "quote": Subscription.quote(RedemptionKind.NEW, place.fitting, place.tenant, None, TODAY),
    }


@ACTIVATE.refused("K8", KeyRevoked)
def with_a_key_revoked_meanwhile(place: Place) -> Things:
    things = activation(place)
    return things | {"key": revoked(place.fitting)}


@ACTIVATE.refused("K2", KeyAlreadyRedeemed)
def with_a_key_redeemed_meanwhile(place: Place) -> Things:
    things = activation(place)
    Subscription.activate(things["key"], place.tenant, by=place.by, on=TODAY)
    return things


@ACTIVATE.refused("B5", BenefitExpired)
def after_the_benefit_expired(place: Place) -> Things:
    return activation(place) | {"key": key_of(place, expires_on=YESTERDAY)}


@ACTIVATE.refused("B1", BenefitNotBegun)
def before_the_benefit_begins(place: Place) -> Things:
    return activation(place) | {"key": key_of(place, starts_on=TOMORROW)}


@ACTIVATE.refused("K4", KeyUnknown, in_other_words={START: "not found"})
def with_another_partner_s_key(place: Place) -> Things:
    key = factories.issue_key()
    return {
        "key": key,
        "quote": Subscription.quote(RedemptionKind.NEW, key, place.tenant, None, TODAY),
    }


@ACTIVATE.refused("S8", ChangedMeanwhile)
def what_was_shown_yesterday(place: Place) -> Things:
    return {
        "key": place.fitting,
        "quote": Subscription.quote(
            RedemptionKind.NEW, place.fitting, place.tenant, None, YESTERDAY
        ),
    }


@BRING_BACK.refused("S3", NotReactivatable)
def one_that_is_deleted(place: Place) -> Things:
    Subscription.objects.filter(pk=place.subscription.pk).update(
        starts_on="2020-01-01", ends_on=TODAY - timedelta(days=121)
    )
    factories.SubscriptionFactory.create(tenant=place.tenant, product=place.subscription.product)
    return {
        "key": place.fitting,
        "subscription": Subscription.objects.for_display().get(pk=place.subscription.pk),
    }


def changing(place: Place, key: ProductKey | None = None, **facts: Any) -> Things:
    """A key for the place's subscription, what was shown, and then other facts of it."""
    key = key or place.fitting
    shown = {
        way: Subscription.quote(way, place.fitting, place.tenant, place.subscription, TODAY)
        for way in (RedemptionKind.EXTEND, RedemptionKind.ADD)
    }
    Subscription.objects.filter(pk=place.subscription.pk).update(
        **facts or {"licenses": place.subscription.licenses}
    )
    there = (
        Subscription.objects.for_display().select_related("partner").get(pk=place.subscription.pk)
    )
    return {
        "key": key,
        "subscription": there,
        "shown": {way: quote for way, quote in shown.items() if key == place.fitting},
    }


@CHANGE.refused("S4", SubscriptionNotActive)
def a_subscription_that_ended(place: Place) -> Things:
    return changing(place, starts_on="2020-01-01", ends_on=YESTERDAY)


@CHANGE.refused("S6", SubscriptionNotActive)
def a_subscription_that_is_deleted(place: Place) -> Things:
    return changing(place, starts_on="2020-01-01", ends_on=TODAY - timedelta(days=121))


@CHANGE.refused("K7", DifferentProduct)
def with_a_key_for_another_product(place: Place) -> Things:
    return changing(place, place.key)


ONLY_WHEN_EXTENDING = {
    ADD: "adding moves no end beyond twelve months",
    ADD_VERB: "adding moves no end beyond twelve months",
}
ONLY_WHEN_ADDING = {
    EXTEND: "extending brings no licenses",
    EXTEND_VERB: "extending brings no licenses",
}


@CHANGE.refused("S5", ExtensionLimitExceeded, not_at=ONLY_WHEN_EXTENDING)
def by_more_than_three_years(place: Place) -> Things:
    return changing(place, licenses=place.fitting.licenses // 3 - 1, carried_license_days=0)


@CHANGE.refused("S5", CalendarEnds, not_at=ONLY_WHEN_EXTENDING)
def beyond_the_calendar(place: Place) -> Things:
    return changing(place, ends_on=LAST_DAY)


@CHANGE.refused("S6", TooManyLicenses, not_at=ONLY_WHEN_ADDING)
def to_more_licenses_than_one_can_hold(place: Place) -> Things:
    return changing(place, licenses=MAX_SUBSCRIPTION_LICENSES - place.fitting.licenses + 1)


@CHANGE.refused("S6", SubscriptionFull, not_at=ONLY_WHEN_ADDING)
def to_one_that_is_full(place: Place) -> Things:
    return changing(place, licenses=MAX_SUBSCRIPTION_LICENSES)


@CHANGE.refused("S8", ChangedMeanwhile)
def a_subscription_changed_meanwhile(place: Place) -> Things:
    return changing(place, licenses=place.subscription.licenses + 1)


@CHANGE.refused("S9", ChangedMeanwhile)
def with_the_other_one_s_form(place: Place) -> Things:
    things = changing(place)
    return things | {
        "shown": {
            RedemptionKind.EXTEND: things["shown"][RedemptionKind.ADD],
            RedemptionKind.ADD: things["shown"][RedemptionKind.EXTEND],
        }
    }


@CHANGE.refused("K2", KeyAlreadyRedeemed)
def with_a_spent_key(place: Place) -> Things:
    things = changing(place)
    Subscription.activate(place.fitting, place.tenant, by=place.by, on=TODAY)
    return things


@CHANGE.refused("K8", KeyRevoked)
def with_a_revoked_key(place: Place) -> Things:
    things = changing(place)
    return things | {"key": revoked(place.fitting)}


@CHANGE.refused("B5", BenefitExpired)
def with_a_key_of_an_expired_benefit(place: Place) -> Things:
    return changing(place) | {"key": key_of(place, expires_on=YESTERDAY)}


@CHANGE.refused("B1", BenefitNotBegun)
def with_a_key_of_a_benefit_not_begun(place: Place) -> Things:
    return changing(place) | {"key": key_of(place, starts_on=TOMORROW)}


NOT_FOUND = {EXTEND: "not found", ADD: "not found"}


@CHANGE.refused("K4", KeyUnknown, in_other_words=NOT_FOUND)
def with_a_key_of_another_partner(place: Place) -> Things:
    return changing(place, factories.issue_key(product=place.subscription.product))
