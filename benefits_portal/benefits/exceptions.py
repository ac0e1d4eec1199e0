"""What this app's rules say no to, in words for the person who asked."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.figures import as_day
from benefits_portal.tenants.exceptions import Refusal

if TYPE_CHECKING:
    from .models import Benefit, PackageLine, ProductKey


class NoCreditInCurrency(Refusal):
    rule = "B3"
    fact = gettext_lazy("The package has no amount in the partner's currency.")
    advice = gettext_lazy("Add the amount in that currency to the package, then provision again.")

    def __init__(self, line: "PackageLine", currency: str) -> None:
        self.line, self.currency = line, currency

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("The package of %(offer)s has no amount in %(currency)s for %(product)s.") % {
            "offer": self.line.offer,
            "currency": self.currency,
            "product": self.line.product,
        }


# Product keys (K7, in the order in which they are checked)


class TooManyTries(Refusal):
    rule = "K6"
    fact = gettext_lazy("Too many different keys were tried that do not exist.")

    def __init__(self, until: datetime) -> None:
        self.until = until

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("Too many different keys were tried that do not exist.")

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _("From %(time)s on you can type a key again. A key chosen from its own benefit works meanwhile.") % {
            "time": date_format(localtime(self.until), "TIME_FORMAT")
        }


class NotAKey(Refusal):
    rule = "K1"
    message = gettext_lazy("This is not a product key of this portal: those have 25 characters and begin with PCBEN.")
    advice = gettext_lazy("Copy the whole key from its benefit and paste it here.")


class KeyMistyped(Refusal):
    rule = "K1"
    message = gettext_lazy("This key has a typing error: its last character does not fit the others.")
    advice = gettext_lazy("Compare it with the key on the benefit's page, or paste it. This does not count as a wrong key.")


class KeyUnknown(Refusal):
    rule = "K4"
    message = gettext_lazy("This key does not exist for your organisation.")
    advice = gettext_lazy("Take the key from Azure & cloud products, and check which organisation you act for.")


class KeyOfAnotherPartner(Refusal):
    """Only for somebody with a role at both partners."""

    rule = "K4"
    fact = gettext_lazy("This key does not exist for your organisation.")  # not even that it exists elsewhere (K4)

    def __init__(self, key: "ProductKey") -> None:
        self.key = key

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("This key belongs to %(partner)s.") % {"partner": self.key.partner}

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _("Switch to %(partner)s to redeem it.") % {"partner": self.key.partner}


class KeyRevoked(Refusal):
    rule = "K8"
    fact = gettext_lazy("The key was revoked.")

    def __init__(self, key: "ProductKey") -> None:
        self.key = key

    @property
    def message(self) -> str:  # type: ignore[override]
        revoked_on = localtime(self.key.revoked_at).date()
        return _("This key was revoked on %(date)s.") % {"date": as_day(revoked_on)}

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _("If it was replaced, the new key is on the benefit's page.")


class KeyAlreadyRedeemed(Refusal):
    rule = "K2"
    fact = gettext_lazy("The key was redeemed already.")

    def __init__(self, key: "ProductKey") -> None:
        self.key = key

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("This key was redeemed on %(date)s in %(tenant)s by %(name)s.") % {
            "date": as_day(self.key.redeemed_on) if self.key.redeemed_on else "",
            "tenant": self.key.redeemed_in,
            "name": self.key.redeemed_by.name if self.key.redeemed_by else _("the programme"),
        }

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _("A key works once. Choose another benefit, or look at the subscription that it brought.")


class BenefitExpired(Refusal):
    rule = "B5"
    fact = gettext_lazy("The benefit had expired.")

    def __init__(self, benefit: "Benefit") -> None:
        self.benefit = benefit

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("This benefit expired: %(date)s was the last day to use it.") % {"date": as_day(self.benefit.expires_on)}

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _("Renew the membership to receive new benefits. What already runs goes on.")


# Usage-based benefits


class NotAssignable(Refusal):
    """Somebody cannot be given this credit; `message` says which fact stands in the way (U1, U4)."""

    fact = gettext_lazy("The person cannot hold this credit.")

    def __init__(self, message: str, advice: str = "", rule: str = "U1") -> None:
        self.message = message
        self.advice = advice or _("Choose somebody else.")
        self.rule = rule


NO_SUCH_PERSON = gettext_lazy(
    "There is no such person in your organisation's directory. Pick somebody from the list. Who is not in it needs a "
    "user entry in one of your tenants first; a Global admin adds it."  # U1
)


class NotRemovable(Refusal):
    rule = "U3"
    message = gettext_lazy("Bulk credit cannot be removed.")
    advice = gettext_lazy("Transfer it to somebody else instead.")


class NotTransferable(Refusal):
    """Only bulk credit is transferred, only within the enrolment year."""

    rule = "U3"
    fact = gettext_lazy("The credit cannot be transferred.")

    def __init__(self, message: str, advice: str) -> None:
        self.message, self.advice = message, advice


class AlreadyHeld(Refusal):
    """The bulk credit has a holder: it is transferred, not assigned again."""

    rule = "U3"
    fact = gettext_lazy("The credit has a holder already.")

    def __init__(self, holder: str) -> None:
        self.holder = holder

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("%(name)s holds this credit; it has one holder at a time.") % {"name": self.holder}

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _("Transfer it instead.")


class AssignmentEnded(Refusal):
    rule = "U2"
    message = gettext_lazy("This assignment had already ended.")
    advice = gettext_lazy("Nothing was changed; the list below is up to date.")
