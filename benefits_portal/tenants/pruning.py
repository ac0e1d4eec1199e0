"""What higher apps let `manage.py prune` delete, besides rows that it deletes by age."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Pruner:
    """Things called `name`, kept for `days`; both functions return the number of older ones."""

    name: str
    days: int
    count: Callable[[datetime], int]
    delete: Callable[[datetime], int]


PRUNERS: list[Pruner] = []
