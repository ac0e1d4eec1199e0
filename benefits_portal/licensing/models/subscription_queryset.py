"""Queries for subscriptions, in the words of the domain (S1 to S3, K8)."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan

from benefits_portal.benefits.models import Product, ProductKey
from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet
from benefits_portal.derived_fields import DerivedQuerySet
from benefits_portal.licensing.quotes import Quote
from benefits_portal.licensing.terms import DISABLED_DAYS, EXPIRED_DAYS, MAX_EXTENSION_YEARS
from benefits_portal.listing.page import MAX_COUNT_BESIDE, CappedCount
from benefits_portal.tenants.models import Partner, Tenant

from .as_of import columns_on, source_on
from .redemption import Redemption

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    from .subscription import Subscription


def later(days: timedelta) -> "Combinable":
    """The day `days` after the end, as an expression that both databases understand."""
    return ExpressionWrapper(F("ends_on") + days, output_field=DateTimeField())


class SubscriptionQuerySet(DerivedQuerySet["Subscription"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def in_tenant(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)

    def of_product_in(self, tenant: Tenant, product: Product) -> Self:
        """The subscriptions that a key of `product` can change in `tenant`."""
        return self.of_pool(tenant.partner_id, tenant.pk, product.pk)

    def of_pool(self, partner: int, tenant: int, product: int) -> Self:
        """The same, by primary keys. The index that finds them begins with the partner."""
        return self.filter(partner=partner, tenant=tenant, product=product)

    def kept(self) -> Self:
        """All but those withdrawn because the key that started them was replaced (K8)."""
        return self.filter(withdrawn_on=None)

    def active(self, on: date) -> Self:
        return self.kept().filter(ends_on__gte=on)

    def expired(self, on: date) -> Self:
        return self.kept().filter(ends_on__lt=on, ends_on__gte=on - EXPIRED_DAYS)

    def disabled(self, on: date) -> Self:
        return self.kept().filter(
            ends_on__lt=on - EXPIRED_DAYS, ends_on__gte=on - EXPIRED_DAYS - DISABLED_DAYS
        )

    def deleted(self, on: date) -> Self:
        return self.filter(
            Q(ends_on__lt=on - EXPIRED_DAYS - DISABLED_DAYS) | Q(withdrawn_on__isnull=False)
        )

    def not_deleted(self, on: date) -> Self:
        """Active, Expired or Disabled."""
        return self.kept().filter(ends_on__gte=on - EXPIRED_DAYS - DISABLED_DAYS)

    def entitling(self, on: date) -> Self:
        """Active or Expired: those whose licenses people can have (L7)."""
        return self.kept().filter(ends_on__gte=on - EXPIRED_DAYS)

    def ending_within(self, days: int, on: date) -> Self:
        return self.active(on).filter(ends_on__lte=on + timedelta(days=days))

    def in_order_of_change(self, on: date) -> Self:
        """Sort by the last day of their status on day `on` (S2)."""
        last_day = Case(
            When(ends_on__gte=on, then=later(timedelta(0))),
            When(ends_on__gte=on - EXPIRED_DAYS, then=later(EXPIRED_DAYS)),
            default=later(EXPIRED_DAYS + DISABLED_DAYS),
        )
        return self.order_by(last_day, "ends_on", "pk")

    def changing_within(self, days: int, on: date) -> Self:
        """Those that end within `days` days, and ended ones that can still be reactivated (S2)."""
        return self.not_deleted(on).filter(ends_on__lte=on + timedelta(days=days))

    def reactivatable(self, on: date) -> Self:
        """Expired or Disabled, the latest first; Deleted ones cannot come back (S3)."""
        return self.not_deleted(on).filter(ends_on__lt=on).order_by("-ends_on", "-pk")

    def for_display(self) -> Self:
        return self.select_related("product", "tenant")

    def for_naming(self) -> Self:
        """Load only the columns that `title` needs."""
        return self.select_related("product").only("product__name", "product__kind")

    def with_fitting_key(self, on: date) -> Self:
        """Annotate `fitting_key` and `fitting_key_licenses`, both None if no key fits.

        The key is the primary key of the first of `Subscription.fitting_keys`.
        """
        # The order of the index that finds the keys
        first = fitting_keys(on).order_by("benefit__expires_on", "benefit_id")
        return self.annotate(
            fitting_key=Subquery(first.values("pk")[:1]),
            fitting_key_licenses=Subquery(first.values("licenses")[:1]),
        )

    def with_fitting_keys_count(self, on: date) -> Self:
        """Annotate `fitting_keys_count`; the count stops at 101."""
        return self.annotate(fitting_keys_count=CappedCount(fitting_keys(on), MAX_COUNT_BESIDE))

    def with_can_come_back(self, on: date) -> Self:
        """Annotate `comes_back`: the same as `Subscription.can_come_back` (S3)."""
        same = self.model.objects.filter(
            partner=OuterRef("partner"), tenant=OuterRef("tenant"), product=OuterRef("product")
        )
        # The first condition is for an index, which is read from that day on
        as_late = same.reactivatable(on).filter(ends_on__gte=OuterRef("ends_on"))
        ended_later = Q(ends_on__gt=OuterRef("ends_on")) | Q(pk__gt=OuterRef("pk"))
        is_latest = ~Exists(as_late.filter(ended_later))
        has_ended = Q(
            ends_on__lt=on, ends_on__gte=on - EXPIRED_DAYS - DISABLED_DAYS, withdrawn_on=None
        )
        return self.annotate(comes_back=ExpressionWrapper(has_ended & is_latest, BooleanField()))

    def as_they_were(self, day: date) -> Self:
        """Those that existed at the end of `day`, withdrawn or not, with their values then (H1).

        Annotates what `there_on` does, `carried_license_days_then` and `starts_on_then`: the same
        as `subscription_as_of.as_it_was`.
        """
        rest = columns_on(day, "carried_license_days", "starts_on")
        return self.there_on(day).annotate(**rest)

    def there_on(self, day: date) -> Self:
        """The same with fewer annotations, because the database computes each one separately.

        Annotates `licenses_then`, `ends_on_then`, `is_kept_then` and `source_name_then`.
        """
        is_gone = Q(since__lte=day, withdrawn_on__isnull=False)
        then = self.annotate(
            is_kept_then=ExpressionWrapper(~is_gone, BooleanField()),
            source_name_then=source_on(day, "name"),
            **columns_on(day, "licenses", "ends_on"),
        )
        return then.filter(licenses_then__isnull=False)

    def active_as_of(self, day: date) -> Self:
        """Those of `there_on` that were Active at the end of `day` (S2)."""
        return self.there_on(day).filter(is_kept_then=True, ends_on_then__gte=day)

    def not_deleted_as_of(self, day: date) -> Self:
        """Active, Expired or Disabled at the end of `day`, the latest end date first (S2)."""
        earliest = day - EXPIRED_DAYS - DISABLED_DAYS
        there = self.as_they_were(day).filter(is_kept_then=True, ends_on_then__gte=earliest)
        return there.order_by("-ends_on_then", "-pk")

    def reactivatable_as_of(self, day: date) -> Self:
        """Expired or Disabled at the end of `day`, the latest first (S3)."""
        return self.not_deleted_as_of(day).filter(ends_on_then__lt=day)

    def unchanged_since(self, day: date) -> Self:
        """Those whose term has not changed since the end of `day`."""
        return self.filter(since__lte=day)

    def begin(self, quote: Quote, key: ProductKey, tenant: Tenant) -> "Subscription":
        """Create the subscription of a `quote` for a new one (S1)."""
        return self.create(
            partner=key.partner,
            tenant=tenant,
            product=key.product,
            starts_on=quote.on,
            since=quote.on,
            product_name=key.product.name,
            source_name=key.benefit.offer_name,
            **quote.after.columns,
        )

    def lock(self, tenant: Tenant, subscription: "Subscription | None") -> "Subscription | None":
        """Lock `subscription` in the transaction and return it as it is now; None for None.

        Raises DoesNotExist if it is not in `tenant` (K5).
        """
        if subscription is None:
            return None
        # By the unique key alone: with the tenant, the kept plan might read all of its rows
        rows = self.select_for_update(of=("self",)).select_related(None)
        locked = rows.get(pk=subscription.pk, partner=tenant.partner_id)
        if locked.tenant_id != tenant.pk:
            raise self.model.DoesNotExist
        # Not joined, because that would double the time to plan the query
        for name in ("tenant", "product"):
            if getattr(locked, f"{name}_id") == getattr(subscription, f"{name}_id"):
                setattr(locked, name, getattr(subscription, name))
        return locked

    def of_products_named(self, search_query: str) -> Self:
        """Those whose product's name matches `search_query`; the catalog is small."""
        return self.filter(product__in=Product.objects.named(search_query).order_by())

    def carry_names(self) -> int:
        """Write the present names of product and offer onto the rows. Returns how many rows.

        The offer is that of the key redeemed last, not counting reversed redemptions.
        """
        product = Product.objects.filter(pk=OuterRef("product"))
        return self.update(
            product_name=product.values("name"),
            product_sort_name=product.values("sort_name"),
            source_name=source(),
            source_sort_name=source("sort_name"),
        )

    def misnamed(self) -> Self:
        """Those whose names differ from what `carry_names` would write."""
        return self.alias(source=source()).exclude(
            product_name=F("product__name"),
            product_sort_name=F("product__sort_name"),
            source_name=F("source"),
        )


def source(name: str = "name") -> Coalesce:
    """The name, or another field, of the offer of the key redeemed last and not reversed."""
    latest = (
        Redemption.objects.standing()
        .filter(subscription=OuterRef("pk"))
        .order_by("-redeemed_at", "-pk")
    )
    names = latest.values(f"key__benefit__membership__offer__{name}")
    return Coalesce(Subquery(names[:1]), Value(""), output_field=TextField())


def fitting_keys(on: date) -> ProductKeyQuerySet:
    """A subquery: the partner's keys that the subscription of the outer query can use (S3, S5)."""
    of_product = ProductKey.objects.waiting(OuterRef("partner"), on, OuterRef("product"))
    has_ended = Q(LessThan(OuterRef("ends_on"), Value(on)))
    return of_product.filter(
        has_ended | Q(licenses__lte=OuterRef("licenses") * MAX_EXTENSION_YEARS)
    )
