"""Benefits in the back office, each with its key or its holders (B1, K3)."""

# mypy: disable-error-code="type-arg"

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked, opened
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter, on_day
from benefits_portal.benefits.models import Assignment, Benefit, ProductKey
from benefits_portal.benefits.status import Status
from benefits_portal.tenants.admin.acts import previewed
from benefits_portal.tenants.admin.base import ReadOnlyAdmin, ReadOnlyInline
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.admin.reasons import each

from .effects import effects_of_issuing

if TYPE_CHECKING:
    from django.db.models import QuerySet


@admin.display(description=_("licenses or credit"))
def quantity(benefit: Benefit) -> str:
    return benefit.quantity_text


@admin.display(description=_("status today"))
def status_today(benefit: Benefit) -> str:
    return str(benefit.status(clock.today()).label)


def having(status: Status) -> Callable[[Any, date], Any]:
    return lambda benefits, on: benefits.with_status(status, on)


class StatusFilter(DayFilter):
    title = _("status")
    parameter_name = "status"
    cases = {status.value: (status.label, having(status)) for status in Benefit.Status}
    stretches = dict.fromkeys((Status.EXPIRED, Status.ENDED), "-expires_on")


class UnusedFilter(DayFilter):
    chooses_day = False
    title = _("neither redeemed nor assigned")
    parameter_name = "unused"
    cases = {
        "all": (_("Can still be used"), lambda benefits, on: benefits.unused().usable(on)),
        "30": (
            _("Lost within 30 days"),
            lambda benefits, on: benefits.unused().expiring_within(30, on),
        ),
        "91": (
            _("Lost within 3 months"),
            lambda benefits, on: benefits.unused().expiring_within(91, on),
        ),
    }
    stretches = dict.fromkeys(("30", "91"), "expires_on")


class KeyInline(ReadOnlyInline):
    model = ProductKey
    fields = readonly_fields = [
        opened(_("product key"), shows="ending"),
        "licenses",
        "issued_at",
        "redeemed_on",
        "redeemed_in",
        "revoked_at",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return ProductKey.objects.for_display()


class AssignmentInline(ReadOnlyInline):
    model = Assignment
    fields = readonly_fields = [
        opened(_("person"), shows="directory_user"),
        "assigned_on",
        "assigned_by",
        "ended_on",
        "ended_by",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Assignment.objects.for_display().select_related("benefit__partner")


@admin.register(Benefit)
class BenefitAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "product",
        quantity,
        linked("partner", _("partner")),
        status_today,
        "expires_on",
        linked("membership__offer", _("offer")),
        "type",
    ]
    list_filter = [
        StatusFilter,
        UnusedFilter,
        ("package_line__offer", FewChoicesFilter),
        ("product", FewChoicesFilter),
    ]
    list_filter += [("partner", FewChoicesFilter)]
    list_only = (
        "partner__name",
        "partner__mpn_id",
        "product__name",
        "product__kind",
        "membership__offer__name",
        "quantity",
        "credit_amount",
        "currency",
        "starts_on",
        "expires_on",
        "is_used",
        "is_license_based",
        "benefit_type",
        "competency",
    )
    search_through = ("partner", "product", "package_line")
    search_help_text = _("Product, competency or partner")
    date_hierarchy = "expires_on"
    ordering = ["-pk"]
    sortable_by = ["expires_on"]
    actions = buttons = ("issue_another_key",)
    fields = [
        "product",
        quantity,
        "partner",
        "membership",
        "type",
        "starts_on",
        "expires_on",
        "status_on",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Benefit.objects.for_display().select_related("partner", "membership__partner")

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("benefits.change_productkey")

    @admin.action(description=_("Issue another key"), permissions=["issue"])
    @previewed(effects_of_issuing)
    def issue_another_key(self, request: HttpRequest, benefits: "QuerySet[Benefit]") -> None:
        """Issue another key after the benefit's key was revoked."""

        def issue(benefit: Benefit) -> None:
            benefit.issue_another_key(by=actor(request), on=benefit.partner.today())

        each(self, request, benefits, issue, _now("%(what)s: issued."))

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [AssignmentInline if obj.is_usage_based else KeyInline] if obj else []

    @admin.display(description=_("benefit type"), ordering="benefit_type")
    def type(self, benefit: Benefit) -> str:
        return benefit.type_text

    @admin.display(description=_("status"))
    def status_on(self, benefit: Benefit) -> str:
        has_no_key = not benefit.is_usage_based and benefit.live_key() is None
        status = _now("No key") if has_no_key else status_today(benefit)
        return f"{status}, {on_day(clock.today())}"
