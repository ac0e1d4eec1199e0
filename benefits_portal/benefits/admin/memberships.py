"""Memberships in the back office: adding one provisions its benefits and keys (B1 to B4)."""

# mypy: disable-error-code="type-arg"

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from benefits_portal import clock
from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import admin_url, linked, opened
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter
from benefits_portal.benefits.importing import MembershipImport
from benefits_portal.benefits.models import Benefit, BenefitAction, Membership
from benefits_portal.formats import format_number
from benefits_portal.tenants.admin.acts import previewed
from benefits_portal.tenants.admin.base import NoDeleteAdmin, ReadOnlyInline
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.admin.exports import columns_of
from benefits_portal.tenants.admin.forms import error_text
from benefits_portal.tenants.admin.imports import ImportMixin
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Record

from . import enrolling
from .benefits import quantity, status_today
from .effects import effects_of_provisioning, effects_of_renewing


class MembershipStateFilter(DayFilter):
    title = gettext_lazy("enrollment year")
    parameter_name = "state"
    cases = {
        "running": (gettext_lazy("Running"), lambda memberships, on: memberships.running(on)),
        "ends-30": (
            gettext_lazy("Ends within 30 days"),
            lambda memberships, on: memberships.ending_within(30, on),
        ),
        "to-renew": (
            gettext_lazy("Ends within 30 days, not renewed"),
            lambda memberships, on: memberships.ending_within(30, on).not_renewed(),
        ),
        "ends-90": (
            gettext_lazy("Ends within 90 days"),
            lambda memberships, on: memberships.ending_within(90, on),
        ),
        "upcoming": (gettext_lazy("Not started"), lambda memberships, on: memberships.upcoming(on)),
        "ended": (gettext_lazy("Ended"), lambda memberships, on: memberships.ended(on)),
    }


