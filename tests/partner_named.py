"""Watches every query of every test: what changes or locks a partner's rows names the partner (P1).

So a database knows at once whose rows are meant: one that keeps partners on several servers, too.
A new table with a `partner` is watched from its first test on.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from benefits_portal.tenants.models import Partner

ROOT = Path(__file__).parents[1]
TABLES = {
    model._meta.db_table
    for model in apps.get_models()
    for field in model._meta.fields
    if (field.name, field.related_model) == ("partner", Partner)
}
# What asks on behalf of others: who called it decides
ON_BEHALF = (
    "benefits_portal/postgresql/",
    "benefits_portal/derived_fields.py",
    "benefits_portal/tenants/audit/",
    "benefits_portal/tenants/models/former_name.py",
    "benefits_portal/licensing/models/subscription_queryset.py:carry_names",
)
OF_ALL_PARTNERS = {
    "benefits_portal/batch_updates.py": "names of the catalog, on the rows of all partners",
    "benefits_portal/benefits/models/denormalized_names.py": "the same, on a page's first rows",
    "benefits_portal/licensing/models/denormalized_names.py": "the same",
    "benefits_portal/tenants/admin/base.py:delete_queryset": "what staff chose, of any partners",
    "benefits_portal/tenants/admin/base.py:delete_model": "the same, one row",
    "benefits_portal/tenants/management/commands/prune.py": "what is too old, of all partners",
    "benefits_portal/reminders/models/digest.py": "claims and marks some of many partners at once",
    "benefits_portal/reminders/digest_maker.py": "makes those of many partners at once",
    "benefits_portal/practice/": "makes the whole practice world again",
}
CHANGE = re.compile(r'(?:UPDATE|DELETE FROM) "(?P<table>\w+)"(?P<rest>.*)', re.DOTALL)
LOCK = re.compile(r'SELECT .*? FROM "(?P<table>\w+)"(?P<rest>.*) FOR (?:NO KEY )?UPDATE', re.DOTALL)

unnamed: list[str] = []  # statements of this test, and where each came from


def table_without_partner(sql: str) -> str:
    """The partner's table that `sql` changes or locks rows of without saying whose; or empty."""
    found = CHANGE.match(sql) or (LOCK.match(sql) if "UPDATE" in sql else None)
    if not found or (table := found["table"]) not in TABLES:
        return ""
    where = found["rest"].partition(" WHERE ")[2]
    # Rows that a query finds in the same table by their partner are named too
    names = rf"(?:{table}|U0)" if f'FROM "{table}" "U0"' in where else table
    named = re.search(rf'"{names}"\."partner_id" (?:= |IN \(|IS NULL)', where)
    return "" if named else table


def watch(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
    if isinstance(sql, str) and table_without_partner(sql):
        origin = asked_by(sys._getframe(1))
        if origin and not origin.startswith(tuple(OF_ALL_PARTNERS)):
            unnamed.append(f"{origin}: {sql}")
    return execute(sql, *rest)


def asked_by(frame: FrameType | None) -> str:
    """The file and function of the portal that asked; empty for a test itself, or a fixture."""
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and ".venv" not in path.parts:
            name = f"{path.relative_to(ROOT)}:{frame.f_code.co_name}"
            if not name.startswith(ON_BEHALF):
                return name if name.startswith("benefits_portal/") else ""
            if name.startswith("tests/"):
                return ""
        frame = frame.f_back
    return ""


def watch_connection(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    if watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(watch)


def watch_all() -> None:
    """From now on, of every thread."""
    connection_created.connect(watch_connection)
    for connection in connections.all():
        watch_connection(connection)
