"""Offers from other programs that credit cannot be combined with, and who holds them (U4)."""

from datetime import date
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from benefits_portal.derived_fields import DerivedQuerySet, SearchTextField, SortKeyField
from benefits_portal.fields import NameField
from benefits_portal.tenants.models import DirectoryUser, Partner
from benefits_portal.tenants.partner_rows import PartnerRow

from .catalog import Product


class ExternalOffer(models.Model):
    """An offer of another program that some credit cannot be combined with (U4).

    For example an Enterprise Agreement or an Azure Pass.
    """

    name = NameField(gettext_lazy("name"), max_length=80, unique=True)
    excludes = models.ManyToManyField(
        Product,
        blank=True,
        related_name="excluded_by",
        limit_choices_to=~Q(kind=Product.Kind.LICENSES),
        verbose_name=gettext_lazy("cannot be combined with"),
    )
    sort_name = SortKeyField("name")
    search_text = SearchTextField("name")

    objects = DerivedQuerySet["ExternalOffer"].as_manager()

    class Meta:
        verbose_name = gettext_lazy("external offer")
        verbose_name_plural = gettext_lazy("external offers")
        ordering = ["sort_name"]

    def __str__(self) -> str:
        return self.name


class HeldOfferQuerySet(models.QuerySet["HeldOffer"]):
    def held(self, on: date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=on), since__lte=on)

    def excluding(self, product: int) -> Self:
        return self.filter(external_offer__excludes=product)


class HeldOffer(PartnerRow):
    """A person, or a whole partner, holds an external offer."""

    external_offer = models.ForeignKey(
        ExternalOffer,
        models.PROTECT,
        related_name="holders",
        verbose_name=gettext_lazy("external offer"),
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="held_offers", verbose_name=gettext_lazy("partner")
    )
    directory_user = models.ForeignKey(
        DirectoryUser,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="held_offers",
        verbose_name=gettext_lazy("directory user"),
        help_text=gettext_lazy("Empty: the whole partner holds it."),
    )
    since = models.DateField(gettext_lazy("since"))
    until = models.DateField(
        gettext_lazy("until"),
        null=True,
        blank=True,
        help_text=gettext_lazy("The last day, included."),
    )

    objects = HeldOfferQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("held offer")
        verbose_name_plural = gettext_lazy("held offers")
        ordering = ["partner__sort_name", "external_offer__sort_name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="held_offer_days_in_order",
                violation_error_message=gettext_lazy("An offer can't end before it began."),
            ),
            models.UniqueConstraint(
                fields=["external_offer", "directory_user", "since"],
                name="held_offer_once_per_person",
                violation_error_message=gettext_lazy("This is on record already."),
            ),
            models.UniqueConstraint(
                fields=["external_offer", "partner", "since"],
                condition=Q(directory_user=None),
                name="held_offer_once_per_partner",
                violation_error_message=gettext_lazy("This is on record already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_offer}: {self.directory_user or self.partner}"

    def clean(self) -> None:
        """The person must be in the directory of the partner."""
        if (
            self.partner_id
            and self.directory_user
            and self.directory_user.tenant.partner_id != self.partner_id
        ):
            raise ValidationError(
                {
                    "directory_user": gettext_lazy(
                        "This person is in the directory of another partner."
                    )
                }
            )
