"""The counters, and how the workers of one gunicorn share them.

Each worker counts in its own file, which the others can read (prometheus_client's multiprocess
mode). So any worker can answer for all, without the database. A file is named after the worker's
slot instead of its process ID: a new worker continues in the file of the one it replaces, so there
are never more files than workers.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Metric,
    disable_created_metrics,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from . import Gauge

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's variable for the folder of files
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds

_slot = "main"  # the slot of this process among the workers


class Counters:
    """The counters of one process; all label values come from code."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self.counter("requests", "Requests answered.", "page", "method", "status")
        self.seconds = Histogram(
            "benefits_portal_request_seconds",
            "Seconds that a request took in the portal.",
            ["page"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.redemptions = self.counter("redemptions", "Product keys redeemed.", "kind")
        self.refusals = self.counter("refusals", "What a rule refused, as on record.", "code")

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"benefits_portal_{name}", text, labels, registry=self.registry)

    def count_request(self, name: str, method: str, status: int, seconds: float) -> None:
        # A request with an invented method must not make a new series
        page, how = name or "none", method if method in METHODS else "other"
        self.requests.labels(page, how, str(status)).inc()
        self.seconds.labels(page).observe(seconds)


@cache
def counters() -> Counters:
    disable_created_metrics()  # type: ignore[no-untyped-call]  # of several workers there are none
    return Counters()


def exposition(gauges: Iterable[Gauge]) -> bytes:
    """The counts of all workers, and `gauges`, in Prometheus' text format."""
    if folder := os.environ.get(FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    else:
        registry = counters().registry
    return generate_latest(registry) + generate_latest(Read(gauges))


class Read(Collector):
    """A collector of gauges; gauges with the same name must be adjacent."""

    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self.gauges = gauges

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for gauge in self.gauges:
            family = families.setdefault(gauge.name, Metric(gauge.name, gauge.help, "gauge"))
            family.add_sample(gauge.name, dict(gauge.labels), gauge.value)
        return families.values()


def begin_together() -> None:
    """Count in files of a new folder, in this process and those that it forks."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="benefits-portal-metrics-")
    values.ValueClass = values.MultiProcessValue(lambda: _slot)  # type: ignore[no-untyped-call]


def end_together() -> None:
    """Delete the folder once no worker is left."""
    if folder := os.environ.pop(FOLDER, ""):
        shutil.rmtree(folder, ignore_errors=True)


def take_slot(slot: str) -> None:
    """Continue in the file of the previous worker with `slot`."""
    global _slot
    _slot = slot
