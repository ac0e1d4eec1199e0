"""Product keys: revealed, typed, revoked and issued anew (K1 to K4, K6, K8)."""

from datetime import date, timedelta

from django.core import signing
from django.utils.http import urlencode

from benefits_portal.benefits.exceptions import BenefitExpired, BenefitNotBegun
from benefits_portal.benefits.key_encryption import draw, grouped
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
from benefits_portal.licensing.views.choosing_tenant import TENANT_CONFIRMATION_SALT
from benefits_portal.tenants.models import Actor, KeyAttempt
from tests import factories
from tests.back_office.conftest import page
from tests.factories import TODAY
from tests.key_examples import put
from tests.partner_fixture import PartnerFixture

from .operations import Arguments, Driver, Operation, by_verb

REVEAL, TYPE, REVOKE, ISSUE = (
    Operation("reveal a key"),
    Operation("type a key"),
    Operation("revoke a key"),
    Operation("issue another key"),
)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@REVEAL.entry_point("page licensing:key")
def get_key(driver: Driver, key: ProductKey) -> str:
    return driver.portal("licensing:key", key.benefit_id, verified="on")


@REVEAL.entry_point("verb ProductKey.reveal")
def reveal(driver: Driver, key: ProductKey) -> str:
    return by_verb(lambda: key.reveal(by=driver.by, on=TODAY))


def in_place(sample: PartnerFixture) -> str:
    """The query string of a walkthrough whose tenant was chosen."""
    return "?" + urlencode(
        {"place": signing.dumps([sample.boss.pk, sample.tenant.pk], salt=TENANT_CONFIRMATION_SALT)}
    )


@TYPE.entry_point("page licensing:product-key-start")
def typed_to_activate(driver: Driver, text: str) -> str:
    return driver.portal(
        "licensing:product-key-start", query=in_place(driver.world.sample), key=text
    )


@TYPE.entry_point("page licensing:extend")
def typed_to_extend(driver: Driver, text: str) -> str:
    return driver.portal("licensing:extend", driver.world.sample.subscription.pk, key=text)


@TYPE.entry_point("page licensing:add-licenses")
def typed_to_add(driver: Driver, text: str) -> str:
    return driver.portal("licensing:add-licenses", driver.world.sample.subscription.pk, key=text)


@TYPE.entry_point("verb ProductKeyQuerySet.typed")
def typed(driver: Driver, text: str) -> str:
    return by_verb(
        lambda: ProductKey.objects.typed(text, partner=driver.world.sample.partner, by=driver.by)
    )


@REVOKE.entry_point("action benefits.productkey revoke")
def revoke(driver: Driver, key: ProductKey) -> str:
    return driver.action("revoke", key)


@REVOKE.entry_point("office benefits_productkey_revoke, opened")
def open_revoke_of_key(driver: Driver, key: ProductKey) -> str:
    return driver.look("programme", page(ProductKey, "revoke", key.pk))


@REVOKE.entry_point("office benefits_productkey_revoke")
def revoke_on_page_of_key(driver: Driver, key: ProductKey) -> str:
    return driver.office(ProductKey, "revoke", key.pk)


@REVOKE.entry_point("verb ProductKey.check_revocable")
def revoke_by_verb(driver: Driver, key: ProductKey) -> str:
    def revoke() -> None:
        if not key.revoke("Lost", by=driver.by):
            key.check_revocable()

    return by_verb(revoke)


@ISSUE.entry_point("action benefits.benefit issue_another_key")
def issue(driver: Driver, benefit: Benefit) -> str:
    return driver.action("issue_another_key", benefit)


@ISSUE.entry_point("office benefits_benefit_issue_another_key, opened")
def open_issue_another_key_of_benefit(driver: Driver, benefit: Benefit) -> str:
    return driver.look("programme", page(Benefit, "issue_another_key", benefit.pk))


@ISSUE.entry_point("office benefits_benefit_issue_another_key")
def issue_another_key_on_page_of_benefit(driver: Driver, benefit: Benefit) -> str:
    return driver.office(Benefit, "issue_another_key", benefit.pk)


@ISSUE.entry_point("verb Benefit.issue_another_key")
def issue_by_verb(driver: Driver, benefit: Benefit) -> str:
    return by_verb(lambda: benefit.issue_another_key(by=driver.by, on=TODAY))


def key_of(sample: PartnerFixture, **days: date) -> ProductKey:
    """A live key that fits the place's subscription, of a benefit with these days."""
    key = sample.fitting
    if days:
        Benefit.objects.filter(pk=key.benefit_id).update(**days)
    return ProductKey.objects.for_display().get(pk=key.pk)


def revoked(key: ProductKey) -> ProductKey:
    assert key.revoke("Lost", by=Actor())
    return ProductKey.objects.for_display().get(pk=key.pk)


@REVEAL.refused("B1", BenefitNotBegun)
def before_its_benefit_begins(sample: PartnerFixture) -> Arguments:
    return {"key": key_of(sample, starts_on=TOMORROW)}


@REVEAL.refused("B5", BenefitExpired)
def after_its_benefit_expired(sample: PartnerFixture) -> Arguments:
    return {"key": key_of(sample, expires_on=YESTERDAY)}


@REVEAL.refused("K2", KeyAlreadyRedeemed)
def a_redeemed_one(sample: PartnerFixture) -> Arguments:
    return {"key": ProductKey.objects.for_display().get(pk=sample.redemption.key_id)}


@REVEAL.refused(
    "K8", KeyRevoked, not_at={"page licensing:key": "shows the benefit's live key alone"}
)
def a_revoked_one(sample: PartnerFixture) -> Arguments:
    return {"key": revoked(sample.fitting)}


