"""What higher apps have `manage.py prune` delete, beside rows that age by themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Pruner:
    """Things called `name` that are kept for `days`; both calls return how many are older."""

    name: str
    days: int
    count: Callable[[datetime], int]
    delete: Callable[[datetime], int]


PRUNERS: list[Pruner] = []
