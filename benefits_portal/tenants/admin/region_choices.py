"""Choices of countries, currencies and time zones, with names in the reader's language."""

from typing import Any

from babel.core import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from benefits_portal.regions import countries, currencies, zones_of_countries
from benefits_portal.search_text import sort_key

NAMED_HERE = {"ZWG": _("Zimbabwean gold")}  # has no name in the CLDR yet


def country_choices() -> list[tuple[str, str]]:
    """Codes and names of countries, sorted by name."""
    return _named(countries(), _locale().territories)


def currency_choices() -> list[tuple[str, str]]:
    """Codes and names of currencies, sorted by name."""
    return _named(currencies(), NAMED_HERE | dict(_locale().currencies))


def time_zone_choices(stored: str = "") -> list[tuple[str, str]]:
    """Time zones in use, and the one that is `stored`.

    A former name, such as Asia/Calcutta, is only offered where it is stored.
    """
    names = {"UTC", *(zone for zones in zones_of_countries().values() for zone in zones)}
    return [(name, name.replace("_", " ")) for name in sorted(names | {stored} - {""})]


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").replace("-", "_"))


def _named(codes: frozenset[str], names: Any) -> list[tuple[str, str]]:
    labels = ((code, f"{names.get(code, code)} ({code})") for code in codes)
    return sorted(labels, key=lambda choice: sort_key(choice[1]))
