"""What replacing a key would do to its subscription, in sentences for a preview (K8).

Each function raises what the action itself would raise.
"""

from collections.abc import Iterator
from copy import copy
from datetime import date

from django.utils.translation import gettext as _

from benefits_portal.benefits.admin.effects import new_key
from benefits_portal.formats import as_day
from benefits_portal.licensing.license_effects import effect
from benefits_portal.licensing.models import Redemption, Replacement, Subscription, outlook_of
from benefits_portal.licensing.models.replacing_again import check_replaceable_again
from benefits_portal.licensing.models.reversal import put_back
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.tenants.models import Actor


def effects_of_granting(asked: Replacement, by: Actor) -> Iterator[str]:
    asked.check_grantable(asked.partner.today())
    yield from effects_of_replacing(*(each.redemption for each in asked.together()))


def effects_of_declining(asked: Replacement, by: Actor) -> Iterator[str]:
    asked.check_undecided()
    yield _("Nothing changes: the key stays redeemed. %(partner)s reads your reason.") % {
        "partner": asked.partner
    }


def effects_of_replacing_again(redemption: Redemption, by: Actor) -> Iterator[str]:
    check_replaceable_again(redemption, redemption.partner.today())
    yield from effects_of_replacing(redemption)


def effects_of_replacing(*redemptions: Redemption) -> Iterator[str]:
    """What happens to the subscription, the old keys and the new ones; the last step first."""
    now = redemptions[0].subscription
    then = copy(now)
    for redemption in redemptions:
        put_back(then, redemption, redemption.partner.today())
    if then.withdrawn_on:
        yield _("%(product)s (%(now)s) is withdrawn: this key started it.") % params(now, then)
    else:
        yield _("%(product)s goes back from %(now)s to %(then)s.") % params(now, then)
    if people := effect_on_people(now, then, redemptions[0].partner.today()):
        yield people
    for redemption in redemptions:
        yield _("%(key)s is revoked.") % {"key": redemption.key}
        yield new_key(redemption.key.benefit)


def effect_on_people(now: Subscription, then: Subscription, on: date) -> str:
    """How many people would have no license (L11); empty if nobody has one."""
    outlook = outlook_of(now.tenant, now.product, on)
    return effect(outlook, now.term, None if then.withdrawn_on else then.term)


def params(now: Subscription, then: Subscription) -> dict[str, object]:
    return {"product": now.product, "now": in_short(now), "then": in_short(then)}


def in_short(subscription: Subscription) -> str:
    """100 licenses until June 30, 2027."""
    return _("%(licenses)s until %(day)s") % {
        "licenses": in_licenses(subscription.licenses),
        "day": as_day(subscription.ends_on),
    }
