"""Whether reminders are being sent, for operators."""

from datetime import datetime, timedelta

from .models import Digest, Run

COMMAND = "manage.py send_reminders"
RECENT = timedelta(days=1)
LATE = timedelta(hours=3)  # the command runs hourly, so a waiting digest should be sooner


def problem(now: datetime) -> str:
    """Why reminders are not being sent, and what to start; empty if they are."""
    if Run.objects.is_late(now):
        return f"no run within 26 hours: start {COMMAND}"
    if Digest.objects.given_up_since(now - RECENT).exists():
        return "reminders were given up"
    if Digest.objects.overdue(now - LATE).exists():
        return f"reminders wait: start {COMMAND}"
    return ""
