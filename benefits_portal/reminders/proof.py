"""The proof that reminders are sent: the last run, what failed, and what to start."""

from datetime import datetime, timedelta

from .models import Digest, Run

COMMAND = "manage.py send_reminders"
RECENT = timedelta(days=1)
LATE = timedelta(hours=3)  # a digest waits for a try of each hour


def problem(now: datetime) -> str:
    """What keeps reminders, for an operator; empty while nothing does."""
    if Run.objects.is_late(now):
        return f"no run within 26 hours: start {COMMAND}"
    if Digest.objects.given_up_since(now - RECENT).exists():
        return "reminders were given up"
    if Digest.objects.overdue(now - LATE).exists():
        return f"reminders wait: start {COMMAND}"
    return ""
