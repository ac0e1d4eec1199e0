"""Move the calendars of all rooms of a class (T6)."""

from benefits_portal import clock
from benefits_portal.dates import add_months

from .forms import MAX_MONTHS_AHEAD
from .models import Class
from .reminding import remind_all


def is_too_far(days_ahead: int) -> bool:
    """Whether `days_ahead` is more than the maximum of MAX_MONTHS_AHEAD months."""
    today = clock.today()
    return days_ahead > (add_months(today, MAX_MONTHS_AHEAD) - today).days


def move_for_all(of_class: Class, days_ahead: int) -> None:
    """Move all rooms to `days_ahead` days after the real day, and rooms to come.

    Rooms that are ahead already stay: calendars only move forward. Each moved room gets the
    reminders that are due on its new day.
    """
    remind_all(of_class.move_calendars_to(days_ahead))
    of_class.refresh_from_db(fields=["days_ahead"])
