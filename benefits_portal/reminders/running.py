"""One run: makes what is due and sends what waits, and keeps the proof of it (R4 to R6)."""

from dataclasses import dataclass
from datetime import datetime

from benefits_portal import clock

from .digest_maker import Maker
from .models import Run
from .mornings import mornings
from .sending import send_waiting


@dataclass
class Report:
    """What came of a run."""

    made: int = 0
    sent: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.made:,} made, {self.sent:,} sent, {self.failed:,} failed."


def run() -> Report:
    """Make the digests of each day that has begun since the last run, and send what waits.

    What was not made in a run that came to its end is not asked for again on that day.
    """
    now = clock.now()
    last = Run.objects.last_whole(now)
    this = Run.objects.create(started_at=now)
    report = Report()
    for morning in mornings(now, last):
        report.made += Maker(now, this).make(morning)
    outcome = send_waiting()
    report.sent, report.failed = outcome.sent, outcome.failed
    Run.objects.filter(pk=this.pk).update(ended_at=clock.now(), **vars(report))
    return report


def preview(at: datetime | None = None) -> str:
    """What a run at that moment would make; nothing is written."""
    now = at or clock.now()
    made = sum(Maker(now, is_dry=True).make(morning) for morning in mornings(now))
    return f"{made:,} would be made at {now:%Y-%m-%d %H:%M %Z}."
