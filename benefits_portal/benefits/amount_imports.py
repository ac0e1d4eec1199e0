"""Importing credit amounts from CSV: what a line means (B3, W4, W12)."""

from collections.abc import Iterable
from copy import copy
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.backoffice.csv_reading import Cells
from benefits_portal.backoffice.importing import ImportRow, Outcome, refuse_all
from benefits_portal.benefits.models import CreditAmount, PackageLine, Product
from benefits_portal.benefits.money import MAX_DECIMALS, money, validate_thousandths
from benefits_portal.key_format import shortened
from benefits_portal.tenants.importing import RowImport, put_on_record
from benefits_portal.tenants.models import Actor, EditAction
from benefits_portal.typed_numbers import read_amount
from benefits_portal.typed_text import tidy


class AmountImport(RowImport):
    """The credit of package lines, by offer, product and currency."""

    columns = ("offer", "product", "currency", "amount")
    example = ("Silver competency", Product.Kind.MONTHLY_CREDIT.label, "EUR", "85.00")
    help_texts: ClassVar = {
        "offer": gettext_lazy("Name of the offer"),
        "product": gettext_lazy("Name or kind of the product"),
        "currency": gettext_lazy("Currency, in three letters"),
        "amount": gettext_lazy("Amount of credit"),
    }
    model = CreditAmount
    fields: ClassVar = {"amount": "amount"}
    spellings: ClassVar = {"offer": tidy, "product": tidy, "currency": tidy}

    def __init__(self, cells: Iterable[tuple[int, Cells]] = (), by: Actor | None = None) -> None:
        self.named: dict[tuple[int, str], int] = {}  # the file's line, by package line and currency
        super().__init__(cells, by)

    def look_up(self, cells: list[Cells]) -> None:
        """Load the packages of the offers that the file names; the catalog is small."""
        lines = (
            PackageLine.objects.offered(clock.today())
            .filter(offer__name__in={line["offer"] for line in cells})
            .select_related("offer", "product")
            .prefetch_related("credit_amounts")
        )
        self.lines_of: dict[str, list[PackageLine]] = {}
        for line in lines.order_by("pk"):
            self.lines_of.setdefault(line.offer.name, []).append(line)

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["offer"], cells["product"], cells["currency"])

    def judge(self, line: ImportRow, cells: Cells) -> None:
        currency = cells["currency"]
        line.written = lambda value: money(value, currency)
        read: dict[str, Any] = {"amount": None}
        faults: dict[str, Any] = {}
        package_line = None
        try:
            package_line = self.line_meant(cells["offer"], cells["product"])
        except ValidationError as error:
            faults |= error.error_dict
        amount = amount_of(package_line, currency)
        try:
            read["amount"] = amount_read(cells["amount"], currency)
        except ValidationError as error:
            faults["amount"] = error
        refuse_all(faults, [lambda: self.fill(line, cells | read, amount)], self.columns)
        if line.outcome is not Outcome.SAME:
            amount.clean()
        first = self.named.setdefault((amount.line_id, currency), line.line_number)
        if first != line.line_number:
            raise ValidationError(_("Duplicate of line %(line)s.") % {"line": first})

    def line_meant(self, offer: str, product: str) -> PackageLine:
        """The package line that a line of the file means.

        Raises ValidationError, with what to write instead.
        """
        if offer not in self.lines_of:
            raise ValidationError({"offer": _("There is no offer of this name with a package.")})
        credit = [line for line in self.lines_of[offer] if line.product.is_usage_based]
        found = [line for line in credit if product in names_of(line)]
        if len(found) == 1:
            return found[0]
        choices = [names_of(line)[-1] for line in found or credit]
        if not choices:
            raise ValidationError({"product": _("This offer's package has no credit.")})
        message = _("Write one of: %(products)s.")
        raise ValidationError(
            {"product": message % {"products": shortened("; ".join(choices), 400)}}
        )

    def after_writing(self, batch: list[ImportRow], by: Actor, outcome: Outcome) -> None:
        is_new = outcome is Outcome.NEW
        for line in batch if is_new else ():
            line.after |= {"line": line.row.line_id, "currency": line.row.currency}
        action = EditAction.CREATED if is_new else EditAction.EDITED
        put_on_record(action, batch, by=by, tenant_context=lambda amount: {})


def amount_of(line: PackageLine | None, currency: str) -> CreditAmount:
    """The amount of `line` in `currency`, or a new one, which has no line if `line` is None."""
    if line is None:
        return CreditAmount(currency=currency)
    same = (copy(each) for each in line.credit_amounts.all() if each.currency == currency)
    return next(same, CreditAmount(line=line, currency=currency))


def names_of(line: PackageLine) -> list[str]:
    """The names by which a file may call `line`, the most specific one last."""
    kind = line.product.get_kind_display()
    names = [line.product.name, str(kind), str(line.product)]
    return [*names, *(f"{name}: {line.competency}" for name in names if line.competency)]


def amount_read(text: str, currency: str) -> Decimal:
    """The typed amount. Raises ValidationError for what is no amount, or is ambiguous."""
    amount = read_amount(text, MAX_DECIMALS)
    validate_thousandths(amount, currency)
    return amount
