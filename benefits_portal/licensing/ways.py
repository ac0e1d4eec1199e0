"""The ways to use a key, in the words and figures of a table and a time axis (S3, S8).

Terms are calculated elsewhere; here they are only put into the reader's language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.date_axis import Bar, DateAxis, Mark
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.licensing.models import Subscription, Term
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import in_days, in_licenses

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Way:
    """One way to use a key: the terms `before` and `after`, or the `reason` why it is refused.

    Without `before` it starts a new subscription. With `keeps` the subscription goes on with all
    its licenses.
    """

    title: str
    summary: str = ""
    starts_on: date | None = None
    before: Term | None = None
    after: Term | None = None
    keeps: bool = False
    has_ended: bool = False  # `before` has ended, so there is no end date to compare with
    gap: str = ""  # days without service, if any
    steps: list[str] = field(default_factory=list)
    reason: str = ""
    action: str = ""
    href: str = ""
    tags: list[str] = field(default_factory=list)
    is_primary: bool = False
    on_axis: str = ""  # its label on the time axis
    is_plain: bool = False  # the figures say all that the summary says

    @property
    def licenses(self) -> str:
        return format_number(self.after.licenses) if self.after else ""

    @property
    def ends_on(self) -> str:
        return as_day(self.after.ends_on) if self.after else ""

    @property
    def more(self) -> int:
        """How many more licenses than now; negative for fewer, 0 without `before` or `after`."""
        return self.after.licenses - self.before.licenses if self.before and self.after else 0

    @property
    def change(self) -> str:
        """The change of licenses as text: +25, −5 or unchanged."""
        if not self.before:
            return ""
        sign = "+" if self.more > 0 else "−"
        return f"{sign}{format_number(abs(self.more))}" if self.more else _("unchanged")

    @property
    def change_effect(self) -> str:
        return "fewer" if self.more < 0 else "more" if self.more else "same"

    @property
    def gain(self) -> int:
        """How many days later than now it ends; negative for earlier, 0 if nothing runs now."""
        if self.before is None or self.after is None or self.has_ended:
            return 0
        return self.after.days_later_than(self.before.ends_on)

    @property
    def shift(self) -> str:
        """How much later or earlier it ends than now."""
        return self._shift["shift"]

    @property
    def effect(self) -> str:
        """The effect for the color: a later end is no gain if licenses are lost."""
        effect = self._shift["effect"]
        return "same" if effect == "later" and self.more < 0 else effect

    @cached_property
    def _shift(self) -> dict[str, str]:
        if self.after is None:
            return {"shift": "", "effect": ""}
        before = None if self.has_ended or not self.before else self.before.ends_on
        return shift(before, self.after.ends_on)

    @property
    def is_loss(self) -> bool:
        """Whether licenses or days are lost."""
        return self.more < 0 or self.gain < 0

    @property
    def bar(self) -> Bar | None:
        """Its bar on the time axis; None if it is refused."""
        if not (self.after and self.starts_on):
            return None
        kind = "warning" if self.is_loss else "new"
        return Bar(self.on_axis or self.title, self.starts_on, self.after.ends_on, kind)

    def row(self) -> dict[str, Any]:
        """What components/ways.html shows; without the summary if it is refused."""
        return {
            "title": self.title,
            "tags": self.tags,
            "summary": "" if self.reason else self.summary,
            "is_plain": self.is_plain,
            "steps": self.steps,
            "reason": self.reason,
            "licenses": self.licenses,
            "change": self.change,
            "change_effect": self.change_effect,
            "ends_on": self.ends_on,
            "shift": self.shift,
            "effect": self.effect,
            "gap": self.gap,
            "action": self.action,
            "href": self.href,
            "is_primary": self.is_primary,
        }

    def as_text(self) -> list[str]:
        """Lines for an email: the outcome, then the calculation, indented."""
        if not self.after:
            return [f"{self.title}: {self.reason}"]
        outcome = _("%(way)s: %(licenses)s (%(change)s), end date %(day)s: %(shift)s")
        if not self.before:
            outcome = _("%(way)s: %(licenses)s, end date %(day)s: %(shift)s")
        line = outcome % {
            "way": self.title,
            "licenses": in_licenses(self.after.licenses),
            "change": self.change,
            "day": self.ends_on,
            "shift": self.shift,
        }
        return [line, *(f"  {step}" for step in self.steps)]


@dataclass(frozen=True)
class WayGroup:
    """The ways that change one subscription, or that start a new one."""

    title: str
    ways: Sequence[Way]

    @property
    def best_for_renewing(self) -> Way | None:
        """The way that ends last, of those that keep every license and end later than now."""
        later = [way for way in self.ways if way.keeps and way.gain > 0]
        return max(later, key=lambda way: way.gain, default=None)

    def tagged(self, *, has_primary: bool = True) -> "WayGroup":
        """With tags; the best way for renewing, or else the first one, has the primary action."""
        best = self.best_for_renewing
        possible = [way for way in self.ways if way.href]
        primary = best or next(iter(possible), None)
        return replace(
            self,
            ways=[
                replace(
                    way,
                    tags=tags_of(way, best),
                    is_primary=has_primary and way is primary,
                )
                for way in self.ways
            ],
        )


def way_rows(groups: Iterable[WayGroup]) -> list[dict[str, Any]]:
    """The rows of components/ways.html; the first of a group has its title."""
    return [
        {
            **way.row(),
            "group": group.title if at == 0 else "",
            "is_last": at == len(group.ways) - 1,
        }
        for group in groups
        for at, way in enumerate(group.ways)
    ]


def tags_of(way: Way, best: Way | None) -> list[str]:
    """What `way` is good for, by the rules that are stated below the table."""
    tags = [_("Best for renewing")] if way is best else []
    return [*tags, _("For more people")] if way.keeps and way.more > 0 else tags


ON_AXIS = {
    RedemptionKind.NEW: gettext_lazy("With New subscription"),
    RedemptionKind.REACTIVATE: gettext_lazy("With Reactivation"),
    RedemptionKind.EXTEND: gettext_lazy("With Extend end date"),
    RedemptionKind.ADD: gettext_lazy("With Add licenses"),
}


def described(way: RedemptionKind, beside: Subscription.Status | None = None) -> Way:
    """A row with the name and summary of `way`, still without its outcome."""
    is_plain = way in (RedemptionKind.EXTEND, RedemptionKind.ADD) or (
        way is RedemptionKind.NEW and beside is Subscription.Status.ACTIVE
    )
    return Way(
        str(way.label),
        summary_of(way, beside),
        on_axis=str(ON_AXIS[way]),
        is_plain=is_plain,
    )


def summary_of(way: RedemptionKind, beside: Subscription.Status | None = None) -> str:
    """What `way` does; `beside` is the status of the subscription that it leaves alone."""
    match way:
        case RedemptionKind.EXTEND:
            return _("Same number of licenses, later end date.")
        case RedemptionKind.ADD:
            return _("More licenses. The end date is averaged across all of them.")
        case RedemptionKind.REACTIVATE:
            return _(
                "The same subscription becomes active again: it keeps its ID, settings and "
                "assignments."
            )
    if beside is Subscription.Status.ACTIVE:
        return _("Creates a separate subscription. The current one keeps its end date.")
    if beside in (Subscription.Status.EXPIRED, Subscription.Status.DISABLED):
        return _(
            "Creates a second subscription with a new ID: settings and assignments start empty. "
            "The old one stays inactive."
        )
    return _("Creates a subscription: this product isn't active in this tenant.")


def gap_since(ended_on: date | None, on: date) -> str:
    """The days without service after `ended_on` and before `on`, as text; empty for none."""
    days = (on - ended_on).days - 1 if ended_on else 0
    if ended_on is None or days <= 0:
        return ""
    return _("%(days)s, since %(day)s") % {"days": in_days(days), "day": as_day(ended_on)}


def waiting_way(key_licenses: int, before: Term) -> Way:
    """Let the subscription end, and use the key the day after to start a new one."""
    start = before.ends_on + DAY
    term = end_dates.activated(key_licenses, start)
    day = {"day": as_day(start)}
    return Way(
        _("Wait and start new"),
        _("Only the licenses of the key, for one year. Redeem the key on %(day)s.") % day,
        start,
        before,
        term,
        steps=term.calculation.steps() if term.calculation else [],
        on_axis=_("With Wait and start new"),
    )


def ways_axis(
    subscription: Subscription | None,
    ways: Sequence[Way],
    on: date,
    marks: Sequence[Mark] = (),
    today_label: str = "",
) -> DateAxis:
    """The time axis: the present end date, where each way leads, and the 3-year limit (S5).

    If the subscription has ended, the last day to reactivate it instead of that limit (S3).
    """
    bars = [way.bar for way in ways if way.bar]
    if subscription is None:
        return DateAxis(on, bars, marks, today_label)
    if subscription.is_active(on):
        bars = [Bar(_("Current end date"), on, subscription.ends_on, "now"), *bars]
        limits = [Mark(_("3-year limit"), subscription.latest_extension_on, "limit")]
    else:
        last_day = subscription.disabled_until
        limits = [
            Mark(pgettext("subscription", "Ended"), subscription.ends_on),
            Mark(_("Last day to reactivate"), last_day, "limit"),
        ]
    return DateAxis(on, bars, [*marks, *limits], today_label)
