"""Queries for redemptions, the ledger, and writing a row of it (K2, S8)."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

from django.db.models import Exists, OuterRef

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.quotes import Quote
from benefits_portal.licensing.terms import Term, packed
from benefits_portal.tenants.audit.append_only import AppendOnlyQuerySet
from benefits_portal.tenants.models import Actor, Partner, Tenant

if TYPE_CHECKING:
    from .order import Order
    from .redemption import Redemption
    from .subscription import Subscription


class StepOfOrder(TypedDict, total=False):
    """The order that a redemption belongs to, and the position of its step, from 0."""

    order: "Order"
    position: int


class RedemptionQuerySet(AppendOnlyQuerySet["Redemption"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def in_tenant(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)

    def standing(self) -> Self:
        """Not reversed (K8)."""
        reversals = self.model._meta.get_field("reversal").related_model._default_manager
        # With a join, PostgreSQL would expect almost no rows and plan for that
        return self.filter(~Exists(reversals.filter(redemption=OuterRef("pk"))))

    def until(self, day: date) -> Self:
        return self.filter(redeemed_on__lte=day)

    def after(self, day: date) -> Self:
        return self.filter(redeemed_on__gt=day)

    def standing_on(self, day: date) -> Self:
        """The same as `Redemption.counts_on`: redeemed by `day` and not reversed by then (H1)."""
        reversals = self.model._meta.get_field("reversal").related_model._default_manager
        undone = reversals.filter(redemption=OuterRef("pk"), reversed_on__lte=day)
        return self.until(day).filter(~Exists(undone))

    def for_display(self) -> Self:
        context = ("subscription__product", "tenant", "partner", "order")
        return self.select_related(
            "key__benefit", *context, "redeemed_by", "reversal", "replacement"
        )

    def for_timeline(self) -> Self:
        """Join what a subscription's page shows, except what the subscription itself has."""
        return self.select_related("key__benefit", "redeemed_by", "reversal", "replacement")

    def write(
        self,
        key: ProductKey,
        subscription: "Subscription",
        quote: Quote,
        *,
        started_on: date | None,
        since: date | None,
        by: Actor,
        **step: Unpack[StepOfOrder],
    ) -> "Redemption":
        """Write the redemption of `quote`; `started_on` and `since` are from before it."""
        return self.create(
            key=key,
            subscription=subscription,
            partner=key.partner,
            tenant=subscription.tenant,
            way=quote.way,
            key_licenses=key.licenses,
            redeemed_on=quote.on,
            redeemed_by=by.user,
            submission=quote.submission,
            before_starts_on=started_on,
            before_since=since,
            **prefixed("before", quote.before),
            **prefixed("after", quote.after),
            calculation=packed(quote.after.calculation),
            **step,
        )


def prefixed(prefix: str, term: Term | None) -> dict[str, Any]:
    """The columns of `term` with a prefix; empty if there is no term."""
    return {f"{prefix}_{name}": value for name, value in term.columns.items()} if term else {}
