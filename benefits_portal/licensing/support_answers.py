"""Texts that support sends about a key or a subscription, in each language; no whole key (K3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from babel.languages import get_official_languages
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from benefits_portal.benefits.models import ProductKey
from benefits_portal.formats import as_day
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.models.replacement import (
    is_replaced_on_request,
    replaceable_until,
)
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.tenants.models import Partner


def language_of(partner: Partner) -> str:
    """The code of an official language of the partner's country, or the portal's default."""
    spoken = get_official_languages(partner.country, de_facto=True)
    known = [code for code in spoken if code in dict(settings.LANGUAGES)]
    return known[0] if known else settings.LANGUAGE_CODE


@dataclass(frozen=True)
class Answer:
    """A text to send; `language` is its code."""

    language: str
    text: str


def answers_about_key(key: ProductKey) -> list[Answer]:
    """`about_key` on the partner's today, in each language, the partner's own first."""
    return in_each_language(key.partner, lambda: about_key(key, key.partner.today()))


def answers_about_subscription(subscription: Subscription) -> list[Answer]:
    """`state_of_subscription` on the partner's today, in each language, the partner's own first."""
    partner = subscription.partner
    return in_each_language(partner, lambda: state_of_subscription(subscription, partner.today()))


def in_each_language(partner: Partner, write: Callable[[], str]) -> list[Answer]:
    """The text of `write` in each language of the portal, the partner's own first."""
    answers = []
    for language in dict.fromkeys([language_of(partner), *dict(settings.LANGUAGES)]):
        with override(language):
            answers.append(Answer(language, write()))
    return answers


def about_key(key: ProductKey, on: date) -> str:
    """What became of `key` and what its partner can do next, in the current language."""
    values = {
        "end": key.last_five,
        "product": key.product,
        "licenses": in_licenses(key.licenses),
    }
    about = _("The product key that ends in %(end)s is for %(product)s, %(licenses)s.") % values
    return " ".join([about, *state_of_key(key, on)])


def state_of_key(key: ProductKey, on: date) -> Iterator[str]:
    """What became of `key`, in the current language, in the order of K7."""
    benefit = key.benefit
    if key.revoked_at is not None:
        yield from state_of_revoked(key)
    elif key.is_redeemed:
        yield from state_of_redeemed(key, on)
    elif not benefit.has_begun(on):
        yield _("You can redeem it from %(day)s on.") % {"day": as_day(benefit.starts_on)}
    elif benefit.has_expired(on):
        yield _("It was not redeemed. The last day to redeem it was %(day)s.") % {
            "day": as_day(benefit.expires_on)
        }
    else:
        yield _("It has not been redeemed. You can redeem it through %(day)s.") % {
            "day": as_day(benefit.expires_on)
        }


def state_of_revoked(key: ProductKey) -> Iterator[str]:
    yield _("It was revoked and can't be redeemed.")
    if new := key.benefit.live_key():
        yield _("The key that ends in %(end)s takes its place: choose Get key on the benefit.") % {
            "end": new.last_five
        }


def state_of_redeemed(key: ProductKey, on: date) -> Iterator[str]:
    redemption = Redemption.objects.for_display().filter(key=key).first()
    if redemption is None:
        return
    by = redemption.redeemed_by
    yield _("%(who)s redeemed it on %(day)s in %(tenant)s.") % {
        "who": by.name if by else _("Someone"),
        "day": as_day(redemption.redeemed_on),
        "tenant": redemption.tenant,
    }
    yield state_of_subscription(redemption.subscription, on)
    until = replaceable_until(key, redemption.redeemed_on)
    if on <= until and is_replaced_on_request(key) and not hasattr(redemption, "replacement"):
        yield _("If it was a mistake, ask for a replacement on the receipt by %(day)s, once.") % {
            "day": as_day(until)
        }


def state_of_subscription(subscription: Subscription, on: date) -> str:
    """Its licenses, its last day, and what can still be done, in the current language (S2)."""
    values = {
        "product": subscription.product,
        "tenant": subscription.tenant,
        "licenses": in_licenses(subscription.licenses),
        "day": as_day(subscription.ends_on),
        "until": as_day(subscription.disabled_until),
    }
    match subscription.status(on):
        case Subscription.Status.ACTIVE:
            text = _("%(product)s in %(tenant)s: %(licenses)s, active through %(day)s.")
        case Subscription.Status.EXPIRED | Subscription.Status.DISABLED:
            text = _(
                "%(product)s in %(tenant)s: %(licenses)s, ended on %(day)s. You can reactivate it "
                "with a product key through %(until)s."
            )
        case _deleted:
            text = _(
                "%(product)s in %(tenant)s ended on %(day)s and can't be reactivated. A product "
                "key starts a new subscription."
            )
    return text % values
