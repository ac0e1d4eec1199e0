"""The review and the receipt of an order: its steps, and all of them together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.licensing.models import Order, Redemption, Replacement, Subscription
from benefits_portal.licensing.models.order import outcomes
from benefits_portal.licensing.models.replacement import ASKED_WITHIN, replaceable_until
from benefits_portal.licensing.order_exceptions import RefusedInOrder
from benefits_portal.licensing.order_quotes import MAX_KEYS, MIN_KEYS, OrderQuote, OrderStep
from benefits_portal.licensing.quotes import OTHER_WAY, Quote, RedemptionKind
from benefits_portal.licensing.terms import Term, in_licenses
from benefits_portal.tenants.audit.refusal import Refusal

PANELS = {
    RedemptionKind.EXTEND: "licensing:extend",
    RedemptionKind.ADD: "licensing:add-licenses",
}


def order_url(subscription_pk: int, references: Iterable[str]) -> str:
    """The URL of the review of an order or a single key; without keys, of the panel.

    `references` are those of `OrderStep.reference`.
    """
    steps = list(references)
    if len(steps) < MIN_KEYS:
        way, _colon, key = (steps or [RedemptionKind.EXTEND.value])[0].partition(":")
        return panel_url(subscription_pk, RedemptionKind(way)) + (f"?key={key}" if key else "")
    return reverse("licensing:order", args=[subscription_pk]) + steps_query(steps)


def panel_url(subscription_pk: int, way: RedemptionKind, references: Sequence[str] = ()) -> str:
    """The URL of the panel, with the keys of `references` filled in."""
    return reverse(PANELS[way], args=[subscription_pk]) + steps_query(references)


def steps_query(references: Iterable[str]) -> str:
    query = urlencode([("step", each) for each in references], safe=":")
    return f"?{query}" if query else ""


def in_short(term: Term) -> str:
    """100 licenses until June 30, 2027."""
    return _("%(licenses)s until %(day)s") % {
        "licenses": in_licenses(term.licenses),
        "day": as_day(term.ends_on),
    }


@dataclass(frozen=True)
class StepChange:
    """What a step changes, in words, for the review and the receipt."""

    change: Quote | Redemption

    @property
    def before(self) -> str:
        return in_short(self.change.before) if self.change.before else ""

    @property
    def after(self) -> str:
        return in_short(self.change.after)

    @property
    def shift(self) -> dict[str, str]:
        before = self.change.before
        return shift(before.ends_on if before else None, self.change.after.ends_on)

    @property
    def calculation(self) -> list[str]:
        working = self.change.after.calculation
        return working.steps() if working else []


@dataclass(frozen=True)
class StepRow:
    """A step of the review: its quote or refusal, and links that change the order."""

    position: int
    step: OrderStep
    outcome: Quote | Refusal
    review: "OrderReview"

    @property
    def number(self) -> str:
        return format_number(self.position + 1)

    @property
    def change(self) -> StepChange | None:
        return StepChange(self.outcome) if isinstance(self.outcome, Quote) else None

    @property
    def refusal(self) -> Refusal | None:
        return self.outcome if isinstance(self.outcome, Refusal) else None

    @property
    def other(self) -> RedemptionKind:
        return OTHER_WAY[self.step.way]

    @property
    def switch_href(self) -> str:
        return self._href(
            OrderStep(self.other, step.key) if step is self.step else step
            for step in self.review.steps
        )

    @property
    def up_href(self) -> str:
        """The order with this step one place up; empty for the first step."""
        return self._swapped(self.position - 1) if self.position else ""

    @property
    def down_href(self) -> str:
        """The order with this step one place down; empty for the last step."""
        is_last = self.position + 1 == len(self.review.steps)
        return "" if is_last else self._swapped(self.position)

    @property
    def remove_href(self) -> str:
        steps = enumerate(self.review.steps)
        return self._href(step for position, step in steps if position != self.position)

    def _swapped(self, first: int) -> str:
        steps = list(self.review.steps)
        steps[first : first + 2] = reversed(steps[first : first + 2])
        return self._href(steps)

    def _href(self, steps: Iterable[OrderStep]) -> str:
        return order_url(self.review.subscription.pk, (step.reference for step in steps))


@dataclass(frozen=True)
class OrderReview:
    """The review of an order on day `on`: each step, and all of them together."""

    subscription: Subscription
    steps: Sequence[OrderStep]
    on: date

    @cached_property
    def rows(self) -> list[StepRow]:
        done = outcomes(self.subscription, self.steps, self.on)
        return [
            StepRow(position, step, outcome, self)
            for position, (step, outcome) in enumerate(zip(self.steps, done, strict=True))
        ]

    @cached_property
    def refusal(self) -> RefusedInOrder | None:
        """The first step that is refused, and why; None if none is."""
        refused = ((row, row.refusal) for row in self.rows if row.refusal)
        return next(
            (RefusedInOrder(row.position, row.step.key, refusal) for row, refusal in refused), None
        )

    @cached_property
    def quote(self) -> OrderQuote | None:
        """The quote of the whole order; None if a step is refused."""
        quotes = tuple(row.outcome for row in self.rows if isinstance(row.outcome, Quote))
        return OrderQuote(quotes) if len(quotes) == len(self.steps) else None

    @property
    def back(self) -> str:
        """The URL of the panel with these keys filled in."""
        references = [step.reference for step in self.steps]
        return panel_url(self.subscription.pk, self.steps[0].way, references)

    @property
    def has_room(self) -> bool:
        """Whether another key can be added (O9)."""
        return len(self.steps) < MAX_KEYS

    @property
    def undoing(self) -> str:
        """What can be done if redeeming them turns out to be a mistake (K8, O14)."""
        keys = [step.key for step in self.steps]
        if Replacement.objects.granted().of_benefits({key.benefit_id for key in keys}).exists():
            return _(
                "You can't undo this. One of these keys is itself a replacement, so you can't "
                "request others for the whole order."
            )
        until = min(replaceable_until(key, self.on) for key in keys)
        text = _(
            "You can't undo this yourself. If it's a mistake, you can request replacements for "
            "the whole order, or for its last step, once, until %(day)s."
        )
        if until < self.on + ASKED_WITHIN:
            text = _(
                "You can't undo this yourself. If it's a mistake, you can request replacements for "
                "the whole order, or for its last step, once, until %(day)s, the last day of a "
                "benefit."
            )
        return text % {"day": as_day(until)}


def redeem_label(count: int) -> str:
    """The label of the button that redeems an order."""
    return ngettext("Redeem %(count)s key", "Redeem %(count)s keys", count) % {
        "count": format_number(count)
    }


def total_of(redemptions: Iterable[Redemption]) -> Quote:
    """All steps of an order as one quote."""
    return OrderQuote(tuple(as_quote(redemption) for redemption in redemptions)).total


def as_quote(redemption: Redemption) -> Quote:
    """The quote that `redemption` carried out."""
    return Quote(
        RedemptionKind(redemption.way),
        redemption.key_id,
        redemption.tenant_id,
        redemption.subscription_id,
        redemption.redeemed_on,
        redemption.before,
        redemption.after,
        redemption.submission,
    )


@dataclass(frozen=True)
class ReceiptStep:
    """A step on the receipt of its order."""

    redemption: Redemption

    @property
    def change(self) -> StepChange:
        return StepChange(self.redemption)


def receipt_steps(order: Order) -> list[ReceiptStep]:
    """The steps of `order`, in order. One query."""
    theirs = Redemption.objects.for_display().filter(order=order).order_by("position")
    return [ReceiptStep(redemption) for redemption in theirs]
