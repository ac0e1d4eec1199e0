"""The end-date calculator: the rules applied to any figures, without a database (S4 to S8)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from benefits_portal.formats import as_day
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.date_axis import DateAxis
from benefits_portal.licensing.models import Subscription, Term
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.licensing.ways import (
    Way,
    WayGroup,
    described,
    gap_since,
    waiting_way,
    way_rows,
    ways_axis,
)
from benefits_portal.tenants.audit.refusal import Refusal

CAN_COME_BACK = (Subscription.Status.EXPIRED, Subscription.Status.DISABLED)


@dataclass(frozen=True)
class Calculation:
    """Each way to use keys of these sizes, one after the other on day `on`, on a subscription."""

    before: Term
    keys: list[int]
    on: date

    def groups(self) -> list[WayGroup]:
        """The groups of the table: the ways for the subscription, and a new one."""
        new = WayGroup(_("Separate subscription"), [self.new()])
        return [WayGroup(self.heading, self.kept()).tagged(), new]

    def way_rows(self) -> list[dict[str, Any]]:
        """The rows of that table."""
        return way_rows(self.groups())

    def kept(self) -> list[Way]:
        """The ways for the subscription, for the table and the time axis."""
        rows = [self.row(way, terms) for way, terms in self.ways()]
        return [*rows, waiting_way(sum(self.keys), self.before)] if self.is_active else rows

    def new(self) -> Way:
        return self.row(RedemptionKind.NEW, self.started_new)

    @property
    def subscription(self) -> Subscription:
        return Subscription.with_term(self.before)

    @property
    def is_active(self) -> bool:
        return self.status is Subscription.Status.ACTIVE

    @property
    def status(self) -> Subscription.Status:
        """S2: on the day that the keys are redeemed."""
        return self.subscription.status(self.on)

    def status_hint(self) -> str:
        """Its status on that day, and until when it can come back; empty if Active (S2, S3)."""
        params = {"day": as_day(self.on), "until": as_day(self.subscription.disabled_until)}
        match self.status:
            case Subscription.Status.EXPIRED:
                text = _(
                    "On %(day)s this subscription is Expired: you can reactivate it with a "
                    "key until %(until)s."
                )
            case Subscription.Status.DISABLED:
                text = _(
                    "On %(day)s this subscription is Disabled: you can reactivate it with a "
                    "key until %(until)s."
                )
            case Subscription.Status.DELETED:
                text = _(
                    "On %(day)s this subscription is Deleted: it could be reactivated until "
                    "%(until)s. A key starts a new one."
                )
            case _active:
                text = ""
        return text % params

    def ways(self) -> list[tuple[RedemptionKind, Callable[[], list[Term]]]]:
        """The ways that `kept` shows, each with the terms that it calculates.

        An Expired or Disabled subscription comes back with the first key's licenses; the other keys
        add to it (S3).
        """
        back = (
            [(RedemptionKind.REACTIVATE, self.started_new)] if self.status in CAN_COME_BACK else []
        )
        return [
            *back,
            (RedemptionKind.EXTEND, self.extended),
            (RedemptionKind.ADD, self.with_added_licenses),
        ]

    def row(self, way: RedemptionKind, terms: Callable[[], list[Term]]) -> Way:
        labels = described(way, self.status)
        try:
            chain = terms()
        except Refusal as refusal:
            return replace(labels, reason=str(refusal))
        return replace(
            labels,
            starts_on=self.on,
            before=None if way is RedemptionKind.NEW else self.before,
            after=chain[-1],
            keeps=way in (RedemptionKind.EXTEND, RedemptionKind.ADD),
            has_ended=not self.is_active,
            gap=gap_since(None if self.is_active else self.before.ends_on, self.on),
            steps=self.steps(chain),
        )

    def steps(self, chain: list[Term]) -> list[str]:
        """The lines of each key's calculation, with the key's number if there are several."""
        lines = []
        for number, term in enumerate(chain, start=1):
            prefix = _("Key %(number)s: ") % {"number": number} if len(chain) > 1 else ""
            lines += (
                [prefix + step for step in term.calculation.steps()] if term.calculation else []
            )
        return lines

    def extended(self) -> list[Term]:
        """Raises SubscriptionNotActive, ExtensionLimitExceeded or CalendarEnds."""
        return self.chain(RedemptionKind.EXTEND)

    def with_added_licenses(self) -> list[Term]:
        """Raises SubscriptionNotActive, TooManyLicenses or SubscriptionFull."""
        return self.chain(RedemptionKind.ADD)

    def started_new(self) -> list[Term]:
        """The first key starts a subscription, the others add to it on the same day."""
        first = end_dates.activated(self.keys[0], self.on)
        return [first, *Calculation(first, self.keys[1:], self.on).with_added_licenses()]

    def chain(self, way: RedemptionKind) -> list[Term]:
        """The term after each key. Raises SubscriptionNotActive, and what the rule raises."""
        self.subscription.check_active(self.on)
        terms, term = list[Term](), self.before
        for key_licenses in self.keys:
            term = end_dates.redeemed(way, term, key_licenses, self.on)
            terms.append(term)
        return terms

    def axis(self) -> DateAxis:
        """The time axis: the day of redeeming, the present end date, and where each way leads."""
        return ways_axis(
            self.subscription,
            [*self.kept(), self.new()],
            self.on,
            today_label=_("Redeemed on"),
        )

    @property
    def heading(self) -> str:
        """The subscription before the keys."""
        return self.summary[0]

    def as_text(self, address: str) -> str:
        """The answer for an e-mail, in the reader's language, with the link to it."""
        lines = ["; ".join(self.summary)]
        for way in [*self.kept(), self.new()]:
            lines += ["", *way.as_text()]
        return "\n".join([*lines, "", address])

    @property
    def summary(self) -> list[str]:
        """What was understood, with numbers and days in the reader's language (W4)."""
        before = {"licenses": in_licenses(self.before.licenses), "day": as_day(self.before.ends_on)}
        keys = " + ".join(map(in_licenses, self.keys))
        return [
            _("%(licenses)s until %(day)s") % before,
            _("key: %(licenses)s") % {"licenses": keys},
            _("redeemed on %(day)s") % {"day": as_day(self.on)},
        ]
