"""What there is to plan with: a tenant's Active subscriptions to a product, and its keys (O4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Sum
from django.http import Http404
from django.utils.translation import ngettext

from benefits_portal.benefits.models import Product, ProductKey
from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet
from benefits_portal.formats import format_number
from benefits_portal.licensing.models import Subscription, outlook_of
from benefits_portal.licensing.planning import Key
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.listing.excerpt import Excerpt, first_of, with_total
from benefits_portal.listing.page import MAX_COUNT_BESIDE
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Partner, Tenant

MOST = 10  # subscriptions and keys at first; those that the URL asks for are among them
MAX_SUBSCRIPTIONS = 50  # Active ones of one product in one tenant; those that end first
MAX_KEYS = 100  # those that have not lapsed come first
LAPSED_FOR = timedelta(days=365)  # how long a lapsed key is still listed


@dataclass(frozen=True)
class UnusableKey:
    """A key that no step can use, and why."""

    key: ProductKey
    reason: str


@dataclass(frozen=True)
class PlanRequest:
    """What the page's URL asks for: a subscription, and keys by their primary keys, as text.

    `all_url` leads to the page with all subscriptions and keys; empty if this is that page.
    """

    subscription: Subscription | None = None
    keys: frozenset[str] = frozenset()
    all_url: str = ""

    @property
    def shows_all(self) -> bool:
        return not self.all_url

    def with_keys(
        self, first: Sequence[ProductKey], product: Product, partner: Partner
    ) -> Sequence[ProductKey]:
        """`first`, followed by the keys that were asked for. One query, if there are any others.

        Those that were redeemed since the link was made are left out. Raises Http404 for what is
        not a key of `partner` (K3, K4).
        """
        others = self.keys - {str(key.pk) for key in first}
        if not others:
            return first
        if not all(reference.isdecimal() for reference in others):
            raise Http404
        theirs = ProductKey.objects.for_partner(partner).select_related("benefit")
        found = theirs.filter(pk__in=[one[:18] for one in others]).order_by("pk")
        if len(found) < len(others):
            raise Http404
        unused = (key for key in found if not key.is_redeemed and key.product_id == product.pk)
        return [*first, *unused]


@dataclass(frozen=True)
class Supply:
    """What can be planned with for one product: Active subscriptions, and keys to redeem today.

    `unredeemed` has the first unredeemed keys and how many there are; of those, `keys` can be used
    today, and `unusable` cannot.
    """

    product: Product
    subscriptions: Excerpt[Subscription]
    unredeemed: Excerpt[ProductKey]
    keys: list[ProductKey]
    unusable: list[UnusableKey]
    has_all_keys: bool = True  # whether all keys that the URL asks for are among `keys`
    needed: int = 0  # licenses that people need of the subscription asked for, or of the first

    @classmethod
    def of(cls, product: Product, tenant: Tenant, on: date, asked: PlanRequest) -> Self:
        """The first subscriptions and keys, and those that are `asked` for, whatever their dates.

        Two queries, and one for other keys. Raises Http404 for what is not a key of the partner.
        """
        pool = (tenant.partner_id, tenant.pk, product.pk)
        first = active.rows(*pool, on, most=MAX_SUBSCRIPTIONS if asked.shows_all else MOST)
        found: Excerpt[Subscription] = Excerpt.of_counted(first)
        subscriptions = found.showing(with_asked(found.rows, asked.subscription, on), asked.all_url)
        for subscription in subscriptions:
            subscription.product, subscription.tenant = product, tenant  # loaded already
        listed: Excerpt[ProductKey] = Excerpt.of_counted(
            first_unredeemed.rows(
                tenant.partner_id, product.pk, on, most=MAX_KEYS if asked.shows_all else MOST
            ),
            asked.all_url,
            count_to=MAX_COUNT_BESIDE,
        )
        listed = listed.showing(asked.with_keys(listed.rows, product, tenant.partner))
        keys, unusable = by_usability(listed, on)
        has_all_keys = asked.keys <= {str(key.pk) for key in keys}
        return cls(product, subscriptions, listed, keys, unusable, has_all_keys)

    def with_people(self, tenant: Tenant, on: date, asked: str = "") -> "Supply":
        """With `needed`: how many licenses people need beyond those of other subscriptions (L11).

        `asked` is the subscription's primary key as text, or empty for the first one. One query.
        """
        chosen = [one for one in self.subscriptions if asked in ("", str(one.pk))][:1]
        count = outlook_of(tenant, self.product, on).count
        others = count.licenses - sum(one.licenses for one in chosen)
        return replace(self, needed=max(0, count.given - others) if chosen else 0)

    def to_plan_with(self, pks: Iterable[int]) -> tuple[Key, ...]:
        """The usable keys with these primary keys, in the order listed."""
        chosen = set(pks)
        return tuple(
            Key(key.licenses, key.benefit.expires_on, key.pk)
            for key in self.keys
            if key.pk in chosen
        )

    def unusable_rows(self) -> list[dict[str, str]]:
        return [
            {
                "size": one.key.benefit.quantity_text,
                "offer": one.key.benefit.offer_name,
                "reason": one.reason,
            }
            for one in self.unusable
        ]

    def key(self, pk: int | None) -> ProductKey:
        return next(key for key in self.keys if key.pk == pk)


def by_usability(
    listed: Iterable[ProductKey], on: date
) -> tuple[list[ProductKey], list[UnusableKey]]:
    """The keys that can be redeemed on that day, in order; then the others, by their last day."""
    keys, unusable = list[ProductKey](), list[UnusableKey]()
    for key in listed:
        try:
            key.check_redeemable(on)
        except Refusal as refusal:
            unusable.append(UnusableKey(key, str(refusal.message)))
        else:
            keys.append(key)
    unusable.sort(key=lambda one: one.key.benefit.expires_on)
    return keys, unusable


@PreparedQuery
def active(
    partner: int, tenant: int, product: int, on: date, *, most: int
) -> QuerySet[Subscription]:
    """The Active subscriptions of a product in a tenant, those that end first, with their count."""
    running = Subscription.objects.of_pool(partner, tenant, product).active(on)
    return with_total(running.order_by("ends_on", "pk"), most)


def with_asked(
    first: Sequence[Subscription], asked: Subscription | None, on: date
) -> Sequence[Subscription]:
    """`first`; if the Active one `asked` for is not among them, it replaces the last one."""
    if asked is None or asked in first or not asked.is_active(on):
        return first
    return sorted([*first[:-1], asked], key=lambda one: (one.ends_on, one.pk))


def unredeemed(product: Product, partner: Partner, on: date) -> ProductKeyQuerySet:
    """The partner's unredeemed keys of a product, except those that lapsed over a year ago.

    The index of unused benefits serves it. So keys that were revoked because they were replaced are
    left out: their benefits are used.
    """
    return ProductKey.objects.for_partner(partner).filter(
        benefit__partner=partner,
        benefit__product=product,
        benefit__is_license_based=True,
        benefit__is_used=False,
        redeemed_at=None,
        benefit__expires_on__gte=on - LAPSED_FOR,
    )


@PreparedQuery
def first_unredeemed(partner: int, product: int, on: date, *, most: int) -> QuerySet[ProductKey]:
    """The first `most` of them, with their count: by the day they lapse, lapsed ones last."""
    every = unredeemed(Product(pk=product), Partner(pk=partner), on)
    by_day = every.order_by("benefit__expires_on", "pk")
    # Two subqueries, because one index serves each
    usable, lapsed = (
        first_of(rows, most).values("pk")
        for rows in (
            by_day.filter(benefit__expires_on__gte=on),
            by_day.filter(benefit__expires_on__lt=on),
        )
    )
    has_lapsed = ExpressionWrapper(Q(benefit__expires_on__lt=on), BooleanField())
    first = ProductKey.objects.filter(partner=partner, pk__in=usable.union(lapsed, all=True))
    in_order = first.select_related("benefit").order_by(has_lapsed, "benefit__expires_on", "pk")
    return with_total(in_order, most, counted=every, count_to=MAX_COUNT_BESIDE)


@dataclass(frozen=True)
class ProductChoice:
    """A product with the number of its unused keys, their licenses, and Active subscriptions."""

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
    """Products with keys or subscriptions; those that can be planned come first. Two queries."""
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
