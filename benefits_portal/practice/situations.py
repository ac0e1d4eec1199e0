"""What worlds begin with: people and partners of a fixture, and the story of what happened to them.

A room has some of a situation's partners, and the personas of these. The shared world has all of
`contoso`.
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
    """`partners` are the MPN IDs, in its files, of those that each room gets its own of."""

    title: str | Promise
    people: str
    story: str
    partners: tuple[str, ...]


SITUATIONS = {
    "contoso": Situation(
        _("Contoso: a gold partner in the middle of its year"),
        people="partners.json",
        story="story.toml",
        partners=("5201001",),
    ),
}
SHARED = SITUATIONS["contoso"]


@cache
def rows_of(situation: Situation) -> list[dict[str, Any]]:
    """Its partners, tenants, people, accounts and personas, as a fixture writes them."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / situation.people).read_text("utf-8"))
    return rows


@cache
def chapters_of(situation: Situation) -> dict[str, list[dict[str, Any]]]:
    """What happened, by MPN ID, as the file tells it."""
    story = tomllib.loads((FOLDER / situation.story).read_text("utf-8"))
    return {chapter["mpn_id"]: chapter["events"] for chapter in story["partner"]}


def own_domain(address: str, suffix: str) -> str:
    """A domain, or the domain of an address, as the room with `suffix` has it.

    Of contoso.onmicrosoft.com and k7q2 that is contoso-k7q2.onmicrosoft.com.
    """
    name, at, domain = address.rpartition("@")
    first, dot, rest = domain.partition(".")
    return f"{name}{at}{first}-{suffix}{dot}{rest}" if suffix else address
