"""The words of docs/glossary.md, American spelling, and short functions."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parent.parent / "benefits_portal"
MAX_LINES = 30

# A word that means too much, and what to write instead.
INSTEAD = {
    "address": "url, query, email or ip_address",
    "place": "tenant_context, cursor, index or what it is",
    "places": "tenants, decimals or what they are",
    "told": "message, on_progress or what it is",
    "tell": "what it does: log, show, explain",
    "facts": "params, values, fields or items",
    "said": "message, error_text or values",
    "note": "log() for a record, subtitle or hint for a text",
    "words": "search_query, labels or what they are",
}
BRITISH = {
    "cancelled": "canceled",
    "catalogue": "catalog",
    "centre": "center",
    "colour": "color",
    "enrol": "enroll",
    "enrolment": "enrollment",
    "grey": "gray",
    "initialise": "initialize",
    "licence": "license",
    "normalise": "normalize",
    "normalised": "normalized",
    "organisation": "organization",
    "programme": "program",
}
EXCEPTIONS = {
    ("address", "address"): "the field of a form and the parameter of pages that exist",
    ("place", "place"): "the field of a form and the parameter of pages that exist",
    ("places", "decimal_places"): "Django's",
    **{("told", name): "a reminder is told" for name in ("Told", "ToldInline")},
    ("words", "words"): "words in the sense of a dictionary",
    ("words", "keep_words"): "the words that people are found by: rows of DirectoryUserWord",
}


@cache
def modules() -> dict[str, ast.Module]:
    """The product's modules by their path; when a test asks, not when tests are collected."""
    return {
        path.relative_to(PRODUCT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in PRODUCT.rglob("*.py")
        if "migrations" not in path.parts
    }


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that the module gives to something, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno


def parts(name: str) -> list[str]:
    """`HeldLine` and `held_line` as held, line."""
    return [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def named(instead: dict[str, str]) -> list[str]:
    """Where a name has one of the words, and what to write."""
    return [
        f"{module}:{line}: {name} has {part!r}; write {instead[part]}"
        for module, tree in modules().items()
        for name, line in names(tree)
        for part in parts(name)
        if part in instead and (part, name) not in EXCEPTIONS
    ]


def test_no_name_has_a_word_that_means_too_much() -> None:
    assert named(INSTEAD) == []


def test_names_are_spelled_as_americans_do() -> None:
    assert named(BRITISH) == []


def test_no_function_is_longer_than_30_lines() -> None:
    assert [
        f"{module}:{node.lineno}: {node.name}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MAX_LINES
    ] == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("set_place", ["set", "place"]),
        ("FormOfAnotherPlace", ["form", "of", "another", "place"]),
        ("MAX_PLACES", ["max", "places"]),
        ("_told", ["told"]),
    ],
)
def test_a_name_is_taken_apart_into_its_words(name: str, found: list[str]) -> None:
    assert parts(name) == found


def test_every_exception_is_needed() -> None:
    given = {name for tree in modules().values() for name, _line in names(tree)}
    assert {name for _part, name in EXCEPTIONS} <= given
