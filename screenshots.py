#!/usr/bin/env python
"""Every page as a picture, in both languages, both themes and two widths.

In the folder screenshots/ that git ignores.

`uv run screenshots.py` makes all of them; `uv run screenshots.py nl-dark` those of one kind: any of
en, nl, light, dark, 1280 and 390, joined by a hyphen. `screenshots/index.html` shows them beside
each other. Needs Chromium; what axe finds on the way is told.
"""

import os
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent / "screenshots"


def contact_sheet() -> str:
    """All pictures, one page of the portal a row."""
    rows: dict[str, list[str]] = {}
    for picture in sorted(FOLDER.glob("*.png")):
        rows.setdefault(picture.stem.rsplit("-", 3)[0], []).append(picture.name)
    shown = (
        f"<h2>{name}</h2><p>"
        + "".join(
            f'<a href="{file}"><img loading="lazy" width="300" src="{file}" alt="{file}"></a> '
            for file in files
        )
        for name, files in rows.items()
    )
    return "<!doctype html><title>Every page</title>" + "".join(shown)


def main() -> int:
    chosen = sys.argv[1] if len(sys.argv) > 1 else ""
    os.environ |= {
        "SCREENSHOTS": str(FOLDER),
        "TEST_DATABASE": os.environ.get("TEST_DATABASE", "sqlite"),
    }
    kinds = " and ".join(["fits", *filter(None, chosen.split("-"))])
    outcome = pytest.main(["-q", "-m", "release", "-k", kinds, "tests/browser/test_every_page.py"])
    (FOLDER / "index.html").write_text(contact_sheet(), encoding="utf-8")
    return int(outcome)


if __name__ == "__main__":
    sys.exit(main())
