"""How much later or earlier an end date is, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import format_number
from benefits_portal.licensing.terms import KEY_MONTHS, in_months


def shift(days: int | None) -> dict[str, str]:
    """How much later or earlier than the present end, in words, and its effect for the color."""
    if days is None:
        return {"shift": in_months(KEY_MONTHS), "effect": "new"}
    if days == 0:
        return {"shift": _("the same end date"), "effect": "same"}
    count = {"count": format_number(abs(days))}
    if days > 0:
        return {
            "shift": ngettext("%(count)s day later", "%(count)s days later", days) % count,
            "effect": "later",
        }
    return {
        "shift": ngettext("%(count)s day earlier", "%(count)s days earlier", -days) % count,
        "effect": "earlier",
    }
