"""The program's catalog: offers, products, and the packages of offers (B2 to B4)."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q, StringAgg, Value
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.money import AmountField, money
from benefits_portal.derived_fields import DerivedQuerySet, SearchTextField, SortKeyField, found_by
from benefits_portal.fields import LineField, NameField
from benefits_portal.regions import validate_amount, validate_currency

MAX_LICENSES = 1_000_000  # of a package line, a benefit or a product key


class BenefitType(models.TextChoices):
    """Whether a benefit comes with the offer itself or with a competency."""

    CORE = "core", _("Core")
    INCREMENTAL = "incremental", _("Incremental")


class Offer(models.Model):
    """What a partner enrolls in: Microsoft Action Pack, a silver competency, a gold competency."""

    name = NameField(_("name"), max_length=80, unique=True)
    is_competency = models.BooleanField(
        _("competency"),
        default=True,
        help_text=_("Products that were discontinued are left out of competency packages."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Order in lists.")
    )
    is_name_pending = models.BooleanField(default=False, db_default=False, editable=False)
    sort_name = SortKeyField("name")
    search_text = SearchTextField("name")

    objects = DerivedQuerySet["Offer"].as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["position", "sort_name"]

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(DerivedQuerySet["Product"]):
    def discontinued(self, on: date) -> Self:
        """No longer in competency packages, with what replaces them (B4)."""
        return self.filter(discontinued_on__lte=on).prefetch_related("replaced_by")

    def with_excluding_offers(self) -> Self:
        """Annotate `excluding_offers`: the offers that credit cannot be combined with (U4).

        One name per line, unordered.
        """
        return self.annotate(
            excluding_offers=StringAgg("excluded_by__name", Value("\n"), default=Value(""))
        )

    def named(self, search_query: str) -> Self:
        """Products whose name has a word that begins with each search word."""
        return self.filter(found_by(search_query, "search_text"))


class Product(models.Model):
    """What a benefit gives: Azure credit to a person, or licenses in a tenant."""

    class Kind(models.TextChoices):
        MONTHLY_CREDIT = "monthly-credit", _("Azure monthly credit")
        BULK_CREDIT = "bulk-credit", _("Azure bulk (yearly) credit")
        LICENSES = "licenses", _("Licenses")

    name = NameField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=14, choices=Kind, default=Kind.LICENSES)
    discontinued_on = models.DateField(
        _("discontinued on"),
        null=True,
        blank=True,
        help_text=_("From this day on, competency packages leave the product out."),
    )
    is_name_pending = models.BooleanField(default=False, db_default=False, editable=False)
    replaced_by = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )
    sort_name = SortKeyField("name")
    search_text = SearchTextField("name")

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["sort_name", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "kind"],
                name="product_once_per_kind",
                violation_error_message=_("There is a product of this name and kind already."),
            ),
        ]

    def __str__(self) -> str:
        return product_text(self.name, self.kind)

    @property
    def is_usage_based(self) -> bool:
        return self.kind != self.Kind.LICENSES

    @property
    def is_bulk_credit(self) -> bool:
        return self.kind == self.Kind.BULK_CREDIT

    def is_discontinued(self, on: date) -> bool:
        return self.discontinued_on is not None and self.discontinued_on <= on


def product_text(name: str, kind: str) -> str:
    """The product's name; for credit also its kind, because both kinds may have one name."""
    return name if kind == Product.Kind.LICENSES else f"{name} ({Product.Kind(kind).label})"


