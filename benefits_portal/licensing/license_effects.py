"""Whether people would be left without a license if a key changed a subscription (L11)."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.models import Product
from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.comparison import Choice, Comparison
from benefits_portal.licensing.models import LicenseOutlook, Stretch, Term, outlook_of
from benefits_portal.licensing.quotes import Quote
from benefits_portal.tenants.models import Tenant

DAY = timedelta(days=1)


def stretch_of(term: Term | None) -> Stretch | None:
    return Stretch(term.ends_on, term.licenses) if term else None


def effect(outlook: LicenseOutlook, before: Term | None, after: Term | None) -> str:
    """From when there would be too few licenses if `after` replaced the term `before`, as text.

    Empty if nobody has a license.
    """
    then = outlook.replacing(stretch_of(before), stretch_of(after))
    step = then.first_over
    if step is None:
        return ""
    over = then.over(step)
    short = at_once(over) if step.day == outlook.on else later(over)
    return f"{people_with_license(outlook.given)} {short}" % {
        "given": format_number(outlook.given),
        "over": format_number(over),
        "day": as_day(step.day),
        "eve": as_day(step.day - DAY),
    }


def people_with_license(given: int) -> str:
    return ngettext(
        "%(given)s person has a license of this product in this tenant.",
        "%(given)s people have a license of this product in this tenant.",
        given,
    )


def at_once(over: int) -> str:
    return ngettext(
        "From today, there would be %(over)s license too few.",
        "From today, there would be %(over)s licenses too few.",
        over,
    )


def later(over: int) -> str:
    return ngettext(
        "There are enough until %(eve)s; from %(day)s, there would be %(over)s license too few.",
        "There are enough until %(eve)s; from %(day)s, there would be %(over)s licenses too few.",
        over,
    )


def effect_of(quote: Quote, tenant: Tenant, product: Product) -> str:
    """The `effect` of redeeming the key of `quote`. One query."""
    return effect(outlook_of(tenant, product, quote.on), quote.before, quote.after)


def effects_of_ways(
    comparisons: Iterable[Comparison], tenant: Tenant, product: Product, on: date
) -> list[str]:
    """The `effect` of each way to use a key, without repeats; none if nobody has a license."""
    outlook = outlook_of(tenant, product, on)
    if not outlook.given:
        return []
    found = (effect_of_way(outlook, choice) for one in comparisons for choice in one.choices)
    return list(dict.fromkeys(filter(None, found)))


def effect_of_way(outlook: LicenseOutlook, choice: Choice) -> str:
    if choice.quote is None:
        return ""
    text = effect(outlook, choice.quote.before, choice.quote.after)
    return _("%(way)s: %(effect)s") % {"way": choice.way.label, "effect": text}
