"""Home, the page after signing in: what is unused, what needs attention, requests, memberships.

- `page.py`: the view; `rows.py`: the parts that rows of all sections share.
- `unused.py`: unused keys and credit, grouped by when they are lost; `unused_queries.py` finds
  them, `unused_amounts.py` adds them up.
- `attention.py`: subscriptions that end, and credit of disabled users; `offered_keys.py`: the key
  that fits a subscription.
- `licenses.py`: shortages of licenses, and licenses of disabled users.
- `membership_years.py`: each membership year, and the year after it.
"""
