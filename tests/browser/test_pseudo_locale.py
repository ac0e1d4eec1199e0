"""Every visible text goes through a translation.

In a language that exists in this test only, no plain word is left on any page.

Its letters have accents, in each text of ours and of Django's; what still reads as plain words is
either somebody's name, which the database says, or a text that no translator ever sees.
"""

import re
import unicodedata
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db.models import CharField, TextField
from django.utils.translation import trans_real
from playwright.sync_api import Page

from benefits_portal import formats
from benefits_portal.benefits import money
from benefits_portal.templatetags import kept
from tests.browser.conftest import Visit
from tests.browser.pages import every_page
from translations import template

ACCENT = "\N{COMBINING ACUTE ACCENT}"
KEPT = re.compile(r"%\(\w+\)\w|%[sd%]|\{[^}]*\}|<[^>]*>|&\w+;")  # placeholders, tags and entities
WORD = re.compile(rf"(?<!/)\b[A-Za-z]{{3,}}(?!{ACCENT})\b(?!/)")  # not part of an address of ours
# What reads the same in every language: formats, codes, units, and the publisher's addresses.
OWN = {
    *(
        "PCBEN",
        "XXXXX",
        "CSV",
        "UTC",
        "EDT",
        "EST",
        "JST",
        "CET",
        "CEST",
        "GUID",
        "https",
        "America",
        "New",
        "York",
        "Europe",
        "Amsterdam",
    ),
    *("English", "Nederlands", "USD", "EUR", "JPY", "none", "many", "nothing", "broken"),
}
# What is seen or read aloud, except what is marked as being in no language or in a language of its
# own, and the one thing that the back office's own script says, from a catalog of its own.
SEEN = """() => {
  const words = [];
  const unseen = "script, style, svg, [translate=no], [lang]:not(html), [hidden], .action-counter";
  const hidden = (node) => node.closest(unseen);
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!hidden(walker.currentNode.parentElement)) words.push(walker.currentNode.data);
  const spoken = ["aria-label", "title", "placeholder", "alt"];
  for (const name of [...spoken, "data-copied", "data-ended", "data-label"])
    for (const node of document.querySelectorAll(`[${name}]`))
      if (!hidden(node)) words.push(node.getAttribute(name));
  for (const node of document.querySelectorAll("input[type=submit], input[type=button]"))
    words.push(node.value);
  return words.map((text) => text.trim()).filter(Boolean);
}"""


def accented(text: str) -> str:
    """`text` with an accent on each letter, its placeholders and tags kept."""
    parts = KEPT.split(text)
    marked = [re.sub(r"([A-Za-z])", rf"\1{ACCENT}", part) for part in parts]
    return "".join(
        part + kept for part, kept in zip(marked, [*KEPT.findall(text), ""], strict=True)
    )


@pytest.fixture
def accents(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Dutch, for as long as the test takes, is English with accents."""
    texts: dict[object, str] = {}
    dutch = trans_real.translation("nl")
    catalogs = getattr(dutch, "_catalog")  # noqa: B009 - unknown to django-stubs
    for catalog in catalogs._catalogs:
        texts |= {known: accented(text) for known, text in catalog.items() if known}
    for message in template():
        singular, *plural = message.id if isinstance(message.id, tuple) else (message.id,)
        key = f"{message.context}\x04{singular}" if message.context else singular
        for number, text in enumerate([singular, *plural]):
            texts[(key, number) if plural else key] = accented(str(text))
    with monkeypatch.context() as patched:
        patched.setattr(catalogs, "_catalogs", [texts])
        forget()
        yield
    forget()


def forget() -> None:
    """What a process has written once in a language, it writes anew."""
    cache.clear()
    kept.forget()
    for written in (formats._number, formats._day, formats._time, money._money):
        written.cache_clear()


def names() -> set[str]:
    """The words that people and things of the practice world are called by."""
    words: set[str] = set(OWN)
    for room in ("tenants", "benefits", "licensing", "auth"):
        for model in apps.get_app_config(room).get_models():
            fields = [
                field.name
                for field in model._meta.fields
                if isinstance(field, (CharField, TextField)) and not field.choices
            ]
            for row in model._base_manager.values_list(*fields) if fields else ():
                words |= {word for value in row for word in re.findall(r"[A-Za-z]+", value or "")}
    return words


@pytest.mark.slow
@pytest.mark.release
@pytest.mark.usefixtures("accents")
@pytest.mark.urls("tests.browser.pages")
def test_no_visible_text_is_outside_a_translation(visit: Visit) -> None:
    pages: dict[str, Page] = {}
    known = names()
    found = []
    for sight in every_page():
        if sight.name.startswith("gallery"):  # whose samples are for developers
            continue
        if sight.persona not in pages:
            pages[sight.persona] = visit(
                sight.persona, locale="nl", viewport={"width": 1280, "height": 900}
            )
        page = pages[sight.persona]
        sight.open(page)
        assert page.locator("html").get_attribute("lang") == "nl"
        plain = [
            text
            for text in page.evaluate(SEEN)
            if set(WORD.findall(unicodedata.normalize("NFD", text))) - known
        ]
        found += [f"{sight}: {text}" for text in plain]
    if found:
        pytest.fail("\n".join(sorted(set(found))), pytrace=False)
