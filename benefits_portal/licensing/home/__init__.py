"""Home, the page after signing in: what is unused, what needs attention, requests, memberships.

- `page.py`: the view, which puts the sections together; `rows.py`: what their rows have in common.
- `unused.py`: keys and credit that nobody uses, by when they are lost; `unused_queries.py` finds
  them, `unused_amounts.py` says how much they are.
- `attention.py`: subscriptions that end, and credit of disabled users.
- `licenses.py`: too few licenses, and licenses of disabled users.
- `membership_years.py`: where each membership stands, and what comes after it.
"""
