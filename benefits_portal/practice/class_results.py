"""Results of a class: a row for each room and exercise, and the counts kept of deleted rooms."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from benefits_portal.regions import time_zone_name

from .class_rooms import rows_of
from .exercises import Miss, Progress, State, exercises
from .models import Class


def results_of(of_class: Class) -> Iterator[list[object]]:
    """The header row, then a row for each room and exercise; times in a format that sorts."""
    zone = time_zone_name(timezone.get_current_timezone_name(), get_language() or "")
    since_then = _("Since, %(zone)s") % {"zone": zone}
    yield [
        *(_("Name"), _("Exercise"), _("Status"), since_then, _("Attempts that failed")),
        *(_("What was missing or refused"), _("Shown by the trainer")),
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
                what_went_wrong(step),
                _("yes") if step.by_trainer else "",
            ]


def what_went_wrong(step: Progress) -> str:
    """One line for each thing that was missing or refused; or why the exercise is not offered."""
    if step.state is State.NOT_OFFERED:
        return step.message
    return "\n".join(miss_text(each) for each in step.misses)


def miss_text(miss: Miss) -> str:
    """The sentence, with its number of times if that is more than one."""
    return miss.message if miss.times == 1 else f"{miss.message} ({miss.times} ×)"


@dataclass(frozen=True)
class Kept:
    """The numbers of deleted rooms in which an exercise had been passed, shown or only begun."""

    title: str
    passed: int
    shown: int
    begun: int


def kept_of(of_class: Class) -> list[Kept]:
    """The counts of exercises begun in deleted rooms; without a file, the slug is the title."""
    known = {slug: str(each.title) for slug, each in exercises().items()}
    counted: dict[str, dict[str, int]] = of_class.exercise_counts
    in_order = [slug for slug in known if slug in counted] + sorted({*counted} - {*known})
    outcomes = (State.PASSED, State.SHOWN, State.BEGUN)
    return [
        Kept(known.get(slug, slug), *(counted[slug].get(outcome, 0) for outcome in outcomes))
        for slug in in_order
    ]
