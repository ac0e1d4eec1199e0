"""The calendar feed: which days it holds, and how they are written (R11 to R14).

- `events.py`: the days of a partner, in one query, from the ledger and what home shows.
- `writing.py`: the events as iCalendar, in the reader's language.
"""
