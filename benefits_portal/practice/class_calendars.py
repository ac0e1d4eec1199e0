"""Move the calendars of all rooms of a class at once (T6)."""

from benefits_portal import clock
from benefits_portal.dates import add_months

from .forms import MAX_DAYS_AHEAD
from .models import Class
from .reminding import remind_all


def is_too_far(days_ahead: int) -> bool:
    """Whether a calendar would be further ahead than any may be."""
    today = clock.today()
    return days_ahead > (add_months(today, MAX_DAYS_AHEAD) - today).days


def move_for_all(of_class: Class, days_ahead: int) -> None:
    """Move every room so many days ahead, and the rooms to come.

    Whoever is ahead of that already stays where they are: calendars go forward only. Each room gets
    the reminders that are due on its new day.
    """
    remind_all(of_class.move_calendars_to(days_ahead))
    of_class.refresh_from_db(fields=["days_ahead"])
