"""*Azure & cloud products*: the list of a partner's benefits.

- `listing.py`: its columns, orders, sections and pages.
- `filtering.py`: the benefits that match its search, filters and tab.
- `prepared_pages.py`: its pages as prepared queries.
- `filters.py`: its tabs and filters. `rows.py`: its rows as text.
- `spreadsheet.py`: the same as CSV.

Its queries are in `models/benefit_queryset.py`, its views in `views/benefit_list.py`.
"""
