"""Metrics for an operator's monitoring: counts and durations, never about whom (K3).

Nothing is counted, and the library is not imported, unless METRICS_FROM is set (`metrics_page.py`).
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
    """A present value, read when the metrics are requested."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def is_on() -> bool:
    return bool(settings.METRICS_FROM)


def counters() -> "Counters":
    """The counters of this process, made on first use."""
    from .counting import counters as made

    return made()


def count_request(name: str, method: str | None, status: int, seconds: float) -> None:
    """Count a response of the page with that URL name."""
    if is_on():
        counters().count_request(name, method or "", status, seconds)


def count_redemption(kind: str) -> None:
    """Count a redemption once its transaction has committed."""
    _count(lambda: counters().redemptions.labels(kind).inc())


def count_refusal(code: str) -> None:
    """Count a recorded refusal once its transaction has committed."""
    _count(lambda: counters().refusals.labels(code).inc())


def _count(count: Callable[[], Any]) -> None:
    if is_on():
        transaction.on_commit(count, robust=True)
