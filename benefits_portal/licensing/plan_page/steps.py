"""The steps of a plan, the last day of each, and the link to carry them out (O5)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from benefits_portal.formats import as_day
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.order_display import order_url
from benefits_portal.licensing.plan_rows import PlanRow
from benefits_portal.licensing.planning import Plan, Step
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import in_licenses

from .supply import Supply


@dataclass(frozen=True)
class StepRow:
    """One step as the page lists it."""

    step: Step
    offer: str

    @property
    def title(self) -> str:
        licenses = {"licenses": in_licenses(self.step.key.licenses)}
        if self.step.way is RedemptionKind.ADD:
            return _("Add %(licenses)s") % licenses
        return _("Extend with the key for %(licenses)s") % licenses

    @property
    def result(self) -> str:
        after = self.step.after
        params = {"licenses": in_licenses(after.licenses), "day": as_day(after.ends_on)}
        return _("%(licenses)s until %(day)s") % params

    @property
    def by_when(self) -> str:
        """The last day of the step, and what ends on that day."""
        text = _("Possible until %(day)s, the last day that the subscription is active")
        if self.step.is_held_by_key:
            text = _("Possible until %(day)s, the last day of the key's benefit")
        return text % {"day": as_day(self.step.last_day)}

    @property
    def calculation(self) -> list[str]:
        calculation = self.step.after.calculation
        return calculation.steps() if calculation else []


@dataclass(frozen=True)
class Steps:
    """A chosen plan for one subscription; `href` leads to its review."""

    subscription: Subscription
    plan: Plan
    supply: Supply

    @property
    def row(self) -> PlanRow:
        return PlanRow(self.plan)

    @property
    def title(self) -> str:
        params = {"licenses": self.row.licenses, "day": self.row.ends_on}
        return _("%(licenses)s until %(day)s") % params

    @property
    def before(self) -> str:
        """The subscription before the steps."""
        params = {
            "licenses": in_licenses(self.plan.before.licenses),
            "day": as_day(self.plan.before.ends_on),
        }
        return _("%(licenses)s until %(day)s") % params

    def rows(self) -> list[StepRow]:
        return [
            StepRow(step, self.supply.key(step.key.pk).benefit.offer_name)
            for step in self.plan.steps
        ]

    @property
    def last_day(self) -> str:
        return as_day(self.plan.last_day) if self.plan.last_day else ""

    @property
    def has_added(self) -> bool:
        """Whether the result depends on the day (S6)."""
        return bool(self.plan.keys_used(RedemptionKind.ADD))

    def lapsing(self) -> list[str]:
        """The unused keys, each with the day after which it is lost (O5)."""
        return [
            _("%(licenses)s, lost after %(day)s")
            % {"licenses": in_licenses(key.licenses), "day": as_day(key.lapses_on)}
            for key in self.plan.lapsing
        ]

    @property
    def href(self) -> str:
        """The URL of the review, of one key or of an order (O10)."""
        moves = [f"{step.way.value}:{step.key.pk}" for step in self.plan.steps]
        return order_url(self.subscription.pk, moves)
