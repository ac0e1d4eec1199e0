"""Another key for one redeemed by mistake: asked for, granted, declined (K8)."""

from datetime import timedelta

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.key_exceptions import KeyRevoked
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.licensing.exceptions import (
    BuiltOnSince,
    NotAReplacement,
    ReplacedOnRequestBefore,
    ReplacementAskedAlready,
    ReplacementTooLate,
)
from benefits_portal.licensing.models import Redemption, Replacement, Subscription
from benefits_portal.licensing.models.replacement import replace_again
from benefits_portal.tenants.exceptions import AlreadyDecided
from tests import factories
from tests.factories import TODAY
from tests.place import Place

from .deeds import Deed, Hand, Things, by_verb
from .keys import YESTERDAY

ASK, GRANT, DECLINE = (
    Deed("ask for a replacement"),
    Deed("grant a replacement"),
    Deed("decline a replacement"),
)
AGAIN = Deed("replace a key that is a replacement")


@ASK.door("page licensing:replacement")
def ask(hand: Hand, redemption: Redemption):
    return hand.portal("licensing:replacement", redemption.pk, why="Wrong tenant")


@ASK.door("verb ReplacementQuerySet.ask")
def ask_by_verb(hand: Hand, redemption: Redemption):
    return by_verb(
        lambda: Replacement.objects.ask(redemption, "Wrong tenant", by=hand.by, on=TODAY)
    )


@GRANT.door("action licensing.replacement grant")
def grant(hand: Hand, asked: Replacement):
    return hand.action("grant", asked)


@GRANT.door("verb Replacement.grant")
def grant_by_verb(hand: Hand, asked: Replacement):
    return by_verb(lambda: asked.grant(by=hand.by, on=TODAY))


@DECLINE.door("action licensing.replacement decline")
def decline(hand: Hand, asked: Replacement):
    return hand.action("decline", asked)


@DECLINE.door("verb Replacement.decline")
def decline_by_verb(hand: Hand, asked: Replacement):
    return by_verb(lambda: asked.decline("No", by=hand.by))


@AGAIN.door("action licensing.redemption replace_again")
def replace_again_from_the_list(hand: Hand, redemption: Redemption):
    return hand.action("replace_again", redemption)


@AGAIN.door("verb replace_again")
def replace_again_by_verb(hand: Hand, redemption: Redemption):
    return by_verb(lambda: replace_again(redemption, "Lost", by=hand.by, on=TODAY))


def redemption(place: Place) -> Redemption:
    return Redemption.objects.for_display().select_related("partner").get(pk=place.redemption.pk)


def asked_for(place: Place) -> Replacement:
    return Replacement.objects.ask(redemption(place), "Wrong tenant", by=place.by, on=TODAY)


def of_a_replacement(place: Place) -> Redemption:
    key = asked_for(place).grant(by=place.by, on=TODAY)
    redemption = Subscription.activate(key, place.tenant, by=place.by, on=TODAY)
    return Redemption.objects.for_display().select_related("partner").get(pk=redemption.pk)


def build_on(place: Place) -> None:
    place.subscription.add_licenses(place.fitting, by=place.by, on=TODAY)


def expire_its_benefit(place: Place) -> None:
    Benefit.objects.filter(pk=place.redemption.key.benefit_id).update(expires_on=YESTERDAY)


@ASK.refused("K8", ReplacementTooLate)
def after_thirty_days(place: Place) -> Things:
    key = factories.issue_key(partner=place.partner)
    return {
        "redemption": Subscription.activate(
            key, place.tenant, by=place.by, on=TODAY - timedelta(days=31)
        )
    }


@ASK.refused("K8", ReplacementAskedAlready)
def a_second_time(place: Place) -> Things:
    asked_for(place)
    return {"redemption": redemption(place)}


@ASK.refused("K8", BuiltOnSince)
def after_something_was_built_on_it(place: Place) -> Things:
    build_on(place)
    return {"redemption": redemption(place)}


@ASK.refused("B5", BenefitExpired)
def when_a_new_key_would_be_of_no_use(place: Place) -> Things:
    expire_its_benefit(place)
    return {"redemption": redemption(place)}


@ASK.refused("K8", ReplacedOnRequestBefore)
def for_a_key_that_is_a_replacement(place: Place) -> Things:
    return {"redemption": of_a_replacement(place)}


@GRANT.refused("K8", ReplacedOnRequestBefore)
def what_was_asked_before_the_rule_bound_once(place: Place) -> Things:
    facts = {"partner": place.partner, "tenant": place.tenant, "why": "Wrong again"}
    return {"asked": Replacement.objects.create(redemption=of_a_replacement(place), **facts)}


@AGAIN.refused("K8", NotAReplacement)
def what_was_never_replaced(place: Place) -> Things:
    return {"redemption": redemption(place)}


@AGAIN.refused("K8", BuiltOnSince)
def what_was_built_on_after_it_was_replaced(place: Place) -> Things:
    theirs = of_a_replacement(place)
    theirs.subscription.extend(factories.key_for(theirs.subscription), by=place.by, on=TODAY)
    return {"redemption": theirs}


@GRANT.refused("K8", AlreadyDecided)
def what_was_declined(place: Place) -> Things:
    asked = asked_for(place)
    asked.decline("No", by=place.by)
    return {"asked": asked}


@GRANT.refused("K8", BuiltOnSince)
def what_was_built_on_since(place: Place) -> Things:
    asked = asked_for(place)
    build_on(place)
    return {"asked": asked}


@GRANT.refused("K8", KeyRevoked)
def what_was_revoked_since(place: Place) -> Things:
    asked = asked_for(place)
    ProductKey.objects.filter(pk=place.redemption.key_id).update(
        revoked_at=factories.NOW, revoked_why="Lost"
    )
    return {"asked": asked}


@GRANT.refused("B5", BenefitExpired)
def what_expired_since(place: Place) -> Things:
    asked = asked_for(place)
    expire_its_benefit(place)
    return {"asked": Replacement.objects.for_display().get(pk=asked.pk)}


@DECLINE.refused("K8", AlreadyDecided)
def what_was_granted(place: Place) -> Things:
    asked = asked_for(place)
    asked.grant(by=place.by, on=TODAY)
    return {"asked": asked}
