"""Normalize text for searching and sorting (W2, W3, W7; docs/adr/0006).

People search with what their keyboard has: `lukasz` for Łukasz, `o'brien` for O’Brien, `jeanluc`
for Jean-Luc. Stored names (`derived_fields.py`) and search queries are both normalized to lowercase
letters and digits, alike on every database and collation.
"""

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import pairwise

import idna
import regex
from anyascii import anyascii

from benefits_portal.emails import GUEST_MARK, canonical_email_or_text, guest_behind
from benefits_portal.key_format import shortened
from benefits_portal.typed_text import tidy

MAX_QUERY = 200  # characters of a search query: a name and an email address fit
MAX_TYPED = 10_000  # characters of a parameter that are read
MAX_TERMS = 10  # of a search query, the longest ones
MAX_WORD = 200  # letters; normalizing can make several of one

# Characters used as an apostrophe, or inside a word like one: quotes, primes, accents typed
# alone, modifier letters.
_QUOTES = "'`´‘’‚‛′‵＇"
_APOSTROPHES = regex.compile(
    rf"[{_QUOTES}\u02B9-\u02C1\u02C8\u02CA\u02CB\uA78B\uA78C\u055A\u05F3\u07F4\u07F5\u0640]"
)
# Of the above, those that Unicode calls letters
_MODIFIERS = regex.compile(r"[\u02B0-\u02FF\u0640\uA78B\uA78C]")
# Chinese and Japanese have no spaces: any character may begin a given name
_WORD_PATTERN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+")
_LATIN = regex.compile(r"[\p{Latin}--[a-z]]", regex.V1)
_MAILTO = regex.compile(r"^\W*mailto:|(?<=@\S+)\?.*$", regex.IGNORECASE)
# German and Nordic spellings
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def clean_query(text: str | None) -> str:
    """A search query as one tidy line of at most MAX_QUERY characters (W1).

    Product keys in it are masked, since pages repeat it (K3).
    """
    return shortened(tidy((text or "")[:MAX_TYPED]), MAX_QUERY).strip()


@lru_cache(maxsize=8192)  # the catalog's names are folded again with every search
def normalize(text: str) -> str:
    """`text` in lowercase without accents, Latin letters as plain ones: jose for José.

    Other scripts stay, in their own lowercase.
    """
    letters = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold()
    )
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _LATIN.sub(lambda letter: anyascii(letter[0]).lower(), plain)


def sort_key(name: str) -> str:
    """The key to sort names by: normalized words, separated by single spaces.

    So Åsa comes beside Adam, and Ann Lee before Anna.
    """
    return " ".join(_parts(_APOSTROPHES.sub("", name)))[:MAX_WORD]


def compact(text: str) -> str:
    """The normalized letters and digits of `text` only: Jean-Luc, Jean Luc and Jeanluc are one."""
    return "".join(_parts(text))


def _parts(text: str) -> list[str]:
    return _WORD_PATTERN.findall(_MODIFIERS.sub(" ", normalize(text)))


def _spellings(text: str) -> Iterator[str]:
    """All spellings of `text` by which it is found.

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
    """The text in which `texts` are searched: their `search_prefixes`, each after a space.

    A row is found if it contains `at_word(term)` for each of the query's `search_terms`.
    """
    return "".join(map(at_word, search_prefixes(*texts)))


def at_word(term: str) -> str:
    """The text to look for in a search text: a word that begins with `term`.

    So `e3` finds Office 365 E3, and not the E5 in office365e5.
    """
    return f" {term}"


def search_prefixes(*texts: str) -> list[str]:
    """The words whose beginnings find `texts`: each word joined with all words after it.

    Without words that another one begins with.
    """
    parts = [_parts(spelling) for text in texts for spelling in _spellings(text)]
    words = sorted(
        {"".join(part[start:])[:MAX_WORD] for part in parts for start in range(len(part))}
    )
    return [word for word, following in pairwise([*words, ""]) if not following.startswith(word)]


@lru_cache(maxsize=64)  # asked for each row of what is in memory
def search_terms(query: str) -> tuple[str, ...]:
    """The words of `query` to look for, compacted, the longest first.

    Addresses may be in `<…>`, after `mailto:`, or a directory's name for a guest (W3). A query
    without letters or digits has no terms, and matches nothing.
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
    """Whether each word of `query` begins a word of `texts`: for rows in memory.

    A query without words matches everything.
    """
    found = search_text(*texts)
    return all(at_word(term) in found for term in search_terms(query)) and not finds_nothing(query)


def missing_terms(query: str) -> Callable[[str], frozenset[str]]:
    """A function that returns the terms of `query` that no word of a text begins with.

    For many rows that share texts, each of which is searched once. A row of several texts `matches`
    if no term is lacking in all of them, unless `finds_nothing`.
    """
    terms = search_terms(query)

    @cache
    def lacking(text: str) -> frozenset[str]:
        found = search_text(text)
        return frozenset(term for term in terms if at_word(term) not in found)

    return lacking
