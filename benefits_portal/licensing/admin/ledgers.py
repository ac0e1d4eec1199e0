"""Subscriptions, redemptions and reversals in the back office, read-only.

Subscriptions change through redemptions only, and redemptions never change.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import NOTHING, link, linked
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter, on_day
from benefits_portal.licensing.exceptions import NotAReplacement
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.models.replacing_again import replace_again
from benefits_portal.tenants.admin.acts import previewed
from benefits_portal.tenants.admin.base import ReadOnlyAdmin, ReadOnlyInline
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.admin.reasons import each, reason_in

from .effects import effects_of_replacing_again


class StatusFilter(DayFilter):
    title = _("status")
    parameter_name = "status"
    cases = {
        "active": (
            Subscription.Status.ACTIVE.label,
            lambda subscriptions, on: subscriptions.active(on),
        ),
        "ends-30": (
            _("Active, ends within 30 days"),
            lambda subscriptions, on: subscriptions.ending_within(30, on),
        ),
        "ends-90": (
            _("Active, ends within 90 days"),
            lambda subscriptions, on: subscriptions.ending_within(90, on),
        ),
        "expired": (
            Subscription.Status.EXPIRED.label,
            lambda subscriptions, on: subscriptions.expired(on),
        ),
        "disabled": (
            Subscription.Status.DISABLED.label,
            lambda subscriptions, on: subscriptions.disabled(on),
        ),
        "deleted": (
            Subscription.Status.DELETED.label,
            lambda subscriptions, on: subscriptions.deleted(on),
        ),
    }
    stretches = dict.fromkeys(("ends-30", "ends-90"), "ends_on") | dict.fromkeys(
        ("expired", "disabled", "deleted"), "-ends_on"
    )


@admin.display(description=_("redeemed for"))
def way(redemption: Redemption) -> Any:
    """What the key was redeemed for, as a link to the redemption."""
    return link(redemption, redemption.get_way_display())


class RedemptionInline(ReadOnlyInline):
    model = Redemption
    fields = readonly_fields = [
        way,
        linked("key", _("product key"), shows="key__ending"),
        "key_licenses",
        "after_licenses",
        "after_ends_on",
        "redeemed_on",
        "redeemed_by",
    ]

    def get_queryset(self, request: Any) -> Any:
        return Redemption.objects.for_display().select_related("subscription__tenant")


@admin.register(Subscription)
class SubscriptionAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "product",
        linked("tenant", _("tenant"), shows="tenant__domain"),
        linked("partner", _("partner")),
        "licenses",
        "starts_on",
        "ends_on",
        "status_today",
    ]
    list_filter = [StatusFilter, ("product", FewChoicesFilter), ("partner", FewChoicesFilter)]
    list_only = (
        "product__name",
        "product__kind",
        "tenant__name",
        "tenant__domain",
        "partner__name",
        "partner__mpn_id",
        "licenses",
        "starts_on",
        "ends_on",
        "withdrawn_on",
    )
    search_through = ("partner", "tenant", "product")
    search_help_text = _("Product, tenant or partner")
    date_hierarchy = "ends_on"
    ordering = ["-pk"]
    sortable_by = ["ends_on", "status_today"]
    fields = [
        "product",
        "tenant",
        "partner",
        "licenses",
        "starts_on",
        "ends_on",
        "carried_license_days",
        "since",
        "withdrawn_on",
        "status_on",
    ]
    inlines = [RedemptionInline]

    def get_queryset(self, request: Any) -> Any:
        return Subscription.objects.for_display().select_related("partner")

    @admin.display(description=_("status today"), ordering="ends_on")
    def status_today(self, subscription: Subscription) -> str:
        return str(subscription.status(clock.today()).label)

    @admin.display(description=_("status"))
    def status_on(self, subscription: Subscription) -> str:
        return f"{self.status_today(subscription)}, {on_day(clock.today())}"


@admin.register(Redemption)
class RedemptionAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "redeemed_at",
        "way",
        linked("subscription", _("subscription"), shows="subscription__product"),
        linked("key", _("product key"), shows="key__ending"),
        "after_licenses",
        "after_ends_on",
        linked("partner", _("partner")),
        linked("redeemed_by", _("redeemed by"), shows="redeemed_by__name"),
    ]
    list_filter = ["way", ("partner", FewChoicesFilter)]
    list_only = (
        "redeemed_at",
        "way",
        "after_licenses",
        "after_ends_on",
        "subscription__product__name",
        "subscription__product__kind",
        "subscription__tenant__name",
        "subscription__tenant__domain",
        "key__last_five",
        "partner__name",
        "partner__mpn_id",
        "redeemed_by__name",
    )
    search_through = ("partner", "tenant", "subscription__product", "redeemed_by")
    search_help_text = _("Product, tenant, partner or person")
    date_hierarchy = "redeemed_on"
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    actions = buttons = ("replace_again",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("way", "subscription", "order", "position"),
                    *("key", "key_licenses", "tenant", "partner"),
                ]
            },
        ),
        (_("Who and when"), {"fields": ["redeemed_by", "redeemed_on", "redeemed_at"]}),
        (
            _("Before"),
            {
                "fields": [
                    "before_licenses",
                    "before_since",
                    "before_starts_on",
                    "before_ends_on",
                    "before_carried_license_days",
                ]
            },
        ),
        (
            _("After"),
            {
                "fields": [
                    "after_licenses",
                    "after_ends_on",
                    "after_carried_license_days",
                    "steps",
                ]
            },
        ),
    ]

    def get_queryset(self, request: Any) -> Any:
        return Redemption.objects.for_display().select_related("subscription__tenant")

    def has_replace_permission(self, request: Any) -> bool:
        return bool(request.user.has_perm("licensing.change_replacement"))

    @admin.action(
        description=_("Replace a replacement key again"),
        permissions=["replace"],
    )
    @previewed(effects_of_replacing_again, label=_("Replace again"), hides=(NotAReplacement,))
    def replace_again(self, request: Any, redemptions: Any) -> None:
        """Replace a key that is itself a replacement; staff decide that, with a reason (K8)."""

        def replace(redemption: Redemption) -> None:
            replace_again(
                redemption, reason_in(request), by=actor(request), on=redemption.partner.today()
            )

        each(self, request, redemptions, replace, _now("%(what)s: replaced."))

    @admin.display(description=_("how the end date is calculated"))
    def steps(self, redemption: Redemption) -> str:
        """The calculation in sentences, not as the field `calculation` stores it."""
        calculation = redemption.after.calculation
        if calculation is None:
            return NOTHING
        return format_html_join("", "<p>{}</p>", ((step,) for step in calculation.steps()))
