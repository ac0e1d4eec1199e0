"""CSS is read a declaration at a time, and so are its changes."""

import re
from pathlib import Path

import pytest

STYLESHEETS = sorted(Path("static/css").glob("*.css"))


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_each_declaration_has_its_own_line(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    assert [number for number, line in lines if re.search(r";[^;]*\S[^;]*;", line)] == []