class PackageLineQuerySet(DerivedQuerySet["PackageLine"]):
    def offered(self, on: date) -> Self:
        """Not withdrawn from their package."""
        return self.filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=on))

    def discontinued(self, on: date) -> Self:
        return self.filter(product__discontinued_on__lte=on)

    def of_package(self, offer: Offer, on: date) -> Self:
        """The lines that an enrollment in `offer` on that day provisions (B2).

        Discontinued products are left out (B4). They are in the package's own order, so that every
        database provisions them alike, however it sorts names.
        """
        lines = self.offered(on).filter(offer=offer).select_related("product")
        if offer.is_competency:
            lines = lines.filter(
                Q(product__discontinued_on=None) | Q(product__discontinued_on__gt=on)
            )
        return lines.order_by("pk").prefetch_related("credit_amounts")

    def left_out_of_package(self, offer: Offer, on: date) -> Self:
        """The lines that such an enrollment skips because their product was discontinued (B4)."""
        lines = self.offered(on).discontinued(on).filter(offer=offer).select_related("product")
        return lines if offer.is_competency else lines.none()


class PackageLine(models.Model):
    """One product in an offer's package. A changed package changes future memberships only."""

    personal: ClassVar = {"competency": None}

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="lines", verbose_name=_("offer"))
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="lines", verbose_name=_("product")
    )
    benefit_type = models.CharField(
        _("benefit type"), max_length=11, choices=BenefitType, default=BenefitType.CORE
    )
    competency = LineField(_("competency"), max_length=80, blank=True)
    quantity = models.PositiveIntegerField(
        _("licenses"),
        null=True,
        blank=True,
        help_text=_("For licenses; credit has an amount for each currency instead."),
    )
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    sort_competency = SortKeyField("competency")
    search_text = SearchTextField("competency")

    objects = PackageLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("package line")
        verbose_name_plural = _("package lines")
        ordering = ["offer__position", "benefit_type", "product__sort_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(benefit_type=BenefitType.CORE, competency="")
                | Q(benefit_type=BenefitType.INCREMENTAL) & ~Q(competency=""),
                name="package_line_competency_if_incremental",
                violation_error_message=_(
                    "Name the competency of an incremental benefit, and of no other."
                ),
            ),
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__gte=1),
                name="package_line_quantity_positive",
                violation_error_message=_("A package must hold at least one license."),
            ),
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__lte=MAX_LICENSES),
                name="package_line_quantity_at_most",
                violation_error_message=_("A package line holds at most 1,000,000 licenses."),
            ),
            models.UniqueConstraint(
                fields=["offer", "product", "competency"],
                condition=Q(withdrawn_on=None),
                name="package_line_once_per_offer",
                violation_error_message=_(
                    "The package already holds this product for this competency."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer}: {self.product}"

    def clean(self) -> None:
        """Licenses have a quantity; credit has rows of CreditAmount instead."""
        if self.product_id and self.product.is_usage_based != (self.quantity is None):
            raise ValidationError(
                {
                    "quantity": _(
                        "Licenses need a quantity; credit has an amount for each currency instead."
                    )
                }
            )

    def amount_in(self, currency: str) -> Decimal | None:
        """The credit in `currency`, per month or per year; None if the package has none in it."""
        return next(
            (amount.amount for amount in self.credit_amounts.all() if amount.currency == currency),
            None,
        )


class CreditAmount(models.Model):
    """The credit of a package line in one currency (B3)."""

    personal: ClassVar = {"currency": None}

    line = models.ForeignKey(
        PackageLine, models.CASCADE, related_name="credit_amounts", verbose_name=_("package line")
    )
    currency = LineField(_("currency"), max_length=3, validators=[validate_currency])
    amount = AmountField(_("amount"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("credit amount")
        verbose_name_plural = _("credit amounts")
        ordering = ["currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "currency"],
                name="credit_amount_once_per_currency",
                violation_error_message=_("There is an amount in this currency already."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="credit_amount_positive",
                violation_error_message=_("The amount must be more than zero."),
            ),
        ]

    def __str__(self) -> str:
        return money(self.amount, self.currency)

    def clean(self) -> None:
        """An amount has as many decimals as its currency has (W12)."""
        if self.amount is not None and self.currency:
            try:
                validate_amount(self.amount, self.currency)
            except ValidationError as error:
                raise ValidationError({"amount": error}) from error
