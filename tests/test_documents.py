"""What the documents point to is there: links, and files named in backticks."""

import re
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
FILE = re.compile(
    r"`([\w.-]+/[\w./-]*\.(?:py|html|css|js|md|toml|json|yaml|conf|service|timer))(?:::\w+)?`"
)

each_document = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT))
)


def missing_links(text: str, folder: Path) -> list[str]:
    return [link for link in LINK.findall(text) if not (folder / link).exists()]


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
def test_every_file_that_a_document_names_is_there(path: Path) -> None:
    if path.name == "CHANGELOG.md":
        pytest.skip("It names files as they were.")
    assert missing_files(path.read_text(encoding="utf-8")) == []


def test_a_link_and_a_file_that_are_gone_are_found() -> None:
    text = (
        "See [the handbook](docs/gone.md) and `tenants/gone.py`, [the rest](README.md) and "
        "`tenants/apps.py`."
    )
    assert (missing_links(text, PROJECT), missing_files(text)) == (
        ["docs/gone.md"],
        ["tenants/gone.py"],
    )
