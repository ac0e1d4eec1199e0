"""What can be asked of subscriptions, in words of the domain (S1 to S3, K8)."""

from datetime import date, timedelta
from functools import lru_cache
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
from benefits_portal.licensing.terms import MAX_EXTENSION_YEARS
from benefits_portal.listing.page import MAX_COUNT_BESIDE, CappedCount
from benefits_portal.tenants.models import Partner, Tenant

from .as_of import columns_on, source_on
from .redemption import Redemption

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    from .subscription import Subscription

EXPIRED_DAYS, DISABLED_DAYS = timedelta(days=30), timedelta(days=90)


def later(days: timedelta) -> "Combinable":
    """So many days after the end, as both databases have it."""
    return ExpressionWrapper(F("ends_on") + days, output_field=DateTimeField())


class SubscriptionQuerySet(DerivedQuerySet["Subscription"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def in_tenant(self, tenant: Tenant) -> Self:
        return self.filter(tenant=tenant)

    def of_product_in(self, tenant: Tenant, product: Product) -> Self:
        """Those that a key of `product` can do something for."""
        return self.of_pool(tenant.partner_id, tenant.pk, product.pk)

    def of_pool(self, partner: int, tenant: int, product: int) -> Self:
        """The same by primary keys; with the partner, since their index begins with it."""
        return self.filter(partner=partner, tenant=tenant, product=product)

    def kept(self) -> Self:
        """Not withdrawn with the key that brought it (K8)."""
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
        """By the last day of the status that they have on day `on` (S2)."""
        last_day = Case(
            When(ends_on__gte=on, then=later(timedelta(0))),
            When(ends_on__gte=on - EXPIRED_DAYS, then=later(EXPIRED_DAYS)),
            default=later(EXPIRED_DAYS + DISABLED_DAYS),
        )
        return self.order_by(last_day, "ends_on", "pk")

    def changing_within(self, days: int, on: date) -> Self:
        """Those that end within `days` days, and those that ended and can still come back (S2).

        Home, reminders and calendars ask for them.
        """
        return self.not_deleted(on).filter(ends_on__lte=on + timedelta(days=days))

    def reactivatable(self, on: date) -> Self:
        """Expired or Disabled, the latest first; Deleted ones cannot come back (S3)."""
        return self.not_deleted(on).filter(ends_on__lt=on).order_by("-ends_on", "-pk")

    def for_display(self) -> Self:
        return self.select_related("product", "tenant")

    def for_naming(self) -> Self:
        """With no more than what `title` says."""
        return self.select_related("product").only("product__name", "product__kind")

    def with_fitting_key(self, on: date) -> Self:
        """Each with `fitting_key`: the partner's own key that fits and expires first, by its pk.

        And with `fitting_key_licenses`; both are None where none fits. The same as the first of
        `Subscription.fitting_keys`, asked of the database for a page of them.
        """
        key, licenses = fitting_key_and_licenses(on)
        return self.annotate(fitting_key=key).annotate(fitting_key_licenses=licenses)

    def with_fitting_keys_count(self, on: date) -> Self:
        """Each with `fitting_keys_count`: how many such keys there are, and no more than 101."""
        return self.annotate(fitting_keys_count=CappedCount(fitting_keys(on), MAX_COUNT_BESIDE))

    def with_can_come_back(self, on: date) -> Self:
        """Each with `comes_back`: what `Subscription.can_come_back` says, asked of the database."""
        return self.annotate(comes_back=comes_back(self.model, on))

    def as_they_were(self, day: date) -> Self:
        """Those that were there at the end of `day`, withdrawn or not, each with what ran then.

        What `Subscription.as_it_was` says, asked of the database (H1): `licenses_then`,
        `ends_on_then`, `carried_license_days_then`, `starts_on_then`, `is_kept_then` and
        `source_name_then`.
        """
        is_gone = Q(since__lte=day, withdrawn_on__isnull=False)
        then = self.annotate(
            is_kept_then=ExpressionWrapper(~is_gone, BooleanField()),
            source_name_then=source_on(day, "name"),
            **columns_on(day),
        )
        return then.filter(licenses_then__isnull=False)

    def active_as_of(self, day: date) -> Self:
        """Active at the end of `day` (S2)."""
        return self.as_they_were(day).filter(is_kept_then=True, ends_on_then__gte=day)

    def not_deleted_as_of(self, day: date) -> Self:
        """Active, Expired or Disabled at the end of `day`, what ended last first (S2)."""
        earliest = day - EXPIRED_DAYS - DISABLED_DAYS
        there = self.as_they_were(day).filter(is_kept_then=True, ends_on_then__gte=earliest)
        return there.order_by("-ends_on_then", "-pk")

    def reactivatable_as_of(self, day: date) -> Self:
        """Expired or Disabled at the end of `day`, the latest first (S3)."""
        return self.not_deleted_as_of(day).filter(ends_on_then__lt=day)

    def unchanged_since(self, day: date) -> Self:
        """Those that run for what they ran for at the end of `day`."""
        return self.filter(since__lte=day)

    def begin(self, quote: Quote, key: ProductKey, tenant: Tenant) -> "Subscription":
        """A new subscription that runs for what `quote` says (S1)."""
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

    def locked(self, tenant: Tenant, subscription: "Subscription | None") -> "Subscription | None":
        """`subscription` as it is now, until the transaction ends; None for None.

        Raises DoesNotExist if it is not in `tenant` (K5).
        """
        if subscription is None:
            return None
        # By a unique key alone: one plan for all tenants would go through all that this one has
        rows = self.select_for_update(of=("self",)).select_related(None)
        locked = rows.get(pk=subscription.pk, partner=tenant.partner_id)
        if locked.tenant_id != tenant.pk:
            raise self.model.DoesNotExist
        # Known already: joined here, they would double the query's planning
        for name in ("tenant", "product"):
            if getattr(locked, f"{name}_id") == getattr(subscription, f"{name}_id"):
                setattr(locked, name, getattr(subscription, name))
        return locked

    def of_products_named(self, search_query: str) -> Self:
        """Those whose product has every one of `words` in its name; the catalog is small."""
        return self.filter(product__in=Product.objects.named(search_query).order_by())

    def carry_names(self) -> int:
        """Write on the rows what their product and offer are called now.

        The offer is the one behind the key that was redeemed last and counts.
        """
        product = Product.objects.filter(pk=OuterRef("product"))
        return self.update(
            product_name=product.values("name"),
            product_sort_name=product.values("sort_name"),
            source_name=source(),
            source_sort_name=source("sort_name"),
        )

    def misnamed(self) -> Self:
        """Those on which something else stands than `carry_names` writes."""
        return self.alias(source=source()).exclude(
            product_name=F("product__name"),
            product_sort_name=F("product__sort_name"),
            source_name=F("source"),
        )


def source(name: str = "name") -> Coalesce:
    """The name, or another field, of the offer behind the key redeemed last that counts."""
    latest = (
        Redemption.objects.standing()
        .filter(subscription=OuterRef("pk"))
        .order_by("-redeemed_at", "-pk")
    )
    names = latest.values(f"key__benefit__membership__offer__{name}")
    return Coalesce(Subquery(names[:1]), Value(""), output_field=TextField())


# Django takes longer to put the next two together than a database to answer them, so each is kept
# for the days of its partners; a queryset copies what it is given.
@lru_cache(maxsize=16)
def fitting_key_and_licenses(on: date) -> tuple[Subquery, Subquery]:
    """What `with_fitting_key` says of a subscription."""
    # as the index has them
    fitting = fitting_keys(on).order_by("benefit__expires_on", "benefit_id")
    found = ProductKey.objects.filter(pk=OuterRef("fitting_key")).order_by()
    return Subquery(fitting.values("pk")[:1]), Subquery(found.values("licenses"))


def fitting_keys(on: date) -> ProductKeyQuerySet:
    """The partner's own keys that a subscription of an outer query can use (S3, S5)."""
    of_product = ProductKey.objects.waiting(OuterRef("partner"), on, OuterRef("product"))
    has_ended = Q(LessThan(OuterRef("ends_on"), Value(on)))
    return of_product.filter(
        has_ended | Q(licenses__lte=OuterRef("licenses") * MAX_EXTENSION_YEARS)
    )


@lru_cache(maxsize=16)
def comes_back(model: type["Subscription"], on: date) -> "ExpressionWrapper[Combinable]":
    """What `with_can_come_back` says of a subscription."""
    same = model.objects.filter(
        partner=OuterRef("partner"), tenant=OuterRef("tenant"), product=OuterRef("product")
    )
    ended_later = Q(ends_on__gt=OuterRef("ends_on")) | Q(
        ends_on=OuterRef("ends_on"), pk__gt=OuterRef("pk")
    )
    is_latest = ~Exists(same.reactivatable(on).filter(ended_later))
    has_ended = Q(ends_on__lt=on, ends_on__gte=on - EXPIRED_DAYS - DISABLED_DAYS, withdrawn_on=None)
    return ExpressionWrapper(has_ended & is_latest, BooleanField())
