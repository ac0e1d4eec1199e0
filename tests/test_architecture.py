"""The house stays as it was laid out.

The direction of rooms, what every model and template has, what the docs say.
"""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.db.models import Model
from django.utils.functional import Promise

from benefits_portal.licensing.models import LicenseTally
from benefits_portal.tenants.models import DirectoryUserWord, FormerName

PROJECT = Path(__file__).parents[1]
# From the ground floor up
ROOMS = ["backoffice", "tenants", "benefits", "licensing", "reminders", "practice"]
OURS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in ROOMS and not model._meta.auto_created
]

each_model = pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)


def floor(model: Any) -> int:
    """0 for tenants and for what comes with Django."""
    return ROOMS.index(model._meta.app_label) if model._meta.app_label in ROOMS else 0


# Rooms


def test_there_is_something_to_keep_in_order() -> None:
    assert {model._meta.app_label for model in OURS} == set(ROOMS) - {"backoffice"}


@each_model
def test_a_foreign_key_never_points_upwards(model: type[Model]) -> None:
    related = [
        field
        for field in model._meta.get_fields()
        if field.is_relation and field.related_model and not field.auto_created
    ]
    upwards = [field.name for field in related if floor(field.related_model) > floor(model)]
    assert not upwards


def test_imports_never_point_upwards() -> None:
    """In a process of its own: import-linter configures logging.

    It silences every logger that is there.
    """
    script = (
        "import sys; from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def strings_naming(room: str, path: Path) -> list[str]:
    """The URLs, models and modules of `room` that a file's strings name, docstrings aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]
    return [text for text in texts if re.match(rf"(?:benefits_portal\.)?{room}[.:]\w", text)]


@pytest.mark.parametrize(
    ("room", "higher"), [(room, ROOMS[floor + 1 :]) for floor, room in enumerate(ROOMS)]
)
def test_no_string_names_a_higher_room(room: str, higher: list[str]) -> None:
    files = [
        path
        for path in (PROJECT / "benefits_portal" / room).rglob("*.py")
        if "migrations" not in path.parts
    ]
    named = {
        path.name: found
        for path in files
        for upper in higher
        if (found := strings_naming(upper, path))
    }
    assert named == {}


# Models


def names_of(model: type[models.Model]) -> dict[str, Any]:
    fields = {
        field.name: field._verbose_name  # type: ignore[attr-defined]
        for field in model._meta.fields
        if field.editable and not field.primary_key
    }
    options = {
        option: model._meta.original_attrs.get(option)
        for option in ("verbose_name", "verbose_name_plural")
    }
    return fields | options


@each_model
def test_a_model_and_its_fields_have_names_that_can_be_translated(model: type[Model]) -> None:
    abstract = ("last_login", "is_superuser", "password", "groups")  # Django's own
    nameless = [
        name
        for name, text in names_of(model).items()
        if not isinstance(text, Promise) and name not in abstract
    ]
    assert not nameless


@each_model
def test_a_model_says_in_one_line_what_it_is(model: type[Model]) -> None:
    assert model.__doc__
    assert not model.__doc__.startswith(f"{model.__name__}(")


BY_PARTNER_OTHERWISE = {
    "tenants.RoleAssignment": "asked for by person, or as the admins of a partner, who are its own",
    "tenants.KeyAttempt": "counted, never shown",
    "benefits.HeldOffer": "asked for by person and partner at once, in Eligibility",
}


@pytest.mark.parametrize(
    "model",
    [model for model in OURS if hasattr(model, "partner")],
    ids=lambda model: model._meta.label,
)
def test_what_belongs_to_a_partner_can_be_asked_for_by_partner(model: type[Model]) -> None:
    assert (
        hasattr(model._default_manager, "for_partner") or model._meta.label in BY_PARTNER_OTHERWISE
    )


@each_model
def test_every_model_is_in_the_back_office(model: type[Model]) -> None:
    inlines = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    # Words follow from the name and tallies from the assignments, so nobody edits them; the record
    # tells of former names.
    elsewhere = {DirectoryUserWord, FormerName, LicenseTally}
    # The back office is no part of a room; trainers have pages of their own
    is_of_rooms = model._meta.app_label == "practice"
    assert admin.site.is_registered(model) or model in inlines or model in elsewhere or is_of_rooms


@each_model
def test_what_is_stored_has_no_status_column(model: type[Model]) -> None:
    assert not {"status", "state"} & {field.name for field in model._meta.fields}


# Templates

TEMPLATES = sorted(path for path in (PROJECT / "templates").rglob("*") if path.is_file())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_template_has_no_style_or_script_of_its_own(path: Path) -> None:
    """The Content-Security-Policy would refuse it."""
    text = re.sub(
        r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL
    )
    assert not re.search(r"<style\b|\sstyle\s*=", text, re.IGNORECASE)
    assert not re.search(r"<script\b(?![^>]*\bsrc\s*=)", text, re.IGNORECASE)
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=|javascript:", text, re.IGNORECASE)


def test_there_are_templates() -> None:
    assert TEMPLATES


def test_no_template_line_is_longer_than_140_characters() -> None:
    lines = [
        (f"{path.relative_to(PROJECT)}:{number}", len(line))
        for path in TEMPLATES
        if path.suffix != ".json"
        for number, line in enumerate(path.read_text().splitlines(), 1)
    ]
    assert [where for where, length in lines if length > 140] == []


# What the docs say about the code

DOMAIN = PROJECT / "docs" / "domain.md"
ROW = re.compile(
    r"^\| (?P<rule>[A-Z]+\d+) \|(?P<what>[^|]*)\|(?P<where>[^|]*)\|(?P<proof>[^|]*)\|$",
    re.MULTILINE,
)
ROWS = list(ROW.finditer(DOMAIN.read_text()))
CODE = re.compile(r"`([^`]+)`")


def module_of(dotted: str) -> tuple[ModuleType, list[str]]:
    """The module that `dotted` begins with, and the names that are left."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            return importlib.import_module(".".join(["benefits_portal", *parts[:length]])), parts[
                length:
            ]
        except ModuleNotFoundError:
            continue
    raise AssertionError(f"{dotted} is in no module")


