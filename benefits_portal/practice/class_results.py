"""The results of a class as a spreadsheet: a row for each room and exercise."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from .class_rooms import rows_of
from .models import Class


def results_of(of_class: Class) -> Iterator[list[object]]:
    """The header row, then all; times as a spreadsheet sorts them."""
    yield [
        *(_("Name"), _("Exercise"), _("State"), _("Since"), _("Attempts that failed")),
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
