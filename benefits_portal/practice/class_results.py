"""The results of a class as a spreadsheet: a row for each room and exercise."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from benefits_portal.regions import time_zone_name

from .class_rooms import rows_of
from .models import Class


def results_of(of_class: Class) -> Iterator[list[object]]:
    """The header row, then all; times as a spreadsheet sorts them."""
    zone = time_zone_name(timezone.get_current_timezone_name(), get_language() or "")
    since_then = _("Since, %(zone)s") % {"zone": zone}
    yield [
        *(_("Name"), _("Exercise"), _("Status"), since_then, _("Attempts that failed")),
        *(_("Last finding or refusal"), _("Shown by the trainer")),
    ]
    for row in rows_of(of_class):
        for step in row.steps:
            since = timezone.localtime(step.since) if step.since else None
            yield [
                row.room.name,
                step.exercise.title,
                step.state.label,
                f"{since:%Y-%m-%d %H:%M}" if since else "",
                step.tries,
                step.message,
                _("yes") if step.by_trainer else "",
            ]
