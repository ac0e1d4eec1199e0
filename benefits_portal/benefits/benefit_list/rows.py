"""The rows of *Azure & cloud products*, as text.

Rows are made of values, not of model instances, and each text is formatted once: a page of 50 rows
has few different products, amounts and days.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, partial
from typing import Any, TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.models.catalog import BenefitType, Product
from benefits_portal.benefits.money import quantity_text
from benefits_portal.benefits.naming import benefit_title, benefit_type_text
from benefits_portal.benefits.status import Status, status_of
from benefits_portal.formats import as_day, format_number

SOON_DAYS = 91  # three months
ENDING = {Status.NOT_ASSIGNED, Status.ASSIGNED, Status.NOT_REDEEMED}  # a redeemed key is not lost
COLUMNS_READ = [
    *("product_name", "product__kind", "offer_name", "benefit_type", "competency"),
    *("quantity", "credit_amount", "currency", "starts_on", "expires_on", "is_used"),
]


class BenefitRow(TypedDict):
    """The texts of one row."""

    pk: int
    title: str
    quantity: str
    offer: str
    type: str
    expires: str
    soon: str  # how soon it is lost, or when it starts; empty if that is far
    status: str
    status_text: str


class Section(TypedDict):
    """The usage-based or the license-based rows of a page."""

    kind: str
    href: str
    hidden: str  # a column to hide: the quantity of credit, which is in its title
    total: str  # the number on all pages, if it is known
    rows: list[BenefitRow]


def benefit_rows(found: Iterable[dict[str, Any]], on: date) -> Iterator[BenefitRow]:
    """A row for each of `found`, which are values of COLUMNS_READ, on day `on`."""
    day, labels, soon = cache(as_day), cache(size_and_title), cache(partial(soon_text, on))
    status_labels = {status: str(status.label) for status in Status}
    types = {choice.value: str(choice.label) for choice in BenefitType}
    for values in found:
        size, title = labels(
            values["product_name"],
            values["product__kind"],
            values["quantity"],
            values["credit_amount"],
            values["currency"],
        )
        status = status_on(on, values)
        yield {
            "pk": values["pk"],
            "title": title,
            "quantity": size,
            "offer": values["offer_name"],
            "type": benefit_type_text(types[values["benefit_type"]], values["competency"]),
            "expires": day(values["expires_on"]),
            "soon": soon(status, values["starts_on"], values["expires_on"]),
            "status": status.value,
            "status_text": status_labels[status],
        }


def soon_text(on: date, status: Status, starts_on: date, expires_on: date) -> str:
    """When it starts, or how soon it is lost; empty if that is not soon or not possible."""
    if status is Status.NOT_BEGUN:
        return _("starts %(day)s") % {"day": as_day(starts_on)}
    days = (expires_on - on).days
    if status not in ENDING or days > SOON_DAYS:
        return ""
    if days == 0:
        return _("today")
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": format_number(days)}


def size_and_title(
    product: str, kind: str, quantity: int | None, amount: Decimal | None, currency: str
) -> tuple[str, str]:
    """The licenses or the credit, and the title of the benefit."""
    size = quantity_text(quantity, amount, currency, per_year=kind == Product.Kind.BULK_CREDIT)
    return size, benefit_title(product, size, is_usage_based=amount is not None)


def status_on(on: date, values: Mapping[str, Any]) -> Status:
    return status_of(
        is_usage_based=values["credit_amount"] is not None,
        is_used=values["is_used"],
        starts_on=values["starts_on"],
        expires_on=values["expires_on"],
        on=on,
    )
