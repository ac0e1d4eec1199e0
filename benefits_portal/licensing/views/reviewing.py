"""The review before a key is redeemed, or why it cannot be redeemed (S8, K7)."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import ProductKey
from benefits_portal.formats import as_day
from benefits_portal.licensing.change_rows import before_after
from benefits_portal.licensing.comparison import Choice, Comparison, Comparisons, comparisons
from benefits_portal.licensing.date_shifts import in_time
from benefits_portal.licensing.exceptions import SubscriptionNotActive
from benefits_portal.licensing.home.offered_keys import who_else_could_use
from benefits_portal.licensing.license_effects import effect_of
from benefits_portal.licensing.models import Subscription, quote_redemption
from benefits_portal.licensing.quotes import OTHER_WAY, RedemptionKind
from benefits_portal.licensing.redeem_links import start_url
from benefits_portal.licensing.redemption_sentences import button_label, headline
from benefits_portal.licensing.subscription_display import undoing
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.licensing.views.steps import Step, step_url
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest


def shown(
    request: PartnerRequest, key: ProductKey, subscription: Subscription | None, way: RedemptionKind
) -> dict[str, Any]:
    """The quote with the other ways beside it, or the first refusal in the order of K7."""
    try:
        key.check_redeemable(request.today)
        if subscription:
            subscription.check_product(key)
        quote = quote_redemption(way, key, request.tenant, subscription, request.today)
    except Refusal as refusal:
        return {"refusal": refusal} | ways_out(request, key, subscription, way, refusal)
    beside = ways_beside(request, key, subscription)
    return {
        "quote": quote,
        "rows": before_after(quote),
        "headline": headline(quote, key.product),
        "act": button_label(quote),
        "undoing": undoing(key, request.today),
        "only_key": only_key(key, subscription, request.today),
        "people": effect_of(quote, request.tenant, key.product),
        "other": other_way(request, key, subscription, way),
        "comparisons": beside,
        **ways_back(request, subscription, way, Step.USE if beside else Step.KEY),
    }


def only_key(key: ProductKey, subscription: Subscription | None, on: date) -> str:
    """A warning that another subscription could use this only key; empty if none could."""
    other = who_else_could_use(key, subscription, on)
    if other is None:
        return ""
    return _(
        "This is your only key for %(product)s. Another subscription could use it: %(licenses)s in "
        "%(tenant)s, end date %(day)s."
    ) % {
        "product": key.product,
        "licenses": other.licenses_text,
        "tenant": other.tenant,
        "day": as_day(other.ends_on),
    }


def ways_back(
    request: PartnerRequest, subscription: Subscription | None, way: RedemptionKind, step: Step
) -> dict[str, str]:
    """The URLs of *Back*, *Cancel* and *Change tenant*; `step` is the one before."""
    if subscription and way in OTHER_WAY:
        return {"back": request.path, "cancel": subscription.get_absolute_url()}
    return {
        "back": step_url(request, step),
        "cancel": reverse("licensing:products"),
        "change_tenant": step_url(request, Step.TENANT),
    }


def ways_out(
    request: PartnerRequest,
    key: ProductKey,
    subscription: Subscription | None,
    way: RedemptionKind,
    refusal: Refusal,
) -> dict[str, Any]:
    """What to do instead after a refusal."""
    out: dict[str, Any] = {"instead": other_way(request, key, subscription, way)}
    out |= ways_back(request, subscription, way, Step.KEY)
    if subscription and isinstance(refusal, SubscriptionNotActive):
        out["start"] = start_url(subscription, key=key.pk)
    return out


def ways_beside(
    request: PartnerRequest, key: ProductKey, subscription: Subscription | None
) -> Comparisons:
    """What `key` can do for `subscription` or, without one, for each that it can change."""
    confirmed = request.GET.get("place", "")
    if subscription and subscription.is_active(request.today):
        one = Comparison.of(key, request.tenant, subscription, request.today, confirmed)
        return Comparisons([one], 1)
    found = comparisons(key, request.tenant, request.today, confirmed)
    fitting = [
        one for one in found if one.subscription and subscription in (None, one.subscription)
    ]
    return found if len(fitting) == len(found) else Comparisons(fitting, len(fitting))


def other_way(
    request: PartnerRequest,
    key: ProductKey | None,
    subscription: Subscription | None,
    way: RedemptionKind | None,
) -> dict[str, str] | None:
    """What Add would do beside Extend, or the reverse, because they are easily confused.

    None if `key` cannot be used that way.
    """
    other = OTHER_WAY.get(way) if way else None
    if not (key and subscription and other and key.is_redeemable(request.today)):
        return None
    choice = Choice.of(other, key, request.tenant, subscription, request.today)
    if choice.quote is None:
        return None
    after = choice.quote.after
    return {
        "way": other.value,
        "title": str(other.label),
        "licenses": in_licenses(after.licenses),
        "day": as_day(after.ends_on),
        "shift": in_time(subscription.ends_on, after.ends_on),
        "href": choice.url,
    }
