"""The state of a license-based benefit in one sentence, and what to do next (B1, B5, K8)."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.formats import as_day
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.typed_text import isolated


class Action(NamedTuple):
    """A link to what can be done next."""

    label: str
    href: str


@dataclass(frozen=True)
class BenefitState:
    """`level` is that of a message bar; the first of `actions` is the primary one."""

    level: str
    sentence: str
    advice: str = ""
    actions: tuple[Action, ...] = ()


def state_of(
    benefit: Benefit,
    key: ProductKey | None,
    refusal: Refusal | None,
    redemption: Redemption | None,
    subscription: Subscription | None,
    on: date,
) -> BenefitState:
    """The state of `benefit` with its live `key`; `refusal` is why the key cannot be redeemed.

    `subscription` is that of the redemption or, before one, one of the product in the tenant.
    """
    if redemption:
        return redeemed(redemption, refusal)
    if not benefit.has_begun(on):
        return not_started(benefit)
    if benefit.has_expired(on):
        return expired(benefit, refusal)
    if key is None:
        return without_key()
    return unused(benefit, key, subscription)


def redeemed(redemption: Redemption, refusal: Refusal | None) -> BenefitState:
    """When and by whom it was redeemed, and whether a replacement is pending (K8)."""
    asked = getattr(redemption, "replacement", None)
    advice = ""
    if asked and not asked.is_decided:
        day = as_day(localtime(asked.asked_at))
        advice = _("A replacement key was requested on %(day)s and is pending review.") % {
            "day": day
        }
    name = refusal.params.get("name") if refusal else None
    text = _("Redeemed on %(day)s by %(name)s.") if name else _("Redeemed on %(day)s.")
    params = {"day": as_day(redemption.redeemed_on), "name": isolated(name or "")}
    actions = (
        Action(_("View subscription"), redemption.subscription.get_absolute_url()),
        Action(_("Receipt"), redemption.get_absolute_url()),
    )
    return BenefitState("success", text % params, advice, actions)


def not_started(benefit: Benefit) -> BenefitState:
    text = _("Starts on %(day)s.") % {"day": as_day(benefit.starts_on)}
    return BenefitState("gray", text, _("You can get and redeem the key from that day."))


def expired(benefit: Benefit, refusal: Refusal | None) -> BenefitState:
    """The key was never redeemed; the benefits of another year may have the same product."""
    text = _("Expired on %(day)s without being redeemed.") % {"day": as_day(benefit.expires_on)}
    query = urlencode({"q": benefit.product.name})
    look = Action(
        _("Find this product in your benefits"), f"{reverse('benefits:azure-cloud')}?{query}"
    )
    return BenefitState("gray", text, str(refusal.advice) if refusal else "", (look,))


def without_key() -> BenefitState:
    """The key was revoked, and no other one was issued yet."""
    return BenefitState(
        "warning",
        _("This benefit has no key at the moment."),
        _("Its key was revoked. The program team can issue another one."),
        (Action(_("Contact support"), f"{reverse('help')}#support"),),
    )


def unused(benefit: Benefit, key: ProductKey, subscription: Subscription | None) -> BenefitState:
    """What the key can be used for, and until when."""
    text = _("Not redeemed yet. Use the key by %(day)s.") % {"day": as_day(benefit.expires_on)}
    if key.follows_another:
        day = as_day(localtime(key.issued_at))
        text += " " + _("A new key was issued on %(day)s.") % {"day": day}
    if subscription is None:
        advice = _("Redeeming it starts a new subscription.")
    else:
        advice = _("The walkthrough compares what you can do with the key, with each end date.")
    walkthrough = Action(
        _("Activation walkthrough"), reverse("licensing:walkthrough", args=[benefit.pk])
    )
    return BenefitState("info", text, advice, (walkthrough,))
