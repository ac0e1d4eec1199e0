"""Refusals about product keys, in the order of K7, in which they are checked."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.formats import not_before
from benefits_portal.regions import as_moment
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.naming import name_at

if TYPE_CHECKING:
    from .models import ProductKey


class TooManyTries(Refusal):
    code = "too-many-tries"
    rule = "K6"
    message = gettext_lazy("You tried too many keys that don't exist.")

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _(
            "You can type a key again from %(time)s. You can still choose one of your own keys."
        ) % {"time": as_moment(not_before(self.until))}


class NotAKey(Refusal):
    code = "not-a-key"
    rule = "K1"
    message = gettext_lazy(
        "This is not a product key of this portal: those have 25 characters and begin with PCBEN."
    )
    advice = gettext_lazy("Copy the whole key from its benefit and paste it here.")


class KeyMistyped(Refusal):
    code = "key-mistyped"
    rule = "K1"
    message = gettext_lazy("That key has a typo: one of its characters is wrong.")
    advice = gettext_lazy("Check it or paste it again. (This doesn't count as a failed attempt.)")


class KeyTooShort(NotAKey):
    code = "key-too-short"
    message = gettext_lazy("This key is too short: it has %(length)s of 25 characters.")


class KeyTooLong(NotAKey):
    code = "key-too-long"
    message = gettext_lazy("This key is too long: it has %(length)s characters instead of 25.")


class SeveralKeys(NotAKey):
    code = "several-keys"
    message = gettext_lazy("These are %(count)s product keys.")
    advice = gettext_lazy("Enter one key in each field, or redeem one after the other.")


class KeyHasForeignCharacter(KeyMistyped):
    code = "key-has-foreign-character"
    message = gettext_lazy(
        "That key has a typo: our keys have no %(character)s. It is in group "
        "%(group)s, place %(place)s."
    )


class KeyHasOtherAlphabet(KeyMistyped):
    code = "key-has-other-alphabet"
    message = gettext_lazy(
        "That key has a typo: in group %(group)s, place %(place)s is a character of "
        "another alphabet."
    )


class KeyUnknown(Refusal):
    code = "key-unknown"
    is_counted = False  # each wrong key is recorded, and K6 allows only a few
    rule = "K4"
    message = gettext_lazy("Your organization doesn't have this key.")
    advice = gettext_lazy(
        "Copy the key from Azure & cloud products, and check which organization you act for."
    )


class KeyOfAnotherPartner(Refusal):
    """Only for users with a role at both partners."""

    code = "key-of-another-partner"
    rule = "K4"
    fact = KeyUnknown.message
    message = gettext_lazy("This key belongs to %(partner)s.")
    advice = gettext_lazy("Switch to %(partner)s to redeem it.")

    def __init__(self, key: "ProductKey") -> None:
        super().__init__(partner=str(key.partner))

    @property
    def on_record(self) -> tuple[str, dict[str, Any]]:
        """Recorded as KeyUnknown, because colleagues without a role there must not learn of it."""
        return KeyUnknown.code, {}


class KeyRevoked(Refusal):
    code = "key-revoked"
    rule = "K8"
    fact = gettext_lazy("The key was revoked.")

    message = gettext_lazy("This key was revoked on %(date)s.")
    advice = gettext_lazy("If it was replaced, the new key is on the benefit's page.")

    def __init__(self, key: "ProductKey") -> None:
        super().__init__(date=localtime(key.revoked_at).date())


class KeyStillLive(Refusal):
    code = "key-still-live"
    is_already_so = True
    rule = "K8"
    message = gettext_lazy("This benefit has a live key already.")
    advice = gettext_lazy(
        "Revoke it first; a redeemed one is replaced when the partner asks for it."
    )


class KeyAlreadyRedeemed(Refusal):
    code = "key-already-redeemed"
    is_counted = False  # so that many who redeem one key at once do not wait for a counter
    rule = "K2"
    fact = gettext_lazy("The key was redeemed already.")

    message = gettext_lazy("This key was redeemed on %(date)s in %(tenant)s by %(name)s.")
    advice = gettext_lazy(
        "A key can be redeemed only once. Choose another key, or view the receipt, which leads to "
        "the subscription that the key was redeemed for."
    )

    def __init__(self, key: "ProductKey") -> None:
        name = name_at(key.partner, key.redeemed_by)
        super().__init__(
            date=key.redeemed_on, tenant=str(key.redeemed_in), name=name, user=key.redeemed_by_id
        )
