"""What redeeming changes, as the rows of a table: for the review and the receipt (S8)."""

from typing import Any

from django.utils.translation import gettext as _

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.licensing.models import Redemption
from benefits_portal.licensing.quotes import Quote

NOTHING = "–"


def before_after(quote: Quote | Redemption) -> list[dict[str, Any]]:
    """The licenses, end date and carried license-days before and after, with the shift."""
    before, after = quote.before, quote.after
    rows = [
        {
            "label": _("Licenses"),
            "before": format_number(before.licenses) if before else NOTHING,
            "after": format_number(after.licenses),
        },
        {
            "label": _("End date"),
            "before": as_day(before.ends_on) if before else NOTHING,
            "after": as_day(after.ends_on),
            **(shift(before.ends_on, after.ends_on) if before else {}),
        },
    ]
    carried = before.carried_license_days if before else 0
    if carried or after.carried_license_days:
        rows.append(
            {
                "label": _("License-days carried over"),
                "before": format_number(carried) if before else NOTHING,
                "after": format_number(after.carried_license_days),
                "help": _(
                    "What is left over when the time is divided into whole days. It counts in the "
                    "next calculation, so no time is lost."
                ),
            }
        )
    return rows
