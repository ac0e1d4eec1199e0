"""Requesting replacements for all keys of an order in one request (O14, K8)."""

from datetime import date

from benefits_portal.licensing.exceptions import (
    ReplacedOnRequestBefore,
    ReplacementAskedAlready,
    ReplacementTooLate,
)
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.models import Actor, Record

from .order import Order
from .redemption import Redemption
from .replacement import ASKED_WITHIN, Replacement, ReplacementAction, replaceable_until
from .reversal import check_latest


def standing_steps(order: Order) -> list[Redemption]:
    """The redemptions of `order` that were not reversed, the last one first."""
    theirs = Redemption.objects.for_display().standing().filter(order=order)
    return list(theirs.order_by("-position"))


def order_replaceable_until(steps: list[Redemption]) -> date:
    """The last day to ask for replacements of all keys of `steps` (K8, B5)."""
    return min(replaceable_until(step.key, step.redeemed_on) for step in steps)


def check_order_replaceable(order: Order, steps: list[Redemption], on: date) -> None:
    """Raise a Refusal unless replacements for the whole `order` can be asked for on day `on`.

    ReplacementTooLate, ReplacementAskedAlready, ReplacedOnRequestBefore, BuiltOnSince or
    BenefitExpired, in this order. `steps` are its `standing_steps`.
    """
    if on > order.redeemed_on + ASKED_WITHIN:
        raise ReplacementTooLate(order.redeemed_on + ASKED_WITHIN)
    if not steps or any(hasattr(step, "replacement") for step in steps):
        raise ReplacementAskedAlready
    benefits = {step.key.benefit_id for step in steps}
    if Replacement.objects.granted().of_benefits(benefits).exists():
        raise ReplacedOnRequestBefore
    check_latest(steps[0])
    for step in steps:
        step.key.benefit.check_usable(on)


def ask_for_order(order: Order, why: str, *, by: Actor, on: date) -> list[Replacement]:
    """Ask for a replacement of each standing step's key, once: for all of them or none.

    Returns the requests from the first step to the last. Raises what `check_order_replaceable`
    raises.
    """
    about: AuditContext = {
        "by": by,
        "partner": order.partner,
        "tenant": order.tenant,
        "subject": order.subscription,
    }
    about["after"] = {"order": order.pk, "why": why}
    with recorded_if_refused(ReplacementAction.ASKED, **about):
        steps = standing_steps(order)
        check_order_replaceable(order, steps, on)
        asked = [ask_for_step(order, step, why, by=by) for step in reversed(steps)]
        Record.objects.log(ReplacementAction.ASKED, **about)
        return asked


def ask_for_step(order: Order, step: Redemption, why: str, *, by: Actor) -> Replacement:
    """Ask for a replacement of one step's key. Raises ReplacementAskedAlready."""
    asked, is_new = Replacement.objects.get_or_create(
        redemption=step,
        defaults={
            "order": order,
            "partner": order.partner,
            "tenant": order.tenant,
            "why": why,
            "asked_by": by.user,
        },
    )
    if not is_new:
        raise ReplacementAskedAlready
    return asked
