"""CSS is read a declaration at a time, and so are its changes."""

import re
from pathlib import Path

import pytest

STYLESHEETS = sorted(Path("static/css").glob("*.css"))
USERS = {"templates": "*.html", "benefits_portal": "*.py", "static/js": "*.js"}


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_each_declaration_has_its_own_line(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    assert [number for number, line in lines if re.search(r";[^;]*\S[^;]*;", line)] == []


def test_every_class_and_token_is_used_somewhere() -> None:
    styles = {path.stem: path.read_text(encoding="utf-8") for path in STYLESHEETS}
    pages = "".join(
        path.read_text(encoding="utf-8")
        for folder, names in USERS.items()
        for path in Path(folder).rglob(names)
    )
    classes = set(re.findall(r"\.([a-z][a-z0-9-]+)(?=[^;{}]*[,{])", styles["portal"]))
    tokens = set(re.findall(r"(--[a-z0-9-]+):", styles["tokens"] + styles["portal"]))

    assert classes - set(re.findall(r"[a-z][a-z0-9-]+", pages)) == set()
    assert tokens - set(re.findall(r"var\((--[a-z0-9-]+)", "".join(styles.values()))) == set()
