"""The counters themselves, and how the workers of one gunicorn count together.

Each worker counts in a file of its own that the others can read, as prometheus_client does it.
So whichever worker is asked answers for all, and the database has nothing to do with it. A file is
called by the worker's slot, not by its process id: who follows a worker that ended goes on in its
file, and there are never more files than workers.
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

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's name for where the files are
METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds

_slot = "main"  # of this process among the workers


class Counters:
    """What one process counts, each series by names that the code itself gives."""

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
        # Whoever asks for what is not there, in a word of their own, makes no series of their own
        page, how = name or "none", method if method in METHODS else "other"
        self.requests.labels(page, how, str(status)).inc()
        self.seconds.labels(page).observe(seconds)


@cache
def counters() -> Counters:
    disable_created_metrics()  # type: ignore[no-untyped-call]  # of several workers there are none
    return Counters()


def exposition(gauges: Iterable[Gauge]) -> bytes:
    """What all workers counted, and `gauges`, in the text form of Prometheus."""
    if folder := os.environ.get(FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    else:
        registry = counters().registry
    return generate_latest(registry) + generate_latest(Read(gauges))


class Read(Collector):
    """Gauges as the library collects them; those of one name follow each other."""

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
    """Delete the folder, when no worker is left."""
    if folder := os.environ.pop(FOLDER, ""):
        shutil.rmtree(folder, ignore_errors=True)


def take_slot(slot: str) -> None:
    """Go on in the file of whoever had `slot` before."""
    global _slot
    _slot = slot
