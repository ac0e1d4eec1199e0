"""Offers, products, packages, and external offers that exclude credit, in the back office."""

# mypy: disable-error-code="type-arg"

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.backoffice.columns import admin_url, linked
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter
from benefits_portal.benefits.amount_imports import AmountImport
from benefits_portal.benefits.models import (
    CreditAmount,
    ExternalOffer,
    HeldOffer,
    Membership,
    Offer,
    PackageLine,
    Product,
)
from benefits_portal.benefits.money import validate_thousandths
from benefits_portal.formats import format_number
from benefits_portal.tenants.admin.base import AuditedAdmin, BackOfficeInline
from benefits_portal.tenants.admin.forms import BackOfficeForm
from benefits_portal.tenants.admin.imports import ImportMixin

from .package_rows import PackageLineForm, PackageLineInline, credit, set_amounts

MAX_WARNINGS = 5  # shown after saving a page


def count_of(model: Any) -> Coalesce:
    """The number of rows of `model` of each offer, counted by an index."""
    rows = model.objects.order_by().filter(offer=OuterRef("pk")).values("offer")
    return Coalesce(Subquery(rows.annotate(count=Count("pk")).values("count")), 0)


@admin.register(Offer)
class OfferAdmin(AuditedAdmin):
    list_display = ["name", "is_competency", "package", "enrollments", "position"]
    list_filter = ["is_competency"]
    search_fields = ["search_text"]
    fields = ["name", "is_competency", "position"]
    inlines = [PackageLineInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(line_count=count_of(PackageLine), membership_count=count_of(Membership))
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Warn of credit that lacks a currency of a partner, which could not be enrolled (B3)."""
        super().save_related(request, form, formsets, change)
        lines = form.instance.lines.filter(quantity=None, credit_amounts=None)
        for line in lines.select_related("product")[:MAX_WARNINGS]:
            text = _("%(product)s has no amount of credit yet, so no one can be enrolled.")
            self.message_user(request, text % {"product": line.product}, messages.WARNING)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the package's lines, then the amounts that were typed in their rows."""
        super().save_formset(request, form, formset, change)
        for row in formset.forms:
            if row not in formset.deleted_forms and "amounts" in row.changed_data:
                set_amounts(row.instance, row.cleaned_data["amounts"], request)

    @admin.display(description=gettext_lazy("package lines"), ordering="line_count")
    def package(self, offer: Any) -> str:
        return self.counted(PackageLine, offer, offer.line_count)

    @admin.display(description=gettext_lazy("memberships"), ordering="membership_count")
    def enrollments(self, offer: Any) -> str:
        return self.counted(Membership, offer, offer.membership_count)

    def counted(self, model: Any, offer: Offer, count: int) -> str:
        return format_html(
            '<a href="{}?offer__id__exact={}">{}</a>',
            admin_url(model, "changelist"),
            offer.pk,
            format_number(count),
        )


@admin.register(Product)
class ProductAdmin(AuditedAdmin):
    list_display = ["name", "kind", "discontinued_on", "replacements"]
    list_filter = ["kind", ("discontinued_on", admin.EmptyFieldListFilter)]
    search_fields = ["search_text"]
    autocomplete_fields = ["replaced_by"]
    fields = ["name", "kind", "discontinued_on", "replaced_by"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("replaced_by")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search by name, or by the label of a kind, such as monthly credit."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        typed = search_term.strip().lower()
        kinds = [kind for kind in Product.Kind if typed and typed in str(kind.label).lower()]
        return found | queryset.filter(kind__in=kinds), may_repeat

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # It decides whether packages and benefits have a quantity or credit
        return ["kind"] if obj else []

    @admin.display(description=gettext_lazy("replaced by"))
    def replacements(self, product: Product) -> str:
        return ", ".join(str(replacement) for replacement in product.replaced_by.all())


class CreditAmountForm(BackOfficeForm):
    def clean(self) -> dict[str, Any] | None:
        """Ask whether 6.000 euros means six or six thousand (W4, W12)."""
        data = super().clean()
        written, currency = self.cleaned_data.get("amount"), self.cleaned_data.get("currency")
        if written is not None and currency:
            try:
                validate_thousandths(written, currency)
            except ValidationError as error:
                self.add_error("amount", error)
        return data


class CreditAmountInline(BackOfficeInline):
    model = CreditAmount
    form = CreditAmountForm
    show_change_link = False


class PackageStateFilter(DayFilter):
    title = gettext_lazy("in the package")
    parameter_name = "state"
    cases = {
        "offered": (gettext_lazy("Offered"), lambda lines, on: lines.offered(on)),
        "withdrawn": (
            gettext_lazy("Withdrawn"),
            lambda lines, on: lines.exclude(pk__in=lines.offered(on)),
        ),
        "discontinued": (
            gettext_lazy("Product discontinued"),
            lambda lines, on: lines.discontinued(on),
        ),
    }


@admin.register(PackageLine)
class PackageLineAdmin(ImportMixin, AuditedAdmin):
    importing = AmountImport
    imported = CreditAmount
    form = PackageLineForm
    list_display = [
        "product",
        linked("offer", gettext_lazy("offer")),
        "benefit_type",
        "competency",
        "quantity",
        credit,
        "withdrawn_on",
        "is_discontinued",
    ]
    list_filter = [PackageStateFilter, ("offer", FewChoicesFilter), "benefit_type", "product__kind"]
    search_fields = ["product__search_text", "offer__search_text", "search_text"]
    search_help_text = gettext_lazy("Product, offer or competency")
    autocomplete_fields = ["offer", "product"]
    fields = ["offer", "product", "benefit_type", "competency", "quantity", "withdrawn_on"]
    inlines = [CreditAmountInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .select_related("offer", "product")
            .prefetch_related("credit_amounts")
        )

    def may_import(self, request: HttpRequest) -> bool:
        needed = ("benefits.add_creditamount", "benefits.change_creditamount")
        return super().may_import(request) and request.user.has_perms(needed)

    @admin.display(
        description=gettext_lazy("discontinued"), boolean=True, ordering="product__discontinued_on"
    )
    def is_discontinued(self, line: PackageLine) -> bool:
        return line.product.is_discontinued(clock.today())


@admin.register(ExternalOffer)
class ExternalOfferAdmin(AuditedAdmin):
    list_display = ["name", "excluded"]
    search_fields = ["search_text"]
    autocomplete_fields = ["excludes"]
    fields = ["name", "excludes"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("excludes")

    @admin.display(description=gettext_lazy("cannot be combined with"))
    def excluded(self, offer: ExternalOffer) -> str:
        return ", ".join(str(product) for product in offer.excludes.all())


class HeldFilter(DayFilter):
    title = gettext_lazy("held")
    parameter_name = "held"
    cases = {
        "yes": (gettext_lazy("Held"), lambda offers, on: offers.held(on)),
        "no": (gettext_lazy("Not held"), lambda offers, on: offers.exclude(pk__in=offers.held(on))),
    }


@admin.register(HeldOffer)
class HeldOfferAdmin(AuditedAdmin):
    adding_needs_reason = True  # it decides who can be given credit
    list_display = [
        "external_offer",
        linked("partner", gettext_lazy("partner")),
        "holder",
        "since",
        "until",
    ]
    list_filter = [HeldFilter, ("external_offer", FewChoicesFilter), ("partner", FewChoicesFilter)]
    list_select_related = ["external_offer", "partner", "directory_user"]
    search_fields = [
        "external_offer__search_text",
        "partner__search_text",
        "directory_user__search_text",
    ]
    search_help_text = gettext_lazy("Offer, partner or person")
    date_hierarchy = "since"
    autocomplete_fields = ["external_offer", "partner", "directory_user"]
    fields = ["external_offer", "partner", "directory_user", "since", "until"]

    @admin.display(description=gettext_lazy("held by"), ordering="directory_user__sort_name")
    def holder(self, held: HeldOffer) -> str:
        return str(held.directory_user or _("the whole partner"))
