"""Credit, as the reader's language writes money (rule B3)."""

from decimal import Decimal

from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale


def money(amount: Decimal, currency: str) -> str:
    """`amount` of `currency` in the current language: $6,000.00, € 6.000,00, ¥10,000."""
    return format_currency(amount, currency, locale=to_locale(get_language() or "en"))
