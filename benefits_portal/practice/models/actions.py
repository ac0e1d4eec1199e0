"""The actions of trainers that are recorded (rules A1, T8)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import Record, recordable


@recordable
class PracticeAction(models.TextChoices):
    """Actions on a whole room."""

    STARTED_OVER = "practice.started-over", _("Started the room over")


Record.attempts.update({PracticeAction.STARTED_OVER: _("Start the room over")})
