"""Product keys: how they look, are kept, found, revealed and revoked (rules K1, K3, K4, B5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from cryptography.fernet import InvalidToken
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.key_exceptions import (
    KeyAlreadyRedeemed,
    KeyMistyped,
    KeyOfAnotherPartner,
    KeyRevoked,
    KeyUnknown,
    NotAKey,
)
from benefits_portal.benefits.models import ProductKey
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, KeyAttempt, Partner, Record, Tenant
from tests.factories import (
    NOW,
    TODAY,
    BenefitFactory,
    RoleAssignmentFactory,
    home_of,
    issue_key,
    redeem,
)
from tests.properties import for_all

rule = pytest.mark.rule


def take(letters: Iterator[str], _alphabet: str) -> str:
    return next(letters)


keys = st.lists(
    st.sampled_from(key_encryption.ALPHABET),
    min_size=key_encryption.DRAWN,
    max_size=key_encryption.DRAWN,
).map(lambda drawn: key_encryption.draw(choice=partial(take, iter(drawn))))
KEY = key_encryption.draw()
DRAWN_PLACES = range(len(key_encryption.PREFIX), key_encryption.LENGTH)


# What they look like


@rule("K1")
@for_all(key=keys)
def test_a_key_has_25_characters_our_prefix_and_a_fitting_check_character(key: str) -> None:
    assert len(key) == 25
    assert key.startswith("PCBEN")
    assert key_encryption.is_shaped(key)
    assert key_encryption.is_consistent(key)


@rule("K1")
def test_the_alphabet_has_no_look_alikes_and_no_vowels() -> None:
    assert not set("01IL5S8OAEUZ") & set(key_encryption.ALPHABET) - {"8"}
    assert len(key_encryption.ALPHABET) == len(set(key_encryption.ALPHABET)) == 24


@rule("K1")
def test_two_keys_are_never_the_same() -> None:
    assert len({key_encryption.draw() for _ in range(1_000)}) == 1_000


@rule("K1")
@pytest.mark.parametrize("place", DRAWN_PLACES)
def test_every_single_substitution_is_found(place: int) -> None:
    for other in set(key_encryption.ALPHABET) - {KEY[place]}:
        assert not key_encryption.is_consistent(KEY[:place] + other + KEY[place + 1 :])


@rule("K1")
@for_all(
    key=keys,
    place=st.sampled_from(list(DRAWN_PLACES)),
    other=st.sampled_from(key_encryption.ALPHABET),
)
def test_every_single_substitution_in_any_key_is_found(key: str, place: int, other: str) -> None:
    mistyped = key[:place] + other + key[place + 1 :]
    assert key_encryption.is_consistent(mistyped) == (mistyped == key)


@rule("K1")
def test_nearly_every_swap_of_two_neighbours_is_found() -> None:
    swapped = found = 0
    for key in (key_encryption.draw() for _ in range(400)):
        for place in range(len(key_encryption.PREFIX), key_encryption.LENGTH - 1):
            mistyped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
            if mistyped != key:
                swapped += 1
                found += not key_encryption.is_consistent(mistyped)
    assert found / swapped > 0.97


@rule("K1")
@pytest.mark.parametrize("place", range(len(key_encryption.PREFIX)))
def test_a_typing_error_in_the_prefix_is_no_key_of_ours(place: int) -> None:
    assert not key_encryption.is_shaped(KEY[:place] + "X" + KEY[place + 1 :])


@rule("K1")
@pytest.mark.parametrize(
    "typed",
    [
        key_encryption.grouped(KEY),
        key_encryption.grouped(KEY).lower(),
        " ".join(KEY[start : start + 5] for start in range(0, 25, 5)),
        f"  {KEY}\r\n",
        f"\t{KEY.lower()} ",
        key_encryption.grouped(KEY).replace("-", "\u2013"),
        key_encryption.grouped(KEY).replace("-", "\u2014"),
        key_encryption.grouped(KEY).replace("-", "\u2010"),
        key_encryption.grouped(KEY).replace("-", "\u2011"),
        key_encryption.grouped(KEY).replace("-", "\u2212"),
        key_encryption.grouped(KEY).replace("-", "\u2015"),
        key_encryption.grouped(KEY).replace("-", "\uff0d"),
        key_encryption.grouped(KEY).replace("-", "\u00a0"),
        key_encryption.grouped(KEY).replace("-", "\u202f"),
        key_encryption.grouped(KEY).replace("-", "\u2003"),
        key_encryption.grouped(KEY).replace("-", "\u3000"),
        "\ufeff" + KEY + "\u200b",
        "\u200e" + KEY[:7] + "\u00ad" + KEY[7:],
        "".join(chr(ord(letter) + 0xFEE0) for letter in KEY),
    ],
    ids=[
        "as shown",
        "small letters",
        "blanks",
        "line end",
        "tab",
        "en dash",
        "em dash",
        "hyphen",
        "non-breaking hyphen",
        "minus",
        "horizontal bar",
        "full-width hyphen",
        "non-breaking blank",
        "narrow blank",
        "em blank",
        "ideographic blank",
        "byte order mark",
        "invisible marks",
        "full-width letters",
    ],
)
def test_entry_forgives_case_blanks_and_hyphens(typed: str) -> None:
    assert key_encryption.normalized(typed) == KEY


@rule("K1")
@given(text=st.text(max_size=60))
def test_anything_typed_is_either_shaped_like_a_key_or_not(text: str) -> None:
    normalized = key_encryption.normalized(text)
    if key_encryption.is_shaped(normalized):
        key_encryption.is_consistent(normalized)


@rule("K3")
def test_a_masked_key_shows_its_last_five_characters() -> None:
    assert key_encryption.masked(KEY[-5:]) == "•••••-•••••-•••••-•••••-" + KEY[-5:]


# At rest


@rule("K1")
@pytest.mark.django_db
def test_a_dump_of_the_database_holds_no_usable_key() -> None:
    text = key_encryption.draw()
    key = BenefitFactory.create(key=text).live_key()
    row = " ".join(
        str(value) for value in ProductKey.objects.filter(pk=key.pk).values().get().values()
    )
    assert text not in row
    assert text[5:20] not in row
    assert text[-5:] in row, "what the mask shows"
    assert str(key) == key_encryption.masked(text[-5:])


@rule("K1")
@pytest.mark.django_db
def test_a_new_first_secret_still_finds_and_reveals_the_old_keys(
    settings: Settings, by: Actor
) -> None:
    text = key_encryption.draw()
    key = BenefitFactory.create(partner=home_of(by), key=text).live_key()
    settings.PRODUCT_KEY_SECRETS = ["new", *settings.PRODUCT_KEY_SECRETS]
    assert ProductKey.objects.typed(text, partner=key.partner, by=by) == key
    assert key.reveal(by=by, on=TODAY) == key_encryption.grouped(text)
    newer = key_encryption.draw()
    BenefitFactory.create(partner=key.partner, key=newer)
    settings.PRODUCT_KEY_SECRETS = ["new"]
    assert ProductKey.objects.typed(newer, partner=key.partner, by=by)
    with pytest.raises(KeyUnknown):
        ProductKey.objects.typed(text, partner=key.partner, by=by)
    with pytest.raises(InvalidToken):
        key.reveal(by=by, on=TODAY)


@rule("K1")
@pytest.mark.django_db
def test_the_same_key_is_never_issued_twice() -> None:
    text = key_encryption.draw()
    BenefitFactory.create(key=text)
    with pytest.raises(IntegrityError), transaction.atomic():
        BenefitFactory.create(key=text)


# Typed


@rule("K1", "K6")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", NotAKey),
        ("hello", NotAKey),
        (KEY[:-1], NotAKey),
        (KEY + "B", NotAKey),
        ("XXXXX" + KEY[5:], NotAKey),
        (KEY[:10] + "O" + KEY[11:], KeyMistyped),
        (KEY[:-1] + ("B" if KEY[-1] != "B" else "C"), KeyMistyped),
        (KEY, KeyUnknown),
        ("\x00" * 25, NotAKey),
        ("ß" * 25, NotAKey),
    ],
    ids=[
        "empty",
        "short",
        "one missing",
        "one too many",
        "other prefix",
        "a look-alike",
        "mistyped",
        "never issued",
        "nulls",
        "letters",
    ],
)
def test_typing_errors_are_told_apart_and_only_a_whole_wrong_key_counts(
    tenant: Tenant, by: Actor, typed: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        ProductKey.objects.typed(typed, partner=tenant.partner, by=by)
    assert KeyAttempt.objects.count() == (1 if refusal is KeyUnknown else 0)


@rule("K1")
@pytest.mark.django_db
def test_a_key_is_found_however_it_is_typed(by: Actor) -> None:
    text = key_encryption.draw()
    key = BenefitFactory.create(partner=home_of(by), key=text).live_key()
    found = ProductKey.objects.typed(
        f" {key_encryption.grouped(text).lower()} ", partner=key.partner, by=by
    )
    assert found == key
    assert not KeyAttempt.objects.exists()


@rule("K3")
@pytest.mark.django_db
def test_of_a_wrong_key_only_the_digest_is_kept(by: Actor) -> None:
    with pytest.raises(KeyUnknown):
        ProductKey.objects.typed(KEY, partner=home_of(by), by=by)
    [attempt] = KeyAttempt.objects.values()
    [record] = Record.objects.values()  # type: ignore[misc]  # a generic foreign key
    for kept in (attempt, record):
        assert KEY[5:] not in str(kept)
        assert KEY[-5:] not in str(kept)
    assert record["refused"] == "key-unknown"


@rule("K4")
@pytest.mark.django_db
def test_nothing_tells_another_partner_s_key_from_one_never_issued(
    by: Actor, partner: Partner
) -> None:
    text = key_encryption.draw()
    BenefitFactory.create(key=text)
    answers = []
    for typed in (text, KEY):
        with CaptureQueriesContext(connection) as queries, pytest.raises(KeyUnknown) as refusal:
            ProductKey.objects.typed(typed, partner=partner, by=by)
        answers.append((str(refusal.value.message), str(refusal.value.advice), len(queries)))
    assert answers[0] == answers[1]
    assert KeyAttempt.objects.count() == 2, "both count as guesses"


@rule("K4")
@pytest.mark.django_db
def test_another_partner_s_redeemed_or_revoked_key_does_not_exist_either(by: Actor) -> None:
    for spoil in (lambda key: redeem(key), lambda key: key.revoke("replaced", by=Actor())):
        text = key_encryption.draw()
        spoil(BenefitFactory.create(key=text).live_key())
        with pytest.raises(KeyUnknown):
            ProductKey.objects.typed(text, partner=home_of(by), by=by)


@rule("K4")
@pytest.mark.django_db
def test_with_roles_at_both_partners_the_right_one_is_told_and_no_guess(
    by: Actor,
) -> None:
    text = key_encryption.draw()
    key = BenefitFactory.create(key=text).live_key()
    RoleAssignmentFactory.create(user=by.user, partner=key.partner)
    with pytest.raises(KeyOfAnotherPartner) as refusal:
        ProductKey.objects.typed(text, partner=home_of(by), by=by)
    assert key.partner.name in str(refusal.value.message)
    assert not KeyAttempt.objects.exists()


# Revealed


@rule("K3", "A1")
@pytest.mark.django_db
def test_a_reveal_gives_the_key_5_by_5_and_is_put_on_record(by: Actor) -> None:
    text = key_encryption.draw()
    key = BenefitFactory.create(partner=home_of(by), key=text).live_key()
    assert key.reveal(by=by, on=TODAY) == key_encryption.grouped(text)
    record = Record.objects.about(key.benefit).first()
    assert (record.action, record.actor, record.partner) == (
        "benefits.key-revealed",
        by.user,
        key.partner,
    )


@rule("K3", "B5")
@pytest.mark.django_db
@pytest.mark.parametrize("days_before", [1, 0])
def test_a_key_can_be_revealed_through_its_benefit_s_last_day(by: Actor, days_before: int) -> None:
    key = issue_key()
    on = key.benefit.expires_on - timedelta(days=days_before)
    assert ProductKey.objects.redeemable(on).contains(key)
    assert key.reveal(by=by, on=on)


@rule("K3", "B5")
@pytest.mark.django_db
def test_a_key_is_not_revealed_after_its_benefit_s_last_day(by: Actor) -> None:
    key = issue_key()
    day_after = key.benefit.expires_on + timedelta(days=1)
    assert not ProductKey.objects.redeemable(day_after).contains(key)
    with pytest.raises(BenefitExpired):
        key.reveal(by=by, on=day_after)


@rule("K3", "A1")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda key: redeem(key), KeyAlreadyRedeemed),
        (lambda key: key.revoke("replaced", by=Actor()), KeyRevoked),
    ],
    ids=["redeemed", "revoked"],
)
def test_a_used_up_key_is_not_revealed_and_the_attempt_is_on_record(
    by: Actor, spoil: Callable[[ProductKey], object], refusal: type[Refusal]
) -> None:
    key = issue_key()
    spoil(key)
    key.refresh_from_db()
    with pytest.raises(refusal):
        key.reveal(by=by, on=TODAY)
    assert (
        Record.objects.filter(action="benefits.key-revealed", actor=by.user).get().refused
        == refusal.code
    )


# Revoked


@rule("K8", "A1")
@pytest.mark.django_db
def test_revoking_makes_a_key_unusable_for_good_and_says_why(by: Actor) -> None:
    key = issue_key()
    assert key.revoke("went to the wrong tenant", by=by)
    key.refresh_from_db()
    assert (key.revoked_by, key.revoked_why) == (by.user, "went to the wrong tenant")
    assert not ProductKey.objects.redeemable(TODAY).contains(key)
    with pytest.raises(KeyRevoked):
        redeem(key)
    assert not key.revoke("again", by=by)
    assert Record.objects.filter(action="benefits.key-revoked").count() == 1


@rule("K8")
@pytest.mark.django_db
def test_a_redeemed_key_is_not_revoked_by_this(by: Actor) -> None:
    key = redeem().key
    assert not key.revoke("too late", by=by)


@rule("K8")
@pytest.mark.django_db
def test_a_benefit_has_one_live_key_and_gets_another_once_that_is_revoked(by: Actor) -> None:
    benefit = BenefitFactory.create(key=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        benefit.issue_key(by=by)
    first = benefit.live_key()
    first.revoke("replaced", by=by)
    second = benefit.issue_key(by=by)
    assert benefit.live_key() == second != first


@rule("A1")
@pytest.mark.django_db
def test_keys_are_never_deleted() -> None:
    key = issue_key()
    for delete in (key.delete, ProductKey.objects.all().delete, key.benefit.keys.all().delete):
        with pytest.raises(TypeError):
            delete()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "facts",
    [
        {"licenses": 0},
        {"redeemed_at": NOW},
        {"redeemed_on": TODAY},
        {"revoked_at": NOW},
        {"revoked_why": "because"},
    ],
    ids=str,
)
def test_the_database_refuses_half_a_fact_about_a_key(facts: dict[str, object]) -> None:
    key = issue_key()
    with pytest.raises(IntegrityError):
        # Django's own QuerySet: ours refuses before the database is asked.
        QuerySet(ProductKey).filter(pk=key.pk).update(**facts)


@pytest.mark.django_db
def test_credit_has_no_key(by: Actor) -> None:
    credit = BenefitFactory.create(monthly=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        credit.issue_key(by=by)
