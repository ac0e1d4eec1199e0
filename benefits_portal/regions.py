"""Countries, currencies and time zones of the standards, and what to write instead of others."""

import unicodedata
import zoneinfo
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from babel.core import Locale, UnknownLocaleError, get_global
from babel.dates import get_timezone_location, get_timezone_name
from babel.numbers import get_currency_precision
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from benefits_portal.formats import as_time
from benefits_portal.key_format import shortened

REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
LANGUAGES = ("nl", "en")  # in which names of countries and currencies are recognized
WRITTEN_OTHERWISE = {"UK": "GB", "EL": "GR"}  # as the European Union writes them


@cache
def countries() -> frozenset[str]:
    """The country codes of ISO 3166-1, from the time zone database."""
    table = (resources.files("tzdata.zoneinfo") / "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(
        line.partition("\t")[0] for line in table.splitlines() if not line.startswith("#")
    )


@cache
def zones_of_countries() -> dict[str, list[str]]:
    """The current time zones of each country by its code, from the time zone database."""
    table = (resources.files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[str]] = defaultdict(list)
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _coordinates, zone, *_comments = line.split("\t")
            zones[country].append(zone)
    return dict(zones)


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 that are legal tender somewhere today: no funds, metals or tests."""
    used = (line for lines in get_global("territory_currencies").values() for line in lines)
    return frozenset(code for code, _begins, ends, is_tender in used if is_tender and ends is None)


@cache
def time_zone_name(zone: str, language: str) -> str:
    """As in: Eastern Time (New York), for an IANA time zone.

    Only the city if the zone has no such name. UTC is UTC, and the zone itself is returned for
    languages that the CLDR does not know.
    """
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return zone
    if "/" not in zone:
        return zone
    name = get_timezone_name(zone, width="long", zone_variant="generic", locale=locale)
    city = get_timezone_location(zone, locale=locale, return_city=True)
    return city if city in name else f"{name} ({city})"


def as_moment(at: datetime) -> str:
    """As in: 2:30 PM Eastern Time (New York), in the reader's current time zone (W13)."""
    zone = time_zone_name(timezone.get_current_timezone_name(), get_language() or "")
    return f"{as_time(timezone.localtime(at).time())} {zone}"


@cache
def time_zones() -> dict[str, str]:
    """Time zones by their lowercase names: UTC and those of regions."""
    names = (
        name
        for name in zoneinfo.available_timezones()
        if name.partition("/")[0] in REGIONS and "/" in name
    )
    return {name.lower(): name for name in ("UTC", *names)}


@cache
def country_names() -> dict[str, str]:
    """Country codes by their names in the portal's languages, and by three-letter codes."""
    aliases = {
        alias: decimals[0]
        for alias, decimals in get_global("territory_aliases").items()
        if len(decimals) == 1
    }
    return _folded_names(
        countries(),
        aliases,
        WRITTEN_OTHERWISE,
        *(Locale(language).territories.items() for language in LANGUAGES),
    )


@cache
def currency_names() -> dict[str, str]:
    """Currency codes by their names in the portal's languages."""
    names = (Locale(language).currencies.items() for language in LANGUAGES)
    return _folded_names(currencies(), {"€": "EUR"}, *names)


@cache
def time_zone_names() -> dict[str, str]:
    """Time zones by former names, such as US/Eastern, and by their city alone.

    Without abbreviations such as EST, which are ambiguous.
    """
    aliases = {
        alias: zone for alias, zone in get_global("zone_aliases").items() if not alias.isupper()
    }
    zones = frozenset(time_zones().values())
    in_use_last = sorted(zones, key=lambda zone: zone not in aliases)
    cities = {zone.rpartition("/")[2]: aliases.get(zone, zone) for zone in in_use_last}
    return _folded_names(zones, {"Etc/UTC": "UTC"}, cities, aliases)


def _folded_names(codes: frozenset[str], *written: Any) -> dict[str, str]:
    """`codes` by themselves and by other names.

    `written` are dicts of code by name, or pairs of code and name.
    """
    names: dict[str, str] = {}
    for each in written:
        pairs = each.items() if isinstance(each, dict) else ((name, code) for code, name in each)
        names |= {_folded(name): code for name, code in pairs if code in codes}
    return names | {_folded(code): code for code in codes}


def _folded(text: str) -> str:
    """A name for comparison: half-width, ignoring case, repeated spaces and underscores."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("_", " ").split())


def validate_country(code: str) -> None:
    """Raise ValidationError, with what to write, unless `code` is a country of ISO 3166."""
    if code in countries():
        return
    if meant := country_names().get(_folded(code)):
        raise ValidationError(
            _("Write %(meant)s for this country."), params={"meant": meant}, code="country"
        )
    raise ValidationError(
        _("There is no such country. Use its two-letter code, such as NL."), code="country"
    )


def validate_currency(code: str) -> None:
    """Raise ValidationError, with what to write, unless `code` is a currency of ISO 4217."""
    if code in currencies():
        return
    if meant := currency_names().get(_folded(code)):
        raise ValidationError(
            _("Write %(meant)s for this currency."), params={"meant": meant}, code="currency"
        )
    raise ValidationError(
        _("There is no such currency. Use its three-letter code, such as EUR."), code="currency"
    )


def validate_time_zone(name: str) -> None:
    """Raise ValidationError, with what to write, unless `name` is a time zone of a region."""
    if name in time_zones().values():
        return
    if meant := time_zone_names().get(_folded(name)):
        raise ValidationError(
            _("Write %(meant)s for this time zone."), params={"meant": meant}, code="time_zone"
        )
    raise ValidationError(
        _("%(name)s is not a time zone. Use one such as Europe/Amsterdam."),
        params={"name": shortened(name, 40)},
        code="time_zone",
    )


def time_zone_of(country: str) -> str:
    """The country's own time zone. Raises ValidationError unless it has one alone."""
    zone, *others = zones_of_countries().get(country, ["", ""])
    if others:
        raise ValidationError(
            _("This country has no single time zone. Choose one."), code="time_zone"
        )
    return zone


def decimal_places(currency: str) -> int:
    """The number of decimals of amounts in `currency`: EUR 2, JPY 0, KWD 3 (W12)."""
    return int(get_currency_precision(currency))


def validate_amount(amount: Decimal, currency: str) -> None:
    """Raise ValidationError if `amount` has more decimals than `currency` has (W12)."""
    decimals = decimal_places(currency)
    if amount == round(amount, decimals):
        return
    if not decimals:
        raise ValidationError(
            _("Amounts in %(currency)s have no decimal places. Enter a whole amount."),
            params={"currency": currency},
            code="decimals",
        )
    raise ValidationError(
        _("Amounts in %(currency)s have at most %(places)s decimal places."),
        params={"currency": currency, "places": decimals},
        code="decimals",
    )
