"""Orders: several keys redeemed for one subscription, all of them or none (O9 to O13)."""

from collections.abc import Iterator, Sequence
from copy import copy
from datetime import date
from typing import Self, cast

from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.benefits.key_exceptions import KeyUnknown
from benefits_portal.benefits.models import Product
from benefits_portal.benefits.models.several_keys import claim_together, lock_together
from benefits_portal.formats import as_day
from benefits_portal.licensing.order_exceptions import (
    RefusedInOrder,
    SameKeyTwice,
    TooFewKeys,
    TooManyKeys,
)
from benefits_portal.licensing.order_quotes import (
    MAX_KEYS,
    MIN_KEYS,
    STEP_KINDS,
    OrderQuote,
    OrderStep,
)
from benefits_portal.licensing.quotes import Quote
from benefits_portal.tenants.audit.append_only import AppendOnly, AppendOnlyQuerySet
from benefits_portal.tenants.audit.record import refused_while_moving
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Partner, Record, Tenant, User, recordable

from .redeeming import apply, quote_redemption
from .redemption import Redemption
from .subscription import Subscription


@recordable
class OrderAction(models.TextChoices):
    """The actions that are recorded for orders; their subject is the subscription."""

    REDEEMED = "licensing.order", _("Redeemed several keys in one order")


Record.attempts.update({OrderAction.REDEEMED: _("Redeem several keys in one order")})


class OrderQuerySet(AppendOnlyQuerySet["Order"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def for_display(self) -> Self:
        return self.select_related("subscription__product", "tenant", "partner", "redeemed_by")

    def of_submission(self, quote: OrderQuote, partner: Partner) -> "Order | None":
        """The order that an earlier request with the same submission created, or None (K2, O13)."""
        return self.for_partner(partner).filter(submission=quote.submission).first()

    def begin(self, quote: OrderQuote, subscription: Subscription, *, by: Actor) -> "Order":
        """Create the order of `quote`, before its first step."""
        return self.create(
            submission=quote.submission,
            partner_id=subscription.partner_id,
            tenant=subscription.tenant,
            product=subscription.product,
            subscription=subscription,
            redeemed_on=quote.total.on,
            redeemed_by=by.user,
        )


class Order(AppendOnly):
    """2 to 20 keys of one product, redeemed for one subscription in the order shown (O9).

    Each of its `redemptions` is an ordinary one with its own receipt.
    """

    submission = models.UUIDField(_("submission"), unique=True, editable=False)
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="orders", verbose_name=_("partner"), editable=False
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="orders", verbose_name=_("tenant"), editable=False
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="orders", verbose_name=_("product"), editable=False
    )
    subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        related_name="orders",
        verbose_name=_("subscription"),
        editable=False,
    )
    redeemed_on = models.DateField(_("redeemed on"), editable=False)
    redeemed_at = models.DateTimeField(_("redeemed at"), default=clock.now, editable=False)
    redeemed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("redeemed by"),
        editable=False,
    )

    objects = OrderQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-redeemed_at", "-pk"]
        indexes = [models.Index(fields=["redeemed_on"], name="order_day")]

    def __str__(self) -> str:
        return f"{self.pk}: {self.subscription} ({as_day(self.redeemed_on)})"

    def get_absolute_url(self) -> str:
        """Its receipt (O13)."""
        return reverse("licensing:order-receipt", args=[self.pk])

    @classmethod
    def quote(cls, subscription: Subscription, steps: Sequence[OrderStep], on: date) -> OrderQuote:
        """What redeeming the keys of `steps` one after the other on day `on` would do (O10).

        Raises TooFewKeys, TooManyKeys, or RefusedInOrder for the first step that is refused (O11).
        """
        check_size(steps)
        quotes = []
        for position, outcome in enumerate(outcomes(subscription, steps, on)):
            if isinstance(outcome, Refusal):
                raise RefusedInOrder(position, steps[position].key, outcome) from outcome
            quotes.append(outcome)
        return OrderQuote(tuple(quotes))

    @classmethod
    @refused_while_moving()
    def redeem(
        cls,
        subscription: Subscription,
        steps: Sequence[OrderStep],
        *,
        tenant: Tenant,
        by: Actor,
        on: date,
        quote: OrderQuote | None = None,
    ) -> "Order":
        """Redeem the keys of `steps` for `subscription`, all of them or none (O9).

        With the `quote` that was shown, it does exactly that or raises ChangedMeanwhile (O10).
        Submitting the same quote again returns the order of the first time (O13). Other Refusals
        are those of `Order.quote`. A refusal is recorded, after the rollback.
        """
        try:
            with transaction.atomic():
                return cls._redeem(subscription, steps, tenant, by, on, quote)
        except Refusal as refusal:
            if quote and (done := cls.objects.of_submission(quote, subscription.partner)):
                return done
            put_refusal_on_record(subscription, steps, tenant, refusal, by=by)
            raise

    @classmethod
    def _redeem(
        cls,
        subscription: Subscription,
        steps: Sequence[OrderStep],
        tenant: Tenant,
        by: Actor,
        on: date,
        shown: OrderQuote | None,
    ) -> "Order":
        """Lock, quote, confirm the quote and claim the keys; then carry out each step.

        Locks are taken in one order: the keys by primary key, their benefits, the subscription
        (O12).
        """
        check_size(steps)
        pks, partners = zip(*((step.key.pk, step.key.partner_id) for step in steps), strict=True)
        keys = lock_together(pks, partners)
        locked = cast("Subscription", Subscription.objects.lock(tenant, subscription))
        steps = [OrderStep(step.way, keys[step.key.pk]) for step in steps]
        quote = cls.quote(locked, steps, on).confirm_unchanged(shown)
        claim_together(keys.values(), tenant=tenant, by=by, on=on)
        order = cls.objects.begin(quote, locked, by=by)
        for position, (step, its_quote) in enumerate(zip(steps, quote.steps(), strict=True)):
            order.carry_out(position, step, its_quote, locked, by=by)
        order.put_on_record(by=by)
        return order

    def carry_out(
        self, position: int, step: OrderStep, quote: Quote, locked: Subscription, *, by: Actor
    ) -> None:
        """Apply one step to the `locked` subscription, write its redemption, and record it."""
        since = locked.since
        changed = apply(quote, locked, step.key)
        redemption = Redemption.objects.write(
            step.key,
            changed,
            quote,
            started_on=locked.starts_on,
            since=since,
            by=by,
            order=self,
            position=position,
        )
        redemption.put_on_record(by=by)

    def in_order(self) -> "models.QuerySet[Redemption]":
        """Its redemptions, from the first step to the last."""
        return self.redemptions.order_by("position")

    def put_on_record(self, *, by: Actor) -> None:
        """Add it to the history of the subscription, by primary keys only (A1, K3)."""
        Record.objects.log(
            OrderAction.REDEEMED,
            by=by,
            partner=self.partner,
            tenant=self.tenant,
            subject=self.subscription,
            after={"order": self.pk},
        )