def marks_of(marked: Any) -> list[Any]:
    marks = getattr(marked, "pytestmark", [])
    return marks if isinstance(marks, list) else [marks]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rule"])
def test_every_method_that_the_domain_document_names_exists(row: re.Match[str]) -> None:
    for dotted in CODE.findall(row["where"]):
        found, rest = module_of(dotted)
        for name in rest:
            found = inspect.getattr_static(found, name)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["rule"])
def test_every_test_in_the_domain_document_exists_and_is_about_that_rule(
    row: re.Match[str],
) -> None:
    named = CODE.findall(row["proof"])
    assert named
    for address in named:
        path, name = address.split("::")
        module: Any = importlib.import_module("tests." + path.removesuffix(".py").replace("/", "."))
        marks = [*marks_of(module), *marks_of(getattr(module, name))]
        rules = {rule for mark in marks if mark.name == "rule" for rule in mark.args}
        assert row["rule"] in rules, f"{address} is about {sorted(rules)}"


def test_the_domain_document_has_a_row_for_every_rule_once() -> None:
    rules = [row["rule"] for row in ROWS]
    assert len(rules) == len(set(rules))
    expected = (
        {f"S{n}" for n in range(1, 10)}
        | {f"B{n}" for n in range(1, 6)}
        | {f"U{n}" for n in range(1, 7)}
    )
    assert expected <= set(rules)


def test_every_decision_has_a_number_of_its_own() -> None:
    decisions = sorted((PROJECT / "docs" / "adr").glob("[0-9]*.md"))
    numbers = [int(path.name[:4]) for path in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    assert [
        int(path.read_text().split(".", 1)[0].removeprefix("# ")) for path in decisions
    ] == numbers
