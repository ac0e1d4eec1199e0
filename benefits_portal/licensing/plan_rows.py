"""Plans in the reader's language: a row for each, and how many ways were compared (O1 to O3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.date_axis import Bar
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.licensing.planning import Coverage, Key, Plan
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import MAX_EXTENSION_YEARS, in_licenses

MAX_COUNTED = 1_000_000_000  # ways and orders; a larger number would tell nobody anything
MAX_ORDERS_SHOWN = 12


@dataclass(frozen=True)
class PlanRow:
    """One plan; `hint` says when or why, `orders` are plans with the same outcome."""

    plan: Plan
    tags: Sequence[str] = ()
    hint: str = ""
    orders: Sequence[Plan] = ()
    explains_unused: bool = False  # because every key should be used
    href: str = ""
    is_chosen: bool = False

    @property
    def licenses(self) -> str:
        return in_licenses(self.plan.licenses)

    @property
    def more(self) -> int:
        return self.plan.licenses - self.plan.before.licenses

    @property
    def change(self) -> str:
        return f"+{format_number(self.more)}" if self.more else _("unchanged")

    @property
    def change_effect(self) -> str:
        return "more" if self.more else "same"

    @property
    def ends_on(self) -> str:
        return as_day(self.plan.ends_on)

    @property
    def shift(self) -> dict[str, str]:
        """How much later or earlier than now it ends, and the effect for the color."""
        return shift(self.plan.before.ends_on, self.plan.ends_on)

    @property
    def how(self) -> str:
        return how(self.plan)

    @property
    def unused(self) -> str:
        return sizes_of(self.plan.unused)

    @property
    def unused_reason(self) -> str:
        """Why keys are left over; empty if that needs no reason."""
        too_large = MAX_EXTENSION_YEARS * self.plan.licenses
        if self.explains_unused and any(key.licenses > too_large for key in self.plan.unused):
            return _("Too large to extend %(licenses)s (at most 3 years)") % {
                "licenses": self.licenses
            }
        return ""

    @property
    def steps(self) -> list[str]:
        """The calculation of every step, line by line."""
        return [
            _("Step %(number)s: ") % {"number": number} + line
            for number, step in enumerate(self.plan.steps, start=1)
            if step.after.calculation
            for line in step.after.calculation.steps()
        ]

    @property
    def orders_summary(self) -> str:
        count = len(self.orders)
        text = ngettext("%(count)s order leads there", "%(count)s orders lead there", count)
        return text % {"count": format_number(count)}

    @property
    def order_lines(self) -> list[str]:
        lines = [how(plan) for plan in self.orders[:MAX_ORDERS_SHOWN]]
        hidden = len(self.orders) - len(lines)
        more = ngettext("and %(count)s more", "and %(count)s more", hidden)
        return [*lines, more % {"count": format_number(hidden)}] if hidden else lines

    @property
    def cells(self) -> dict[str, Any]:
        """The values for `{% rows %}`; without the calculation if `href` leads to the steps."""
        shift = self.shift
        has_orders = len(self.orders) > 1
        return {
            "is_chosen": self.is_chosen,
            "licenses": self.licenses,
            "change": self.change,
            "change_effect": self.change_effect,
            "tags": list(self.tags),
            "ends_on": self.ends_on,
            "shift": shift["shift"],
            "shift_effect": shift["effect"],
            "hint": self.hint,
            "href": self.href,
            "how": self.how,
            "orders_summary": self.orders_summary if has_orders else "",
            "orders": self.order_lines if has_orders else [],
            "steps": [] if self.href else self.steps,
            "unused": self.unused,
            "unused_reason": self.unused_reason,
        }

    def bar(self, on: date) -> Bar:
        """Its bar on the date axis."""
        return Bar(
            self.licenses,
            on,
            self.plan.ends_on,
            "warning" if self.plan.days_later < 0 else "new",
        )

    def as_text(self) -> str:
        """One line for an e-mail."""
        line = _("%(licenses)s until %(day)s (%(shift)s): %(how)s") % {
            "licenses": self.licenses,
            "day": self.ends_on,
            "shift": self.shift["shift"],
            "how": self.how,
        }
        return f"{line} ({self.hint})" if self.hint else line


@dataclass(frozen=True)
class PlanGroup:
    """Plans that answer one question."""

    title: str
    rows: Sequence[PlanRow]

    @property
    def cells(self) -> list[dict[str, Any]]:
        return [row.cells for row in self.rows]

    def as_text(self) -> list[str]:
        return [self.title, *(f"  {row.as_text()}" for row in self.rows)] if self.rows else []


def how(plan: Plan) -> str:
    """The steps as text: Add 100, then extend with 50 + 25, then add 25."""
    parts = list[str]()
    for way, steps in groupby(plan.steps, key=lambda step: step.way):
        keys = sizes_of(step.key for step in steps)
        if way is RedemptionKind.ADD:
            text = _("then add %(keys)s") if parts else _("Add %(keys)s")
        else:
            text = _("then extend with %(keys)s") if parts else _("Extend with %(keys)s")
        parts.append(text % {"keys": keys})
    return ", ".join(parts) or _("Use no key")


def what_happened(plan: Plan) -> str:
    """Which keys were added and which extended, whatever the order."""
    added, extended = (
        sizes_of(sorted(plan.keys_used(way), key=lambda key: key.licenses))
        for way in (RedemptionKind.ADD, RedemptionKind.EXTEND)
    )
    parts = [
        _("%(keys)s added licenses") % {"keys": added} if added else "",
        _("%(keys)s extended the end date") % {"keys": extended} if extended else "",
    ]
    return ", ".join(filter(None, parts))


def sizes_of(keys: Iterable[Key]) -> str:
    """The licenses of `keys`, in order, as text: 25 + 3 × 10."""
    parts = list[str]()
    for licenses, equal in groupby(key.licenses for key in keys):
        count = len(list(equal))
        size = format_number(licenses)
        parts.append(f"{count} × {size}" if count > 1 else size)
    return " + ".join(parts)


def coverage_text(coverage: Coverage) -> str:
    """Whether all ways and orders were compared, or how many of them (O3)."""
    if coverage.is_complete:
        text = ngettext(
            "Compared the only way and order.",
            "Compared all %(count)s ways and orders of these keys.",
            coverage.possible,
        )
        return text % {"count": format_number(coverage.possible)}
    possible = format_number(min(coverage.possible, MAX_COUNTED))
    if coverage.possible > MAX_COUNTED:
        possible = _("more than %(many)s") % {"many": possible}
    return _(
        "Compared %(tried)s of %(possible)s ways and orders of these keys. Another order can end "
        "some days later."
    ) % {"tried": format_number(coverage.tried), "possible": possible}
