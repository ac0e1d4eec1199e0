"""The calculator's *Explain a date*: how a subscription came to its end date (O8)."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.calculator_plans import MAX_ROWS, MAX_ROWS_OF_ALL, Answer
from benefits_portal.licensing.date_axis import Mark
from benefits_portal.licensing.plan_rows import (
    PlanGroup,
    PlanRow,
    coverage_text,
    sizes_of,
    what_happened,
)
from benefits_portal.licensing.planning import Explanation, explain
from benefits_portal.licensing.terms import in_days, in_licenses
from benefits_portal.listing.excerpt import Excerpt

MAX_NUMBERS = 20  # possible numbers of licenses that are listed


@dataclass(frozen=True)
class Explained(Answer):
    """How the subscription came to end on `now_ends_on`, with `now_licenses` if known (O8)."""

    now_ends_on: date = date.max
    now_licenses: int | None = None
    all_url: str = ""  # the page with every line; empty if this is that page

    @cached_property
    def explanation(self) -> Explanation:
        return explain(self.stock, self.now_ends_on, self.now_licenses)

    @property
    def coverage_text(self) -> str:
        return coverage_text(self.explanation.coverage)

    def sentence(self) -> str:
        found, params = self.explanation, {"day": as_day(self.now_ends_on)}
        if len(found.origins) == 1:
            plan = found.origins[0].plans[0]
            params |= {"licenses": in_licenses(plan.licenses), "happened": what_happened(plan)}
            return _("%(day)s with %(licenses)s: %(happened)s.") % params
        if found.origins:
            count = len(found.origins)
            text = ngettext(
                "%(count)s way leads exactly to %(day)s.",
                "%(count)s ways lead exactly to %(day)s.",
                count,
            )
            return text % {**params, "count": format_number(count)}
        return " ".join(filter(None, [self.no_way_text(), self.other_text()]))

    def no_way_text(self) -> str:
        params = {"day": as_day(self.now_ends_on), "on": as_day(self.on)}
        numbers = self.explanation.licenses
        if self.now_licenses is None or not numbers or self.now_licenses in numbers:
            return _("Redeemed on %(on)s, these keys don't lead to %(day)s.") % params
        possible = ", ".join(map(format_number, numbers[:MAX_NUMBERS]))
        if len(numbers) > MAX_NUMBERS:
            possible += ", …"
        return _("These keys can't make %(licenses)s, only: %(possible)s.") % {
            "licenses": in_licenses(self.now_licenses),
            "possible": possible,
        }

    def other_text(self) -> str:
        """What would explain the date: an unused key, an earlier day, or another date nearby."""
        found = self.explanation
        if found.with_fewer_keys:
            text = _("Without %(keys)s, they do: perhaps not redeemed, or reversed.")
            return text % {"keys": sizes_of(found.with_fewer_keys[0].unused)}
        if found.earlier_days:
            return _("Redeemed on %(on)s, they do.") % {"on": as_day(found.earlier_days[0].on)}
        near = [as_day(plan.ends_on) for plan in (found.before, found.after) if plan]
        return _("Nearest: %(days)s.") % {"days": ", ".join(near)} if near else ""

    def groups(self) -> list[PlanGroup]:
        """The groups that have rows, each with its first rows if there are very many."""
        groups = [group for group in self.whole_groups if group.rows]
        most = MAX_ROWS if self.all_url else MAX_ROWS_OF_ALL // max(len(groups), 1)
        return [replace(group, rows=group.rows[:most]) for group in groups]

    @cached_property
    def excerpt(self) -> Excerpt[PlanRow]:
        rows = [row for group in self.groups() for row in group.rows]
        return Excerpt(rows, sum(len(group.rows) for group in self.whole_groups), self.all_url)

    @cached_property
    def whole_groups(self) -> list[PlanGroup]:
        found = self.explanation
        exact = [PlanRow(one.plans[0], orders=one.plans) for one in found.origins]
        fewer = [PlanRow(one.plans[0], orders=one.plans) for one in found.with_fewer_keys]
        earlier = [
            PlanRow(day.plan, hint=_("Redeemed on %(on)s") % {"on": as_day(day.on)})
            for day in found.earlier_days
        ]
        return [
            PlanGroup(_("Leads exactly to %(day)s") % {"day": as_day(self.now_ends_on)}, exact),
            PlanGroup(_("Leads there if a key was not redeemed, or was reversed"), fewer),
            PlanGroup(_("Leads there if the keys were redeemed earlier"), earlier),
            PlanGroup(_("Nearest with all keys"), self.nearest_rows()),
        ]

    def nearest_rows(self) -> list[PlanRow]:
        rows = list[PlanRow]()
        for plan in (self.explanation.before, self.explanation.after):
            if plan:
                days = plan.after.days_later_than(self.now_ends_on)
                text = _("%(days)s too late") if days > 0 else _("%(days)s too early")
                rows.append(PlanRow(plan, hint=text % {"days": in_days(abs(days))}))
        return rows

    @property
    def now_label(self) -> str:
        return _("End date before")

    def marks(self) -> list[Mark]:
        return [Mark(_("End date now"), self.now_ends_on, "limit")]
