"""The names that files of exercises may use: of the catalog, and of a situation's rows."""

import json
from functools import cache
from typing import Any

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.practice.handmade import CATALOG_FIXTURE
from benefits_portal.practice.situations import FOLDER, SITUATIONS, Situation, rows_of
from benefits_portal.practice.story import VERBS
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Role

STAFF = "programme"  # the persona of the program team in events of the past


@cache
def known_names(situation: Situation) -> dict[str, frozenset[str]]:
    """The allowed values for each field of events, questions and pages."""
    catalog = json.loads((FOLDER / f"{CATALOG_FIXTURE}.json").read_text("utf-8"))
    products = values(catalog, "benefits.product", "name")
    offers = values(catalog, "benefits.offer", "name")
    rows = rows_of(situation)
    people = values(rows, "tenants.directoryuser", "display_name")
    personas = values(rows, "practice.persona", "slug")
    return {
        "product": products,
        "offer": offers | values(catalog, "benefits.externaloffer", "name"),
        "competency": values(catalog, "benefits.packageline", "competency"),
        "tenant": values(rows, "tenants.tenant", "domain"),
        "person": people,
        "other_than": people,
        "people": people,
        "to": people | products,
        "by": personas | {STAFF},
        "persona": personas,
        "what": frozenset(VERBS),
        "refused": frozenset(Refusal.by_code),
        "refusal": frozenset(Refusal.by_code),
        "ways": frozenset(RedemptionKind.values),
        "role": frozenset(Role.values),
    }


def values(rows: list[dict[str, Any]], model: str, name: str) -> frozenset[str]:
    found = (row["fields"].get(name) for row in rows if row["model"] == model)
    return frozenset(value for value in found if value)


@cache
def tenant_names() -> dict[str, str]:
    """The tenants of all situations: names by domain."""
    return {
        row["fields"]["domain"]: row["fields"]["name"]
        for situation in SITUATIONS.values()
        for row in rows_of(situation)
        if row["model"] == "tenants.tenant"
    }


def tenant_name(domain: str) -> str:
    return tenant_names().get(domain, domain)
