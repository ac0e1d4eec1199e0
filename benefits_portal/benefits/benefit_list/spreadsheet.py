"""The list of benefits as a spreadsheet: numbers as numbers, each fact in its own column."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.benefit_list.filters import KINDS
from benefits_portal.benefits.benefit_list.rows import status_on
from benefits_portal.benefits.holder_display import people_text
from benefits_portal.benefits.models import Assignment, Product, ProductKey
from benefits_portal.benefits.models.assignment_queryset import AssignmentQuerySet
from benefits_portal.benefits.models.catalog import BenefitType
from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet
from benefits_portal.benefits.money import spreadsheet_amount
from benefits_portal.benefits.redeemed_then import counted_on
from benefits_portal.tenants.models import Partner, User
from benefits_portal.tenants.naming import Names

MAX_HOLDERS = 20  # named in a cell; more are counted


class KeyUse(NamedTuple):
    """The use of a live key; never the key itself (K3)."""

    last_five: str = ""
    redeemed_by: User | None = None
    redeemed_on: date | None = None


def column_labels() -> list[str]:
    return [
        _("Kind"),
        _("Benefit"),
        _("Quantity"),
        _("Unit"),
        _("Offer"),
        _("Benefit type"),
        _("Competency"),
        _("First day"),
        _("Expiration date"),
        _("Status"),
        _("Key ends in"),
        _("Redeemed by"),
        _("Redeemed on"),
        _("Holder"),
    ]


def sheet_rows(
    partner: Partner, batch: Sequence[Mapping[str, Any]], on: date, *, then: bool = False
) -> Iterator[list[object]]:
    """The rows for a batch of the list's values. At most four queries.

    With `then`, as at the end of day `on`: a key is shown if it had been redeemed (H1).
    """
    all_keys, all_held = ProductKey.objects, Assignment.objects
    keys = key_uses(batch, all_keys.filter(counted_on(on)) if then else all_keys.not_revoked())
    holders = holder_texts(batch, all_held.on(on) if then else all_held.kept())
    people = Names(partner, (use.redeemed_by for use in keys.values()))
    for row in batch:
        use = keys.get(row["pk"], KeyUse())
        yield [
            KINDS["usage" if row["quantity"] is None else "licenses"],
            row["product_name"],
            *number_and_unit(row),
            row["offer_name"],
            BenefitType(row["benefit_type"]).label,
            row["competency"],
            row["starts_on"].isoformat(),
            row["expires_on"].isoformat(),
            status_on(on, row).label,
            use.last_five,
            people.of(use.redeemed_by) if use.redeemed_on else "",
            use.redeemed_on.isoformat() if use.redeemed_on else "",
            holders.get(row["pk"], ""),
        ]


def number_and_unit(row: Mapping[str, Any]) -> tuple[str, str]:
    """25 and licenses; 100 and USD per month. The number is formatted for spreadsheets."""
    quantity: int | None = row["quantity"]
    if quantity is not None:
        return str(quantity), ngettext("license", "licenses", quantity)
    amount: Decimal = row["credit_amount"]
    per_year = row["product__kind"] == Product.Kind.BULK_CREDIT
    text = _("%(amount)s per year") if per_year else _("%(amount)s per month")
    return spreadsheet_amount(amount, row["currency"]), text % {"amount": row["currency"]}


def key_uses(batch: Iterable[Mapping[str, Any]], all_keys: ProductKeyQuerySet) -> dict[int, KeyUse]:
    """The use of the benefits' keys among `all_keys`, by the benefit's primary key."""
    pks = [row["pk"] for row in batch if row["quantity"] is not None]
    keys = all_keys.filter(benefit__in=pks).order_by()
    return {
        key.benefit_id: KeyUse(key.last_five, key.redeemed_by, key.redeemed_on)
        for key in keys.select_related("redeemed_by")
    }


def holder_texts(
    batch: Iterable[Mapping[str, Any]], all_held: AssignmentQuerySet
) -> dict[int, str]:
    """The holders of each credit among `all_held`: MAX_HOLDERS names, or else their number."""
    pks = [row["pk"] for row in batch if row["quantity"] is None and row["is_used"]]
    if not pks:
        return {}
    held = all_held.filter(benefit__in=pks).order_by()
    counts = dict(held.values_list("benefit").annotate(Count("pk")))
    few = [pk for pk, count in counts.items() if count <= MAX_HOLDERS]
    names: dict[int, list[str]] = defaultdict(list)
    of_few = held.filter(benefit__in=few).select_related("directory_user")
    for assignment in of_few.order_by("directory_user__sort_name", "pk"):
        names[assignment.benefit_id].append(assignment.directory_user.display_name)
    return {
        pk: "; ".join(names[pk]) if pk in names else people_text(count)
        for pk, count in counts.items()
    }
