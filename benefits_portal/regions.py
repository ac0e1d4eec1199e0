"""Countries, currencies and time zones as their standards list them, and what to write instead of what they do not."""

import zoneinfo
from decimal import Decimal
from functools import cache
from importlib import resources

from babel.core import get_global
from babel.numbers import get_currency_precision
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
WRITTEN_OTHERWISE = {"UK": "GB", "EL": "GR"}  # as the European Union writes them


@cache
def countries() -> frozenset[str]:
    """The codes of ISO 3166-1, from the time zone database."""
    table = (resources.files("tzdata.zoneinfo") / "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line.partition("\t")[0] for line in table.splitlines() if not line.startswith("#"))


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 for what somewhere is money today: no funds, metals or tests."""
    used = (line for lines in get_global("territory_currencies").values() for line in lines)
    return frozenset(code for code, _begins, ends, is_tender in used if is_tender and ends is None)


@cache
def time_zones() -> dict[str, str]:
    """Each time zone by its name in lowercase: UTC and those of a region, without what machines call theirs."""
    names = (name for name in zoneinfo.available_timezones() if name.partition("/")[0] in REGIONS and "/" in name)
    return {name.lower(): name for name in ("UTC", *names)}


def validate_country(code: str) -> None:
    """Raise ValidationError, with what to write, unless `code` is a country of ISO 3166."""
    if code in countries():
        return
    capitals = code.upper()
    if meant := WRITTEN_OTHERWISE.get(capitals, capitals if capitals in countries() else ""):
        raise ValidationError(_("Write %(meant)s for this country."), params={"meant": meant}, code="country")
    raise ValidationError(_("There is no such country. Write its two capitals, as in NL."), code="country")


def validate_currency(code: str) -> None:
    """Raise ValidationError, with what to write, unless `code` is a currency of ISO 4217."""
    if code in currencies():
        return
    if code.upper() in currencies():
        raise ValidationError(_("Write %(meant)s for this currency."), params={"meant": code.upper()}, code="currency")
    raise ValidationError(_("There is no such currency. Write its three capitals, as in EUR."), code="currency")


def validate_time_zone(name: str) -> None:
    """Raise ValidationError, with what to write, unless `name` is a time zone of a region."""
    if name in time_zones().values():
        return
    if meant := time_zones().get(name.lower()):
        raise ValidationError(_("Write %(meant)s for this time zone."), params={"meant": meant}, code="time_zone")
    raise ValidationError(_("%(name)s is not a time zone. Write it as in Europe/Amsterdam."), params={"name": name[:40]}, code="time_zone")


def decimal_places(currency: str) -> int:
    """How many digits an amount of `currency` has behind the point: EUR 2, JPY 0, KWD 3 (W12)."""
    return int(get_currency_precision(currency))


def validate_amount(amount: Decimal, currency: str) -> None:
    """Raise ValidationError if `amount` has more digits behind the point than `currency` has (W12)."""
    places = decimal_places(currency)
    if amount == round(amount, places):
        return
    if not places:
        raise ValidationError(_("%(currency)s has no decimals: write a whole amount."), params={"currency": currency}, code="decimals")
    raise ValidationError(
        _("%(currency)s has %(places)s decimals at most."), params={"currency": currency, "places": places}, code="decimals"
    )
