"""What a deed is, and how an attempt at it is made through a door and judged."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from io import StringIO
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.functional import Promise

from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Attempt, KeyAttempt, Record
from tests.back_office.conftest import BECAUSE, filled, page
from tests.place import Place
from tests.world import World

ROOMS = ("tenants", "benefits", "licensing")
KEPT_OF_ATTEMPTS = {Record, KeyAttempt, Attempt}  # that something was tried is written (A1, K6)

type Things = dict[str, Any]
type Told = type[Refusal] | str | Promise
type Scenario = Callable[[Place], Things]
type Driver = Callable[..., str]


FACT = 9876543210  # stands for whatever is told in that place


class AnyFacts(dict[str, int]):
    """For a refusal's message, whatever its facts are called."""

    def __missing__(self, name: str) -> int:
        return FACT


@dataclass(frozen=True)
class Attempt:
    """What a rule refuses: how it comes about, and what is told.

    Not at every door of its deed, or in other words there.
    """

    scenario: Scenario
    rule: str
    told: Told
    not_at: dict[str, str]
    in_other_words: dict[str, Told]

    def told_at(self, door: str) -> re.Pattern[str]:
        """What is told there, whatever the facts in it."""
        told = self.in_other_words.get(door, self.told)
        text = str(told.message % AnyFacts() if isinstance(told, type) else told)
        return re.compile(re.escape(text).replace(str(FACT), ".+?"))


@dataclass
class Deed:
    """Something that people do, the doors to it, and the attempts at it that are refused."""

    name: str
    doors: dict[str, Driver] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    all: ClassVar[list["Deed"]] = []

    def __post_init__(self) -> None:
        Deed.all.append(self)

    def door(self, *names: str) -> Callable[[Driver], Driver]:
        def tell(driver: Driver) -> Driver:
            self.doors |= dict.fromkeys(names, driver)
            return driver

        return tell

    def refused(
        self,
        rule: str,
        told: Told,
        *,
        not_at: dict[str, str] | None = None,
        in_other_words: dict[str, Told] | None = None,
    ) -> Callable[[Scenario], Scenario]:
        def tell(scenario: Scenario) -> Scenario:
            self.attempts.append(Attempt(scenario, rule, told, not_at or {}, in_other_words or {}))
            return scenario

        return tell

    def cells(self) -> Iterator[tuple[Attempt, str, Driver]]:
        """Each attempt at each door that it can be made at."""
        for attempt in self.attempts:
            yield from (
                (attempt, door, driver)
                for door, driver in self.doors.items()
                if door not in attempt.not_at
            )


@dataclass
class Hand:
    """Makes an attempt at one of the doors.

    As a partner's Global admin on the portal's pages, as Programme staff in the back office,
    by command.
    """

    world: World

    @property
    def by(self) -> Actor:
        return Actor(self.world.place.boss)

    def portal(self, name: str, /, *args: Any, query: str = "", **sent: Any) -> str:
        """Send the form of a page of the portal; what the page that follows says."""
        return self.send(
            "global",
            reverse(name, args=args) + query,
            {"acting_in": self.world.place.acting_in} | sent,
        )

    def office(self, model: type, name: str, /, *args: Any, **sent: Any) -> str:
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
