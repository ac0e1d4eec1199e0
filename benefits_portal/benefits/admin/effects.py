"""What an action on a key, a benefit or a membership would do, for a preview.

Each function raises what the action itself would raise.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.exceptions import AlreadyEnrolled
from benefits_portal.benefits.models import Benefit, Membership, Plan, ProductKey
from benefits_portal.formats import as_day, format_number
from benefits_portal.tenants.models import Actor


def effects_of_revoking(key: ProductKey, by: Actor) -> Iterator[str]:
    key.check_revocable()
    yield _("No one can redeem %(key)s anymore. This can't be undone.") % {"key": key}
    yield _("%(benefit)s will have no key until you issue another one.") % {"benefit": key.benefit}
    if not key.benefit.has_begun(key.partner.today()):
        day = as_day(key.benefit.starts_on)
        yield _("No other key can be issued until %(day)s.") % {"day": day}


def effects_of_issuing(benefit: Benefit, by: Actor) -> Iterator[str]:
    """None for credit, which has no key."""
    if benefit.is_usage_based:
        return
    benefit.check_key_missing(benefit.partner.today())
    yield new_key(benefit)


def new_key(benefit: Benefit) -> str:
    return _("%(partner)s gets a new key: %(product)s, %(quantity)s, to redeem by %(day)s.") % {
        "partner": benefit.partner.known_as,
        "product": benefit.product,
        "quantity": benefit.quantity_text,
        "day": as_day(benefit.expires_on),
    }


def effects_of_provisioning(membership: Membership, by: Actor) -> Iterator[str]:
    """None if it was provisioned already: a changed package changes only future years."""
    if membership.provisioned_at is None:
        yield from what_a_plan_makes(membership.plan())


def effects_of_renewing(membership: Membership, by: Actor) -> Iterator[str]:
    membership.check_renewable(membership.partner.today())
    renewal = membership.renewal()
    if there := membership.renewed_as():
        raise AlreadyEnrolled(there)
    renewal.full_clean(exclude=["ends_on", "benefits_expire_on"])
    yield _("Year from %(first)s to %(last)s; its benefits expire on %(expire)s.") % {
        "first": as_day(renewal.starts_on),
        "last": as_day(renewal.ends_on),
        "expire": as_day(renewal.benefits_expire_on),
    }
    yield from what_a_plan_makes(renewal.plan())


def what_a_plan_makes(plan: Plan) -> Iterator[str]:
    """The numbers of benefits and keys, then each benefit, then what is left out (B4)."""
    counts = {
        "benefits": ngettext("%(count)s benefit", "%(count)s benefits", len(plan.benefits))
        % {"count": format_number(len(plan.benefits))},
        "keys": ngettext("%(count)s product key", "%(count)s product keys", plan.key_count)
        % {"count": format_number(plan.key_count)},
    }
    yield _("Makes %(benefits)s and %(keys)s:") % counts
    for benefit in plan.benefits:
        line = {"product": benefit.product, "quantity": benefit.quantity_text}
        if benefit.is_usage_based:
            yield _("%(product)s: %(quantity)s") % line
        else:
            yield _("%(product)s: %(quantity)s, with a new product key") % line
    for left_out in plan.left_out:
        yield _("Left out: %(product)s, which is discontinued.") % {"product": left_out.product}
