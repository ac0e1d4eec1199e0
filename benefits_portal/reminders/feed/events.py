"""The days of a partner that a calendar shows: 24 months, in one query (R12).

Keys and credit are those that home calls unused; moves and reversals are counted in the ledger.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateTimeField,
    DecimalField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from benefits_portal.benefits.models import Benefit, Membership, Product, ProductKey
from benefits_portal.benefits.models.actions import BenefitAction
from benefits_portal.benefits.money import quantity_text
from benefits_portal.dates import add_months
from benefits_portal.licensing.home.unused_queries import unused
from benefits_portal.licensing.models import Redemption, Reversal, Subscription
from benefits_portal.licensing.models.subscription_queryset import DISABLED_DAYS, EXPIRED_DAYS
from benefits_portal.reminders.topics import Occasion
from benefits_portal.tenants.models import Partner, Record

MONTHS = 24
MAX_OF_A_KIND = 200  # those due first; what is cut is said by an event of its own
KINDS = ("subscription", "membership", "key", "credit")


class Row(NamedTuple):
    """A thing with its day, whatever it is; the columns of the query in this order."""

    kind: str
    pk: int
    name: str
    offer: str
    tenant: str
    licenses: int | None
    amount: Decimal | None
    currency: str
    is_yearly: bool
    day: date
    moves: int
    changed_at: datetime | None
    moved_at: datetime | None
    is_canceled: bool

    @property
    def size(self) -> str:
        """Its licenses or its credit, in the reader's language; a membership has none."""
        if self.kind == "membership":
            return ""
        return quantity_text(self.licenses, self.amount, self.currency, per_year=self.is_yearly)


@dataclass(frozen=True)
class FeedEvent:
    """One day of a thing. `is_more` is for the day from which on some are left out."""

    occasion: Occasion
    row: Row
    day: date
    is_more: bool = False


def events(partner: Partner, on: date) -> list[FeedEvent]:
    """From `on` to 24 months later, the earliest first."""
    until = add_months(on, MONTHS)
    found = [Row(*values) for values in rows(partner, on, until)]
    every = (event for kind in KINDS for event in of_kind(kind, found, on, until))
    return sorted(every, key=lambda event: (event.day, event.row.kind, event.row.pk))


def of_kind(kind: str, found: list[Row], on: date, until: date) -> Iterator[FeedEvent]:
    """The events of one kind of thing; of more than MAX_OF_A_KIND, the last says that some lack."""
    of_this = sorted((row for row in found if row.kind == kind), key=lambda row: (row.day, row.pk))
    for row in of_this[:MAX_OF_A_KIND]:
        for occasion, day in days_of(row):
            if on <= day <= until:
                yield FeedEvent(occasion, row, day)
    for row in of_this[MAX_OF_A_KIND:]:
        yield FeedEvent(days_of(row)[0][0], row, max(row.day, on), is_more=True)


def days_of(row: Row) -> list[tuple[Occasion, date]]:
    """The occasions of a thing; a subscription has three (S2)."""
    if row.kind != "subscription":
        return [(OCCASIONS[row.kind], row.day)]
    return [
        (Occasion.SUBSCRIPTION_ENDS, row.day),
        (Occasion.SUBSCRIPTION_DISABLED, row.day + EXPIRED_DAYS),
        (Occasion.SUBSCRIPTION_DELETED, row.day + EXPIRED_DAYS + DISABLED_DAYS),
    ]


OCCASIONS = {
    "membership": Occasion.MEMBERSHIP_ENDS,
    "key": Occasion.KEY_EXPIRES,
    "credit": Occasion.CREDIT_EXPIRES,
}


# The query


def rows(partner: Partner, on: date, until: date) -> QuerySet[Any, Any]:
    """Every kind in one query, one more of each than is shown."""
    first, *others = (
        found(partner, on, until) for found in (subscriptions, memberships, keys, credit)
    )
    united: QuerySet[Any, Any] = first.union(*others, all=True).order_by()
    return united


def subscriptions(partner: Partner, on: date, until: date) -> QuerySet[Any, Any]:
    """Those that end, or ended and are not deleted yet; and those that were withdrawn (K8)."""
    since = on - EXPIRED_DAYS - DISABLED_DAYS
    theirs = Subscription.objects.for_partner(partner).filter(
        ends_on__gte=since, ends_on__lte=until
    )
    redeemed = Redemption.objects.filter(subscription=OuterRef("pk"))
    moved = redeemed.filter(before_ends_on__isnull=False).exclude(before_ends_on=F("after_ends_on"))
    reversed_ones = Reversal.objects.filter(subscription=OuterRef("pk"))
    return columns(
        first_of(Subscription, theirs, "ends_on"),
        kind=Value("subscription", CharField()),
        name=F("product_name"),
        tenant_name=F("tenant__name"),
        size_licenses=F("licenses"),
        day=F("ends_on"),
        moves=ExpressionWrapper(
            counted(moved) + counted(reversed_ones), output_field=IntegerField()
        ),
        changed_at=latest(redeemed, "redeemed_at"),
        moved_at=latest(reversed_ones, "reversed_at"),
        is_canceled=ExpressionWrapper(Q(withdrawn_on__isnull=False), BooleanField()),
    )


