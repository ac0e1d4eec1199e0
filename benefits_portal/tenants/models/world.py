"""The mark of a practice database."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock


class PracticeWorld(models.Model):
    """One row marks the database of a demo.

    A database becomes one only while it is empty.
    """

    as_of = models.DateField(_("date in the story"))
    made_at = models.DateTimeField(_("created at"), default=clock.now)
    one = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("practice world")
        verbose_name_plural = _("practice worlds")

    def __str__(self) -> str:
        return str(self.as_of)
