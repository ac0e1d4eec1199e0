"""Azure & cloud products: the list of a partner's benefits.

- `listing.py`: its columns, orders and sections, and what is read for a page of it.
- `narrowing.py`: what its words, filters and tab leave.
- `prepared_pages.py`: its pages by queries that are put together once.
- `filters.py`: its tabs and filters. `rows.py`: its rows in words.
- `spreadsheet.py`: all of it as CSV.

What it asks of the database is `models/benefit_queryset.py`, its page `views/benefit_list.py`.
"""
