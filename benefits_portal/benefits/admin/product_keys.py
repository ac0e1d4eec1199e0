"""Product keys in the back office: masked, revoked with a reason, never shown whole (K3, K8)."""

# mypy: disable-error-code="type-arg"

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import admin_url, linked
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter
from benefits_portal.benefits.models import BenefitAction, ProductKey
from benefits_portal.formats import as_day
from benefits_portal.tenants.admin.acts import Button, Preview, previewed
from benefits_portal.tenants.admin.base import ReadOnlyAdmin
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.admin.reasons import each, reason_in
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.models import Record

from .effects import effects_of_issuing, effects_of_revoking

if TYPE_CHECKING:
    from django.db.models import QuerySet


class KeyStateFilter(DayFilter):
    title = _("state")
    parameter_name = "state"
    cases = {
        "redeemable": (_("Can be redeemed"), lambda keys, on: keys.redeemable(on)),
        "not-begun": (_("Not started"), lambda keys, on: keys.not_begun(on)),
        "lapse-30": (
            _("Expires within 30 days, unused"),
            lambda keys, on: keys.lapsing_within(30, on),
        ),
        "redeemed": (_("Redeemed"), lambda keys, _on: keys.redeemed()),
        "lapsed": (_("Expired unused"), lambda keys, on: keys.lapsed(on)),
        "revoked": (_("Revoked"), lambda keys, _on: keys.revoked()),
    }
    stretches = {"lapse-30": "benefit__expires_on", "lapsed": "-benefit__expires_on"}


@admin.register(ProductKey)
class ProductKeyAdmin(SearchThroughMixin, ReadOnlyAdmin):
    """Keys are masked (K3). They cannot be searched, because searches are in the URL."""

    list_display = [
        "ending",
        linked("benefit", _("benefit"), shows="product"),
        "licenses",
        linked("partner", _("partner")),
        "issued_at",
        "expires_on",
        "redeemed_on",
        linked("redeemed_in", _("redeemed in"), shows="redeemed_in__domain"),
        "revoked_at",
    ]
    list_filter = [KeyStateFilter, ("product", FewChoicesFilter), ("partner", FewChoicesFilter)]
    list_only = (
        "last_five",
        "licenses",
        "issued_at",
        "redeemed_on",
        "revoked_at",
        "benefit__id",
        "benefit__expires_on",
        "product__name",
        "product__kind",
        "partner__name",
        "partner__mpn_id",
        "redeemed_in__domain",
    )
    search_through = ("partner", "product")
    search_help_text = _(
        "Product or partner. Do not type a key here: it would stay in the browser's history."
    )
    date_hierarchy = "issued_at"
    ordering = ["-pk"]
    sortable_by = ["issued_at"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("__str__", "benefit", "product", "licenses", "partner"),
                    *("issued_at", "expires_on"),
                ]
            },
        ),
        (_("Redeemed"), {"fields": ["redeemed_at", "redeemed_on", "redeemed_by", "redeemed_in"]}),
        (_("Revoked"), {"fields": ["revoked_at", "revoked_by", "revoked_why"]}),
    ]

    actions = buttons = ("revoke",)

    @admin.display(description=_("product key"))
    def ending(self, key: ProductKey) -> str:
        return key.ending

    @admin.display(description=_("expiration date"))
    def expires_on(self, key: ProductKey) -> str:
        return as_day(key.benefit.expires_on)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("benefits.change_productkey")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    @previewed(effects_of_revoking)
    def revoke(self, request: HttpRequest, chosen: "QuerySet[ProductKey]") -> None:
        """Revoke an unredeemed key for good; a redeemed one is replaced on request instead (K8)."""

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

    def buttons_of(self, request: HttpRequest, row: ProductKey) -> list[Button]:
        """After revoking, a button to issue another key, or why that is not possible today."""
        buttons = super().buttons_of(request, row)
        may_issue = self.has_revoke_permission(request) and row.revoked_at is not None
        if may_issue and row.benefit.live_key() is None:
            href = admin_url(row.benefit, "issue_another_key", row.benefit_id)
            preview = Preview.of(row.benefit, effects_of_issuing, actor(request))
            buttons.append(Button(_("Issue another key"), href, preview.refusal))
        return buttons

    def get_queryset(self, request: HttpRequest) -> Any:
        return ProductKey.objects.for_display().select_related(
            "benefit__product", "benefit__partner"
        )
