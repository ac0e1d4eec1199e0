"""Moving a practice partner's calendar."""

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.dates import add_months
from benefits_portal.fields import DayFormField
from benefits_portal.tenants.models import Partner

MAX_DAYS_AHEAD = 10 * 12  # months ahead of the real day; every end date is within reach


class ClockForm(forms.Form):
    """A day later than the partner's own today, written YYYY-MM-DD, at most ten years ahead."""

    today = DayFormField(
        error_messages={"required": gettext_lazy("Choose the day to move the calendar to.")}
    )

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partner = partner

    def clean_today(self) -> date:
        day: date = self.cleaned_data["today"]
        today, furthest = (
            self.partner.today(),
            add_months(clock.today(self.partner.time_zone), MAX_DAYS_AHEAD),
        )
        if day <= today:
            raise forms.ValidationError(
                _("The calendar moves forward only. Choose a day after %(today)s.")
                % {"today": date_format(today)}
            )
        if day > furthest:
            raise forms.ValidationError(
                _("That is too far ahead. Choose a day up to %(furthest)s.")
                % {"furthest": date_format(furthest)}
            )
        return day
