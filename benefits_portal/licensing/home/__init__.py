"""Home, the page after signing in: what is unused, what needs attention, requests, memberships.

- `page.py`: the view, which puts the sections together; `rows.py`: what their rows have in common.
- `unused.py`, `unused_amounts.py`: keys and credit that nobody uses, and how much that is.
- `attention.py`: subscriptions that end, and credit of disabled users.
- `membership_years.py`: where each membership stands, and what comes after it.
"""
