"""Lists whose whole state is in the URL: search query, filters, order, page.

They work as plain links and forms.

- `query.py`: what the URL says, and the URLs that lead on from it.
- `filters.py`: what can be chosen, and how it is offered.
- `columns.py`: what a list shows and is sorted by.
- `keyset.py`: one page of an order, from a cursor on.
- `page.py`, `excerpt.py`: what is shown of a list, and of how many rows.
- `listing.py`: the four together, for one kind of rows.
"""

from .columns import Column
from .excerpt import Excerpt
from .filters import Filter
from .listing import Listing
from .page import MAX_COUNT, CappedCount, Page, capped_count, total_text

__all__ = [
    "MAX_COUNT",
    "CappedCount",
    "Column",
    "Excerpt",
    "Filter",
    "Listing",
    "Page",
    "capped_count",
    "total_text",
]
