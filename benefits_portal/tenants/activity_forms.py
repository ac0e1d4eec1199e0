"""The filter of the activity page."""

from datetime import datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import BigIntegerField, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal.derived_fields import keys_or_subquery
from benefits_portal.fields import DayFormField, day_range
from benefits_portal.search_text import MAX_QUERY, sort_key
from benefits_portal.tenants.audit.record_queryset import RecordQuerySet, given_to
from benefits_portal.tenants.models import DirectoryUser, Partner, Record, User


class ActionSelect(forms.Select):
    """A grouped select of recorded actions, rendered once for each selected value.

    Django renders a template for each option.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = value if value in Record.actions else ""
        options = drawn_actions(chosen, get_language() or "")
        all_attrs = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, all_attrs, options)


@cache
def drawn_actions(chosen: str, _language: str) -> SafeString:
    """The HTML of the options with one of them selected, in the active language."""
    groups = ((name, drawn_options(chosen, actions)) for name, actions in grouped_actions())
    drawn = format_html_join("", '<optgroup label="{}">{}</optgroup>', groups)
    return drawn_options(chosen, [("", _now("Everything"))]) + drawn


def drawn_options(chosen: str, options: list[tuple[str, str]]) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, SafeString(" selected") if value == chosen else "", label)
            for value, label in options
        ),
    )


def grouped_actions() -> list[tuple[str, list[tuple[str, str]]]]:
    """The recorded actions as choices, grouped by what they are about."""
    return actions_in(get_language() or "")


@cache
def actions_in(_language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The same, sorted once per language; `language` is the active one."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action, label in Record.actions.items():
        groups.setdefault(group_of(action), []).append((action, str(label)))
    return [
        (name, sorted(choices, key=lambda choice: sort_key(choice[1])))
        for name, choices in sorted(groups.items(), key=lambda group: sort_key(group[0]))
    ]


def group_of(action: str) -> str:
    """The kind of thing that an action is about, in words."""
    match action.partition("."):
        case ["benefits", _dot, kind]:
            return _now("Product keys") if kind.startswith("key-") else _now("Benefits and credit")
        case ["licensing", *_rest]:
            return _now("Subscriptions")
        case ["tenants", _dot, kind] if kind.split("-")[0] in ABOUT_PEOPLE:
            return _now("People and roles")
        case ["tenants", _dot, kind] if kind.split("-")[0] in ("tenant", "primary"):
            return _now("Tenants")
    return _now("Access and other changes")


ABOUT_PEOPLE = ("person", "guest", "account", "role")


class ActivityFilter(forms.Form):
    """The filter of the activity page, read from the URL.

    An invalid field shows an error and does not filter.
    """

    action = forms.ChoiceField(label=_("What"), required=False, widget=ActionSelect)
    person = forms.CharField(label=_("Person involved"), max_length=MAX_QUERY, required=False)
    since = DayFormField(label=_("From"), required=False)
    until = DayFormField(label=_("Until"), required=False)
    refused = forms.BooleanField(label=_("Refused only"), required=False)
    sign_ins = forms.BooleanField(label=_("Include sign-ins"), required=False)

    def __init__(self, partner: Partner, data: QueryDict) -> None:
        super().__init__(data)
        self.partner = partner
        choices = [("", _now("Everything")), *grouped_actions()]
        self.fields["action"].choices = choices  # type: ignore[attr-defined]
        for name in ("since", "until"):
            self.fields[name].validators += day_range

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or {}
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and until < since:
            self.add_error("until", _now("This is before the first day."))
        return chosen

    @property
    def fields_in_a_row(self) -> list[forms.BoundField]:
        return [self[name] for name in ("action", "person", "since", "until")]

    @property
    def is_narrowed(self) -> bool:
        """Whether records are left out, other than sign-ins."""
        return any(value for name, value in self.chosen.items() if name != "sign_ins")

    @property
    def hides_sign_ins(self) -> bool:
        """Whether sign-ins are hidden: not if a kind of action, refusals or they are chosen."""
        chosen = self.chosen
        return not (chosen.get("sign_ins") or chosen.get("refused") or chosen.get("action"))

    @property
    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data

    def of(self, records: RecordQuerySet) -> RecordQuerySet:
        """The `records` that match; days are the partner's own."""
        chosen, zone = self.chosen, ZoneInfo(self.partner.time_zone)
        if chosen.get("action"):
            records = records.filter(action=chosen["action"])
        if self.hides_sign_ins:
            records = records.without_sign_ins()
        if chosen.get("refused"):
            records = records.exclude(refused="")
        if chosen.get("since"):
            records = records.filter(at__gte=datetime.combine(chosen["since"], time.min, zone))
        if chosen.get("until"):
            records = records.filter(
                at__lt=datetime.combine(chosen["until"] + timedelta(days=1), time.min, zone)
            )
        return self._by_or_about(records, chosen["person"]) if chosen.get("person") else records

    def _by_or_about(self, records: RecordQuerySet, search_query: str) -> RecordQuerySet:
        """Find the records that people made or that are about them, enough for a page.

        For few people, by an index over each; for many, records are read in order until a page is
        full.
        """
        found = DirectoryUser.objects.filter(partner=self.partner).matching(search_query)
        people, actors = (
            keys_or_subquery(found),
            keys_or_subquery(User.objects.known_as(found, self.partner)),
        )
        about = Q(
            subject_type__app_label="tenants",
            subject_type__model="directoryuser",
            subject_id__in=people,
        )
        if isinstance(people, list):
            given = given_to(people)
        else:
            given = Q(person_before__in=people) | Q(person_after__in=people)
            persons = {
                f"person_{name}": Cast(KeyTextTransform("person", name), BigIntegerField())
                for name in ("before", "after")
            }
            records = records.alias(**persons)
        return records.filter(Q(actor__in=actors) | about | given)