def put_refusal_on_record(
    subscription: Subscription,
    steps: Sequence[OrderStep],
    tenant: Tenant,
    refusal: Refusal,
    *,
    by: Actor,
) -> None:
    """Record a refused attempt, after its transaction was rolled back (A1, K3)."""
    Record.objects.log(
        OrderAction.REDEEMED,
        by=by,
        partner=subscription.partner,
        tenant=tenant,
        subject=subscription,
        after={"keys": [step.key.pk for step in steps]},
        refusal=refusal,
    )


def check_size(steps: Sequence[OrderStep]) -> None:
    """Raise TooFewKeys or TooManyKeys (O9)."""
    if len(steps) < MIN_KEYS:
        raise TooFewKeys
    if len(steps) > MAX_KEYS:
        raise TooManyKeys


def outcomes(
    subscription: Subscription, steps: Sequence[OrderStep], on: date
) -> Iterator[Quote | Refusal]:
    """The quote of each step on day `on`, after the steps before it, or its refusal.

    The keys are checked one by one, each in the order of K7 (O11). A refused step changes nothing
    for the steps after it. No query.
    """
    running, seen = copy(subscription), dict[int, int]()
    for position, step in enumerate(steps):
        try:
            if step.key.pk in seen:
                raise SameKeyTwice(seen[step.key.pk])
            seen[step.key.pk] = position
            quote = step_quote(running, step, on)
        except Refusal as refusal:
            yield refusal
            continue
        yield quote
        running.set_term(quote.after)


def step_quote(running: Subscription, step: OrderStep, on: date) -> Quote:
    """The quote of one step for the `running` subscription. Raises Refusals in the order of K7."""
    if step.key.partner_id != running.partner_id:
        raise KeyUnknown
    if step.way not in STEP_KINDS:
        raise ValueError("A step of an order extends or adds.")
    step.key.check_redeemable(on)
    return quote_redemption(step.way, step.key, running.tenant, running, on)
