"""The words that people search with, and are found by; the order of names (W2, W3, W7).

Whoever searches types what is on their keyboard: `lukasz` for Łukasz, `o'brien` for O’Brien,
`jeanluc` for Jean-Luc. So both sides are folded to lowercase letters and digits alone, on the rows
when they are written (`derived_fields.py`) and of what was typed when it is looked up: the same
on every database, whatever its collation.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import idna
import regex
from anyascii import anyascii

from benefits_portal.emails import GUEST_MARK, canonical_email_or_text, guest_behind
from benefits_portal.key_format import shortened
from benefits_portal.typed_text import tidy

MAX_QUERY = 200  # characters of a search: a name of somebody's and their address fit
MAX_TYPED = 10_000  # characters of what was typed that are looked at
MAX_TERMS = 10  # of a search, the longest ones
MAX_WORD = 200  # letters that are compared; folding can make several of one

# What stands for an apostrophe, or sits inside a word like one: quotes, primes, accents typed
# alone, modifier letters.
_APOSTROPHES = regex.compile(
    r"['`´‘’‚‛′‵＇\u02B9-\u02C1\u02C8\u02CA\u02CB\uA78B\uA78C\u055A\u05F3\u07F4\u07F5\u0640]"
)
# Of the above, those that Unicode calls letters
_MODIFIERS = regex.compile(r"[\u02B0-\u02FF\u0640\uA78B\uA78C]")
# Chinese and Japanese are written without blanks: any character may begin a given name.
_WORD_PATTERN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+")
_LATIN = regex.compile(r"[\p{Latin}--[a-z]]", regex.V1)
_MAILTO = regex.compile(r"^\W*mailto:|(?<=@\S+)\?.*$", regex.IGNORECASE)
# German and Nordic custom
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def clean_query(text: str | None) -> str:
    """What was typed into a search field as one tidy line, no longer than the field (W1).

    Keys in it are masked (K3): pages say what they searched for.
    """
    return shortened(tidy((text or "")[:MAX_TYPED]), MAX_QUERY).strip()


@lru_cache(maxsize=8192)  # the catalog's names are folded again with every search
def normalize(text: str) -> str:
    """`text` in lowercase without accents, Latin letters as plain ones.

    jose finds José, lukasz Łukasz.

    Other scripts stay themselves, in their own lowercase.
    """
    letters = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold()
    )
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _LATIN.sub(lambda letter: anyascii(letter[0]).lower(), plain)


def sort_key(name: str) -> str:
    """What names are sorted by: folded words with one space between them.

    So Åsa stands beside Adam, Ann Lee before Anna.
    """
    return " ".join(_parts(_APOSTROPHES.sub("", name)))[:MAX_WORD]


def compact(text: str) -> str:
    """The folded letters and digits of `text` alone: Jean-Luc, Jean Luc and Jeanluc are one."""
    return "".join(_parts(text))


def _parts(text: str) -> list[str]:
    return _WORD_PATTERN.findall(_MODIFIERS.sub(" ", normalize(text)))


def _spellings(text: str) -> Iterator[str]:
    """`text` in every way that people write it.

    Müller as Mueller too, an IDNA domain in its own letters, a guest's own address.
    """
    yield text
    lowercase = unicodedata.normalize("NFC", text).lower()
    if (spelled_out := lowercase.translate(_SPELLED_OUT)) != lowercase:
        yield spelled_out
    if "xn--" in lowercase:
        local, at, domain = lowercase.rpartition("@")
        try:
            yield f"{local}{at}{idna.decode(domain)}"
        except idna.IDNAError:
            return
    if GUEST_MARK in lowercase and (guest := guest_behind(canonical_email_or_text(text))):
        yield guest[0]


@lru_cache(maxsize=4096)
def search_text(*texts: str) -> str:
    """What `texts` are searched by: their `search_prefixes`, each with a blank before it.

    Whoever contains each of a query's `search_terms` `at_word` is found.
    """
    return "".join(map(at_word, search_prefixes(*texts)))


def at_word(term: str) -> str:
    """What a search text contains where one of its words begins with `term`.

    So `e3` finds Office 365 E3, and not the E5, squeezed into office365e5.
    """
    return f" {term}"


def search_prefixes(*texts: str) -> list[str]:
    """What somebody is found by the beginning of.

    Each word of `texts` with all that follows it in the same one, squeezed.

    A word that another one begins with is not needed.
    """
    parts = [_parts(spelling) for text in texts for spelling in _spellings(text)]
    words = sorted(
        {"".join(part[start:])[:MAX_WORD] for part in parts for start in range(len(part))}
    )
    return [word for word, following in pairwise([*words, ""]) if not following.startswith(word)]


@lru_cache(maxsize=64)  # asked for each row of what is in memory
def search_terms(query: str) -> tuple[str, ...]:
    """What has to be found for `query`: each of its words, squeezed, the longest first.

    An address may come in `<…>` or after `mailto:`, or be the directory's own name for a guest
    (W3). A query without a letter or a digit has no terms: nothing matches it.
    """
    terms = {compact(_email_in(word)) for word in tidy(query).split()} - {""}
    longest_first = sorted(terms, key=lambda term: (-len(term), term))[:MAX_TERMS]
    return tuple(term[:MAX_WORD] for term in longest_first)


@lru_cache(maxsize=64)
def finds_nothing(query: str) -> bool:
    """Whether `query` has text, but neither a letter nor a digit."""
    return bool(tidy(query)) and not search_terms(query)


def _email_in(word: str) -> str:
    email = _MAILTO.sub("", word).strip("<>()[]\"',;:.")
    email = canonical_email_or_text(email) if "#" in email or "%" in email else email
    guest, _tenant = guest_behind(email) or (email, "")
    return guest


def matches(query: str, *texts: str) -> bool:
    """Whether words of `texts` begin with every word of `query`: for the few that are in memory.

    Without words everything matches.
    """
    found = search_text(*texts)
    return all(at_word(term) in found for term in search_terms(query)) and not finds_nothing(query)
