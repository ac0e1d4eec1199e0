"""What an operation is, and how a refused case of it is tried at an entry point."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from io import StringIO
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise

from benefits_portal.tenants import models as tenants
from benefits_portal.tenants.audit.refusal import Refusal
from tests.back_office.conftest import BECAUSE, filled, page
from tests.partner_fixture import PartnerFixture
from tests.world import World

ROOMS = ("tenants", "benefits", "licensing", "reminders")
KEPT_OF_ATTEMPTS = {
    tenants.Record,
    tenants.KeyAttempt,
    tenants.Attempt,
}  # that something was tried is written (A1, K6)

type Arguments = dict[str, Any]
type Message = type[Refusal] | str | Promise
type Scenario = Callable[[PartnerFixture], Arguments]
type EntryPoint = Callable[..., str]


ANY_PARAM = 9876543210  # stands for whatever value is in the message


class AnyParams(dict[str, int]):
    """For a refusal's message, whatever its parameters are called."""

    def __missing__(self, name: str) -> int:
        return ANY_PARAM


@dataclass(frozen=True)
class RefusedCase:
    """What a rule refuses: how it comes about, and the message.

    `not_at` names entry points where it cannot be tried, and why; some have another message.
    """

    scenario: Scenario
    rule: str
    message: Message
    not_at: dict[str, str]
    other_messages: Mapping[str, Message]

    def message_at(self, entry_point: str) -> re.Pattern[str]:
        """What is read there, whatever the values in it."""
        message = self.other_messages.get(entry_point, self.message)
        text = str(message.message % AnyParams() if isinstance(message, type) else message)
        return re.compile(re.escape(text).replace(str(ANY_PARAM), ".+?"))


@dataclass
class Operation:
    """Something that people do, its entry points, and the cases in which it is refused."""

    name: str
    entry_points: dict[str, EntryPoint] = field(default_factory=dict)
    refused_cases: list[RefusedCase] = field(default_factory=list)
    all: ClassVar[list["Operation"]] = []

    def __post_init__(self) -> None:
        Operation.all.append(self)

    def entry_point(self, *names: str) -> Callable[[EntryPoint], EntryPoint]:
        def register(entry_point: EntryPoint) -> EntryPoint:
            self.entry_points |= dict.fromkeys(names, entry_point)
            return entry_point

        return register

    def refused(
        self,
        rule: str,
        message: Message,
        *,
        not_at: dict[str, str] | None = None,
        other_messages: Mapping[str, Message] | None = None,
    ) -> Callable[[Scenario], Scenario]:
        def register(scenario: Scenario) -> Scenario:
            self.refused_cases.append(
                RefusedCase(scenario, rule, message, not_at or {}, other_messages or {})
            )
            return scenario

        return register

    def cells(self) -> Iterator[tuple[RefusedCase, str, EntryPoint]]:
        """Each refused case at each entry point where it can be tried, and how to try it there."""
        for refused_case in self.refused_cases:
            yield from (
                (refused_case, name, entry_point)
                for name, entry_point in self.entry_points.items()
                if name not in refused_case.not_at
            )


@dataclass
class Driver:
    """Tries something at one of the entry points.

    As a partner's Global admin on the portal's pages, as Program staff in the back office,
    by command.
    """

    world: World

    @property
    def by(self) -> tenants.Actor:
        return tenants.Actor(self.world.sample.boss)

    def portal(self, name: str, /, *args: Any, query: str = "", **sent: Any) -> str:
        """Send the form of a page of the portal; what the page that follows says."""
        return self.send(
            "global",
            reverse(name, args=args) + query,
            {"acting_in": self.world.sample.tenant_token} | sent,
        )

    def office(self, model: type[Model], name: str, /, *args: Any, **sent: Any) -> str:
        """Send something to a page of the back office, with a reason."""
        return self.send("programme", page(model, name, *args), BECAUSE | sent)

    def form(self, subject: Any, /, **changes: Any) -> str:
        """Change a row on its own page of the back office; a model alone stands for a new row."""
        its_page = (
            page(subject, "add")
            if isinstance(subject, type)
            else page(type(subject), "change", subject.pk)
        )
        return self.send(
            "programme", its_page, filled(self.signed_in("programme").get(its_page), **changes)
        )

    def action(self, name: str, /, *rows: Any, **sent: Any) -> str:
        """Choose rows in a list of the back office, and an action for them."""
        return self.office(
            type(rows[0]),
            "changelist",
            action=name,
            _selected_action=[row.pk for row in rows],
            **sent,
        )

    def send(self, person: str, address: str, sent: dict[str, Any]) -> str:
        return text_of(self.signed_in(person).post(address, sent, follow=True))

    def look(self, person: str, address: str) -> str:
        return text_of(self.signed_in(person).get(address, follow=True))

    def signed_in(self, person: str) -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.world.sessions[person]
        return client

    @staticmethod
    def command(*words: str, **options: Any) -> str:
        out = StringIO()
        try:
            call_command(*words, stdout=out, stderr=out, **options)
        except CommandError as error:
            out.write(f"\n{error}")
        return out.getvalue()


def by_verb(verb: Callable[[], object]) -> str:
    """What a model's own verb says no with."""
    try:
        verb()
    except Refusal as refusal:
        return str(refusal)
    return "done"


def text_of(answer: Any) -> str:
    """What somebody reads on the page, without the marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


TABLES = {
    model._meta.db_table
    for room in ROOMS
    for model in apps.get_app_config(room).get_models()
    if model not in KEPT_OF_ATTEMPTS
}


def everything() -> dict[str, list[Any]]:
    """Every row of the portal's own tables, but for what is kept of attempts.

    As the database gives it.
    """
    rows = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY id')  # noqa: S608
            rows[table] = cursor.fetchall()
    return rows
