"""Requests for replacement keys, which staff grant once or decline with a reason (K8)."""

# mypy: disable-error-code="type-arg"

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import CasesFilter, FewChoicesFilter
from benefits_portal.licensing.models import Replacement, Reversal
from benefits_portal.tenants.admin.acts import previewed
from benefits_portal.tenants.admin.base import ReadOnlyAdmin
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.admin.reasons import each, reason_in

from .effects import effects_of_declining, effects_of_granting

if TYPE_CHECKING:
    from django.db.models import QuerySet


PARTNER_READS = gettext_lazy("Recorded. The partner can read it.")


class AnswerFilter(CasesFilter):
    title = gettext_lazy("answer")
    parameter_name = "answer"
    cases = {
        "none": (gettext_lazy("Not decided"), lambda asked, _on: asked.undecided()),
        "granted": (gettext_lazy("Granted"), lambda asked, _on: asked.exclude(key=None)),
        "declined": (
            gettext_lazy("Declined"),
            lambda asked, _on: asked.exclude(declined_because=""),
        ),
    }


@admin.register(Replacement)
class ReplacementAdmin(ReadOnlyAdmin):
    """Requests are decided by two actions, never edited; who may change them may decide."""

    list_display = [
        "asked_at",
        linked("redemption", gettext_lazy("redemption"), shows="redemption__subscription__product"),
        linked("order", gettext_lazy("whole order")),
        linked("partner", gettext_lazy("partner")),
        "why",
        linked("asked_by", gettext_lazy("requested by"), shows="asked_by__name"),
        "answer",
    ]
    list_filter = [AnswerFilter, ("partner", FewChoicesFilter)]
    search_fields = ["partner__search_text", "asked_by__search_text"]
    search_help_text = gettext_lazy("Partner or person")
    date_hierarchy = "asked_at"
    fields = [
        "partner",
        "tenant",
        "redemption",
        "order",
        "why",
        "asked_at",
        "asked_by",
        "answer",
        "decided_at",
        "decided_by",
    ]
    fields += ["declined_because", "key"]
    actions = buttons = ("grant", "decline")

    def get_queryset(self, request: HttpRequest) -> Any:
        """One row for each request; an order is one request (O14)."""
        return (
            Replacement.objects.as_requests()
            .for_display()
            .select_related("redemption__subscription__tenant", "key")
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("licensing.change_replacement")

    @admin.display(description=gettext_lazy("answer"), ordering="decided_at")
    def answer(self, asked: Replacement) -> str:
        if not asked.is_decided:
            return _("Not decided")
        return _("Granted") if asked.key_id else _("Declined")

    @admin.action(description=gettext_lazy("Grant a replacement"), permissions=["decide"])
    @previewed(effects_of_granting, label=gettext_lazy("Grant"))
    def grant(self, request: HttpRequest, requests: "QuerySet[Replacement]") -> None:
        """Revoke the old key, reverse its redemption, and issue another key (K8)."""
        each(
            self,
            request,
            requests,
            lambda asked: asked.grant(by=actor(request), on=asked.partner.today()),
            _("%(what)s: replaced."),
        )

    @admin.action(description=gettext_lazy("Decline the request"), permissions=["decide"])
    @previewed(effects_of_declining, label=gettext_lazy("Decline"), reason_help=PARTNER_READS)
    def decline(self, request: HttpRequest, requests: "QuerySet[Replacement]") -> None:
        """Decline the request; only the partner is told."""
        because = reason_in(request)
        each(
            self,
            request,
            requests,
            lambda asked: asked.decline(because, by=actor(request)),
            _("%(what)s: declined."),
        )


@admin.register(Reversal)
class ReversalAdmin(ReadOnlyAdmin):
    list_display = [
        "reversed_at",
        linked("redemption", gettext_lazy("redemption")),
        linked("partner", gettext_lazy("partner")),
        linked("reversed_by", gettext_lazy("reversed by"), shows="reversed_by__name"),
    ]
    list_filter = [("partner", FewChoicesFilter)]
    search_fields = ["partner__search_text", "subscription__product__search_text"]
    search_help_text = gettext_lazy("Partner or product")
    date_hierarchy = "reversed_on"
    fields = [
        "redemption",
        "subscription",
        "tenant",
        "partner",
        "reversed_on",
        "reversed_at",
        "reversed_by",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        related = [
            "redemption__subscription__product",
            "redemption__subscription__tenant",
            "subscription__product",
        ]
        return Reversal.objects.select_related(
            *related, "subscription__tenant", "partner", "tenant", "reversed_by"
        )
