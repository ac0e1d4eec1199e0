"""What an operator's monitoring collects: how often, how long, what was refused. Never whom (K3).

Nothing is counted, and the library not even imported, unless METRICS_FROM lets somebody ask
(`metrics_page.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    from .counting import Counters


@dataclass(frozen=True)
class Gauge:
    """A figure that is true at this moment, read where it stands when somebody asks."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def is_on() -> bool:
    return bool(settings.METRICS_FROM)


def counters() -> "Counters":
    """Those of this process, made when they are first asked for."""
    from .counting import counters as made

    return made()


def count_request(name: str, method: str | None, status: int, seconds: float) -> None:
    """One request is answered, by the page of that name."""
    if is_on():
        counters().count_request(name, method or "", status, seconds)


def count_redemption(kind: str) -> None:
    """A key was redeemed, once the transaction is committed."""
    _count(lambda: counters().redemptions.labels(kind).inc())


def count_refusal(code: str) -> None:
    """A rule said no and that is on record, once the transaction is committed."""
    _count(lambda: counters().refusals.labels(code).inc())


def _count(count: Callable[[], Any]) -> None:
    if is_on():
        transaction.on_commit(count, robust=True)
