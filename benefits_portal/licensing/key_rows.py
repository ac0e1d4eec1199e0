"""Several keys on one panel, one in each row, checked in the order typed (O9, O11)."""

import re
from collections.abc import Sequence
from copy import copy
from typing import Any

from django import forms
from django.http import QueryDict

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.forms import KeyForm
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.order_exceptions import SameKeyTwice, TooManyKeys
from benefits_portal.licensing.order_quotes import MAX_KEYS, STEP_KINDS, OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.middleware import PartnerRequest

ROW_FIELD = re.compile(r"([2-9]|[1-9]\d)-(?:key|chosen)")
ADD, REMOVE = "add_row", "remove_row"  # the names of the buttons
# For `sensitive_post_parameters`, so that no error report has a key (K3)
KEY_FIELDS = ("key", *(f"{number}-key" for number in range(2, 100)))


class KeyRow(KeyForm):
    """One key of several, and its way; `step` is set once the row is valid.

    `subscription` has the term that the rows above made.
    """

    takes_focus = False

    way_chosen = forms.ChoiceField(
        choices=[(way.value, way.label) for way in STEP_KINDS],
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(self, number: int, *args: Any, **options: Any) -> None:
        # The first row has the field names of a panel with a single key
        prefix = None if number == 1 else str(number)
        super().__init__(*args, prefix=prefix, **options)
        self.number = number
        self.position_of: dict[int, int] = {}
        if given := self["way_chosen"].value():
            self.way = next((way for way in STEP_KINDS if way.value == given), self.way)

    @property
    def is_blank(self) -> bool:
        """Whether no key was chosen or typed."""
        is_chosen = self["chosen"].value() not in (None, "", self.ANOTHER)
        return not is_chosen and not str(self["key"].value() or "").strip()

    @property
    def values(self) -> dict[str, str]:
        """The values that were filled in."""
        return {name: str(self[name].value() or "") for name in self.fields}

    @property
    def wrong_fields(self) -> list[forms.BoundField]:
        """The fields with errors."""
        return [self[name] for name in ("chosen", "key") if self[name].errors]

    @property
    def step(self) -> OrderStep | None:
        return OrderStep(self.way, self.product_key) if self.way and self.product_key else None

    def check_usable(self, key: ProductKey) -> None:
        """Raise a Refusal in the order of K7, after the rows above, or for a repeated key (O11)."""
        if key.pk in self.position_of:
            raise SameKeyTwice(self.position_of[key.pk])
        self.position_of[key.pk] = self.number - 1
        key.check_redeemable(self.request.today)
        if self.way and self.subscription:
            subscription = self.subscription
            subscription.set_term(subscription.term_after(self.way, key, self.request.today))


class KeyRows:
    """The rows of a panel, as posted or as the steps of a URL fill them in."""

    def __init__(
        self, request: PartnerRequest, subscription: Subscription, way: RedemptionKind
    ) -> None:
        self.request, self.subscription, self.way = request, subscription, way
        self.refusal: TooManyKeys | None = None
        self.rows: list[KeyRow] = []

    @classmethod
    def sent(
        cls, request: PartnerRequest, subscription: Subscription, way: RedemptionKind
    ) -> "KeyRows":
        """The posted rows, with one more or one less if a button asks for that."""
        made = cls(request, subscription, way)
        made.rows = [made._row(number, request.POST) for number in sent_numbers(request.POST)]
        if ADD in request.POST:
            made.add_row()
        elif REMOVE in request.POST:
            made.remove_row(request.POST[REMOVE])
        return made

    @classmethod
    def of_steps(
        cls,
        request: PartnerRequest,
        subscription: Subscription,
        way: RedemptionKind,
        steps: Sequence[OrderStep],
    ) -> "KeyRows":
        """The rows of an order whose review links back to them."""
        made = cls(request, subscription, way)
        made._fill(
            {"chosen": str(step.key.pk), "way_chosen": step.way.value, "key": ""} for step in steps
        )
        return made

    @property
    def has_errors(self) -> bool:
        return self.refusal is not None or any(row.errors for row in self.rows)

    @property
    def is_next(self) -> bool:
        """Whether *Next* was pressed, so that the keys are checked."""
        return not {ADD, REMOVE} & self.request.POST.keys()

    def choices(self, waiting: Excerpt[ProductKey]) -> Excerpt[ProductKey]:
        """The partner's keys to choose from: those that wait, and those that rows hold already."""
        chosen = {str(row["chosen"].value()) for row in self.rows}
        missing = {int(pk[:18]) for pk in chosen if pk.isdecimal()} - {key.pk for key in waiting}
        theirs = ProductKey.objects.for_use().for_partner(self.request.partner)
        held = theirs.filter(pk__in=missing) if missing else []
        return waiting.showing([*waiting, *held])

    def add_row(self) -> None:
        """Add a blank row; what is filled in stays. Refused if the order is full (O9)."""
        if len(self.rows) >= MAX_KEYS:
            self.refusal = TooManyKeys()
            self._fill(row.values for row in self.rows)
        else:
            self._fill([*(row.values for row in self.rows), {}])
            self.rows[-1].takes_focus = True

    def remove_row(self, number: str) -> None:
        """Remove the row with this number; at least one row stays."""
        kept = [row.values for row in self.rows if str(row.number) != number]
        self._fill(kept or [{}])

    def steps(self) -> list[OrderStep]:
        """The steps of the rows that are filled in; empty if one is refused, or none is filled in.

        Rows are checked from the first to the last; a wrong typed key counts as an attempt (K6).
        """
        filled = [row for row in self.rows if not row.is_blank] or self.rows[:1]
        self.rows = [row if row in filled else self._row(row.number) for row in self.rows]
        if len(filled) > MAX_KEYS:
            self.refusal = TooManyKeys()
            self._fill(row.values for row in filled)
            return []
        running, position_of = copy(self.subscription), dict[int, int]()
        for row in filled:
            row.subscription, row.position_of = running, position_of
            row.full_clean()
        found = [row.step for row in filled if row.step and not row.errors]
        return found if len(found) == len(filled) else []

    def _row(self, number: int, data: QueryDict | None = None, **options: Any) -> KeyRow:
        return KeyRow(
            number, self.request, data, way=self.way, subscription=self.subscription, **options
        )

    def _fill(self, values: Any) -> None:
        self.rows = [
            self._row(number, initial=initial) for number, initial in enumerate(values, start=1)
        ]


def sent_numbers(data: QueryDict) -> list[int]:
    """The numbers of the posted rows, in order; 1 is always among them."""
    found = (ROW_FIELD.fullmatch(name) for name in data)
    return [1, *sorted({int(match[1]) for match in found if match})]


def asks_for_rows(request: PartnerRequest) -> bool:
    """Whether the panel has rows: several keys were posted, or a row is added or removed."""
    if request.method != "POST":
        return "step" in request.GET
    return ADD in request.POST or REMOVE in request.POST or len(sent_numbers(request.POST)) > 1
