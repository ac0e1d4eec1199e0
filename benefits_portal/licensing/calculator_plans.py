"""The calculator's *All possibilities*: what keys can do, and a goal (O2, O6)."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _

from benefits_portal.formats import as_day
from benefits_portal.licensing.calculator import Calculation
from benefits_portal.licensing.date_axis import Bar, DateAxis, Mark
from benefits_portal.licensing.plan_rows import (
    PlanGroup,
    PlanRow,
    coverage_text,
    sizes_of,
)
from benefits_portal.licensing.planning import (
    Aim,
    Frontier,
    Plan,
    Stock,
    aim,
    frontier,
)
from benefits_portal.licensing.terms import Term, in_days, in_licenses
from benefits_portal.listing.excerpt import Excerpt

MAX_ROWS, MAX_BARS = 20, 12
MAX_ROWS_OF_ALL = 100  # each with the calculation of every step


@dataclass(frozen=True)
class Answer:
    """What the two tabs with plans have in common: summary, groups of plans, time axis, text."""

    stock: Stock
    shows_unused = True

    @property
    def excerpt(self) -> Excerpt[PlanRow] | None:
        """The rows that are shown, with their number; None if all are."""
        return None

    @property
    def hint(self) -> str:
        """A sentence on what decides the number of licenses and the end date."""
        return _(
            "The keys that are added decide the number of licenses. The order moves the end date "
            "by a few days, or decides whether a large key fits."
        )

    @property
    def before(self) -> Term:
        return self.stock.before

    @property
    def on(self) -> date:
        return self.stock.on

    @property
    def calculation(self) -> Calculation:
        keys = [key.licenses for key in self.stock.keys]
        return Calculation(self.before, keys, self.on)

    @property
    def is_active(self) -> bool:
        """Only an Active subscription can be extended or get more licenses (S4, S6)."""
        return self.calculation.is_active

    def status_hint(self) -> str:
        return self.calculation.status_hint()

    @property
    def summary(self) -> list[str]:
        """What was understood (W4)."""
        first, _keys, last = self.calculation.summary
        return [first, _("keys: %(keys)s") % {"keys": sizes_of(self.stock.keys)}, last]

    def sentence(self) -> str:
        raise NotImplementedError

    def groups(self) -> list[PlanGroup]:
        raise NotImplementedError

    @property
    def coverage_text(self) -> str:
        raise NotImplementedError

    def marks(self) -> list[Mark]:
        return []

    def axis(self) -> DateAxis:
        """The time axis: the present end date, and that of the first MAX_BARS plans."""
        now = Bar(self.now_label, self.on, self.before.ends_on, "now")
        bars = [row.bar(self.on) for row in self.axis_rows()[:MAX_BARS]]
        return DateAxis(self.on, [now, *bars], self.marks(), self.on_label)

    @property
    def on_label(self) -> str:
        return _("Redeemed on")

    @property
    def now_label(self) -> str:
        return _("Current end date")

    def axis_rows(self) -> list[PlanRow]:
        """One row for each outcome."""
        rows = {row.plan.after: row for group in self.groups() for row in group.rows}
        return list(rows.values())

    def as_text(self, url: str) -> str:
        """The answer for an e-mail, with the link to it."""
        lines = ["; ".join(self.summary), ""]
        if not self.is_active:
            return "\n".join([*lines, self.status_hint(), "", url])
        lines += [self.sentence()]
        for group in self.groups():
            lines += ["", *group.as_text()]
        return "\n".join([*lines, "", self.coverage_text, "", url])


@dataclass(frozen=True)
class Possibilities(Answer):
    """For each number of licenses the latest end (O2), and the plans nearest to a goal (O6)."""

    wanted_licenses: int | None = None
    wanted_on: date | None = None
    all_url: str = ""  # the page with every line; empty if this is that page

    @cached_property
    def frontier(self) -> Frontier:
        return frontier(self.stock)

    @cached_property
    def aim(self) -> Aim | None:
        """The plans nearest to the goal; None without a goal."""
        if self.wanted_licenses is None and self.wanted_on is None:
            return None
        return aim(
            self.stock,
            self.wanted_licenses or self.before.licenses,
            self.wanted_on or self.on,
        )

    def sentence(self) -> str:
        return wish_text(self.aim) if self.aim else self.reach_text()

    def reach_text(self) -> str:
        """What can be had, from the fewest licenses to the most."""
        first, last = self.frontier.plans[0], self.frontier.plans[-1]
        params = {
            "least": in_licenses(first.licenses),
            "first": as_day(first.ends_on),
            "most": in_licenses(last.licenses),
            "last": as_day(last.ends_on),
        }
        if first is last:
            return _("You can have %(least)s until %(first)s.") % params
        return _("You can have from %(least)s until %(first)s to %(most)s until %(last)s.") % params

    def groups(self) -> list[PlanGroup]:
        outcomes = PlanGroup(
            _("For each number of licenses, the latest end date"), self.excerpt.rows
        )
        return (
            [PlanGroup(_("Your goal"), wish_rows(self.aim)), outcomes] if self.aim else [outcomes]
        )

    @cached_property
    def excerpt(self) -> Excerpt[PlanRow]:
        plans = self.frontier.plans
        shown = plans[: MAX_ROWS if self.all_url else MAX_ROWS_OF_ALL]
        rows = [
            PlanRow(
                plan, [_("Meets your goal")] if self.is_wished(plan) else [], explains_unused=True
            )
            for plan in shown
        ]
        return Excerpt(rows, len(plans), self.all_url)

    def axis_rows(self) -> list[PlanRow]:
        return list(self.excerpt.rows)

    def is_wished(self, plan: Plan) -> bool:
        return bool(
            self.aim and plan.licenses >= self.aim.licenses and plan.ends_on >= self.aim.ends_on
        )

    @property
    def coverage_text(self) -> str:
        return coverage_text(self.frontier.coverage)

    def marks(self) -> list[Mark]:
        return [Mark(_("Wanted"), self.wanted_on, "limit")] if self.wanted_on else []


def wish_rows(found: Aim) -> list[PlanRow]:
    """The nearest on both sides of the wanted day, and the fewest keys; each plan once."""
    tags: dict[Plan, list[str]] = {}
    named = [
        (found.after, _("Exactly the wanted day") if found.is_hit else _("Nearest after")),
        (found.fewest, _("Fewest keys")),
        (found.before, _("Nearest before")),
    ]
    for plan, tag in named:
        if plan:
            tags.setdefault(plan, []).append(tag)
    return [PlanRow(plan, names) for plan, names in tags.items()]


def wish_text(found: Aim) -> str:
    """Whether the goal can be reached, how near the keys come, and which key would come nearer."""
    params = {"licenses": in_licenses(found.licenses), "day": as_day(found.ends_on)}
    if found.is_hit:
        return _("%(licenses)s or more until exactly %(day)s: yes.") % params
    if found.after:
        params["days"] = in_days(found.after.after.days_later_than(found.ends_on))
        text = _("%(licenses)s or more until %(day)s: yes, and %(days)s longer.")
    elif found.before:
        params["days"] = in_days(-found.before.after.days_later_than(found.ends_on))
        text = _("%(licenses)s or more until %(day)s: not with these keys, %(days)s short.")
    else:
        text = _("%(licenses)s or more: not with these keys.")
    return f"{text % params} {next_key_text(found)}".strip()


def next_key_text(found: Aim) -> str:
    """The size of a key that would come closest to the goal (O6)."""
    sizes = [
        _("%(licenses)s (%(day)s)")
        % {"licenses": in_licenses(key.licenses), "day": as_day(key.ends_on)}
        for key in found.next_keys
    ]
    if not (sizes and found.before) or found.is_hit:
        return ""
    params = {"keys": sizes[0], "day": as_day(found.before.ends_on)}
    if len(sizes) > 1:
        params["keys"] = _("%(one)s or %(other)s") % {"one": sizes[0], "other": sizes[1]}
    if not found.before.steps:
        return _("Closest would be to extend with a key for %(keys)s.") % params
    text = _("Closest would be one more key after the plan that ends on %(day)s: %(keys)s.")
    return text % params
