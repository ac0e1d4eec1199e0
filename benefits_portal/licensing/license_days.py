"""Other days, on the page of a product's licenses: what came later, the most at once (H1, H6)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import CharField, Count, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from benefits_portal.benefits.models import Product
from benefits_portal.dates import add_months
from benefits_portal.fields import DayFormField, validate_day
from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.models import LicensePool, Reversal, entitled
from benefits_portal.licensing.models.license_peak import Peak, most_at_once
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.models import Tenant


def changed_later(pool: LicensePool, any_day: AnyDay) -> Iterator[str]:
    """What was assigned, removed and reversed after that day (H1). One query."""
    if any_day.as_of is None or any_day.is_forecast:
        return
    counts = counts_after(pool, any_day.day)
    for kind in ("begun", "ended", "reversed"):
        if count := counts.get(kind):
            yield sentence(kind, count) % {"count": format_number(count)}


def sentence(kind: str, count: int) -> str:
    """The sentence for one of the counts of `counts_after`."""
    if kind == "begun":
        return ngettext(
            "%(count)s license was assigned later.",
            "%(count)s licenses were assigned later.",
            count,
        )
    if kind == "ended":
        return ngettext(
            "%(count)s license that someone had then was removed later.",
            "%(count)s licenses that people had then were removed later.",
            count,
        )
    return ngettext(
        "%(count)s redemption that counts here was reversed later.",
        "%(count)s redemptions that count here were reversed later.",
        count,
    )


def counts_after(pool: LicensePool, day: date) -> dict[str, int]:
    """How many licenses were given (`begun`) or ended, and redemptions reversed, after `day`.

    Only what counted on that day can end or be reversed.
    """
    found = changes_after.rows(pool.tenant.partner_id, pool.tenant.pk, pool.product.pk, day)
    return {kind: count or 0 for kind, count in found}


@PreparedQuery
def changes_after(
    partner: int, tenant: int, product: int, day: date
) -> QuerySet[Any, tuple[str, int | None]]:
    pool = LicensePool(Tenant(pk=tenant, partner_id=partner), Product(pk=product))
    reversals = Reversal.objects.filter(
        partner=partner, subscription__tenant=tenant, subscription__product=product
    )
    undone = reversals.filter(reversed_on__gt=day, redemption__redeemed_on__lte=day)
    later = pool.tallies.after(day)
    others = (
        counted("ended", later, Sum("ended") - Sum("gone")),
        counted("reversed", undone, Count("*")),
    )
    begun: QuerySet[Any, tuple[str, int | None]] = counted("begun", later, Sum("given"))
    return begun.union(*others, all=True).order_by()


def counted(kind: str, rows: QuerySet[Any], count: Combinable) -> Any:
    """One row for a union: `kind`, and the aggregate `count` of all `rows`."""
    named = rows.order_by().annotate(kind=Value(kind, CharField()))
    return named.values_list("kind").annotate(count=count)


class PeriodForm(forms.Form):
    """The first and last day of the period of `most_at_once`; none after today counts (H6)."""

    first = DayFormField(label=gettext_lazy("From"), validators=[validate_day])
    last = DayFormField(label=gettext_lazy("Until"), validators=[validate_day])

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_first(self) -> date:
        first: date = self.cleaned_data["first"]
        if first > self.today:
            raise forms.ValidationError(
                _("The future isn't known yet. Choose today or an earlier day.")
            )
        return first

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if "first" in values and "last" in values and values["last"] < values["first"]:
            raise forms.ValidationError(_("The last day can't be before the first day."))
        return values


def period_of(query: QueryDict, today: date) -> PeriodForm:
    """A bound form if the URL names a day, else an unbound one with the last 12 months."""
    if {"first", "last"} & query.keys():
        return PeriodForm(query, today=today)
    first = add_months(today, -12) + timedelta(days=1)
    return PeriodForm(initial={"first": first, "last": today}, today=today)


def most_at_once_context(pool: LicensePool, form: PeriodForm) -> dict[str, Any]:
    """The form and, if it is valid, the answer (H6)."""
    if not form.is_bound or not form.is_valid():
        return {"period": form}
    first, last = form.cleaned_data["first"], min(form.cleaned_data["last"], form.today)
    peak = most_at_once(pool, first, last)
    return {"period": form, "peak": peak, "peak_sentence": peak_sentence(pool, peak, first, last)}


def peak_sentence(pool: LicensePool, peak: Peak, first: date, last: date) -> str:
    """How many people had a license at most, first on which day, and of how many licenses."""
    days = {"first": as_day(first), "last": as_day(last)}
    if not peak.people:
        return _("No one had a license at the end of a day from %(first)s to %(last)s.") % days
    text = ngettext(
        "From %(first)s to %(last)s at most %(count)s person had a license at once, first on "
        "%(day)s, of %(licenses)s.",
        "From %(first)s to %(last)s at most %(count)s people had a license at once, first on "
        "%(day)s, of %(licenses)s.",
        peak.people,
    )
    there = entitled(pool.tenant, pool.product, peak.day)
    return text % (
        days
        | {
            "count": format_number(peak.people),
            "day": as_day(peak.day),
            "licenses": in_licenses(there),
        }
    )
