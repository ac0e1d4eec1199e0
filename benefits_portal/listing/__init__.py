"""Lists whose whole state is in the URL: search query, filters, order, page.

They work as plain links and forms.

- `listing.py`: the base class of every list; it fetches the pages. Start here.
- `controls.py`: the part of a list above its rows: sort links, filters, tabs, search form.
- `query.py`: parses a URL's query and builds the URLs that change it.
- `filters.py`, `columns.py`: what can be filtered; what is shown and sorted by.
- `keyset.py`: pages that begin after a cursor instead of at an offset.
- `page.py`, `excerpt.py`: one page of a list; the first rows of one, with a total.
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
