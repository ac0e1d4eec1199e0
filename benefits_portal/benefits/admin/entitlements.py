"""What partners are entitled to, for looking at.

Benefits, keys and assignments change through their own verbs only.
"""

# mypy: disable-error-code="type-arg"

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from benefits_portal import clock
from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter, on_day
from benefits_portal.benefits.models import Assignment, Benefit, BenefitAction, ProductKey
from benefits_portal.benefits.status import Status
from benefits_portal.tenants.admin.base import ReadOnlyAdmin, ReadOnlyInline
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.admin.reasons import ReasonedActionForm, each, needs_reason, reason_in
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.models import Record

from . import keys

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


class KeyInline(ReadOnlyInline):
    model = ProductKey
    fields = readonly_fields = [
        "__str__",
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
        "directory_user",
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
        ("membership__offer", FewChoicesFilter),
        ("product", FewChoicesFilter),
    ]
    list_filter += [("partner", FewChoicesFilter)]
    search_through = ("partner", "product", "package_line")
    search_help_text = _("Product, competency or partner")
    date_hierarchy = "expires_on"
    ordering = ["-pk"]
    sortable_by = ["expires_on"]
    actions = ["issue_another_key"]
    action_form = ReasonedActionForm
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

    @admin.action(
        description=_("Issue another key"), permissions=["issue"], location=[*ActionLocation]
    )
    @needs_reason
    def issue_another_key(self, request: HttpRequest, benefits: "QuerySet[Benefit]") -> None:
        """After its key was revoked."""

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
        return f"{status_today(benefit)}, {on_day(clock.today())}"


class KeyStateFilter(DayFilter):
    title = _("state")
    parameter_name = "state"
    cases = {
        "redeemable": (_("Can be redeemed"), lambda keys, on: keys.redeemable(on)),
        "not-begun": (_("Not begun"), lambda keys, on: keys.not_begun(on)),
        "lapse-30": (_("Lapses within 30 days"), lambda keys, on: keys.lapsing_within(30, on)),
        "redeemed": (_("Redeemed"), lambda keys, _on: keys.redeemed()),
        "lapsed": (_("Never redeemed, benefit expired"), lambda keys, on: keys.lapsed(on)),
        "revoked": (_("Revoked"), lambda keys, _on: keys.revoked()),
    }


@admin.register(ProductKey)
class ProductKeyAdmin(SearchThroughMixin, ReadOnlyAdmin):
    """Masked (K3). The search takes no key: what is searched for stands in the address."""

    list_display = [
        "__str__",
        linked("benefit", _("benefit")),
        "licenses",
        linked("partner", _("partner")),
        "issued_at",
        "redeemed_on",
        linked("redeemed_in", _("redeemed in")),
        "revoked_at",
    ]
    list_filter = [KeyStateFilter, ("product", FewChoicesFilter), ("partner", FewChoicesFilter)]
    search_through = ("partner", "product")
    search_help_text = _(
        "Product or partner. Do not type a key here: it would stay in the browser's history."
    )
    date_hierarchy = "issued_at"
    ordering = ["-pk"]
    sortable_by = ["issued_at"]
    fieldsets = [
        (None, {"fields": ["__str__", "benefit", "product", "licenses", "partner", "issued_at"]}),
        (_("Redeemed"), {"fields": ["redeemed_at", "redeemed_on", "redeemed_by", "redeemed_in"]}),
        (_("Revoked"), {"fields": ["revoked_at", "revoked_by", "revoked_why"]}),
    ]

    actions = ["revoke"]
    action_form = ReasonedActionForm

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("benefits.change_productkey")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(
            sensitive_post_parameters("key")(partial(keys.look_up, self))
        )
        return [path("look-up/", view, name="benefits_productkey_look_up"), *super().get_urls()]

    @admin.action(description=_("Revoke"), permissions=["revoke"], location=[*ActionLocation])
    @needs_reason
    def revoke(self, request: HttpRequest, chosen: "QuerySet[ProductKey]") -> None:
        """For good: a key that was redeemed is replaced instead, when its partner asks for it."""

        def revoke(key: ProductKey) -> None:
            if not key.revoke(reason_in(request), by=actor(request)) and not has_just_revoked(key):
                key.check_revocable()

        def has_just_revoked(key: ProductKey) -> bool:
            about: AuditContext = {
                "by": actor(request),
                "partner": key.partner,
                "subject": key.benefit,
                "after": {"key": key.pk},
            }
            return Record.objects.has_just(BenefitAction.KEY_REVOKED, **about)

        each(self, request, chosen, revoke, _now("%(what)s: revoked."))

    def get_queryset(self, request: HttpRequest) -> Any:
        return ProductKey.objects.for_display().select_related(
            "benefit__product", "benefit__partner"
        )


class RunningFilter(DayFilter):
    title = _("assignment")
    parameter_name = "running"
    cases = {
        "yes": (_("Running"), lambda assignments, on: assignments.running(on)),
        "no": (
            _("Ended"),
            lambda assignments, on: assignments.exclude(pk__in=assignments.running(on)),
        ),
    }


@admin.register(Assignment)
class AssignmentAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "directory_user",
        linked("benefit", _("benefit")),
        linked("partner", _("partner")),
        "assigned_on",
        linked("assigned_by", _("assigned by")),
        "ended_on",
        "is_running",
    ]
    list_filter = [RunningFilter, "is_exclusive", ("partner", FewChoicesFilter)]
    list_select_related = [
        "directory_user",
        "benefit__product",
        "benefit__partner",
        "partner",
        "assigned_by",
    ]
    search_through = ("directory_user", "partner", "benefit__product")
    search_help_text = _("Person, product or partner")
    date_hierarchy = "assigned_on"
    ordering = ["-pk"]
    sortable_by = ["assigned_on"]
    fields = [
        "directory_user",
        "benefit",
        "partner",
        "is_exclusive",
        "assigned_on",
        "assigned_by",
        "transferred_from",
    ]
    fields += ["ended_on", "ended_by"]

    @admin.display(description=_("running today"), boolean=True)
    def is_running(self, assignment: Assignment) -> bool:
        return assignment.is_running(clock.today())
