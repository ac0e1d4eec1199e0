"""Refusals of the rules about reminders."""

from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.audit.refusal import Refusal

from .topics import MAX_THRESHOLD, MAX_THRESHOLDS


class ThresholdsOutOfRange(Refusal):
    code = "reminder-days-out-of-range"
    rule = "R1"
    message = _("A reminder comes 0 to %(days)s days before, and at most %(count)s times.")
    advice = _("Enter numbers separated by semicolons, such as 30; 7; 1.")

    def __init__(self) -> None:
        super().__init__(days=MAX_THRESHOLD, count=MAX_THRESHOLDS)


class AlreadySilenced(Refusal):
    code = "reminders-already-off"
    is_already_so = True
    rule = "R9"
    message = _("Reminders are off for this.")
    advice = _("Turn reminders on again on its page.")


class NotSilenced(Refusal):
    code = "reminders-already-on"
    is_already_so = True
    rule = "R9"
    message = _("You are reminded of this.")
    advice = _("Turn reminders off on its page.")
