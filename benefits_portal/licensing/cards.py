"""One way to use a key as a card shows it, in the reader's language (rules S3, S8)."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.date_axis import Bar
from benefits_portal.licensing.models import Subscription, Term
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.tenants.audit.refusal import Refusal

DAY = timedelta(days=1)


def card(
    way: RedemptionKind,
    *,
    term: Term | None = None,
    days_later: int | None = None,
    refusal: Refusal | None = None,
    summary: str = "",
) -> dict[str, Any]:
    """One way to use a key, as the card shows it: the term it leads to, or why it cannot."""
    labels: dict[str, Any] = {"title": way.label, "summary": summary or SUMMARIES[way]()}
    if term is None:
        return labels | {"reason": str(refusal or "")}
    return (
        labels | term_values(term) | shift(None if way is RedemptionKind.REACTIVATE else days_later)
    )


SUMMARIES = {
    RedemptionKind.EXTEND: lambda: _("The licenses stay, the end date moves."),
    RedemptionKind.ADD: lambda: _("More licenses; the end dates are averaged over all of them."),
    RedemptionKind.NEW: lambda: _("A subscription of its own: nothing of this product runs here."),
    RedemptionKind.REACTIVATE: lambda: _(
        "The subscription comes back with the licenses of this key."
    ),
}


def beside(status: Subscription.Status) -> str:
    """What a new subscription stands beside, where there is one of that status."""
    if status is Subscription.Status.ACTIVE:
        return _("A subscription of its own, beside the one that runs.")
    return _("A subscription of its own. The one that ended stays ended.")


def waiting(key_licenses: int = 0, ends_on: date | None = None) -> dict[str, Any]:
    """For fewer licenses for a full year: let it end on `ends_on`, start anew the day after."""
    labels = {
        "title": _("Wait and start new"),
        "summary": _("Only the licenses of the key, for a full year."),
    }
    if ends_on is None:
        return labels
    term = Subscription.activated(key_licenses, ends_on + DAY)
    subtitle = _("Nothing to do now: redeem the key on %(start)s.") % {
        "start": as_day(ends_on + DAY)
    }
    return (
        labels | term_values(term) | shift(term.days_later_than(ends_on)) | {"subtitle": subtitle}
    )


def way_bar(title: str, start: date, ends_on: date) -> Bar:
    """What a way leads to, on the axis."""
    return Bar(_("With %(way)s") % {"way": title}, start, ends_on, "new")


def waiting_bar(key_licenses: int, ends_on: date) -> Bar:
    """What waiting and starting new leads to, on the axis."""
    term = Subscription.activated(key_licenses, ends_on + DAY)
    return way_bar(_("Wait and start new"), ends_on + DAY, term.ends_on)


def term_values(term: Term) -> dict[str, Any]:
    steps = term.calculation.steps() if term.calculation else []
    labels = in_licenses(term.licenses)
    return {
        "licenses": format_number(term.licenses),
        "licenses_in_words": labels,
        "ends_on": as_day(term.ends_on),
        "steps": steps,
    }


def shift(days: int | None) -> dict[str, str]:
    """How much later or earlier than the present end, in words, and its effect for the color."""
    if days is None:
        return {"shift": _("12 months of its own"), "effect": "new"}
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
