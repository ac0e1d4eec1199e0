"""Countries, currencies and time zones to choose from, by name in the reader's language."""

from typing import Any

from babel.core import Locale
from django.utils.translation import get_language

from benefits_portal.regions import countries, currencies, time_zones
from benefits_portal.search_text import sort_key


def country_choices() -> list[tuple[str, str]]:
    """Each country's code with its name in the current language, by name."""
    return _named(countries(), _locale().territories)


def currency_choices() -> list[tuple[str, str]]:
    """Each currency's code with its name in the current language, by name."""
    return _named(currencies(), _locale().currencies)


def time_zone_choices() -> list[tuple[str, str]]:
    """Each time zone by its name, which is what is stored too."""
    return [(name, name.replace("_", " ")) for name in sorted(time_zones().values())]


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").replace("-", "_"))


def _named(codes: frozenset[str], names: Any) -> list[tuple[str, str]]:
    labels = ((code, f"{names.get(code, code)} ({code})") for code in codes)
    return sorted(labels, key=lambda choice: sort_key(choice[1]))
