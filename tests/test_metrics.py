"""`/metrics`: who may ask, and that what is counted is what happened."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_network
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import get_resolver, reverse
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from benefits_portal import clock
from benefits_portal.licensing.models import Redemption
from benefits_portal.metrics import counting
from benefits_portal.reminders.models import Run
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Record, Tenant
from tests import factories
from tests.clients import SignIn
from tests.partner_fixture import PartnerFixture
from tests.test_operation import lines  # noqa: F401 - a fixture
from tests.world import urls

PROJECT = Path(__file__).parents[1]
type Figures = dict[str, dict[tuple[str, ...], float]]


def figures(text: str) -> Figures:
    """What a text says: each series by its name, each value by its labels, sorted by theirs."""
    found: Figures = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name.removeprefix("benefits_portal_")
            labels = tuple(sample.labels[label] for label in sorted(sample.labels))
            found.setdefault(name, {})[labels] = sample.value
    return found


@pytest.fixture
def counted() -> Iterator[None]:
    """From nothing."""
    counting.counters.cache_clear()
    yield
    counting.counters.cache_clear()


@pytest.fixture
def metrics(settings: Settings, db: None, counted: None) -> Callable[[], Figures]:
    """What `/metrics` says to its collector."""
    settings.METRICS_FROM = [ip_network("127.0.0.1")]
    return lambda: figures(Client().get("/metrics").text)


@pytest.fixture
def sample(tenant: Tenant) -> PartnerFixture:
    return PartnerFixture(tenant=tenant)


# Who may ask


@pytest.mark.parametrize(
    ("networks", "connecting", "forwarded", "status"),
    [
        ([], "127.0.0.1", "", 404),
        (["10.0.0.5"], "127.0.0.1", "", 404),
        (["10.0.0.5"], "10.0.0.5", "", 200),
        (["10.0.0.0/24"], "::ffff:10.0.0.9", "", 200),
        (["10.0.0.0/24"], "10.0.1.9", "", 404),
        (["fd00::/64"], "fd00::7", "", 200),
        (["10.0.0.5"], "", "", 404),
        (["10.0.0.5"], "", "10.0.0.5", 200),
        (["10.0.0.5"], "", "10.0.0.5, 192.0.2.7", 404),
        (["127.0.0.1"], "127.0.0.1", "192.0.2.7", 404),
    ],
)
def test_only_whom_the_setting_names_is_answered(
    settings: Settings,
    db: None,
    networks: list[str],
    connecting: str,
    forwarded: str,
    status: int,
) -> None:
    """By the address that the outermost trusted proxy saw, else of whoever connects."""
    settings.METRICS_FROM = [ip_network(network) for network in networks]
    settings.TRUSTED_PROXIES = 1
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    client = Client(REMOTE_ADDR=connecting, headers=headers)
    answers = [client.get("/metrics"), client.post("/metrics")]
    posted = HTTPStatus.METHOD_NOT_ALLOWED if status == HTTPStatus.OK else status
    assert [answer.status_code for answer in answers] == [status, posted]


def test_nothing_is_counted_while_nobody_may_ask(db: None, counted: None) -> None:
    Client().get("/healthz")
    assert counting.counters.cache_info().currsize == 0


# What is counted


def test_the_figures_agree_with_the_log(
    metrics: Callable[[], Figures],
    lines: io.StringIO,  # noqa: F811
    sample: PartnerFixture,
    sign_in: SignIn,
) -> None:
    client = sign_in(sample.member)
    for url in ("/", "/help/", "/help/", "/nowhere/", reverse("licensing:products")):
        client.get(url)
    client.post("/help/")
    client.get(sample.url("licensing:benefit-detail"))
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    requests = [line for line in logged if line["logger"] == "benefits_portal.requests"]
    told = metrics()
    assert len(requests) == 7
    assert told["requests_total"] == Counter(
        (line["method"], line["page"] or "none", str(line["status"])) for line in requests
    )
    assert told["request_seconds_count"] == Counter((line["page"] or "none",) for line in requests)
    of_log = sum(line["ms"] for line in requests) / 1000
    assert sum(told["request_seconds_sum"].values()) == pytest.approx(of_log, abs=0.001)


@pytest.mark.usefixtures("today")
def test_redemptions_and_refusals_agree_with_the_ledger_and_the_record(
    metrics: Callable[[], Figures],
    tenant: Tenant,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        subscription = factories.redeem(tenant=tenant).subscription
        for verb in (subscription.extend, subscription.extend, subscription.add_licenses):
            verb(factories.key_for(subscription, 1), by=Actor(), on=factories.TODAY)
        key = factories.key_for(subscription, 1)
        late = key.benefit.expires_on + timedelta(days=1)
        for _ in range(2):
            with pytest.raises(Refusal):
                subscription.extend(key, by=Actor(), on=late)
    told = metrics()
    assert told["redemptions_total"] == {("new",): 1, ("extend",): 2, ("add",): 1}
    assert Redemption.objects.count() == 4
    refused = Record.objects.exclude(refused="").values_list("refused", flat=True)
    assert told["refusals_total"] == Counter((code,) for code in refused)
    assert len(refused) == 2


def test_what_was_rolled_back_is_not_counted(
    metrics: Callable[[], Figures],
    tenant: Tenant,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        factories.redeem(tenant=tenant)
        transaction.set_rollback(True)
    assert "redemptions_total" not in metrics()


def test_no_series_is_of_a_partner_a_person_or_a_path(
    metrics: Callable[[], Figures], sample: PartnerFixture, sign_in: SignIn
) -> None:
    client = sign_in(sample.boss)
    client.get("/nobody@northwind.example/")
    client.get(sample.url("licensing:benefit-detail"))
    client.generic("NORTHWIND", "/")
    names = {name for name, _pattern in urls(get_resolver().url_patterns)} | {"none"}
    series = metrics()["requests_total"].keys()
    pages = {page for _method, page, _status in series}
    assert pages <= names
    assert {"none", "licensing:benefit-detail"} <= pages
    assert {method for method, _page, _status in series} == {"GET", "other"}


@pytest.mark.usefixtures("today")
def test_mails_of_a_day_are_told_by_what_became_of_them(metrics: Callable[[], Figures]) -> None:
    now, minute = clock.now(), timedelta(minutes=1)
    is_done = {"next_try_at": None}
    factories.MailFactory.create(queued_at=now - 9 * minute)
    factories.MailFactory.create(queued_at=now - 2 * minute)
    factories.MailFactory.create(queued_at=now - minute, sent_at=now, **is_done)
    factories.MailFactory.create(queued_at=now - minute, gave_up_at=now, **is_done)
    factories.MailFactory.create(queued_at=now - timedelta(days=2), gave_up_at=now, **is_done)
    told = metrics()
    assert told["mails_of_a_day"] == {("waiting",): 2, ("sent",): 1, ("given_up",): 1}
    assert told["mail_waits_seconds"] == {(): 9 * 60}


@pytest.mark.usefixtures("today")
def test_the_last_run_of_reminders_is_told(metrics: Callable[[], Figures]) -> None:
    now, hour = clock.now(), timedelta(hours=1)
    Run.objects.create(started_at=now, ended_at=now - hour, made=7, sent=4, failed=3)
    Run.objects.create(started_at=now, ended_at=now - 2 * hour)
    Run.objects.create(started_at=now)
    told = metrics()
    assert told["reminders_ended_at"] == {(): (now - hour).timestamp()}
    assert told["reminders"] == {("made",): 7, ("sent",): 4, ("failed",): 3}


def test_without_the_database_what_was_counted_is_told(metrics: Callable[[], Figures]) -> None:
    Client().get("/healthz")

    def away(*_args: object) -> None:
        raise OperationalError

    before = metrics()
    with connection.execute_wrapper(away):
        told = metrics()
    assert (before["database_up"], told["database_up"]) == ({(): 1}, {(): 0})
    assert told["requests_total"]["GET", "healthz", "200"] == 1
    assert "mails_of_a_day" in before.keys() - told.keys()


# Several workers


@contextmanager
def portal(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """gunicorn with two workers, which end after a few requests; its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "critical"]
    often = ["--max-requests", "12", "--max-requests-jitter", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "benefits_portal.wsgi", *options, *often],
        cwd=PROJECT,
        env=os.environ | {"METRICS_FROM": "127.0.0.1", "TMPDIR": str(folder)},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield port, process
        finally:
            process.send_signal(signal.SIGTERM)


def ask(port: int, path: str) -> str:
    """The answer, once there is one: a worker that ends sends away whoever waits for it."""
    for _ in range(400):
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(path)


@pytest.mark.slow
def test_each_worker_tells_what_all_of_them_and_those_before_counted(tmp_path: Path) -> None:
    with portal(tmp_path) as (port, process):
        for _ in range(50):
            ask(port, "/healthz")
        told = [figures(ask(port, "/metrics"))["requests_total"] for _ in range(6)]
        files = sorted(path.name for path in tmp_path.rglob("*.db"))
    assert [each["GET", "healthz", "200"] for each in told] == [50] * 6
    assert files == [
        f"{kind}_worker{place}.db" for kind in ("counter", "histogram") for place in (1, 2)
    ]
    assert (process.wait(), [*tmp_path.iterdir()]) == (0, [])
