"""The calendar feed: which days it contains, and their iCalendar text (R11 to R14).

- `events.py`: the days of a partner; `rows.py` is their query.
- `ical.py`: the events as iCalendar, in the reader's language.
"""
