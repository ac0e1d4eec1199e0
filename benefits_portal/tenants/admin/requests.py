"""Partners' requests for another tenant: staff accept or decline (P1)."""

# mypy: disable-error-code="type-arg"

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import CasesFilter, FewChoicesFilter
from benefits_portal.tenants.models import TenantRequest

from .acts import previewed
from .base import ReadOnlyAdmin
from .edits_on_record import actor
from .effects import effects_of_accepting, effects_of_declining
from .reasons import each

if TYPE_CHECKING:
    from django.db.models import QuerySet


class AnswerFilter(CasesFilter):
    title = gettext_lazy("answer")
    parameter_name = "answer"
    cases = {
        "none": (gettext_lazy("Not decided"), lambda requests, _on: requests.undecided()),
        "decided": (
            gettext_lazy("Decided"),
            lambda requests, _on: requests.exclude(decided_at=None),
        ),
    }


@admin.register(TenantRequest)
class TenantRequestAdmin(ReadOnlyAdmin):
    """Requests are decided by two actions, and never edited. The right to change them suffices."""

    list_display = [
        "name",
        "domain",
        linked("partner", gettext_lazy("partner")),
        "asked_at",
        linked("asked_by", gettext_lazy("requested by"), shows="asked_by__name"),
        "answer",
    ]
    list_filter = [AnswerFilter, ("partner", FewChoicesFilter)]
    list_select_related = ["partner", "asked_by"]
    search_fields = ["search_text", "partner__search_text"]
    search_help_text = gettext_lazy("Name, domain or partner")
    date_hierarchy = "asked_at"
    fields = [
        "partner",
        "name",
        "domain",
        "asked_at",
        "asked_by",
        "answer",
        "decided_at",
        "decided_by",
        "tenant",
    ]
    actions = buttons = ("accept", "decline")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tenants.change_tenantrequest")

    @admin.display(description=gettext_lazy("answer"), ordering="decided_at")
    def answer(self, asked: TenantRequest) -> str:
        if not asked.is_decided:
            return _("Not decided")
        return _("Accepted") if asked.is_accepted else _("Declined")

    @admin.action(description=gettext_lazy("Accept: make the tenant"), permissions=["decide"])
    @previewed(effects_of_accepting, label=gettext_lazy("Accept"))
    def accept(self, request: HttpRequest, requests: "QuerySet[TenantRequest]") -> None:
        each(
            self,
            request,
            requests.select_related("partner"),
            lambda asked: asked.accept(by=actor(request)),
            _("%(what)s: accepted."),
        )

    @admin.action(description=gettext_lazy("Decline"), permissions=["decide"])
    @previewed(effects_of_declining)
    def decline(self, request: HttpRequest, requests: "QuerySet[TenantRequest]") -> None:
        each(
            self,
            request,
            requests.select_related("partner"),
            lambda asked: asked.decline(by=actor(request)),
            _("%(what)s: declined."),
        )
