"""Moving the calendars of a class's rooms, all at once (T6)."""

from benefits_portal import clock
from benefits_portal.dates import add_months

from .forms import MAX_DAYS_AHEAD
from .models import Class
from .reminding import remind_all


def move_for_all(of_class: Class, days: int) -> bool:
    """Move every room `days` on, from the day of the class; False if that is beyond the limit.

    Whoever is ahead of that already stays where they are: calendars go forward only. Each room gets
    the reminders that are due on its new day.
    """
    today = clock.today()
    days_ahead = of_class.days_ahead + days
    if days_ahead > (add_months(today, MAX_DAYS_AHEAD) - today).days:
        return False
    remind_all(of_class.move_calendars_to(days_ahead))
    of_class.refresh_from_db(fields=["days_ahead"])
    return True
