"""The tests that the threat model and the security page name are there."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
NAMED = re.compile(r"`((?:\w+/)*test_\w+\.py)(?:::(test_\w+))?`")


def test_every_test_that_the_documents_name_exists() -> None:
    named = [
        match
        for name in ("threat-model.md", "security.md")
        for match in NAMED.findall((DOCS / name).read_text())
    ]
    assert len(named) > 30
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (TESTS / file).exists()
        or (test and f"def {test}(" not in (TESTS / file).read_text())
    ]
    assert missing == []
