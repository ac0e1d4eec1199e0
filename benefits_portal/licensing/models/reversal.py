"""Reversing a redemption by a new entry in the ledger; nothing is rewritten (K8)."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.formats import as_day
from benefits_portal.licensing.exceptions import BuiltOnSince
from benefits_portal.licensing.order_exceptions import BuiltOnInOrder
from benefits_portal.prepared import PlannedQuery
from benefits_portal.tenants.audit.append_only import AppendOnly, AppendOnlyQuerySet
from benefits_portal.tenants.models import Actor, Partner, Tenant, User

from .redemption import Redemption
from .subscription import Subscription


class ReversalQuerySet(AppendOnlyQuerySet["Reversal"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def of(self, redemption: Redemption, *, by: Actor, on: date) -> "Reversal":
        """Give the subscription the exact term it had before `redemption`.

        A subscription that the redemption started is withdrawn. Raises BuiltOnSince. Within the
        caller's transaction, after the key was locked: locks are taken in one order.
        """
        there = Subscription.objects.select_for_update(of=("self",)).select_related(
            "product", "tenant", "partner"
        )
        subscription = there.get(pk=redemption.subscription_id, partner=redemption.partner_id)
        check_latest(redemption)
        since, reversed_on = subscription.since, max(on, redemption.redeemed_on)
        put_back(subscription, redemption, on)
        subscription.since = max(reversed_on, since)
        subscription.save()
        reversal = self.create(
            redemption=redemption,
            subscription=subscription,
            partner=redemption.partner,
            tenant=redemption.tenant,
            before_since=since,
            reversed_on=reversed_on,
            reversed_by=by.user,
        )
        own = Subscription.objects.filter(pk=subscription.pk, partner=subscription.partner_id)
        own.carry_names()
        return reversal


class Reversal(AppendOnly):
    """A redemption that was undone: its subscription has the redemption's `before` term again."""

    redemption = models.OneToOneField(
        Redemption,
        models.PROTECT,
        related_name="reversal",
        verbose_name=_("redemption"),
        editable=False,
    )
    subscription = models.ForeignKey(
        Subscription,
        models.PROTECT,
        related_name="reversals",
        verbose_name=_("subscription"),
        editable=False,
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="reversals", verbose_name=_("partner"), editable=False
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="reversals", verbose_name=_("tenant"), editable=False
    )
    before_since = models.DateField(
        _("before that unchanged since"),
        editable=False,
        help_text=_("The first day of what ran before."),
    )
    reversed_on = models.DateField(_("reversed on"), editable=False)
    reversed_at = models.DateTimeField(_("reversed at"), default=clock.now, editable=False)
    reversed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("reversed by"),
        editable=False,
    )

    objects = ReversalQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        ordering = ["-reversed_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.redemption} ({as_day(self.reversed_on)})"


@PlannedQuery
def latest_standing(subscription: int) -> QuerySet[Redemption]:
    standing = Redemption.objects.standing().filter(subscription=subscription)
    return standing.order_by("-redeemed_at", "-pk")[:1]


def check_latest(redemption: Redemption) -> None:
    """Raise BuiltOnSince unless `redemption` is the last one of its subscription that stands.

    If only later steps of the same order follow, raise BuiltOnInOrder with their numbers (O14).
    """
    latest = latest_standing.first(redemption.subscription_id)
    if latest is None:
        raise BuiltOnSince(redemption.redeemed_on)
    if latest.pk == redemption.pk:
        return
    if redemption.order_id and latest.order_id == redemption.order_id:
        standing = Redemption.objects.standing().filter(subscription=redemption.subscription_id)
        later = standing.filter(order=latest.order_id, position__gt=redemption.position)
        raise BuiltOnInOrder([step.step_number for step in later.order_by("position")])
    raise BuiltOnSince(latest.redeemed_on)


def put_back(subscription: Subscription, redemption: Redemption, on: date) -> None:
    """Set the term before `redemption`, or withdraw the subscription if there was none.

    Does not save, because a preview uses it too.
    """
    if redemption.before is None or redemption.before_starts_on is None:
        # Today may be before the start, if a practice calendar was moved back (W10)
        subscription.withdrawn_on = max(on, subscription.starts_on)
    else:
        subscription.starts_on = redemption.before_starts_on
        subscription.set_term(redemption.before)
