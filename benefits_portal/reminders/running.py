"""One run: make the digests that are due, send those that wait, and record the run (R4 to R6)."""

from dataclasses import dataclass
from datetime import datetime

from benefits_portal import clock

from .digest_maker import DigestMaker
from .models import Run
from .mornings import mornings
from .sending import send_waiting


@dataclass
class Report:
    """The number of digests that a run made, sent and failed to send."""

    made: int = 0
    sent: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.made:,} made, {self.sent:,} sent, {self.failed:,} failed."


def run() -> Report:
    """Make the digests of each day that has begun since the last complete run, and send what waits.

    A complete run is not repeated for the same day.
    """
    now = clock.now()
    last = Run.objects.last_whole(now)
    this = Run.objects.create(started_at=now)
    report = Report()
    for morning in mornings(now, last):
        report.made += DigestMaker(now, this).make(morning)
    outcome = send_waiting()
    report.sent, report.failed = outcome.sent, outcome.failed
    Run.objects.filter(pk=this.pk).update(ended_at=clock.now(), **vars(report))
    return report


def preview(at: datetime | None = None) -> str:
    """How many digests a run at `at` would make; writes nothing."""
    now = at or clock.now()
    made = sum(DigestMaker(now, is_dry=True).make(morning) for morning in mornings(now))
    return f"{made:,} would be made at {now:%Y-%m-%d %H:%M %Z}."
