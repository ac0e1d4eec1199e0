"""What redeeming a key does, in one sentence: before, on the button, and afterwards (S8)."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.formats import as_day
from benefits_portal.licensing.date_shifts import in_time
from benefits_portal.licensing.models import Order, Redemption
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.templatetags.portal import isolated

ANNOUNCED = {
    "new": gettext_lazy(
        "A new subscription to %(product)s will start today with <strong>%(after)s</strong> and "
        "end on <strong>%(ends_on)s</strong>."
    ),
    "reactivate": gettext_lazy(
        "%(product)s will be active again from today, with <strong>%(after)s</strong> (it had "
        "%(before)s), and end on <strong>%(ends_on)s</strong>."
    ),
    "reactivate with as many": gettext_lazy(
        "%(product)s will be active again from today, with <strong>%(after)s</strong> as before, "
        "and end on <strong>%(ends_on)s</strong>."
    ),
    "extend": gettext_lazy(
        "%(product)s (%(after)s) will end on <strong>%(ends_on)s</strong> instead of "
        "%(ended_on)s: %(shift)s."
    ),
    "extend to the same day": gettext_lazy(
        "%(product)s (%(after)s) will still end on <strong>%(ends_on)s</strong>. What this key "
        "adds is less than a day, and counts in the next calculation."
    ),
    "add": gettext_lazy(
        "%(product)s will have <strong>%(after)s</strong> instead of %(before)s, and end on "
        "<strong>%(ends_on)s</strong> instead of %(ended_on)s: %(shift)s."
    ),
    "add to the same day": gettext_lazy(
        "%(product)s will have <strong>%(after)s</strong> instead of %(before)s, and still end on "
        "<strong>%(ends_on)s</strong>."
    ),
}
REPORTED = {
    "new": gettext_lazy(
        "A new subscription to %(product)s started with <strong>%(after)s</strong>, ending on "
        "<strong>%(ends_on)s</strong>."
    ),
    "reactivate": gettext_lazy(
        "%(product)s became active again, with <strong>%(after)s</strong> (it had %(before)s), "
        "ending on <strong>%(ends_on)s</strong>."
    ),
    "reactivate with as many": gettext_lazy(
        "%(product)s became active again, with <strong>%(after)s</strong> as before, ending on "
        "<strong>%(ends_on)s</strong>."
    ),
    "extend": gettext_lazy(
        "The end date of %(product)s (%(after)s) moved from %(ended_on)s to "
        "<strong>%(ends_on)s</strong>: %(shift)s."
    ),
    "extend to the same day": gettext_lazy(
        "The end date of %(product)s (%(after)s) stayed <strong>%(ends_on)s</strong>. What the key "
        "added is less than a day, and counts in the next calculation."
    ),
    "add": gettext_lazy(
        "%(product)s went from %(before)s to <strong>%(after)s</strong>, and its end date from "
        "%(ended_on)s to <strong>%(ends_on)s</strong>: %(shift)s."
    ),
    "add to the same day": gettext_lazy(
        "%(product)s went from %(before)s to <strong>%(after)s</strong>, and still ended on "
        "<strong>%(ends_on)s</strong>."
    ),
}


def headline(quote: Quote, product: object) -> SafeString:
    """What *Redeem* will do."""
    return _filled(ANNOUNCED, quote, product)


def outcome(redemption: Redemption) -> SafeString:
    """What redeeming did: the same sentence, in the past tense."""
    return _filled(REPORTED, redemption, redemption.subscription.product)


def order_outcome(order: Order, total: Quote) -> SafeString:
    """What all steps of `order` did together."""
    return _filled(REPORTED, total, order.subscription.product)


def button_label(quote: Quote) -> str:
    """The label of the button that redeems."""
    match quote.way:
        case RedemptionKind.EXTEND:
            return _("Extend to %(day)s") % {"day": as_day(quote.after.ends_on)}
        case RedemptionKind.ADD:
            return _("Add %(licenses)s") % {"licenses": in_licenses(_added(quote))}
        case RedemptionKind.REACTIVATE:
            return _("Reactivate")
    return _("Start new subscription")


def _filled(
    sentences: Mapping[str, Promise], change: Quote | Redemption, product: object
) -> SafeString:
    before, after = change.before, change.after
    kind = str(change.way)
    if before and before.ends_on == after.ends_on and f"{kind} to the same day" in sentences:
        kind += " to the same day"
    if before and before.licenses == after.licenses and f"{kind} with as many" in sentences:
        kind += " with as many"
    values: Mapping[str, str] = {
        "product": isolated(product),
        "before": in_licenses(before.licenses) if before else "",
        "after": in_licenses(after.licenses),
        "ended_on": as_day(before.ends_on) if before else "",
        "ends_on": as_day(after.ends_on),
        "shift": in_time(before.ends_on, after.ends_on) if before else "",
    }
    # The only HTML is that of the sentences above
    return SafeString(
        str(sentences[kind]) % {name: conditional_escape(value) for name, value in values.items()}
    )


def _added(quote: Quote) -> int:
    return quote.after.licenses - (quote.before.licenses if quote.before else 0)
