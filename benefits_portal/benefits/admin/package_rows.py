"""The lines of a package as rows on the offer's page, with amounts of credit (B2, B3)."""

# mypy: disable-error-code="type-arg"

import re
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.columns import NOTHING
from benefits_portal.benefits.amount_imports import amount_read
from benefits_portal.benefits.models import CreditAmount, PackageLine
from benefits_portal.benefits.money import money
from benefits_portal.fields import LineFormField
from benefits_portal.tenants.admin.base import BackOfficeInline
from benefits_portal.tenants.admin.edits_on_record import log, log_deletion
from benefits_portal.tenants.admin.forms import BackOfficeForm
from benefits_portal.tenants.models import EditAction, Partner

EXAMPLE = "EUR 85; USD 100"
WRITTEN = re.compile(r"(?P<currency>[A-Za-z]{3})\s*(?P<amount>[^A-Za-z]+)")


def amounts_of(line: PackageLine) -> dict[str, Decimal]:
    """The credit of a line by currency. Prefetch the amounts with the lines."""
    return {each.currency: each.amount for each in line.credit_amounts.all()}


def written(amounts: dict[str, Decimal]) -> str:
    """The amounts in the format that `amounts_read` reads: EUR 85; USD 100."""
    return "; ".join(f"{currency} {amount.normalize():f}" for currency, amount in amounts.items())


def amounts_read(text: str) -> dict[str, Decimal]:
    """The typed amounts by currency.

    Raises ValidationError for what is not an amount or not a currency (B3, W4).
    """
    amounts: dict[str, Decimal] = {}
    for part in filter(None, (each.strip() for each in text.split(";"))):
        found = WRITTEN.fullmatch(part)
        if found is None:
            example = {"example": EXAMPLE}
            raise ValidationError(_("Write amounts like %(example)s.") % example)
        currency = found["currency"].upper()
        if currency in amounts:
            raise ValidationError(_("%(currency)s is there twice.") % {"currency": currency})
        amount = CreditAmount(currency=currency, amount=amount_read(found["amount"], currency))
        amount.clean_fields(exclude={"line"})
        amount.clean()
        amounts[currency] = amount.amount
    return amounts


class AmountsInput(forms.TextInput):
    """A text field with a note on missing currencies below it."""

    missing = ""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        field = super().render(*args, **kwargs)
        if not self.missing:
            return field
        warning = _("No amount in %(currencies)s: partners paid in it can't be enrolled.")
        text = warning % {"currencies": self.missing}
        return format_html("{}<br><strong>{}</strong>", field, text)


class PackageLineForm(BackOfficeForm):
    fixed = ("offer", "product")


class PackageRowForm(PackageLineForm):
    """A package line, with its amounts of credit in all currencies in one field."""

    partner_currencies: ClassVar[list[str]] = []
    amounts = LineFormField(
        label=gettext_lazy("credit"),
        required=False,
        max_length=400,
        widget=AmountsInput(attrs={"size": 24, "placeholder": EXAMPLE}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("amounts")
        if field is None or self.instance.pk is None:
            return
        amounts = amounts_of(self.instance)
        self.initial["amounts"] = written(amounts)
        field.disabled = self.instance.quantity is not None
        if field.disabled:
            field.widget.attrs["placeholder"] = NOTHING
        elif self.instance.withdrawn_on is None:
            missing = [name for name in self.partner_currencies if name not in amounts]
            field.widget.missing = ", ".join(missing)

    def clean_amounts(self) -> dict[str, Decimal]:
        try:
            return amounts_read(self.cleaned_data["amounts"])
        except ValidationError as error:
            raise ValidationError(error.messages) from error

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        product = self.cleaned_data.get("product")
        if self.cleaned_data.get("amounts") and product and not product.is_usage_based:
            self.add_error("amounts", _("Licenses have a quantity, and no amounts of credit."))
        return cleaned


class PackageLineInline(BackOfficeInline):
    model = PackageLine
    form = PackageRowForm
    fields: ClassVar = ["product", "benefit_type", "competency", "quantity", "amounts"]
    fields += ["withdrawn_on"]
    autocomplete_fields: ClassVar = ["product"]
    verbose_name_plural = gettext_lazy("package")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        needed = [f"benefits.{verb}_creditamount" for verb in ("add", "change", "delete")]
        return [] if request.user.has_perms(needed) else ["amounts"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.partner_currencies = partner_currencies()  # type: ignore[attr-defined]
        if "amounts" in self.get_readonly_fields(request, obj):
            formset.form.base_fields.pop("amounts")  # shown, but not accepted from a POST
        return formset

    def get_queryset(self, request: HttpRequest) -> Any:
        lines = super().get_queryset(request).select_related("offer", "product")
        return lines.prefetch_related("credit_amounts")

    @admin.display(description=gettext_lazy("credit"))
    def amounts(self, line: PackageLine) -> str:
        """The amounts for users who may only look at them."""
        return credit(line)


@admin.display(description=gettext_lazy("credit"))
def credit(line: PackageLine) -> str:
    """The credit of a line in all its currencies, as text. Prefetch the amounts."""
    if not line.pk or line.quantity is not None:
        return NOTHING
    amounts = [money(amount, currency) for currency, amount in amounts_of(line).items()]
    return ", ".join(amounts) or _("no amount yet")


def partner_currencies() -> list[str]:
    """The currencies of all partners."""
    currencies = Partner.objects.order_by().values_list("currency", flat=True).distinct()
    return sorted(set(currencies))


def set_amounts(line: PackageLine, amounts: dict[str, Decimal], request: HttpRequest) -> None:
    """Replace the credit of `line`, and record each change as its own page would (A1)."""
    there = {each.currency: each for each in line.credit_amounts.order_by("currency")}
    for currency, amount in amounts.items():
        if currency not in there:
            new = line.credit_amounts.create(currency=currency, amount=amount)
            filled = {"line": line.pk, "currency": currency, "amount": amount}
            log(EditAction.CREATED, new, request, after=filled)
        elif (old := there[currency]).amount != amount:
            before, old.amount = {"amount": old.amount}, amount
            old.save(update_fields=["amount"])
            log(EditAction.EDITED, old, request, before=before, after={"amount": amount})
    for currency in there.keys() - amounts.keys():
        log_deletion(there[currency], request)
        there[currency].delete()
