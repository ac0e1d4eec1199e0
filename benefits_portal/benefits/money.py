"""Licenses and amounts of credit, formatted in the reader's language (B3)."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.core import Locale
from babel.numbers import format_currency
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext as _

from benefits_portal.formats import format_number
from benefits_portal.number_fields import AmountFormField
from benefits_portal.regions import decimal_places, validate_amount

MAX_DIGITS, MAX_DECIMALS = 13, 3  # of an amount in any currency; KWD has three decimals


def money(amount: Decimal, currency: str) -> str:
    """`amount` of `currency` in the current language: $6,000, $0.50, € 6.000, ¥10,000."""
    return _money(amount, currency, to_locale(get_language() or "en"))


@lru_cache(maxsize=4_096)
def _money(amount: Decimal, currency: str, locale: str) -> str:
    """The amount as Babel formats it, without zero cents; cached.

    A package has few different amounts, and Babel takes as long for one as a list for a row.
    """
    if amount != amount.to_integral_value():
        return format_currency(amount, currency, locale=locale)
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


def spreadsheet_amount(amount: Decimal, currency: str) -> str:
    """6000, 0.50 or 0,50: a number that the reader's spreadsheet program reads."""
    decimals = 0 if amount == amount.to_integral_value() else decimal_places(currency)
    return number_format(amount, decimals, use_l10n=True, force_grouping=False)


def validate_thousandths(amount: Decimal, currency: str) -> None:
    """Raise ValidationError for 6.000 euros, which may mean six thousand (W4, W12)."""
    if not has_thousandths(amount, decimal_places(currency)):
        return
    field = AmountFormField()
    raise ValidationError(
        _("Write %(whole)s or %(short)s: %(currency)s does not have three decimals.")
        % {
            "whole": field.prepare_value(amount.scaleb(MAX_DECIMALS)),
            "short": field.prepare_value(amount),
            "currency": currency,
        }
    )


def has_thousandths(amount: Decimal, decimals: int) -> bool:
    """Whether three decimals were typed that are zero beyond the currency's `decimals`."""
    return (
        amount.as_tuple().exponent == -MAX_DECIMALS
        and decimals < MAX_DECIMALS
        and amount == round(amount, decimals)
    )


def quantity_text(
    quantity: int | None, amount: Decimal | None, currency: str, *, per_year: bool
) -> str:
    """25 licenses, or $100 per month, in the reader's language."""
    if amount is None:
        return ngettext("%(count)s license", "%(count)s licenses", quantity or 0) % {
            "count": format_number(quantity or 0)
        }
    text = _("%(amount)s per year") if per_year else _("%(amount)s per month")
    return text % {"amount": money(amount, currency)}


class AmountField(models.DecimalField):  # type: ignore[type-arg]
    """An amount in the row's `currency`, with no more decimals than it has (W12).

    Checked whatever writes the row.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, **{"max_digits": MAX_DIGITS, "decimal_places": MAX_DECIMALS, **kwargs}
        )

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Raises ValidationError."""
        amount = super().pre_save(model_instance, add)
        currency = getattr(model_instance, "currency", "")
        if amount is not None and currency:
            validate_amount(Decimal(str(amount)), currency)
        return amount
