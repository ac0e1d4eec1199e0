"""The end-date calculator: the same rules for any figures, without a database (S4 to S8)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.models import MAX_LICENSES
from benefits_portal.dates import add_months
from benefits_portal.fields import DayFormField
from benefits_portal.formats import as_day
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
    ways_axis,
)
from benefits_portal.number_fields import NumberFormField, check_range
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.typed_numbers import read_numbers

MAX_LICENSES_TYPED, MAX_KEYS = MAX_LICENSES, 12
CAN_COME_BACK = (Subscription.Status.EXPIRED, Subscription.Status.DISABLED)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)

day_range = [
    MinValueValidator(FIRST_DAY, gettext_lazy("Choose a day from the year 2000 on.")),
    MaxValueValidator(LAST_DAY, gettext_lazy("Choose a day up to the year 2100.")),
]


def day_field(label: Any, help_text: Any = "") -> DayFormField:
    required = {"required": gettext_lazy("Enter a day.")}
    return DayFormField(
        label=label, help_text=help_text, validators=day_range, error_messages=required
    )


class NumberField(NumberFormField):
    """A whole number of licenses or license-days."""

    def __init__(self, *, at_least: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at_least = at_least

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else check_range(number, self.at_least, MAX_LICENSES_TYPED)


class CalculatorForm(forms.Form):
    """A subscription's figures, and the keys to use on it one after the other."""

    licenses = NumberField(
        label=gettext_lazy("Licenses"),
        at_least=1,
        error_messages={"required": gettext_lazy("Enter how many licenses the subscription has.")},
    )
    ends_on = day_field(gettext_lazy("End date"), gettext_lazy("The last day of service."))
    keys = forms.CharField(
        label=gettext_lazy("Licenses of the key"),
        max_length=120,
        help_text=gettext_lazy("Several keys, one after the other: 25; 10; 10."),
        error_messages={"required": gettext_lazy("Enter how many licenses the key has.")},
    )
    on = day_field(gettext_lazy("Redeemed on"))
    carried = NumberField(
        label=gettext_lazy("License-days carried over"),
        required=False,
        at_least=0,
        help_text=gettext_lazy("From an earlier calculation; empty for none."),
    )

    def clean_keys(self) -> list[int]:
        """Between keys stands a semicolon, a plus, a comma or a space."""
        keys = read_numbers(self.cleaned_data["keys"])
        if len(keys) > MAX_KEYS:
            raise forms.ValidationError(_("Enter at most %(most)s keys.") % {"most": MAX_KEYS})
        if not keys:
            raise forms.ValidationError(_("Enter how many licenses the key has."))
        return [check_range(licenses, 1, MAX_LICENSES_TYPED) for licenses in keys]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if (data.get("carried") or 0) >= data.get("licenses", MAX_LICENSES_TYPED + 1):
            self.add_error(
                "carried",
                _("Fewer license-days than licenses are carried: a whole day is used at once."),
            )
        return data

    def calculation(self) -> "Calculation":
        data = self.cleaned_data
        return Calculation(
            Term(data["licenses"], data["ends_on"], data.get("carried") or 0),
            data["keys"],
            data["on"],
        )


