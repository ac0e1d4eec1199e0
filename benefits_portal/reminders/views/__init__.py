"""Pages about reminders, and the calendar feed."""
