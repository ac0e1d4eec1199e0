"""The form of the reminders page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from benefits_portal.typed_numbers import read_numbers

from .exceptions import ThresholdsOutOfRange
from .models import Preference, Rhythm
from .models.preference import check_thresholds
from .topics import Topic

MAX_TYPED = 100  # characters


class DaysField(forms.CharField):
    """Several whole numbers of days in one text input; cleaned to a list of int."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return read_numbers(text) if text else []
        except forms.ValidationError as error:
            if error.code != "number":
                raise
            raise forms.ValidationError(
                _("Enter whole numbers, separated by semicolons, such as 30; 7; 1."), code="number"
            ) from error

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(map(str, value)) if isinstance(value, list) else value


class PreferenceForm(forms.Form):
    """How often, how early and about which topics a person is reminded."""

    rhythm = forms.TypedChoiceField(
        label=_("How often"), choices=Rhythm, coerce=Rhythm, widget=forms.RadioSelect
    )
    thresholds = DaysField(
        label=_("Days before"),
        max_length=MAX_TYPED,
        help_text=_("Numbers from 0 to 365, at most 6, separated by semicolons: 30; 7; 1."),
        error_messages={"required": _("Enter at least one number of days.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    topics = forms.MultipleChoiceField(
        label=_("What to remind me about"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, preference: Preference, data: Any = None) -> None:
        chosen = {
            "rhythm": preference.rhythm,
            "thresholds": preference.thresholds,
            "topics": [topic.value for topic in preference.topics],
        }
        super().__init__(data, initial=chosen)
        own = Topic.of(is_staff=preference.partner_id is None)
        choices = [(topic.value, topic.label) for topic in own]
        self.fields["topics"].choices = choices  # type: ignore[attr-defined]

    def clean_thresholds(self) -> list[int]:
        try:
            check_thresholds(set(self.cleaned_data["thresholds"]))
        except ThresholdsOutOfRange as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return list(self.cleaned_data["thresholds"])

    @property
    def choices(self) -> tuple[Rhythm, list[int], list[Topic]]:
        """The positional arguments for `Preference.change`."""
        data = self.cleaned_data
        return data["rhythm"], data["thresholds"], [Topic(each) for each in data["topics"]]