BY_LOOK_UP_ALONE = {
    "verb ProductKeyQuerySet.typed": "looks it up; what it can be used for is asked next"
}


@TYPE.refused("K1", NotAKey)
def what_is_no_key(sample: PartnerFixture) -> Arguments:
    return {"text": "ABCDE-FGHIJ"}


@TYPE.refused("W5", NotAKey)
def five_ordinary_words(sample: PartnerFixture) -> Arguments:
    return {"text": "every house needs seven doors"}


@TYPE.refused("K1", KeyMistyped)
def one_with_a_typing_error(sample: PartnerFixture) -> Arguments:
    text = PartnerFixture.text_of(sample.fitting)
    return {"text": text[:-1] + ("B" if text[-1] != "B" else "C")}


@TYPE.refused("K1", KeyTooShort)
def one_without_its_end(sample: PartnerFixture) -> Arguments:
    return {"text": PartnerFixture.text_of(sample.fitting)[:-1]}


@TYPE.refused("K1", KeyTooLong)
def one_with_a_character_too_many(sample: PartnerFixture) -> Arguments:
    return {"text": PartnerFixture.text_of(sample.fitting) + "B"}


@TYPE.refused("K1", KeyHasForeignCharacter)
def one_with_a_vowel(sample: PartnerFixture) -> Arguments:
    return {"text": put(12, "A", PartnerFixture.text_of(sample.fitting))}


@TYPE.refused("K1", KeyHasOtherAlphabet)
def one_with_a_letter_of_another_alphabet(sample: PartnerFixture) -> Arguments:
    # \u0421 is a Cyrillic letter that looks like C.
    return {"text": put(12, "\u0421", PartnerFixture.text_of(sample.fitting))}


@TYPE.refused("W5", SeveralKeys)
def two_at_once(sample: PartnerFixture) -> Arguments:
    texts = [PartnerFixture.text_of(key) for key in (sample.fitting, sample.key)]
    return {"text": " ".join(map(grouped, texts))}


@TYPE.refused("K4", KeyUnknown)
def one_never_issued(sample: PartnerFixture) -> Arguments:
    return {"text": draw()}


@TYPE.refused("K4", KeyUnknown)
def another_partner_s(sample: PartnerFixture) -> Arguments:
    return {"text": PartnerFixture.text_of(factories.issue_key())}


@TYPE.refused("K4", KeyOfAnotherPartner)
def one_of_another_partner_of_one_s_own(sample: PartnerFixture) -> Arguments:
    key = factories.issue_key()
    factories.RoleAssignmentFactory.create(user=sample.boss, partner=key.partner)
    return {"text": PartnerFixture.text_of(key)}


@TYPE.refused("K6", TooManyTries)
def a_right_one_after_ten_wrong_ones(sample: PartnerFixture) -> Arguments:
    for _ in range(10):
        factories.KeyAttemptFactory.create(
            user=sample.boss, partner=sample.partner, at=factories.NOW
        )
    assert KeyAttempt.objects.locked_until(sample.boss, sample.partner, factories.NOW)
    return {"text": PartnerFixture.text_of(sample.fitting)}


@TYPE.refused("W13", " UTC. You can still choose one of your own keys.")
def one_too_many_by_the_clock_of_the_place(sample: PartnerFixture) -> Arguments:
    return a_right_one_after_ten_wrong_ones(sample)


@TYPE.refused("K8", KeyRevoked, not_at=BY_LOOK_UP_ALONE)
def one_that_was_revoked(sample: PartnerFixture) -> Arguments:
    text = PartnerFixture.text_of(sample.fitting)
    revoked(sample.fitting)
    return {"text": text}


@TYPE.refused("K2", KeyAlreadyRedeemed, not_at=BY_LOOK_UP_ALONE)
def one_that_was_redeemed(sample: PartnerFixture) -> Arguments:
    return {"text": PartnerFixture.text_of(sample.redemption.key)}


@TYPE.refused("B5", BenefitExpired, not_at=BY_LOOK_UP_ALONE)
def one_whose_benefit_expired(sample: PartnerFixture) -> Arguments:
    return {"text": PartnerFixture.text_of(key_of(sample, expires_on=YESTERDAY))}


@TYPE.refused("B1", BenefitNotBegun, not_at=BY_LOOK_UP_ALONE)
def one_whose_benefit_has_not_begun(sample: PartnerFixture) -> Arguments:
    return {"text": PartnerFixture.text_of(key_of(sample, starts_on=TOMORROW))}


@REVOKE.refused("K8", KeyAlreadyRedeemed)
def what_was_redeemed(sample: PartnerFixture) -> Arguments:
    return {"key": sample.redemption.key}


@REVOKE.refused("K8", KeyRevoked)
def what_was_revoked_already(sample: PartnerFixture) -> Arguments:
    return {"key": revoked(sample.fitting)}


@ISSUE.refused("K8", KeyStillLive)
def beside_a_live_key(sample: PartnerFixture) -> Arguments:
    return {"benefit": sample.licenses}


@ISSUE.refused("B5", BenefitExpired)
def for_a_benefit_that_expired(sample: PartnerFixture) -> Arguments:
    key = key_of(sample, expires_on=YESTERDAY)
    return {"benefit": revoked(key).benefit}


@ISSUE.refused("B1", BenefitNotBegun)
def for_a_benefit_that_has_not_begun(sample: PartnerFixture) -> Arguments:
    key = key_of(sample, starts_on=TOMORROW)
    return {"benefit": revoked(key).benefit}
