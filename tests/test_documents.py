"""What the documents point to is there: links, and files named in backticks."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DOCUMENTS = [
    *PROJECT.glob("*.md"),
    *(PROJECT / "docs").rglob("*.md"),
    *(PROJECT / "fixtures").glob("*.md"),
]
# The folders below which a document names files.
ROOTS = ("", "benefits_portal", "tests", "templates", "deploy")
LINK = re.compile(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\(([^)#\s:]*)#([^)\s]+)\)")
FILE = re.compile(
    r"`([\w.-]+/[\w./-]*\.(?:py|html|css|js|md|toml|json|yaml|conf|service|timer))(?:::\w+)?`"
)

each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT))
)


def missing_links(text: str, folder: Path) -> list[str]:
    return [link for link in LINK.findall(text) if not (folder / link).exists()]


def anchors(path: Path) -> set[str]:
    """The anchors that a page of Markdown gives to its headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def missing_anchors(text: str, path: Path) -> list[str]:
    return [
        f"{link}#{anchor}"
        for link, anchor in ANCHOR.findall(text)
        if anchor not in anchors(path.parent / link if link else path)
    ]


def missing_files(text: str) -> list[str]:
    return [
        name
        for name in FILE.findall(text)
        if not any((PROJECT / root / name).exists() for root in ROOTS)
    ]


@each_document
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    assert missing_links(path.read_text(encoding="utf-8"), path.parent) == []


@each_document
def test_every_anchor_of_a_link_is_a_heading(path: Path) -> None:
    assert missing_anchors(path.read_text(encoding="utf-8"), path) == []


@each_document
def test_every_file_that_a_document_names_is_there(path: Path) -> None:
    if path.name == "CHANGELOG.md":
        pytest.skip("It names files as they were.")
    assert missing_files(path.read_text(encoding="utf-8")) == []


def test_a_link_an_anchor_and_a_file_that_are_gone_are_found() -> None:
    text = (
        "See [the handbook](docs/gone.md) and `tenants/gone.py`, [the rest](README.md#try-it), "
        "[gone](README.md#gone) and `tenants/apps.py`."
    )
    assert (
        missing_links(text, PROJECT),
        missing_anchors(text, PROJECT / "README.md"),
        missing_files(text),
    ) == (["docs/gone.md"], ["README.md#gone"], ["tenants/gone.py"])


MAP = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_map_names_every_module_and_package_of_the_portal() -> None:
    portal = PROJECT / "benefits_portal"
    modules = {path.name for path in portal.glob("*.py")} - {"__init__.py"}
    packages = {path.parent.name for path in portal.glob("*/__init__.py")}
    named = set(re.findall(r"`([\w.]+)/?`", MAP))
    assert sorted((modules | packages) - named) == []


def test_the_map_has_the_layers_of_the_import_contract() -> None:
    contract = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [re.split(r" \| ", layer) for layer in contract["contracts"][0]["layers"]]
    block = re.search(r"## Which way imports run.*?```\n(.*?)```", MAP, re.DOTALL)
    assert block
    drawn = re.sub(r"\n +· ", " · ", block[1]).splitlines()
    assert [line.split(" · ") for line in drawn] == layers


CHANGELOG = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_changelog_says_nothing_twice() -> None:
    """A merge by union brings back what a rewrite took out."""
    lines = [line for line in CHANGELOG.splitlines() if line.startswith(("- ", "## ", "# "))]
    assert lines[0] == "# Changelog"
    assert [line for line in set(lines) if lines.count(line) > 1] == []


def test_every_heading_of_the_changelog_has_entries() -> None:
    assert re.findall(r"^#{2,3} .+\n+(?=#{1,3} |\Z)", CHANGELOG, re.MULTILINE) == re.findall(
        r"^## .+\n+(?=### )", CHANGELOG, re.MULTILINE
    )
