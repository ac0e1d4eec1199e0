"""Every visible text goes through a translation.

In a language that exists in this test only, no plain word is left on any page.

Its letters have accents, in each text of ours and of Django's; what still reads as plain words is
either somebody's name, which the database says, a name of the world that the CLDR says, an address,
or a text that no translator ever sees.
"""

import re
import unicodedata
from collections.abc import Iterator

import pytest
from babel.core import Locale
from django.apps import apps
from django.core.cache import cache
from django.db.models import CharField, TextField
from django.utils.translation import trans_real
from playwright.sync_api import Page

from benefits_portal import formats, regions
from benefits_portal.benefits import money
from benefits_portal.templatetags import kept
from tests.browser.conftest import Visit
from tests.browser.pages import every_page
from translations import template

ACCENT = "\N{COMBINING ACUTE ACCENT}"
KEPT = re.compile(r"%\(\w+\)\w|%[sd%]|\{[^}]*\}|<[^>]*>|&\w+;")  # placeholders, tags and entities
WORD = re.compile(rf"(?<!/)\b[A-Za-z]{{3,}}(?!{ACCENT})\b(?!/)")  # not part of an address of ours
ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
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
    for room in ("tenants", "benefits", "licensing", "practice", "auth"):
        for model in apps.get_app_config(room).get_models():
            fields = [
                field.name
                for field in model._meta.fields
                if isinstance(field, (CharField, TextField)) and not field.choices
            ]
            for row in model._base_manager.values_list(*fields) if fields else ():
                words |= {word for value in row for word in re.findall(r"[A-Za-z]+", value or "")}
    return words


def names_of_the_world() -> set[str]:
    """The words of countries, currencies and time zones, in Dutch and by their codes."""
    dutch, zones = Locale("nl"), regions.time_zones().values()
    written = [
        *dutch.territories.values(),
        *dutch.currencies.values(),
        *regions.countries(),
        *regions.currencies(),
        *zones,
        *(regions.time_zone_name(zone, "nl") for zone in zones),
    ]
    return {word for text in written for word in words_of(text.replace("_", " "))}


def words_of(text: str) -> set[str]:
    """The plain words of `text`, but for addresses."""
    return set(WORD.findall(unicodedata.normalize("NFD", ADDRESS.sub("", text))))


@pytest.mark.release
@pytest.mark.usefixtures("accents")
@pytest.mark.urls("tests.browser.pages")
def test_no_visible_text_is_outside_a_translation(visit: Visit) -> None:
    pages: dict[str, Page] = {}
    found: dict[str, set[str]] = {}
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
        found |= {f"{sight}: {text}": words_of(text) for text in page.evaluate(SEEN)}
    known = names() | names_of_the_world()  # what was made on the way has names too
    if plain := sorted(told for told, words in found.items() if words - known):
        pytest.fail("\n".join(plain), pytrace=False)
