"""Chooses the database before Django is set up, and the few fixtures that every room uses.

By default the run starts a PostgreSQL of its own. TEST_DATABASE=sqlite runs the same suite on
SQLite, in a file, so that threads have connections of their own; any other value is taken as a
DATABASE_URL.
"""

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import django
import pytest
import time_machine
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from tests.postgres import Server


def database_url() -> str:
    chosen = os.environ.get("TEST_DATABASE", "postgresql")
    if chosen == "sqlite":
        folder = tempfile.mkdtemp(prefix="portal-sqlite-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        chosen = f"sqlite:///{folder}/portal.sqlite3"
    elif chosen == "postgresql":
        server = Server()
        atexit.register(server.stop)
        chosen = server.url
    # The workers of xdist inherit it: one server for all of them.
    os.environ["TEST_DATABASE"] = chosen
    return chosen


# The workers of xdist and the servers that tests start keep what they compiled: without it each
# compiles Django and all of the portal, which takes longer than most tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "benefits_portal.settings",
    "DATABASE_URL": database_url(),
    # A demo's pages render without collectstatic, TLS or a proxy; production's settings have tests
    # of their own.
    "DEMO": "on",
    "DEBUG": "off",
    "SECRET_KEY": "for tests only: of no use to anybody",
    "PRODUCT_KEY_SECRETS": "for tests only: of no use to anybody",
    "TIME_ZONE": "UTC",
    # 200 threads of one process wait for each other longer than people would.
    "LOCK_TIMEOUT": "60000",
    "STATEMENT_TIMEOUT": "120000",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright runs an event loop in the tests' own thread
}
django.setup()

from django.conf import settings as django_settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import translation  # noqa: E402

from benefits_portal.templatetags import kept  # noqa: E402
from benefits_portal.tenants.models import Actor, How, Partner, Role, Tenant, User  # noqa: E402
from tests import factories, kept_rows, quick_flush, quick_render, quick_sign_in  # noqa: E402
from tests.agreement import UNGUARDED, findings  # noqa: E402
from tests.partner_named import unnamed, watch_all  # noqa: E402
from tests.world import request_as, rows, world  # noqa: E402, F401 - for whoever asks for them

if connection.vendor == "postgresql":
    quick_flush.install()
watch_all()
quick_sign_in.install()
kept_rows.folder()  # before there are workers, which share it
# MD5 is fast, and nothing here needs protection.
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if "sqlite" in django_settings.DATABASES["default"]["ENGINE"]:
    name = Path(django_settings.DATABASES["default"]["NAME"])
    # Without a name the test database would be in memory.
    django_settings.DATABASES["default"]["TEST"]["NAME"] = str(name.with_name("test.sqlite3"))

settings.register_profile(
    "portal",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("portal")


SLOW_FOLDERS = {"back_office", "cells", "deploy", "practice"}
WITH_A_DATABASE = {"db", "transactional_db", "django_db_setup"}


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """What is not the domain or a page of the portal is slow, and so is whatever meets others.

    What asks no database is pure.
    """
    for item in items:
        if WITH_A_DATABASE.isdisjoint(item.fixturenames) and not item.get_closest_marker(
            "django_db"
        ):
            item.add_marker(pytest.mark.pure)
        if item.path.stem.endswith("_at_once"):
            item.add_marker(pytest.mark.at_once)
            item.add_marker(pytest.mark.slow)
        if item.path.parent.name in SLOW_FOLDERS or item.get_closest_marker("release"):
            item.add_marker(pytest.mark.slow)
    # The longest first, as they wait much: beside them others work, and short ones even out the end
    items.sort(key=lambda item: item.path.parent.name != "browser")


def pytest_collection_finish() -> None:
    """Thousands of tests and all of Django stay to the end: no search for garbage goes over them.

    Nor is one made for every two thousand objects, of which a single page makes more.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Afterwards, whoever still answers a browser that has gone does not hold up the database."""
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            quick_flush.keep_migrated_rows()
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                "current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session", autouse=True)
def _widgets_unwatched(django_test_environment: None) -> None:
    quick_render.install()


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """What a process keeps for a minute, and its last language, are of another test's world."""
    cache.clear()
    kept.forget()
    translation.deactivate()


@pytest.fixture(autouse=True)
def _partner_named() -> Iterator[None]:
    """What changes or locks a partner's rows says whose they are (P1), in every test."""
    unnamed.clear()
    yield
    assert unnamed == []


@pytest.fixture
def today() -> Iterator[date]:
    """The tests' own day, 2021-05-01: within the block the clock stands still at noon, UTC."""
    with time_machine.travel(datetime.combine(factories.TODAY, time(12), UTC), tick=False):
        yield factories.TODAY


@pytest.fixture
def consistent(request: pytest.FixtureRequest) -> Iterator[None]:
    """Afterwards `check_consistency` finds nothing in what the test committed.

    Unless it switched a guard off.
    """
    request.getfixturevalue("transactional_db")  # ends after this one
    yield
    if UNGUARDED.isdisjoint(request.fixturenames):
        assert findings() == {}


@pytest.fixture
def partner(db: None) -> Partner:
    return factories.PartnerFactory.create()


@pytest.fixture
def tenant(partner: Partner) -> Tenant:
    """The primary tenant of `partner`."""
    return factories.TenantFactory.create(partner=partner, is_primary=True)


@pytest.fixture
def acting_in(tenant: Tenant) -> dict[str, str]:
    """The field of every form that says where it was rendered (P4)."""
    return {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}


@pytest.fixture
def admin(tenant: Tenant) -> User:
    """An MPN partner admin of `partner`, at home in `tenant`."""
    user = factories.UserFactory.create(directory_user__tenant=tenant)
    factories.RoleAssignmentFactory.create(
        user=user, partner=tenant.partner, role=Role.PARTNER_ADMIN
    )
    return user


@pytest.fixture
def by(admin: User) -> Actor:
    """`admin`, acting on the portal's pages."""
    return Actor(admin, How.PORTAL)


@pytest.fixture
def sign_in(db: None) -> Callable[[User], Client]:
    """A client of its own for each person: `sign_in(user).get(…)`."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in
