"""Orders of several keys in the back office, read-only (O9)."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import FewChoicesFilter
from benefits_portal.licensing.models import Order, Redemption
from benefits_portal.tenants.admin.base import ReadOnlyAdmin, ReadOnlyInline

from .ledgers import way


class StepInline(ReadOnlyInline):
    """The redemptions of an order, from the first step to the last."""

    model = Redemption
    ordering = ("position",)
    verbose_name = _("step")
    verbose_name_plural = _("steps")
    fields = readonly_fields = [
        "number",
        way,
        linked("key", _("product key"), shows="key__ending"),
        "key_licenses",
        "after_licenses",
        "after_ends_on",
    ]

    def get_queryset(self, request: Any) -> Any:
        steps = Redemption.objects.for_display().select_related("subscription__tenant")
        return steps.order_by("position")

    @admin.display(description=_("step"))
    def number(self, redemption: Redemption) -> int:
        return redemption.step_number


@admin.register(Order)
class OrderAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "redeemed_at",
        linked("subscription", _("subscription"), shows="subscription__product"),
        linked("tenant", _("tenant")),
        linked("partner", _("partner")),
        linked("redeemed_by", _("redeemed by"), shows="redeemed_by__name"),
    ]
    list_filter = [("product", FewChoicesFilter), ("partner", FewChoicesFilter)]
    list_only = (
        "redeemed_at",
        "redeemed_on",
        "subscription__product__name",
        "subscription__product__kind",
        "subscription__tenant__name",
        "subscription__tenant__domain",
        "tenant__name",
        "tenant__domain",
        "partner__name",
        "partner__mpn_id",
        "redeemed_by__name",
    )
    search_through = ("partner", "tenant", "product", "redeemed_by")
    search_help_text = _("Product, tenant, partner or person")
    date_hierarchy = "redeemed_on"
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["subscription", "product", "tenant", "partner"]
    fields += ["redeemed_by", "redeemed_on", "redeemed_at"]
    inlines = [StepInline]

    def get_queryset(self, request: Any) -> Any:
        return Order.objects.for_display().select_related("product", "subscription__tenant")