class BenefitInline(ReadOnlyInline):
    model = Benefit
    fields = readonly_fields = [
        opened(gettext_lazy("product"), shows="product"),
        quantity,
        "benefit_type",
        "competency",
        "expires_on",
        status_today,
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Benefit.objects.for_display().select_related("partner")


@admin.register(Membership)
class MembershipAdmin(SearchThroughMixin, ImportMixin, NoDeleteAdmin):
    """A membership is created with all benefits of its package, and not edited afterwards."""

    add_form_template = "admin/benefits/membership/add_form.html"
    export_columns = columns_of(
        mpn_id="partner__mpn_id", offer="offer__name", starts_on="starts_on"
    )
    importing = MembershipImport
    list_display = [
        "whose",
        linked("offer", gettext_lazy("offer")),
        "starts_on",
        "ends_on",
        "benefits_expire_on",
        "benefit_count",
    ]
    list_filter = [
        MembershipStateFilter,
        ("offer", FewChoicesFilter),
        ("partner", FewChoicesFilter),
    ]
    search_through = ("partner", "offer")
    search_help_text = gettext_lazy("Partner or offer")
    date_hierarchy = "starts_on"
    ordering = ["-starts_on", "-pk"]
    sortable_by = ["starts_on", "ends_on"]
    autocomplete_fields = ["partner", "offer"]
    actions = ("renew", "provision_what_is_missing")
    buttons = ("provision_what_is_missing",)

    def get_queryset(self, request: HttpRequest) -> Any:
        benefits = Benefit.objects.order_by().filter(membership=OuterRef("pk")).values("membership")
        # Only for the rows that are shown, not for all joined rows
        counted = Subquery(benefits.annotate(count=Count("pk")).values("count"))
        return (
            super()
            .get_queryset(request)
            .select_related("partner", "offer")
            .annotate(benefit_total=Coalesce(counted, 0))
        )

    @admin.display(description=gettext_lazy("partner"), ordering="partner")
    def whose(self, membership: Membership) -> str:
        return membership.partner.known_as

    @admin.display(description=gettext_lazy("benefits"))
    def benefit_count(self, membership: Any) -> str:
        benefits = admin_url(Benefit, "changelist")
        return format_html(
            '<a href="{}?membership__id__exact={}">{}</a>',
            benefits,
            membership.pk,
            format_number(membership.benefit_total),
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj:
            return [
                (
                    None,
                    {"fields": ["whose", "offer", "starts_on", "ends_on", "benefits_expire_on"]},
                )
            ]
        description = _(
            "The next page lists the benefits and product keys, before they are created."
        )
        return [(None, {"fields": ["partner", "offer", "starts_on"], "description": description})]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return [BenefitInline] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"starts_on": clock.today(), **super().get_changeform_initial_data(request)}

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/renew/",
                view(partial(enrolling.renew, self)),
                name="benefits_membership_renew",
            ),
            path(
                "<int:pk>/end/", view(partial(enrolling.end, self)), name="benefits_membership_end"
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what will be created, then create it (B2).

        The preview posts the form again; if the plan has changed since, it is shown again.
        """
        if request.method == "POST" and self.has_add_permission(request):
            form = self.get_form(request)(request.POST)
            sent = {name: request.POST.get(name, "") for name in ("partner", "offer", "starts_on")}
            if form.is_valid() and (
                answer := enrolling.preview(self, request, form.instance, sent)
            ):
                return answer
        return super().add_view(request, form_url, extra_context)

    def repeat_answer(self, request: HttpRequest, row: Membership) -> HttpResponse:
        self.announce(request, row)
        return super().repeat_answer(request, row)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        shown = request.POST.get("plan", "")
        with repeated_is_done():
            Membership.enroll(obj.partner, obj.offer, obj.starts_on, by=actor(request), shown=shown)
        obj.pk = Membership.objects.get(
            partner=obj.partner, offer=obj.offer, starts_on=obj.starts_on
        ).pk
        self.announce(request, obj)

    def log_refusal(self, request: HttpRequest, subject: Model | None, refusal: Refusal) -> None:
        tried = {name: request.POST.get(name, "") for name in ("partner", "offer", "starts_on")}
        Record.objects.log(
            BenefitAction.PROVISIONED, by=actor(request), after=tried, refusal=refusal
        )

    @admin.action(
        description=gettext_lazy("Provision what is missing"),
        permissions=["change"],
    )
    @previewed(effects_of_provisioning, label=gettext_lazy("Provision"))
    def provision_what_is_missing(
        self, request: HttpRequest, memberships: "QuerySet[Membership]"
    ) -> None:
        """Provision memberships without benefits, each of them completely or not at all."""
        for membership in memberships:
            try:
                made = membership.provision(by=actor(request))
            except Refusal as refusal:
                self.message_user(request, f"{membership}: {refusal}", messages.ERROR)
            else:
                self.show_made(request, membership, made)

    @admin.action(description=gettext_lazy("Renew for another year"), permissions=["add"])
    @previewed(effects_of_renewing)
    def renew(self, request: HttpRequest, memberships: "QuerySet[Membership]") -> None:
        """Renew each of the memberships as the preview showed it."""
        for membership in memberships:
            try:
                self.announce(request, enrolling.renewed(request, membership))
            except (Refusal, ValidationError) as error:
                self.message_user(request, f"{membership}: {error_text(error)}", messages.ERROR)

    def announce(self, request: HttpRequest, membership: Membership) -> None:
        """Say what an enrollment created, and what it left out (B4)."""
        self.show_made(request, membership, list(membership.benefits.select_related("product")))
        if text := enrolling.left_out(membership.plan()):
            self.message_user(request, text, messages.WARNING)

    def show_made(self, request: HttpRequest, membership: Membership, made: list[Benefit]) -> None:
        if not made:
            text = _("%(membership)s: already complete, so nothing was added.") % {
                "membership": membership
            }
            self.message_user(request, text, messages.INFO)
            return
        keys = sum(not benefit.is_usage_based for benefit in made)
        counts = {
            "membership": membership,
            "benefits": ngettext("%(count)s benefit", "%(count)s benefits", len(made))
            % {"count": format_number(len(made))},
            "keys": ngettext("%(count)s product key", "%(count)s product keys", keys)
            % {"count": format_number(keys)},
        }
        self.message_user(
            request, _("%(membership)s: made %(benefits)s and %(keys)s.") % counts, messages.SUCCESS
        )
