"""Which keys to use, where and how (rules O1 to O8). Values and functions: no query, no clock.

- `values.py`: keys, steps and plans.
- `search.py`: every way and order of using keys on one day; `sampling.py`: some of too many.
- `reaching.py`: what can be had, and which keys to use for a goal.
- `explaining.py`: how a subscription came to its end date.
- `same_day.py`: several subscriptions that should end on one day.
"""

from .explaining import EarlierDay, Explanation, Origin, explain
from .reaching import Aim, Frontier, NextKey, aim, frontier
from .same_day import SameDay, same_day
from .search import MAX_TRIED
from .values import Coverage, Key, Plan, Step, Stock

__all__ = [
    "MAX_TRIED",
    "Aim",
    "Coverage",
    "EarlierDay",
    "Explanation",
    "Frontier",
    "Key",
    "NextKey",
    "Origin",
    "Plan",
    "SameDay",
    "Step",
    "Stock",
    "aim",
    "explain",
    "frontier",
    "same_day",
]
