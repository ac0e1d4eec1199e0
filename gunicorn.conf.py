"""How gunicorn serves the portal: read by `gunicorn benefits_portal.wsgi` in this folder.

A buffering proxy stands before it (deploy/nginx.conf). Where to listen is said on the command line
(`--bind`) or by systemd; what stands here fits every machine.
"""

import gc
import os
import sys
from decimal import Decimal
from itertools import count
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from benefits_portal import metrics
from benefits_portal.environment import Env

# Measured best for synchronous views; a slow client waits at the proxy, not at a worker
worker_class = "sync"
# Two for each processor: one computes, one waits
try:
    workers = Env().number(
        "WEB_CONCURRENCY", default=2 * len(os.sched_getaffinity(0)), least=1, most=1_000
    )
except ImproperlyConfigured as problem:  # it says what to set, and how
    sys.exit(str(problem))
# Workers share its memory, and one that died is replaced at once; a new version needs a restart,
# not HUP
preload_app = True
# Seconds after which a busy worker is replaced: longer than an export of millions, which it would
# cut off
timeout = 600
graceful_timeout = 30  # seconds that a stopping worker has to finish its request
max_requests = 10_000  # then a worker is replaced, whatever a library may have leaked
max_requests_jitter = 2_000  # not all at once
# Bytes; the longest address of the portal, a filtered list, is far shorter
limit_request_line = 4_094
limit_request_fields = 60
limit_request_field_size = 8_190  # bytes
control_socket_disable = True  # signals do: TERM stops
# The workers' heartbeat, in memory: a slow disk must not look like a hang
worker_tmp_dir = "/dev/shm"  # noqa: S108
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "benefits_portal.logs.JsonLines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"gunicorn.error": {"level": "INFO", "propagate": True}},
}


def when_ready(server: Any) -> None:
    """The application is loaded, no worker is there yet.

    What it consists of is set aside from the collector, which would write into it: a worker shares
    it for as long as it lives, and holds 10 MiB less (PSS) after 900 pages.
    """
    if metrics.is_on():
        from benefits_portal.metrics.counting import begin_together

        begin_together()
    load_for_all_workers()
    gc.collect()
    gc.freeze()


def load_for_all_workers() -> None:
    """What each worker would load for itself at its first requests, and seldom touches again.

    The migrations, which `/readyz` compares, what Babel knows of money and countries, and the views
    with all their addresses: a worker holds 5 MiB less (PSS).
    """
    from django.conf import settings
    from django.urls import reverse
    from django.utils.translation import override

    from benefits_portal.benefits.money import money
    from benefits_portal.health import migrations

    migrations()
    for language, _name in settings.LANGUAGES:
        with override(language):
            money(Decimal(1), "EUR")
            reverse("healthz")


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the first slot that no other has; those that ended have left theirs."""
    taken = {each.slot for each in server.WORKERS.values()}
    worker.slot = next(slot for slot in count(1) if slot not in taken)


def post_fork(server: Any, worker: Any) -> None:
    """In the worker: count in the file of its slot."""
    if metrics.is_on():
        from benefits_portal.metrics.counting import take_slot

        take_slot(f"worker{worker.slot}")


def on_exit(server: Any) -> None:
    """No worker is left."""
    if metrics.is_on():
        from benefits_portal.metrics.counting import end_together

        end_together()
