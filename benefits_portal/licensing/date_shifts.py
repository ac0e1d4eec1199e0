"""How much later or earlier one end date is than another, in the reader's language."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.dates import add_months
from benefits_portal.formats import format_number
from benefits_portal.licensing.terms import KEY_MONTHS, in_days, in_months


def shift(before: date | None, after: date) -> dict[str, str]:
    """The text and the effect (for the color) of a badge; without `before`, a key's 12 months."""
    if before is None:
        return {"shift": in_months(KEY_MONTHS), "effect": "new"}
    if before == after:
        return {"shift": _("the same end date"), "effect": "same"}
    return {
        "shift": in_months_and_days(before, after),
        "effect": "later" if after > before else "earlier",
    }


def in_months_and_days(before: date, after: date) -> str:
    """3 months later (92 days); only days if the months are not whole."""
    months_later = in_time(before, after)
    if not whole_months(before, after):
        return months_later
    days = in_days(abs((after - before).days))
    return _("%(months_later)s (%(days)s)") % {"months_later": months_later, "days": days}


def in_time(before: date, after: date) -> str:
    """How much later or earlier, in whole months or else in days; empty for the same day."""
    count = months = whole_months(before, after)
    if months > 0:
        text = ngettext("%(count)s month later", "%(count)s months later", months)
    elif months < 0:
        text = ngettext("%(count)s month earlier", "%(count)s months earlier", -months)
    else:
        count = (after - before).days
        later = ngettext("%(count)s day later", "%(count)s days later", count)
        earlier = ngettext("%(count)s day earlier", "%(count)s days earlier", -count)
        text = later if count > 0 else earlier
    return text % {"count": format_number(abs(count))} if count else ""


def whole_months(before: date, after: date) -> int:
    """The whole months from `before` to `after`, negative backwards; 0 if not whole."""
    months = 12 * (after.year - before.year) + after.month - before.month
    return months if add_months(before, months) == after else 0
