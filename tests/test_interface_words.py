"""Words that must not come back into the texts of the interface, English or Dutch."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

CATALOG = Path(__file__).parent.parent / "locale" / "nl" / "LC_MESSAGES" / "django.po"

# What no text says, and what it says instead.
ENGLISH = {
    r"anew": "again",
    r"somebody": "someone",
    r"nobody": "no one",
    r"everybody": "everyone",
    r"further tenant": "another tenant",
    r"meanwhile": "in the meantime",
    r"programmes?": "program",
    r"of its own": "its own",
    r"colours?": "color",
    r"grey": "gray",
    r"e-mails?": "email",
    r"more than licenses|people over": "licenses too few",
    r"(is|are) not searched for": "can't be searched for",
    r"(a )?days? to come": "a future day",
    r"most at once": "highest number at once",
    r"last day of (service|use)": "the subscription's last day",
    r"semicolon between": "separated by semicolons",
    r"be hurried|by or about whom": "what a native speaker writes",
    r"\([A-Z]\d{1,2}\)": "nothing: codes of rules are for developers",
}
DUTCH = {
    r"\w*sleutels?": "productcode",
    r"vervallen|verviel(en)?|vervalt": "verloopt",
    r"[Rr]ol verwijder(d|en)": "intrekken",
    r"[Ii]nschrijving(en|sja\w+)?": "lidmaatschap(sjaar)",
    r"(?<!^)(?<![.?!] )(Globale beheerder|Accountlid)": "a small letter inside a sentence",
    r"[Ww]isselt? (eerst |naar |over )": "overschakelen",
    r"programmamedewerkers?": "programmateam",
    r"verleng\w* (het|uw|dit) lidmaatschap|lidmaatschap verlengen": "vernieuwen",
    r"diens": "de eigen",
    r"meer dan licenties|licenties te veel": "licenties te weinig",
    r"meeste tegelijk|[Gg]etelde pogingen|om over te beslissen": "what a native speaker writes",
    r"koppelingen": "links",
    r"([Ee]en datum|wilt) verklaren": "narekenen",
    r"je|jij|jou|jouw|jullie": "u, uw",
    r"[“”‘’]": "straight quotation marks",
    r"\([A-Z]\d{1,2}\)": "nothing: codes of rules are for developers",
}


def pairs() -> Iterator[tuple[str, str]]:
    """Every text and its translation, singular and plural each."""
    with CATALOG.open("rb") as file:
        for message in read_po(file):
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple | list) else [message.id]
            strings = (
                message.string if isinstance(message.string, tuple | list) else [message.string]
            )
            yield from zip(ids, map(str, strings), strict=False)


@cache
def texts() -> list[tuple[str, str]]:
    """When a test asks, not when tests are collected."""
    return list(pairs())


WORD = r"(?<!\w)(?:{})(?!\w)"


def found(pattern: str, language: int) -> list[str]:
    """The texts in which a word of `pattern` is written."""
    regex = re.compile(WORD.format(pattern), re.IGNORECASE if language == 0 else 0)
    return [pair[language] for pair in texts() if regex.search(pair[language])]


@pytest.mark.parametrize(("pattern", "instead"), ENGLISH.items())
def test_no_english_text_says(pattern: str, instead: str) -> None:
    assert found(pattern, 0) == [], f"write {instead}"


@pytest.mark.parametrize(("pattern", "instead"), DUTCH.items())
def test_no_dutch_text_says(pattern: str, instead: str) -> None:
    assert found(pattern, 1) == [], f"write {instead}"


@pytest.mark.parametrize(
    ("pattern", "text", "is_one"),
    [
        (r"nobody", "Nobody matches", True),
        (r"anew", "a new key", False),
        (r"\([A-Z]\d{1,2}\)", "may not be combined (U4).", True),
        (r"\w*sleutels?", "een productsleutel", True),
        (r"grey", "Greyhound", False),
    ],
)
def test_words_are_found_whole(pattern: str, text: str, is_one: bool) -> None:
    assert bool(re.search(WORD.format(pattern), text, re.IGNORECASE)) == is_one


def test_the_catalog_holds_texts() -> None:
    assert len(texts()) > 1_000
