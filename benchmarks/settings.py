"""Production's settings, with *hello* and a header that tells what a request spends its CPU on."""

import os
import tempfile
from pathlib import Path

os.environ |= {
    "DEMO": "off",
    "DEBUG": "off",
    "SECRET_KEY": "for benchmarks only: of no use to anybody",
    "PRODUCT_KEY_SECRETS": "for benchmarks only: of no use to anybody",
    "ALLOWED_HOSTS": "benchmark.example",
    "TRUSTED_PROXIES": "1",
    "SEARCHES_A_MINUTE": "10000",  # every page is asked for as often as it takes
}
# Where nothing is asked of a database
os.environ.setdefault("DATABASE_URL", "postgres://nobody@/none")

from benefits_portal.settings import *  # noqa: F403
from benefits_portal.settings import MIDDLEWARE, TEMPLATES

STATIC_ROOT = Path(os.environ.get("BENCHMARK_STATIC", tempfile.gettempdir()))
MIDDLEWARE = ["benchmarks.parts.told_parts", *MIDDLEWARE]
ROOT_URLCONF = "benchmarks.urls"
TEMPLATES = [*TEMPLATES, TEMPLATES[0] | {"NAME": "stock", "DIRS": []}]
