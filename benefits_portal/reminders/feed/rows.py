"""The rows for a partner's calendar: one query for every kind of thing (R12).

Keys and credit are those that the home page shows as unused. `moves` counts changes of a day in
the ledger or on record.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateField,
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
from benefits_portal.licensing.home.unused_queries import unused
from benefits_portal.licensing.models import (
    Redemption,
    Reversal,
    Subscription,
)
from benefits_portal.licensing.terms import DISABLED_DAYS, EXPIRED_DAYS
from benefits_portal.listing.excerpt import first_of
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Partner, Record

MAX_OF_A_KIND = 200  # those due first; an event says that there are more


class Thing(NamedTuple):
    """The name and the size of a row, as a cache key."""

    kind: str
    name: str
    licenses: int | None
    amount: Decimal | None
    currency: str
    is_yearly: bool

    @property
    def size(self) -> str:
        """Its licenses or credit, in the reader's language; empty for a membership or a pool."""
        if self.kind in ("membership", "licenses"):
            return ""
        return quantity_text(self.licenses, self.amount, self.currency, per_year=self.is_yearly)


class Row(NamedTuple):
    """A thing of any kind with its day; the columns of the query, in this order."""

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
    def thing(self) -> Thing:
        return Thing(
            self.kind, self.name, self.licenses, self.amount, self.currency, self.is_yearly
        )


@PreparedQuery
def united(pk: int, on: date, until: date, *, most: int) -> QuerySet[Any, Any]:
    """Up to `most` + 1 rows of every kind; `pk` is the partner's."""
    partner = Partner(pk=pk)
    every = (
        memberships(partner, on, until, most + 1),
        keys(partner, on, until, most + 1),
        credit(partner, on, until, most + 1),
        last_act(partner),
    )
    first = subscriptions(partner, on, until, most + 1)
    found: QuerySet[Any, Any] = first.union(*every, all=True).order_by()
    return found


def subscriptions(partner: Partner, on: date, until: date, most: int) -> QuerySet[Any, Any]:
    """Subscriptions not deleted yet, and withdrawn ones, whose events are canceled (K8)."""
    since = on - EXPIRED_DAYS - DISABLED_DAYS
    theirs = Subscription.objects.for_partner(partner).filter(
        ends_on__gte=since, ends_on__lte=until
    )
    redeemed = Redemption.objects.filter(subscription=OuterRef("pk"))
    moved = redeemed.filter(before_ends_on__isnull=False).exclude(before_ends_on=F("after_ends_on"))
    reversed_ones = Reversal.objects.filter(subscription=OuterRef("pk"))
    return columns(
        first_of(theirs.order_by("ends_on", "pk"), most),
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


def memberships(partner: Partner, on: date, until: date, most: int) -> QuerySet[Any, Any]:
    """Memberships not renewed yet."""
    every = Membership.objects.for_partner(partner)
    theirs = every.not_renewed().filter(ends_on__gte=on, ends_on__lte=until)
    return columns(
        first_of(theirs.order_by("ends_on", "pk"), most, of=every),
        kind=Value("membership", CharField()),
        name=F("offer__name"),
        day=F("ends_on"),
        **ended_early("pk"),
        changed_at=F("provisioned_at"),
    )


def keys(partner: Partner, on: date, until: date, most: int) -> QuerySet[Any, Any]:
    """Benefits with a key that has not been redeemed."""
    waiting = ProductKey.objects.waiting(partner, on).filter(benefit__expires_on__lte=until)
    some = waiting.values("benefit")[:most]
    found = Benefit.objects.filter(pk__in=Subquery(some)).order_by()
    return columns(found, kind=Value("key", CharField()), **of_benefit())


def credit(partner: Partner, on: date, until: date, most: int) -> QuerySet[Any, Any]:
    """Benefits with credit that has not been assigned."""
    theirs = unused(partner.pk, on).usage_based().filter(expires_on__lte=until)
    return columns(
        first_of(theirs.order_by("expires_on", "pk"), most),
        kind=Value("credit", CharField()),
        **of_benefit(),
        size_amount=F("credit_amount"),
        size_currency=F("currency"),
        is_yearly=ExpressionWrapper(
            Q(product__kind=Product.Kind.BULK_CREDIT), output_field=BooleanField()
        ),
    )


def last_act(partner: Partner) -> QuerySet[Any, Any]:
    """The partner's latest record, which dates changes of pools: they have no row of their own.

    Looking at the people's licenses and the ledger would take a thousand times as long.
    """
    latest = Record.objects.filter(partner=partner).order_by("-at", "-pk").values("pk")[:1]
    return columns(
        Record.objects.filter(pk__in=latest).order_by(),
        kind=Value("act", CharField()),
        name=Value("", CharField()),
        day=Cast(Value(None), DateField()),
        moves=Value(0),
        changed_at=F("at"),
    )


def of_benefit() -> dict[str, Any]:
    """The columns of a benefit; it expires with its membership."""
    return {
        "name": F("product_name"),
        "from_offer": F("offer_name"),
        "size_licenses": F("quantity"),
        "day": F("expires_on"),
        "changed_at": F("membership__provisioned_at"),
    } | ended_early("membership")


def ended_early(membership: str) -> dict[str, Any]:
    """Moves of a membership's days: only ending it early moves them."""
    ended = Record.objects.filter(
        subject_type=ContentType.objects.get_for_model(Membership),
        subject_id=OuterRef(membership),
        action=BenefitAction.ENDED,
        refused="",
    )
    return {"moves": counted(ended), "moved_at": latest(ended, "at")}


def counted(rows_of_it: QuerySet[Any]) -> Coalesce:
    grouped = rows_of_it.order_by().values(one=Value(1)).annotate(number=Count("pk"))
    return Coalesce(Subquery(grouped.values("number")), 0, output_field=IntegerField())


def latest(rows_of_it: QuerySet[Any], name: str) -> Subquery:
    grouped = rows_of_it.order_by().values(one=Value(1)).annotate(latest=Max(name))
    return Subquery(grouped.values("latest"), output_field=DateTimeField())


DEFAULTS = {  # typed, since PostgreSQL needs types in a union
    "pk": F("pk"),
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
    """`found` with the columns of ORDER: those `named`, and defaults for the others."""
    expressions = DEFAULTS | named
    aliases = {f"of_{name}": expressions[name] for name in ORDER}  # no field has such a name
    rows: QuerySet[Any, Any] = found.annotate(**aliases).values_list(*aliases)
    return rows
