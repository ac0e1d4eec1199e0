"""Lost by a day: all that a partner loses up to it, in all of its tenants, if nobody acts.

- `page.py`: the page, and the same as CSV; `chosen_day.py`: which day it is about.
- `loss.py`: what all losses have in common; `unused.py`, `endings.py` and `people.py` find them,
  with the querysets that home and reminders ask; `totals.py` adds them up.
"""
