"""The actions of this app that are recorded (rule A1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import Record, recordable


@recordable
class RemindersAction(models.TextChoices):
    """What people do about their own reminders."""

    CHANGED = "reminders.changed", _("Changed own reminders")
    STOPPED = "reminders.stopped", _("Stopped own reminders by the link in an email")
    SILENCED = "reminders.silenced", _("Turned off reminders of one thing")
    RESUMED = "reminders.resumed", _("Turned on reminders of one thing")
    FEED_MADE = "reminders.feed-made", _("Created a calendar link")
    ASKED_FOR = "reminders.asked-for", _("Requested today's reminders")


Record.attempts.update(
    {
        RemindersAction.CHANGED: _("Change own reminders"),
        RemindersAction.STOPPED: _("Stop own reminders by the link in an email"),
        RemindersAction.SILENCED: _("Turn off reminders of one thing"),
        RemindersAction.RESUMED: _("Turn on reminders of one thing"),
        RemindersAction.FEED_MADE: _("Create a calendar link"),
        RemindersAction.ASKED_FOR: _("Request today's reminders"),
    }
)
