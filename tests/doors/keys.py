"""Product keys: revealed, typed, revoked and issued anew (K1 to K4, K6, K8)."""

from datetime import timedelta

from django.core import signing
from django.utils.http import urlencode

from benefits_portal.benefits.exceptions import BenefitExpired, BenefitNotBegun
from benefits_portal.benefits.key_exceptions import (
    KeyAlreadyRedeemed,
    KeyHasForeignCharacter,
    KeyHasOtherAlphabet,
    KeyMistyped,
    KeyOfAnotherPartner,
    KeyRevoked,
    KeyStillLive,
    KeyTooLong,
    KeyTooShort,
    KeyUnknown,
    NotAKey,
    SeveralKeys,
    TooManyTries,
)
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.benefits.productkeys import draw, grouped
from benefits_portal.licensing.views.redeeming import TENANT_CONFIRMATION_SALT
from benefits_portal.tenants.models import Actor, KeyAttempt
from tests import factories
from tests.factories import TODAY
from tests.key_examples import put
from tests.place import Place

from .deeds import Deed, Hand, Things, by_verb

REVEAL, TYPE, REVOKE, ISSUE = (
    Deed("reveal a key"),
    Deed("type a key"),
    Deed("revoke a key"),
    Deed("issue another key"),
)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@REVEAL.door("page licensing:key")
def get_key(hand: Hand, key: ProductKey):
    return hand.portal("licensing:key", key.benefit_id, verified="on")


@REVEAL.door("verb ProductKey.reveal")
def reveal(hand: Hand, key: ProductKey):
    return by_verb(lambda: key.reveal(by=hand.by, on=TODAY))


def in_place(place: Place) -> str:
    """The query string of a walkthrough whose tenant was chosen."""
    return "?" + urlencode(
        {"place": signing.dumps([place.boss.pk, place.tenant.pk], salt=TENANT_CONFIRMATION_SALT)}
    )


@TYPE.door("page licensing:product-key-start")
def typed_to_activate(hand: Hand, text: str):
    return hand.portal("licensing:product-key-start", query=in_place(hand.world.place), key=text)


@TYPE.door("page licensing:extend")
def typed_to_extend(hand: Hand, text: str):
    return hand.portal("licensing:extend", hand.world.place.subscription.pk, key=text)


@TYPE.door("page licensing:add-licenses")
def typed_to_add(hand: Hand, text: str):
    return hand.portal("licensing:add-licenses", hand.world.place.subscription.pk, key=text)


@TYPE.door("verb ProductKeyQuerySet.typed")
def typed(hand: Hand, text: str):
    return by_verb(
        lambda: ProductKey.objects.typed(text, partner=hand.world.place.partner, by=hand.by)
    )


@REVOKE.door("action benefits.productkey revoke")
def revoke(hand: Hand, key: ProductKey):
    return hand.action("revoke", key)


@REVOKE.door("verb ProductKey.check_revocable")
def revoke_by_verb(hand: Hand, key: ProductKey):
    return by_verb(lambda: key.revoke("Lost", by=hand.by) or key.check_revocable())


@ISSUE.door("action benefits.benefit issue_another_key")
def issue(hand: Hand, benefit: Benefit):
    return hand.action("issue_another_key", benefit)


@ISSUE.door("verb Benefit.issue_another_key")
def issue_by_verb(hand: Hand, benefit: Benefit):
    return by_verb(lambda: benefit.issue_another_key(by=hand.by, on=TODAY))


def key_of(place: Place, **days) -> ProductKey:
    """A live key that fits the place's subscription, of a benefit with these days."""
    key = place.fitting
    Benefit.objects.filter(pk=key.benefit_id).update(**days or {"is_used": False})
    return ProductKey.objects.for_display().get(pk=key.pk)


def revoked(key: ProductKey) -> ProductKey:
    assert key.revoke("Lost", by=Actor())
    return ProductKey.objects.for_display().get(pk=key.pk)


@REVEAL.refused("B1", BenefitNotBegun)
def before_its_benefit_begins(place: Place) -> Things:
    return {"key": key_of(place, starts_on=TOMORROW)}


@REVEAL.refused("B5", BenefitExpired)
def after_its_benefit_expired(place: Place) -> Things:
    return {"key": key_of(place, expires_on=YESTERDAY)}


@REVEAL.refused("K2", KeyAlreadyRedeemed)
def a_redeemed_one(place: Place) -> Things:
    return {"key": ProductKey.objects.for_display().get(pk=place.redemption.key_id)}


@REVEAL.refused(
    "K8", KeyRevoked, not_at={"page licensing:key": "shows the benefit's live key alone"}
)
def a_revoked_one(place: Place) -> Things:
    return {"key": revoked(place.fitting)}


