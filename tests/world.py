"""One world for the tests of the doors: laid out for a module, and rolled back.

What one request does is undone at once.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from benefits_portal.tenants.models import Record, User
from benefits_portal.tenants.staff_permissions import PROGRAM, SUPPORT
from tests import factories
from tests.clients import ClientResponse
from tests.kept_rows import lay_out
from tests.partner_fixture import ARGUMENTS, QUERIES, PartnerFixture

# The back office's pages are alike for models of one kind.
KINDS = {
    "ledgers": {
        *("tenants.record", "tenants.keyattempt", "tenants.practiceworld", "tenants.tenantrequest"),
        *("tenants.mail", "benefits.benefit", "benefits.productkey", "benefits.assignment"),
        *("licensing.subscription", "licensing.redemption", "licensing.order"),
        *("licensing.replacement", "licensing.reversal", "licensing.licenseassignment"),
        *("reminders.digest", "reminders.preference", "reminders.run", "reminders.silence"),
        "reminders.feed",
    },
    "edited": {
        *("tenants.partner", "tenants.tenant", "tenants.directoryuser", "tenants.user"),
        *("benefits.offer", "benefits.product", "benefits.externaloffer"),
    },
    "given": {"tenants.roleassignment", "benefits.packageline", "benefits.heldoffer"},
    "enrollments": {"benefits.membership"},
    "lock-outs": {"tenants.attempt"},
    "groups": {"auth.group"},
}
OFFICE = "back-office/"
# That a calendar looked is written down beside it
NOT_OF_THE_PORTAL = {"django_session", "tenants_attempt", "tenants_record", "reminders_feed"}


type RequestAs = Callable[..., ClientResponse]


@dataclass
class World:
    """Two partners with the same things, and the persons of the table's columns."""

    sample: PartnerFixture
    elsewhere: PartnerFixture
    support: User
    programme: User
    sessions: dict[str, str] = field(default_factory=dict)
    records: int = 0

    @property
    def persons(self) -> dict[str, User | None]:
        sample = self.sample
        return {
            "anonymous": None,
            "no role": sample.nobody,
            "member": sample.member,
            "admin": sample.admin,
            "global": sample.boss,
            "other": self.elsewhere.boss,
            "support": self.support,
            "programme": self.programme,
        }

    def sign_everybody_in(self) -> None:
        for person, user in self.persons.items():
            client = Client()
            if user:
                client.force_login(user)
                client.get(reverse("home"))  # so that the session knows where they act
                self.sessions[person] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def tenant_token(self, person: str) -> str:
        return {"other": self.elsewhere.tenant_token, "support": "", "programme": ""}.get(
            person, self.sample.tenant_token
        )


def member_of(group: str) -> User:
    """Staff in a group that comes with the migrations."""
    user = factories.UserFactory.create(staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def make_both() -> World:
    support, programme = (member_of(group) for group in (SUPPORT, PROGRAM))
    factories.PracticeWorldFactory.create()
    factories.AttemptFactory.create()
    factories.MailFactory.create()
    factories.RunFactory.create(ended_at=factories.NOW)
    made = World(
        PartnerFixture.with_everything("Northwind"),
        PartnerFixture.with_everything("Elsewhere"),
        support,
        programme,
    )
    factories.replace(factories.redeem())
    # A line that nothing was provisioned from, and which can be deleted.
    factories.PackageLineFactory.create()
    made.sign_everybody_in()
    made.records = Record.objects.filter(refused="").count()
    return made


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    assert get_resolver().url_patterns  # with the demo's, which then do not exist for anybody
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        time_machine.travel(factories.NOW, tick=False),
        override_settings(DEMO=False),
    ):
        log = logging.getLogger("django.request")  # thousands of refusals, each with a traceback
        log.disabled = True
        yield lay_out(make_both)
        log.disabled = False
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def rows(world: World) -> dict[str, list[str]]:
    return every_page(world.sample)


@pytest.fixture(scope="module")
def request_as(world: World) -> RequestAs:
    """`ask(person, method, address, form)`: the answer; `headers=` goes along.

    What it did is undone at once.
    """
    client = Client()

    def asked(
        person: str, method: str, url: str, form: dict[str, Any] | str, **more: Any
    ) -> ClientResponse:
        client.cookies.clear()
        if person in world.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[person]
        if isinstance(form, str):  # encoded already
            return client.generic(
                method.upper(), url, form, content_type="application/x-www-form-urlencoded"
            )
        return getattr(client, method)(url, form, **more)

    return asked


# Every page, by what the table calls it


def every_page(sample: PartnerFixture) -> dict[str, list[str]]:
    """The addresses of each row of the table.

    Those of the portal at `sample`, and all alike of the back office in one.
    """
    rows: dict[str, list[str]] = {page: [sample.url(page)] for page in QUERIES}
    for name, pattern in urls(get_resolver().url_patterns):
        row, url = (
            in_the_back_office(pattern, name)
            if pattern.startswith(OFFICE) and name not in ARGUMENTS
            else (name, sample.url(name))
        )
        rows.setdefault(row, []).append(url)
    return rows


def urls(patterns: list[Any], namespace: str = "", before: str = "") -> Iterator[tuple[str, str]]:
    """Name and pattern of every URL of the project."""
    for pattern in patterns:
        where = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or ''}", where
        else:
            yield from urls(
                pattern.url_patterns,
                f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace,
                where,
            )


def in_the_back_office(pattern: str, name: str) -> tuple[str, str]:
    """The row and the address of one of its URLs."""
    for model in admin.site._registry:
        where = f"{OFFICE}{model._meta.app_label}/{model._meta.model_name}/"
        if pattern.startswith(where):
            latest = model._default_manager.order_by("pk").last()
            kind = next(
                (kind for kind, names in KINDS.items() if model._meta.label_lower in names),
                "of no kind",
            )
            number = str(latest.pk) if latest else "1"
            what = re.sub(r"<.*?>", "1", pattern.removeprefix(where))
            return f"office: {kind}/{what}", f"/{where}{what.replace('1', number)}"
    if name == "admin:view_on_site":
        return name, f"/{OFFICE}r/{ContentType.objects.get_for_model(User).pk}/1/"
    return {
        "admin:": ("office: nothing", f"/{OFFICE}nothing/"),
        "admin:app_list": (name, f"/{OFFICE}tenants/"),
    }.get(name) or (name, reverse(name))


# What a request does


@contextmanager
def rolled_back() -> Iterator[set[str]]:
    """The tables that the block wrote to; what it wrote is undone."""
    written: set[str] = set()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if match := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', sql):
            written.add(match[1])
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)
