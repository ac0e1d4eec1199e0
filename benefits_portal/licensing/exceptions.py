"""Refusals of the end-date rules and of replacements, with messages for the person who asked."""

from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy, ngettext_lazy

from benefits_portal.licensing.terms import MAX_SUBSCRIPTION_LICENSES
from benefits_portal.tenants.audit.refusal import Refusal

if TYPE_CHECKING:
    from benefits_portal.benefits.models import Product

    from .models import Subscription
    from .quotes import Quote


class DifferentProduct(Refusal):
    code = "different-product"
    rule = "K7"
    fact = gettext_lazy("The key is for another product.")

    message = gettext_lazy("This key is for %(key)s; the subscription is %(subscription)s.")
    advice = gettext_lazy("Choose a key for %(subscription)s, or activate this one by itself.")

    def __init__(self, key_product: "Product", subscription: "Subscription") -> None:
        super().__init__(key=str(key_product), subscription=str(subscription.product))


class SubscriptionNotActive(Refusal):
    code = "subscription-not-active"
    rule = "S4"
    fact = gettext_lazy("The subscription is not active.")

    message = gettext_lazy(
        "This subscription ended on %(date)s; only an active one can be extended or get more "
        "licenses."
    )
    advice = gettext_lazy(
        "Use the key to reactivate the subscription that ended last, or to start a new one."
    )

    def __init__(self, subscription: "Subscription", on: date) -> None:
        if subscription.status(on) is subscription.Status.DELETED:
            self.advice = gettext_lazy(
                "It is deleted and can't be reactivated. Use the key to start a new one."
            )
        super().__init__(date=subscription.withdrawn_on or subscription.ends_on)


class NotReactivatable(Refusal):
    """Only the latest Expired or Disabled subscription of a product in a tenant comes back (S3)."""

    code = "not-reactivatable"
    rule = "S3"
    message = gettext_lazy("This subscription can't be reactivated.")
    advice = gettext_lazy("Activate the key as a new subscription instead.")


class ExtensionLimitExceeded(Refusal):
    """One key extends by at most three years, so it has at most three times the licenses (S5)."""

    code = "extension-limit-exceeded"
    rule = "S5"
    fact = gettext_lazy("One key extends by at most 3 years.")

    message = ngettext_lazy(
        "A key with %(key)s license would move the end date more than 3 years.",
        "A key with %(key)s licenses would move the end date more than 3 years.",
        "key",
    )
    advice = gettext_lazy(
        "The largest key that fits this subscription has %(largest)s licenses. "
        "Use a smaller one, add licenses, or start a new subscription."
    )

    def __init__(self, key_licenses: int, licenses: int) -> None:
        super().__init__(key=key_licenses, largest=3 * licenses)


class TooManyLicenses(Refusal):
    """A subscription has a maximum, so that every figure fits its column."""

    code = "too-many-licenses"
    rule = "S6"
    fact = gettext_lazy("A subscription holds at most 10,000,000 licenses.")

    message = gettext_lazy(
        "With this key the subscription would have %(total)s licenses. It can hold at most "
        "%(most)s."
    )
    advice = ngettext_lazy(
        "The largest key that fits has %(largest)s license. Use that one, extend the end "
        "date, or start a new subscription.",
        "The largest key that fits has %(largest)s licenses. Use a smaller one, extend the "
        "end date, or start a new subscription.",
        "largest",
    )

    def __init__(self, total: int, largest: int) -> None:
        super().__init__(total=total, most=MAX_SUBSCRIPTION_LICENSES, largest=largest)


class SubscriptionFull(Refusal):
    """The same as TooManyLicenses, if not even one more license fits."""

    code = "subscription-full"
    rule = "S6"
    message = gettext_lazy("This subscription holds as many licenses as a subscription can.")
    advice = gettext_lazy("Extend its end date with this key, or start a new subscription.")


class CalendarEnds(Refusal):
    """No end date is later than the year 2999."""

    code = "calendar-ends"
    rule = "S5"
    message = gettext_lazy("This subscription runs almost to the end of the calendar.")
    advice = gettext_lazy("Start a new subscription with this key.")


# Replacing a key (K8)


class ReplacementTooLate(Refusal):
    code = "replacement-too-late"
    rule = "K8"
    fact = gettext_lazy("The time for a replacement was over.")

    message = gettext_lazy("The last day to request a replacement was %(until)s.")
    advice = gettext_lazy("Technical support can tell you what else is possible.")

    def __init__(self, until: date) -> None:
        super().__init__(until=until)


class ReplacementAskedAlready(Refusal):
    code = "replacement-asked-already"
    is_already_so = True
    rule = "K8"
    message = gettext_lazy("A replacement for this key has already been requested.")
    advice = gettext_lazy("You can request it once. The answer appears on the receipt.")


class ReplacedOnRequestBefore(Refusal):
    """A benefit's key is replaced on request only once; after that, staff decide with a reason."""

    code = "replaced-on-request-before"
    rule = "K8"
    message = gettext_lazy(
        "This key is itself a replacement, and those are not replaced on request."
    )
    advice = gettext_lazy(
        "Contact technical support: the program team can revoke it and issue another key."
    )


class NotAReplacement(Refusal):
    """Without a request, staff replace only a key that is itself a replacement."""

    code = "not-a-replacement"
    rule = "K8"
    message = gettext_lazy("This key is not a replacement.")
    advice = gettext_lazy("The partner requests another key on the receipt; grant that request.")


class BuiltOnSince(Refusal):
    """Only the last change of a subscription can be reversed."""

    code = "built-on-since"
    rule = "K8"
    fact = gettext_lazy("Something was built on the redemption since.")

    message = gettext_lazy(
        "The subscription was changed again on %(date)s, so this redemption can't be undone."
    )
    advice = gettext_lazy(
        "Your licenses stay as they are. Technical support can tell you what else is possible."
    )

    def __init__(self, day: date) -> None:
        super().__init__(date=day)


class ChangedMeanwhile(Refusal):
    """The quote that was shown is out of date; `quote` is the present one, if there is one (S8)."""

    code = "changed-meanwhile"
    rule = "S8"
    message = gettext_lazy("Something changed since this was shown, so nothing was redeemed.")
    advice = gettext_lazy("Check the new figures below, then redeem again.")

    def __init__(self, quote: "Quote | None" = None) -> None:
        super().__init__()
        self.quote = quote
