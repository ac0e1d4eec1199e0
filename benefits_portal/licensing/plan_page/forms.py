"""The form of the planning page: the subscription, the keys, and a goal."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.fields import DayFormField
from benefits_portal.formats import as_day
from benefits_portal.licensing.calculator_forms import NumberField, day_field
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.order_quotes import MAX_KEYS
from benefits_portal.licensing.planning import Stock
from benefits_portal.licensing.terms import in_licenses

from .supply import MOST, Supply

ALL = "all"  # subscriptions, so that they end on one day
SENT = "sent"


class PlanForm(forms.Form):
    """Filled in by the URL; at first with the subscription that ends first, and the first keys."""

    subscription = forms.ChoiceField(
        label=gettext_lazy("Subscription"),
        error_messages={
            "required": gettext_lazy("Choose a subscription."),
            "invalid_choice": gettext_lazy("This subscription is not active here. Choose another."),
        },
    )
    key = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Keys"),
        coerce=int,
        error_messages={
            "required": gettext_lazy("Select at least one key."),
        },
    )
    licenses = NumberField(label=gettext_lazy("Licenses needed"), required=False, at_least=1)
    until: DayFormField = day_field(gettext_lazy("Needed until"), required=False)

    def __init__(self, query: QueryDict, supply: Supply) -> None:
        self.supply = supply
        super().__init__(asked(query, supply))
        subscriptions = [(str(one.pk), one.pk) for one in supply.subscriptions]
        several = [(ALL, ALL)] if len(subscriptions) > 1 else []
        fields: Any = self.fields
        fields["subscription"].choices = [*subscriptions, *several]
        fields["key"].choices = [(str(key.pk), key.pk) for key in supply.keys]

    def clean_key(self) -> list[int]:
        pks: list[int] = self.cleaned_data["key"]
        if len(pks) > MAX_KEYS:
            text = _("Select at most %(most)s keys for one order.")
            raise forms.ValidationError(text % {"most": MAX_KEYS})
        return pks

    @property
    def chosen(self) -> Subscription:
        pk = self.cleaned_data["subscription"]
        return next(one for one in self.supply.subscriptions if str(one.pk) == pk)

    def stock(self, on: date) -> Stock:
        keys = self.supply.to_plan_with(self.cleaned_data["key"])
        return Stock(self.chosen.term, keys, on)

    def subscription_options(self) -> list[dict[str, object]]:
        """The radio buttons, each with a value, a title and a subtitle."""
        value = str(self["subscription"].value() or "")
        options = [
            (
                str(one.pk),
                in_licenses(one.licenses),
                _("ends %(day)s") % {"day": as_day(one.ends_on)},
            )
            for one in self.supply.subscriptions
        ]
        if len(options) > 1:
            subtitle = _("Extend each so that they end as close together as possible")
            options.append((ALL, _("All, ending on the same day"), subtitle))
        return [option(*each, is_checked=each[0] == value) for each in options]

    def key_options(self) -> list[dict[str, object]]:
        """The check boxes, in the same form."""
        values, about = set(map(str, self["key"].value() or [])), _("%(offer)s, redeem by %(day)s")
        return [
            option(
                str(key.pk),
                in_licenses(key.licenses),
                about % {"offer": key.benefit.offer_name, "day": as_day(key.benefit.expires_on)},
                is_checked=str(key.pk) in values,
            )
            for key in self.supply.keys
        ]


def option(value: str, title: str, subtitle: str, *, is_checked: bool) -> dict[str, object]:
    return {"value": value, "title": title, "subtitle": subtitle, "is_checked": is_checked}


def asked(query: QueryDict, supply: Supply) -> QueryDict:
    """`query` without unusable keys; before the form is sent, with its defaults."""
    query = query.copy()
    listed = [str(key.pk) for key in supply.keys]
    if SENT in query or "key" in query:
        query.setlist("key", [pk for pk in listed if pk in query.getlist("key")])
    else:
        query.setlist("key", listed[:MOST])
    if SENT not in query and "subscription" not in query and supply.subscriptions:
        query["subscription"] = str(supply.subscriptions[0].pk)
    if SENT not in query and "licenses" not in query and supply.needed:
        query["licenses"] = str(supply.needed)
    return query
