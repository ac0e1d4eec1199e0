"""What there is to plan with: a tenant's Active subscriptions to a product, and its keys (O4)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from django.db.models import BooleanField, Case, Count, ExpressionWrapper, Q, Sum, When
from django.http import Http404
from django.utils.translation import ngettext

from benefits_portal.benefits.models import Product, ProductKey
from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet
from benefits_portal.formats import format_number
from benefits_portal.licensing.models import Subscription, outlook_of
from benefits_portal.licensing.planning import Key
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Partner, Tenant

MAX_SUBSCRIPTIONS = 50  # Active ones of one product in one tenant; those that end first
MAX_KEYS = 100  # those that can be used today come first, then by the day they lapse
LAPSED_FOR = timedelta(days=365)  # how long a lapsed key is still named


@dataclass(frozen=True)
class UnusableKey:
    """A key that no step can use, and why."""

    key: ProductKey
    reason: str


@dataclass(frozen=True)
class Supply:
    """Of one product: Active subscriptions, keys to redeem today, and keys that are no use.

    Those and `keys` together are the first of `unredeemed`.
    """

    product: Product
    subscriptions: Excerpt[Subscription]
    unredeemed: Excerpt[ProductKey]
    keys: list[ProductKey]
    unusable: list[UnusableKey]
    needed: int = 0  # licenses of the subscription asked for, or the first, that people have

    @classmethod
    def of(
        cls, product: Product, tenant: Tenant, partner: Partner, on: date, asked: str = ""
    ) -> Self:
        """With the subscription of primary key `asked`, however late it ends. Two queries."""
        active = Subscription.objects.of_product_in(tenant, product).active(on)
        by_end = active.order_by("ends_on", "pk")
        if asked.isdecimal():
            is_asked = Case(When(pk=int(asked[:18]), then=0), default=1)
            by_end = active.order_by(is_asked, "ends_on", "pk")
        found: Excerpt[Subscription] = Excerpt.of(by_end, MAX_SUBSCRIPTIONS)
        subscriptions = found.showing(sorted(found, key=lambda one: (one.ends_on, one.pk)))
        for subscription in subscriptions:
            subscription.product, subscription.tenant = product, tenant  # at hand
        keys, unusable = list[ProductKey](), list[UnusableKey]()
        first: Excerpt[ProductKey] = Excerpt.of(unredeemed(product, partner, on), MAX_KEYS)
        for key in first:
            try:
                key.check_redeemable(on)
            except Refusal as refusal:
                unusable.append(UnusableKey(key, str(refusal.message)))
            else:
                keys.append(key)
        unusable.sort(key=lambda one: one.key.benefit.expires_on)
        return cls(product, subscriptions, first, keys, unusable)

    def with_people(self, tenant: Tenant, on: date, asked: str = "") -> "Supply":
        """With what the people who have a license need of one subscription (L11): one query.

        Of the one of primary key `asked`, or the first; the others' licenses are theirs too.
        """
        chosen = [one for one in self.subscriptions if asked in ("", str(one.pk))][:1]
        count = outlook_of(tenant, self.product, on).count
        others = count.licenses - sum(one.licenses for one in chosen)
        return replace(self, needed=max(0, count.given - others) if chosen else 0)

    def to_plan_with(self, pks: Iterable[int]) -> tuple[Key, ...]:
        """The usable keys among these, in the order listed."""
        chosen = set(pks)
        return tuple(
            Key(key.licenses, key.benefit.expires_on, key.pk)
            for key in self.keys
            if key.pk in chosen
        )

    def key(self, pk: int | None) -> ProductKey:
        return next(key for key in self.keys if key.pk == pk)

    def check_known(self, references: list[str], partner: Partner) -> bool:
        """Whether all these keys can be planned with; Http404 for one that is not the partner's.

        One of theirs that cannot has been used, or has lapsed, since the link was made. A reference
        that is not a number is nobody's (K3, K4).
        """
        others = set(references) - {str(key.pk) for key in self.keys}
        if not all(reference.isdecimal() for reference in others):
            raise Http404
        theirs = ProductKey.objects.for_partner(partner)
        if others and theirs.filter(pk__in=[one[:18] for one in others]).count() < len(others):
            raise Http404
        return not others


def unredeemed(product: Product, partner: Partner, on: date) -> ProductKeyQuerySet:
    """The partner's keys of a product that nobody redeemed, except those that lapsed long ago."""
    has_lapsed = ExpressionWrapper(Q(benefit__expires_on__lt=on), BooleanField())
    return (
        ProductKey.objects.for_partner(partner)
        .for_use()
        .filter(
            benefit__product=product,
            redeemed_at=None,
            benefit__expires_on__gte=on - LAPSED_FOR,
        )
        .order_by(has_lapsed, "benefit__expires_on", "pk")
    )


@dataclass(frozen=True)
class ProductChoice:
    """A product that there is something of: unused keys, Active subscriptions, or both."""

    pk: int
    name: str
    keys: int = 0
    licenses: int = 0
    subscriptions: int = 0

    @property
    def can_be_planned(self) -> bool:
        return bool(self.keys and self.subscriptions)

    @property
    def keys_text(self) -> str:
        text = ngettext("%(count)s key, %(licenses)s", "%(count)s keys, %(licenses)s", self.keys)
        return text % {"count": format_number(self.keys), "licenses": in_licenses(self.licenses)}

    @property
    def subscriptions_text(self) -> str:
        return format_number(self.subscriptions)


def product_choices(tenant: Tenant, partner: Partner, on: date) -> list[ProductChoice]:
    """Those that can be planned first, by name. Two queries."""
    keys = (
        ProductKey.objects.waiting(partner, on)
        .order_by()
        .values("benefit__product", "benefit__product_name")
        .annotate(count=Count("pk"), total=Sum("licenses"))
    )
    active = Subscription.objects.in_tenant(tenant).active(on).order_by()
    found: dict[int, ProductChoice] = {}
    running = active.values("product", "product_name").annotate(number=Count("pk"))
    counts = {row["product"]: row for row in running}
    for row in keys:
        pk, name = row["benefit__product"], row["benefit__product_name"]
        active_count = counts.pop(pk)["number"] if pk in counts else 0
        found[pk] = ProductChoice(pk, name, row["count"], row["total"], active_count)
    for pk, other in counts.items():
        found[pk] = ProductChoice(pk, other["product_name"], subscriptions=other["number"])
    return sorted(
        found.values(), key=lambda choice: (not choice.can_be_planned, choice.name.casefold())
    )
