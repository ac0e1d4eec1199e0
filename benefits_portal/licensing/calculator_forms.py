"""The calculator's forms, one for each tab, and links to a result."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.models import MAX_LICENSES
from benefits_portal.dates import add_months
from benefits_portal.fields import DayFormField
from benefits_portal.licensing.calculator import Calculation
from benefits_portal.licensing.calculator_explained import Explained
from benefits_portal.licensing.calculator_plans import Answer, Possibilities
from benefits_portal.licensing.planning import Key, Stock, frontier
from benefits_portal.licensing.terms import Term
from benefits_portal.number_fields import NumberFormField, check_range
from benefits_portal.typed_numbers import read_numbers

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
MAX_LETTERS = 400  # in the field for the keys
VIEW, SHOWS_ALL = "view", "all"

day_range = [
    MinValueValidator(FIRST_DAY, gettext_lazy("Choose a day in 2000 or later.")),
    MaxValueValidator(LAST_DAY, gettext_lazy("Choose a day up to the year 2100.")),
]


def day_field(label: Any, help_text: Any = "", *, required: bool = True) -> DayFormField:
    return DayFormField(
        label=label,
        help_text=help_text,
        required=required,
        validators=day_range,
        error_messages={"required": gettext_lazy("Enter a day.")},
    )


class NumberField(NumberFormField):
    """A whole number of licenses or license-days."""

    def __init__(self, *, at_least: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.at_least = at_least

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else check_range(number, self.at_least, MAX_LICENSES)


class SubscriptionForm(forms.Form):
    """A subscription's figures, and the keys to use on it."""

    max_keys: ClassVar[int]
    button: ClassVar[Promise]

    licenses = NumberField(
        label=gettext_lazy("Licenses"),
        at_least=1,
        error_messages={"required": gettext_lazy("Enter how many licenses the subscription has.")},
    )
    ends_on = day_field(
        gettext_lazy("End date"), gettext_lazy("The last day. Users keep access for 30 more days.")
    )
    keys = forms.CharField(
        label=gettext_lazy("Licenses of each key"),
        help_text=gettext_lazy("Separate the numbers with semicolons: 25; 10; 10."),
        error_messages={"required": gettext_lazy("Enter how many licenses the key has.")},
    )
    on = day_field(gettext_lazy("Redeemed on"))
    carried = NumberField(
        label=gettext_lazy("License-days carried over"),
        required=False,
        at_least=0,
        help_text=gettext_lazy("From an earlier calculation. Leave empty if there are none."),
    )

    def clean_keys(self) -> list[int]:
        """Keys are separated by a semicolon, a plus, a comma or a space."""
        typed = self.cleaned_data["keys"]
        keys = read_numbers(typed) if len(typed) <= MAX_LETTERS else [0] * (self.max_keys + 1)
        if len(keys) > self.max_keys:
            text = _("Enter at most %(most)s keys, each as a number: 25; 10; 10.")
            raise forms.ValidationError(text % {"most": self.max_keys})
        if not keys:
            raise forms.ValidationError(_("Enter how many licenses the key has."))
        return [check_range(licenses, 1, MAX_LICENSES) for licenses in keys]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if (data.get("carried") or 0) >= data.get("licenses", MAX_LICENSES + 1):
            self.add_error(
                "carried",
                _(
                    "The license-days carried over must be fewer than the licenses: a whole day is "
                    "used right away."
                ),
            )
        return data

    @property
    def before(self) -> Term:
        data = self.cleaned_data
        return Term(data["licenses"], data["ends_on"], data.get("carried") or 0)

    @property
    def stock(self) -> Stock:
        data = self.cleaned_data
        return Stock(self.before, tuple(map(Key, data["keys"])), data["on"])

    def answer(self, all_url: str) -> Calculation | Answer:
        """What is shown below a valid form; `all_url` is the page with a whole long answer."""
        raise NotImplementedError

    @classmethod
    def example(cls, today: date) -> dict[str, Any]:
        return {"licenses": 100, "ends_on": add_months(today, 6), "keys": "25", "on": today}