BY_LOOK_UP_ALONE = {
    "verb ProductKeyQuerySet.typed": "looks it up; what it can be used for is asked next"
}


@TYPE.refused("K1", NotAKey)
def what_is_no_key(place: Place) -> Things:
    return {"text": "ABCDE-FGHIJ"}


@TYPE.refused("W5", NotAKey)
def five_ordinary_words(place: Place) -> Things:
    return {"text": "every house needs seven doors"}


@TYPE.refused("K1", KeyMistyped)
def one_with_a_typing_error(place: Place) -> Things:
    text = Place.text_of(place.fitting)
    return {"text": text[:-1] + ("B" if text[-1] != "B" else "C")}


@TYPE.refused("K1", KeyTooShort)
def one_without_its_end(place: Place) -> Things:
    return {"text": Place.text_of(place.fitting)[:-1]}


@TYPE.refused("K1", KeyTooLong)
def one_with_a_character_too_many(place: Place) -> Things:
    return {"text": Place.text_of(place.fitting) + "B"}


@TYPE.refused("K1", KeyHasForeignCharacter)
def one_with_a_vowel(place: Place) -> Things:
    return {"text": put(12, "A", Place.text_of(place.fitting))}


@TYPE.refused("K1", KeyHasOtherAlphabet)
def one_with_a_letter_of_another_alphabet(place: Place) -> Things:
    # \u0421 is a Cyrillic letter that looks like C.
    return {"text": put(12, "\u0421", Place.text_of(place.fitting))}


@TYPE.refused("W5", SeveralKeys)
def two_at_once(place: Place) -> Things:
    return {"text": f"{grouped(Place.text_of(place.fitting))} {grouped(Place.text_of(place.key))}"}


@TYPE.refused("K4", KeyUnknown)
def one_never_issued(place: Place) -> Things:
    return {"text": draw()}


@TYPE.refused("K4", KeyUnknown)
def another_partner_s(place: Place) -> Things:
    return {"text": Place.text_of(factories.issue_key())}


@TYPE.refused("K4", KeyOfAnotherPartner)
def one_of_another_partner_of_one_s_own(place: Place) -> Things:
    key = factories.issue_key()
    factories.RoleAssignmentFactory.create(user=place.boss, partner=key.partner)
    return {"text": Place.text_of(key)}


@TYPE.refused("K6", TooManyTries)
def a_right_one_after_ten_wrong_ones(place: Place) -> Things:
    for _ in range(10):
        factories.KeyAttemptFactory.create(user=place.boss, partner=place.partner, at=factories.NOW)
    assert KeyAttempt.objects.locked_until(place.boss, place.partner, factories.NOW)
    return {"text": Place.text_of(place.fitting)}


@TYPE.refused("W13", "(UTC) on you can type a key again.")
def one_too_many_by_the_clock_of_the_place(place: Place) -> Things:
    return a_right_one_after_ten_wrong_ones(place)


@TYPE.refused("K8", KeyRevoked, not_at=BY_LOOK_UP_ALONE)
def one_that_was_revoked(place: Place) -> Things:
    text = Place.text_of(place.fitting)
    revoked(place.fitting)
    return {"text": text}


@TYPE.refused("K2", KeyAlreadyRedeemed, not_at=BY_LOOK_UP_ALONE)
def one_that_was_redeemed(place: Place) -> Things:
    return {"text": Place.text_of(place.redemption.key)}


@TYPE.refused("B5", BenefitExpired, not_at=BY_LOOK_UP_ALONE)
def one_whose_benefit_expired(place: Place) -> Things:
    return {"text": Place.text_of(key_of(place, expires_on=YESTERDAY))}


@TYPE.refused("B1", BenefitNotBegun, not_at=BY_LOOK_UP_ALONE)
def one_whose_benefit_has_not_begun(place: Place) -> Things:
    return {"text": Place.text_of(key_of(place, starts_on=TOMORROW))}


@REVOKE.refused("K8", KeyAlreadyRedeemed)
def what_was_redeemed(place: Place) -> Things:
    return {"key": place.redemption.key}


@REVOKE.refused("K8", KeyRevoked)
def what_was_revoked_already(place: Place) -> Things:
    return {"key": revoked(place.fitting)}


@ISSUE.refused("K8", KeyStillLive)
def beside_a_live_key(place: Place) -> Things:
    return {"benefit": place.licenses}


@ISSUE.refused("B5", BenefitExpired)
def for_a_benefit_that_expired(place: Place) -> Things:
    key = key_of(place, expires_on=YESTERDAY)
    return {"benefit": revoked(key).benefit}


@ISSUE.refused("B1", BenefitNotBegun)
def for_a_benefit_that_has_not_begun(place: Place) -> Things:
    key = key_of(place, starts_on=TOMORROW)
    return {"benefit": revoked(key).benefit}