def memberships(partner: Partner, on: date, until: date) -> QuerySet[Any, Any]:
    """Those that nothing follows yet."""
    theirs = Membership.objects.for_partner(partner).not_renewed()
    theirs = theirs.filter(ends_on__gte=on, ends_on__lte=until)
    return columns(
        first_of(Membership, theirs, "ends_on"),
        kind=Value("membership", CharField()),
        name=F("offer__name"),
        day=F("ends_on"),
        **ended_early("pk"),
        changed_at=F("provisioned_at"),
    )


def keys(partner: Partner, on: date, until: date) -> QuerySet[Any, Any]:
    """Benefits whose key waits to be redeemed."""
    waiting = ProductKey.objects.waiting(partner, on).filter(benefit__expires_on__lte=until)
    some = waiting.values("benefit")[: MAX_OF_A_KIND + 1]
    found = Benefit.objects.filter(pk__in=Subquery(some)).order_by()
    return columns(found, kind=Value("key", CharField()), **of_benefit())


def credit(partner: Partner, on: date, until: date) -> QuerySet[Any, Any]:
    """Benefits of credit that nobody was given."""
    theirs = unused(partner, on).usage_based().filter(expires_on__lte=until)
    return columns(
        first_of(Benefit, theirs, "expires_on"),
        kind=Value("credit", CharField()),
        **of_benefit(),
        size_amount=F("credit_amount"),
        size_currency=F("currency"),
        is_yearly=ExpressionWrapper(
            Q(product__kind=Product.Kind.BULK_CREDIT), output_field=BooleanField()
        ),
    )


def of_benefit() -> dict[str, Any]:
    """Its days are its membership's."""
    return {
        "name": F("product_name"),
        "from_offer": F("offer_name"),
        "size_licenses": F("quantity"),
        "day": F("expires_on"),
        "changed_at": F("membership__provisioned_at"),
    } | ended_early("membership")


def ended_early(membership: str) -> dict[str, Any]:
    """How often and when the membership was ended early: its own days move by nothing else."""
    ended = Record.objects.filter(
        subject_type=ContentType.objects.get_for_model(Membership),
        subject_id=OuterRef(membership),
        action=BenefitAction.ENDED,
        refused="",
    )
    return {"moves": counted(ended), "moved_at": latest(ended, "at")}


def first_of(model: Any, theirs: QuerySet[Any], day: str) -> QuerySet[Any]:
    """Those due first, chosen by an index; SQLite cuts no part of a union otherwise."""
    some = theirs.order_by(day, "pk").values("pk")[: MAX_OF_A_KIND + 1]
    found: QuerySet[Any] = model._default_manager.filter(pk__in=Subquery(some)).order_by()
    return found


def counted(rows_of_it: QuerySet[Any]) -> Coalesce:
    grouped = rows_of_it.order_by().values(one=Value(1)).annotate(number=Count("pk"))
    return Coalesce(Subquery(grouped.values("number")), 0, output_field=IntegerField())


def latest(rows_of_it: QuerySet[Any], name: str) -> Subquery:
    grouped = rows_of_it.order_by().values(one=Value(1)).annotate(latest=Max(name))
    return Subquery(grouped.values("latest"), output_field=DateTimeField())


DEFAULTS = {  # typed, as PostgreSQL unites no others
    "from_offer": Value("", CharField()),
    "tenant_name": Value("", CharField()),
    "size_licenses": Cast(Value(None), IntegerField()),
    "size_amount": Cast(Value(None), DecimalField(max_digits=13, decimal_places=3)),
    "size_currency": Value("", CharField()),
    "is_yearly": Value(False, BooleanField()),
    "moved_at": Cast(Value(None), DateTimeField()),
    "is_canceled": Value(False, BooleanField()),
}
ORDER = (
    *("kind", "pk", "name", "from_offer", "tenant_name", "size_licenses", "size_amount"),
    *("size_currency", "is_yearly", "day", "moves", "changed_at", "moved_at", "is_canceled"),
)


def columns(found: QuerySet[Any], **named: Any) -> QuerySet[Any, Any]:
    """`found` as rows of ORDER, with nothing where a kind of thing has no such column."""
    every = DEFAULTS | named
    named_alike = {f"of_{name}": every[name] for name in ORDER if name != "pk"}
    in_order = (name if name == "pk" else f"of_{name}" for name in ORDER)
    united: QuerySet[Any, Any] = found.annotate(**named_alike).values_list(*in_order)
    return united