class CalculatorForm(SubscriptionForm):
    """What keys would do, one after the other, all used in the same way."""

    max_keys = 12
    button = gettext_lazy("Calculate")

    def answer(self, all_url: str = "") -> Calculation:
        return Calculation(self.before, self.cleaned_data["keys"], self.cleaned_data["on"])


class PossibilitiesForm(SubscriptionForm):
    """What keys can do in any way and order (O2), and a goal (O6)."""

    max_keys = 40
    button = gettext_lazy("Show possibilities")

    wanted_licenses = NumberField(label=gettext_lazy("Licenses needed"), required=False, at_least=1)
    wanted_on = day_field(gettext_lazy("Needed until"), required=False)

    def answer(self, all_url: str = "") -> Possibilities:
        data = self.cleaned_data
        return Possibilities(
            self.stock, data.get("wanted_licenses"), data.get("wanted_on"), all_url
        )

    @classmethod
    def example(cls, today: date) -> dict[str, Any]:
        return super().example(today) | {"keys": "25; 25; 50; 100"}


class ExplanationForm(SubscriptionForm):
    """What keys made of a subscription (O8)."""

    max_keys = 40
    button = gettext_lazy("Explain")

    now_ends_on = day_field(gettext_lazy("End date now"), gettext_lazy("The date to explain."))
    now_licenses = NumberField(
        label=gettext_lazy("Licenses now"),
        required=False,
        at_least=1,
        help_text=gettext_lazy("If you know it."),
    )

    def answer(self, all_url: str = "") -> Explained:
        data = self.cleaned_data
        return Explained(self.stock, data["now_ends_on"], data.get("now_licenses"), all_url)

    @classmethod
    def example(cls, today: date) -> dict[str, Any]:
        """The date of one of the plans, so that it has an explanation."""
        figures = PossibilitiesForm.example(today)
        keys = tuple(map(Key, (25, 25, 50, 100)))
        plans = frontier(Stock(Term(100, figures["ends_on"]), keys, today)).plans
        return figures | {"now_ends_on": plans[1].ends_on}


TABS: dict[str, tuple[Promise, type[SubscriptionForm]]] = {
    "": (gettext_lazy("What would it do?"), CalculatorForm),
    "possibilities": (gettext_lazy("All possibilities"), PossibilitiesForm),
    "explain": (gettext_lazy("Explain a date"), ExplanationForm),
}


@dataclass(frozen=True)
class Tab:
    """A link to another tab with the same figures."""

    label: str
    href: str
    is_current: bool


def tab_name(query: QueryDict) -> str:
    name = link_query(query).get(VIEW, "")
    return name if name in TABS else ""


def tabs(query: QueryDict) -> list[Tab]:
    """The tabs; each link keeps what was typed into fields that both tabs have."""
    asked, current = link_query(query), tab_name(query)
    return [
        Tab(
            str(label),
            "?" + urlencode(kept(asked, form) | ({VIEW: name} if name else {})),
            name == current,
        )
        for name, (label, form) in TABS.items()
    ]


def kept(query: QueryDict, form: type[SubscriptionForm]) -> dict[str, str]:
    return {name: value for name in form.base_fields if (value := str(query.get(name, "")))}


_AROUND_A_LINK = " \t\r\n<>()[]{}.,;:!?'\"“”’»"  # what emails and sentences put after a link


def link_query(query: QueryDict) -> QueryDict:
    """`query` as it was before an email or a web page damaged the link.

    They write `&amp;` into it, break it, or put a period after it.
    """
    if len(query) == 1 and "=" in (only := next(iter(query))):  # encoded as a whole
        query = QueryDict(only)
    mended = QueryDict(mutable=True)
    for name, values in query.lists():
        name = name.strip()
        while name.startswith("amp;"):
            name = name.removeprefix("amp;").strip()
        for value in values:
            # Emails may write = as =3D
            mended.appendlist(name, value.removeprefix("3D").strip(_AROUND_A_LINK))
    return mended


def form_for(query: QueryDict, today: date) -> SubscriptionForm:
    """The form that the URL fills in; without any values, an example redeemed `today`."""
    form = TABS[tab_name(query)][1]
    asked = link_query(query)
    if set(asked) - {VIEW}:
        asked.setdefault("on", today.isoformat())
        return form(asked)
    return form(initial=form.example(today))
