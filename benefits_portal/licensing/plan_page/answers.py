"""The plans to choose from, and the steps of the chosen one (O2, O6, O7)."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.calculator_plans import Possibilities
from benefits_portal.licensing.date_axis import Bar, DateAxis
from benefits_portal.licensing.end_dates import extended
from benefits_portal.licensing.plan_rows import MAX_COUNTED, PlanGroup, PlanRow, sizes_of
from benefits_portal.licensing.planning import Plan, SameDay, same_day
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import Term, in_days, in_licenses
from benefits_portal.tenants.audit.refusal import Refusal

from .forms import PlanForm
from .steps import Steps

CHOICE = "choice"


@dataclass(frozen=True)
class PlanChoices(Possibilities):
    """What the selected keys can do for one subscription; each plan links to its steps."""

    query: str = ""  # of the page's URL, without a choice
    chosen: str = ""  # the `reference` of a plan

    @property
    def on_label(self) -> str:
        return _("Today")

    def groups(self) -> list[PlanGroup]:
        return self._linked_groups

    @cached_property
    def _linked_groups(self) -> list[PlanGroup]:
        groups = super().groups()
        return [replace(group, rows=list(map(self.linked, group.rows))) for group in groups]

    def linked(self, row: PlanRow) -> PlanRow:
        name = reference(row.plan)
        href = f"?{self.query}&{CHOICE}={name}#steps"
        return replace(row, href=href, is_chosen=name == self.chosen)

    @cached_property
    def plan(self) -> Plan | None:
        """The chosen plan, if it is still among them."""
        rows = (row for group in self.groups() for row in group.rows)
        return next((row.plan for row in rows if row.is_chosen), None)

    @property
    def not_extended(self) -> list[str]:
        """The refusals of extending with key sizes that no plan extends with (S5)."""
        plans = self.frontier.plans
        used = {key for plan in plans for key in plan.keys_used(RedemptionKind.EXTEND)}
        others = {key.licenses for key in self.stock.keys} - {key.licenses for key in used}
        reasons = (why_not_extended(self.before, licenses) for licenses in sorted(others))
        return list(filter(None, reasons))

    @property
    def is_outdated(self) -> bool:
        """Whether the URL has a choice that is no longer offered: of another day or other keys."""
        return bool(self.chosen) and self.plan is None


def why_not_extended(before: Term, key_licenses: int) -> str:
    """The refusal of extending `before` with such a key; empty if it is possible."""
    try:
        extended(before, key_licenses)
    except Refusal as refusal:
        return str(refusal)
    return ""


def reference(plan: Plan) -> str:
    """A plan in a URL: its licenses, its end date and its number of keys."""
    return f"{plan.licenses}.{plan.ends_on.isoformat()}.{len(plan.steps)}"


@dataclass(frozen=True)
class SameDayAnswer:
    """Subscriptions that end as close together as their keys allow (O7)."""

    found: SameDay
    on: date
    shows_unused = False  # of each subscription
    hint = ""
    excerpt = None

    def sentence(self) -> str:
        params = {
            "count": format_number(len(self.found.plans)),
            "day": as_day(self.found.first_end),
            "last": as_day(self.found.last_end),
            "days": in_days(self.found.spread),
        }
        if not self.found.spread:
            return _("All %(count)s subscriptions can end on the same day: %(day)s.") % params
        return (
            _("The %(count)s subscriptions can end %(days)s apart: from %(day)s to %(last)s.")
            % params
        )

    def groups(self) -> list[PlanGroup]:
        rows = [PlanRow(replace(plan, unused=())) for plan in self.found.plans]
        return [PlanGroup(_("Extend each subscription"), rows)]

    @property
    def coverage_text(self) -> str:
        """How many ways to share out the keys were compared (O3)."""
        coverage = self.found.coverage
        params = {
            "tried": format_number(coverage.tried),
            "possible": format_number(min(coverage.possible, MAX_COUNTED)),
        }
        if coverage.is_complete:
            return _("Compared all %(possible)s ways to share out these keys.") % params
        text = _("Compared %(tried)s of %(possible)s or more ways to share out these keys.")
        return text % params

    @property
    def unused(self) -> str:
        return sizes_of(self.found.unused)

    def axis(self) -> DateAxis:
        bars = []
        for plan in self.found.plans:
            label = in_licenses(plan.licenses)
            bars.append(
                Bar(_("%(licenses)s now") % {"licenses": label}, self.on, plan.before.ends_on)
            )
            bars.append(Bar(label, self.on, plan.ends_on, "new"))
        return DateAxis(self.on, bars)


def plan_choices(form: PlanForm, query: QueryDict, on: date, all_url: str) -> PlanChoices:
    data, rest = form.cleaned_data, query.copy()
    chosen = str(rest.get(CHOICE, ""))
    rest.pop(CHOICE, None)
    return PlanChoices(
        form.stock(on),
        data.get("licenses") if "licenses" in query else None,  # not the preset number
        data.get("until"),
        "" if chosen else all_url,
        rest.urlencode(),
        chosen,
    )


def same_day_answer(form: PlanForm, on: date) -> SameDayAnswer:
    keys = form.supply.to_plan_with(form.cleaned_data["key"])
    terms = [subscription.term for subscription in form.supply.subscriptions]
    return SameDayAnswer(same_day(terms, keys, on), on)


def same_day_steps(form: PlanForm, answer: SameDayAnswer) -> list[Steps]:
    """The steps of each subscription that is extended."""
    pairs = zip(form.supply.subscriptions, answer.found.plans, strict=True)
    return [Steps(subscription, plan, form.supply) for subscription, plan in pairs if plan.steps]