@dataclass(frozen=True)
class Calculation:
    """What keys of these sizes, used one after the other on day `on`, make of a subscription."""

    before: Term
    keys: list[int]
    on: date

    def groups(self) -> list[WayGroup]:
        """What the table shows: the ways for the subscription, and a new one."""
        new = WayGroup(_("Separate subscription"), [self.new()])
        return [WayGroup(self.heading, self.kept()).marked(), new]

    def kept(self) -> list[Way]:
        """The ways for the subscription, as the table and the axis show them."""
        rows = [self.row(way, terms) for way, terms in self.ways()]
        return [*rows, waiting_way(sum(self.keys), self.before)] if self.is_active else rows

    def new(self) -> Way:
        return self.row(RedemptionKind.NEW, self.started_new)

    @property
    def subscription(self) -> Subscription:
        return Subscription.running(self.before)

    @property
    def is_active(self) -> bool:
        return self.status is Subscription.Status.ACTIVE

    @property
    def status(self) -> Subscription.Status:
        """S2: on the day that the keys are redeemed."""
        return self.subscription.status(self.on)

    def status_hint(self) -> str:
        """What the subscription is on that day, and until when it can be brought back (S2, S3)."""
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
        """S3: what has ended and is not deleted can come back, with the first key's licenses.

        The others add to it.
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
        """The lines of every key's calculation, with the key's number where there are several."""
        lines = []
        for number, term in enumerate(chain, start=1):
            prefix = _("Key %(number)s: ") % {"number": number} if len(chain) > 1 else ""
            lines += (
                [prefix + step for step in term.calculation.steps()] if term.calculation else []
            )
        return lines

    def extended(self) -> list[Term]:
        """Raises SubscriptionNotActive, ExtensionLimitExceeded or CalendarEnds."""
        return self.chain(lambda subscription, key: subscription.extended(key))

    def with_added_licenses(self) -> list[Term]:
        """Raises SubscriptionNotActive, TooManyLicenses or SubscriptionFull."""
        return self.chain(lambda subscription, key: subscription.with_added_licenses(key, self.on))

    def started_new(self) -> list[Term]:
        """The first key starts a subscription, the others add to it on the same day."""
        first = Subscription.activated(self.keys[0], self.on)
        return [first, *Calculation(first, self.keys[1:], self.on).with_added_licenses()]

    def chain(self, step: Callable[[Subscription, int], Term]) -> list[Term]:
        terms, subscription = [], self.subscription
        subscription.check_active(self.on)
        for key in self.keys:
            terms.append(step(subscription, key))
            subscription = Subscription.running(terms[-1])
        return terms

    def axis(self) -> DateAxis:
        """The day of redeeming, what runs then, and what each way leads to."""
        return ways_axis(
            self.subscription,
            [*self.kept(), self.new()],
            self.on,
            today_label=_("Redeemed on"),
        )

    @property
    def heading(self) -> str:
        """What is calculated with, before the key."""
        return self.summary[0]

    def as_text(self, address: str) -> str:
        """The answer for an e-mail, in the reader's language, with the link to it."""
        lines = ["; ".join(self.summary)]
        for way in [*self.kept(), self.new()]:
            lines += ["", *way.as_text()]
        return "\n".join([*lines, "", address])

    @property
    def summary(self) -> list[str]:
        """What was understood: the numbers and days as the reader's language writes them (W4)."""
        before = {"licenses": in_licenses(self.before.licenses), "day": as_day(self.before.ends_on)}
        keys = " + ".join(map(in_licenses, self.keys))
        return [
            _("%(licenses)s until %(day)s") % before,
            _("key: %(licenses)s") % {"licenses": keys},
            _("redeemed on %(day)s") % {"day": as_day(self.on)},
        ]


_AROUND_A_LINK = " \t\r\n<>()[]{}.,;:!?'\"“”’»"  # what a mail or a sentence puts behind a link


def link_query(query: QueryDict) -> QueryDict:
    """`query` as it was before a mail or a web page spoiled the link.

    They write `&amp;` into it, break it or put a dot behind it.
    """
    if len(query) == 1 and "=" in (only := next(iter(query))):  # encoded as a whole
        query = QueryDict(only)
    mended = QueryDict(mutable=True)
    for name, values in query.lists():
        name = name.strip()
        while name.startswith("amp;"):
            name = name.removeprefix("amp;").strip()
        # =3D is a mail's =
        mended.setlist(name, [value.removeprefix("3D").strip(_AROUND_A_LINK) for value in values])
    return mended


def form_for(query: QueryDict, today: date) -> CalculatorForm:
    """The form as the URL says; before anything was asked, with an example redeemed `today`."""
    if query:
        asked = link_query(query)
        asked.setdefault("on", today.isoformat())
        return CalculatorForm(asked)
    return CalculatorForm(
        initial={"licenses": 100, "ends_on": add_months(today, 6), "keys": "25", "on": today}
    )
