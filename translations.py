#!/usr/bin/env python
"""The catalogs in locale/, without gettext's own tools.

`uv run translations.py` checks that every catalog is complete, and exits 1 with what is not.
`--update` takes new texts out of the code and the templates into every catalog, and compiles them.
`--add de` starts a further language: that is all it takes to choose it, and what is not translated
yet is shown in English.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_javascript
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent
LOCALE = ROOT / "locale"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "_now": None,  # gettext where `_` is gettext_lazy
    "gettext": None,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extract_django(file: IO[bytes], keywords: Any, comments: Any, options: Any) -> Iterator[Any]:
    """Babel's extraction method for Django templates.

    Django turns them into calls, which a lenient lexer then finds.
    """
    calls = re.sub(r"\bu(?=['\"])", "", templatize(file.read().decode()))
    return extract_javascript(
        BytesIO(calls.encode()),
        keywords,
        comments,
        {"encoding": "utf-8", "parse_template_string": False},
    )


# The texts of an exercise; the rest of its file names what it is about
EXERCISE_TEXTS = ("title", "goal", "why", "hints")


def extract_exercise(file: IO[bytes], *_rest: Any, **_options: Any) -> Iterator[Any]:
    """Babel's extraction method for the file of an exercise."""
    exercise = tomllib.load(file)
    for name in EXERCISE_TEXTS:
        texts = exercise.get(name, [])
        for text in [texts] if isinstance(texts, str) else texts:
            yield 1, None, text, []


def template() -> Catalog:
    """Every text of the code, the templates and the exercises."""
    catalog = Catalog(project="Benefits Portal", charset="utf-8")
    for folder, methods in (
        ("benefits_portal", [("**.py", "python")]),
        (
            "templates",
            [("**.html", "translations:extract_django"), ("**.txt", "translations:extract_django")],
        ),
        ("fixtures/exercises", [("**.toml", "translations:extract_exercise")]),
    ):
        for _file, _line, message, comments, context in extract_from_dir(
            ROOT / folder, methods, keywords=KEYWORDS
        ):
            catalog.add(message, auto_comments=comments, context=context)
    return catalog


def stored(folder: Path) -> Catalog:
    with (folder / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=folder.name)


def compiled(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def update(folder: Path) -> None:
    """Bring the catalog of one language up to date with the texts, and compile it."""
    messages = folder / "LC_MESSAGES"
    messages.mkdir(parents=True, exist_ok=True)
    catalog = (
        stored(folder)
        if (messages / "django.po").exists()
        else Catalog(locale=folder.name, project="Benefits Portal")
    )
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with (messages / "django.po").open("wb") as file:
        write_po(file, catalog, width=120, sort_output=True, omit_header=False, no_location=True)
    (messages / "django.mo").write_bytes(compiled(catalog))


def faults(folder: Path) -> Iterator[str]:
    """What is missing, left over, fuzzy, or changed its placeholders in one language."""
    catalog, texts = stored(folder), template()
    for message in texts:
        known = catalog.get(message.id, message.context)
        if message.id and known is None:
            yield f"not in the catalog: {message.id!r}"
        elif (
            message.id
            and known is not None
            and not all(known.string if isinstance(known.string, tuple) else [known.string])
        ):
            yield f"not translated: {message.id!r}"
    for message in catalog:
        if message.id and texts.get(message.id, message.context) is None:
            yield f"no longer used: {message.id!r}"
        if message.fuzzy and message.id:
            yield f"fuzzy: {message.id!r}"
        yield from (f"{error}: {message.id!r}" for error in message.check(catalog))
    if compiled(catalog) != (folder / "LC_MESSAGES" / "django.mo").read_bytes():
        yield "django.mo is not compiled from django.po"


def add(code: str) -> str:
    """Start the catalog of a further language by Django's name; returns what to do next."""
    if code not in LANG_INFO:
        return f"Django knows no language {code!r}. Its codes: {', '.join(sorted(LANG_INFO))}"
    folder = LOCALE / to_locale(code)
    update(folder)
    return (
        f"{folder}: {len(template())} texts to translate in LC_MESSAGES/django.po, then --update. "
        "It can be chosen already."
    )


def main(*words: str) -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--update", action="store_true", help="take new texts in, and compile")
    arguments.add_argument("--add", metavar="CODE", help="start a further language")
    chosen = arguments.parse_args(words)
    if chosen.add:
        sys.stdout.write(f"{add(chosen.add)}\n")
        return int(chosen.add not in LANG_INFO)
    if not settings.configured:
        settings.configure()
    folders = sorted(folder for folder in LOCALE.iterdir() if folder.is_dir())
    if chosen.update:
        for folder in folders:
            update(folder)
    found = [f"{folder.name}: {fault}" for folder in folders for fault in faults(folder)]
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
