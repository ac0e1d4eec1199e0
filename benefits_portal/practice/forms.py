"""Forms that move a practice partner's calendar, and reset the practice world."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from benefits_portal import clock
from benefits_portal.dates import add_months
from benefits_portal.fields import DayFormField, LineFormField
from benefits_portal.tenants.models import Partner

MAX_MONTHS_AHEAD = 10 * 12  # of the real day; every end date is within reach


class ClockForm(forms.Form):
    """A day later than the partner's own today, written YYYY-MM-DD, at most ten years ahead."""

    today = DayFormField(error_messages={"required": gettext_lazy("Choose the date to change to.")})

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partner = partner

    def clean_today(self) -> date:
        day: date = self.cleaned_data["today"]
        today = self.partner.today()
        furthest = add_months(clock.today(self.partner.time_zone), MAX_MONTHS_AHEAD)
        if day <= today:
            raise forms.ValidationError(
                _("The date moves forward only. Choose a day after %(today)s.")
                % {"today": date_format(today)}
            )
        if day > furthest:
            raise forms.ValidationError(
                _("That is too far ahead. Choose a day up to %(furthest)s.")
                % {"furthest": date_format(furthest)}
            )
        return day


CONFIRM_WORD = gettext_lazy("RESET")  # typed to confirm a reset


class ResetForm(forms.Form):
    """A reset, confirmed by typing a word; `everything` also deletes what staff made by hand."""

    confirm = LineFormField(
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    everything = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["everything"].label = _("Also delete what was made in the back office")
        self.fields["confirm"].label = _("Type %(word)s to confirm") % {"word": CONFIRM_WORD}
        self.not_confirmed = _("Type %(word)s to confirm. Nothing was reset.") % {
            "word": CONFIRM_WORD
        }
        self.fields["confirm"].error_messages["required"] = self.not_confirmed

    def clean_confirm(self) -> str:
        """Accept the word in any language, ignoring case."""
        typed: str = self.cleaned_data["confirm"].strip().upper()
        if typed not in accepted_confirmations():
            raise forms.ValidationError(self.not_confirmed)
        return typed


def accepted_confirmations() -> set[str]:
    accepted = set()
    for code, _name in settings.LANGUAGES:
        with override(code):
            accepted.add(str(CONFIRM_WORD))
    return accepted
