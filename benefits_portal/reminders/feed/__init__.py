"""The calendar feed: which days it holds, and how they are written (R11 to R14).

- `events.py`: the days of a partner, from the ledger and what home shows; `rows.py` asks for them.
- `writing.py`: the events as iCalendar, in the reader's language.
"""
