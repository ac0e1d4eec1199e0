"""Situations: what a practice world begins with, as people, partners and their story.

A room gets the partners in `Situation.partners` with their personas; the shared world gets all
partners of `contoso`.
"""

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOLDER = settings.BASE_DIR / "fixtures"


@dataclass(frozen=True)
class Situation:
    """A situation; `story` and `people` are files in `fixtures/`.

    `partners` are the MPN IDs of the partners that each room gets a copy of. Without `people`, the
    story lists the people too.
    """

    title: str | Promise
    story: str
    partners: tuple[str, ...]
    people: str = ""

    @property
    def time_zone(self) -> str:
        """The time zone of its rooms: that of the first partner."""
        partners = (row["fields"] for row in rows_of(self) if row["model"] == "tenants.partner")
        zones = {fields["mpn_id"]: str(fields["time_zone"]) for fields in partners}
        return zones[self.partners[0]]


SITUATIONS = {
    "contoso": Situation(
        _("Contoso: a gold partner in the middle of its year"),
        story="story.toml",
        partners=("5201001",),
        people="partners.json",
    ),
    "first-week": Situation(
        _("Fourth Coffee: a small partner in its first week"),
        story="situations/first-week.toml",
        partners=("5201004",),
    ),
    "last-weeks": Situation(
        _("Wide World Importers: a gold partner whose year ends in three weeks"),
        story="situations/last-weeks.toml",
        partners=("5201005",),
    ),
}
SHARED = SITUATIONS["contoso"]


@cache
def rows_of(situation: Situation) -> list[dict[str, Any]]:
    """The rows of its partners, tenants, people, accounts and personas, in a fixture's format."""
    if situation.people:
        rows: list[dict[str, Any]] = json.loads((FOLDER / situation.people).read_text("utf-8"))
        return rows
    return [row for chapter in _chapters(situation) for row in Fixture(chapter).rows]


class Fixture:
    """Builds a fixture's rows for a partner, from its chapter in a story."""

    def __init__(self, chapter: dict[str, Any]) -> None:
        self.rows: list[dict[str, Any]] = []
        names = ("mpn_id", "name", "country", "currency", "time_zone")
        own = {name: chapter[name] for name in names}
        self.partner = self.add("tenants.partner", own | {"is_practice": True})
        self.add("practice.roompartner", {"room": 1, "partner": self.partner})
        tenants = [
            self.add(
                "tenants.tenant",
                tenant | {"partner": self.partner, "guid": "", "is_primary": not number},
            )
            for number, tenant in enumerate(chapter["tenants"])
        ]
        self.tenant, self.domain = tenants[0], chapter["tenants"][0]["domain"]
        for person in chapter["people"]:
            self.add_person(**person)

    def add(self, model: str, fields: dict[str, Any]) -> int:
        self.rows.append({"model": model, "pk": len(self.rows) + 1, "fields": fields})
        return len(self.rows)

    def add_person(self, name: str, persona: str = "", role: str = "", guest_of: str = "") -> None:
        """Add a person to the directory; with an account if it is a persona."""
        local = name.lower().replace(" ", ".")
        entry = self.add(
            "tenants.directoryuser",
            {
                "partner": self.partner,
                "tenant": self.tenant,
                "display_name": name,
                "user_principal_name": f"{local}@{guest_of or self.domain}",
                "kind": "guest" if guest_of else "member",
            },
        )
        if not persona:
            return
        email = f"{local}@{guest_of or self.domain.replace('onmicrosoft.com', 'example')}"
        account = {"email": email, "name": name, "password": "!", "directory_user": entry}
        user = self.add("tenants.user", account)
        if role:
            held = {"user": user, "partner": self.partner, "role": role}
            self.add("tenants.roleassignment", held)
        self.add("practice.persona", {"room": 1, "slug": persona, "user": user})


@cache
def chapters_of(situation: Situation) -> dict[str, list[dict[str, Any]]]:
    """The events of the story by MPN ID, as in its file."""
    return {chapter["mpn_id"]: chapter["events"] for chapter in _chapters(situation)}


def _chapters(situation: Situation) -> list[dict[str, Any]]:
    story = tomllib.loads((FOLDER / situation.story).read_text("utf-8"))
    return list(story["partner"])


def own_domain(domain_or_email: str, suffix: str) -> str:
    """A domain or an email address with the room's suffix: contoso-k7q2.onmicrosoft.com."""
    name, at, domain = domain_or_email.rpartition("@")
    first, dot, rest = domain.partition(".")
    return f"{name}{at}{first}-{suffix}{dot}{rest}" if suffix else domain_or_email
