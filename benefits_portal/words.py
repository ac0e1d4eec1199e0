"""The words that people search with, and those that people are found by."""

import re
import unicodedata
from itertools import pairwise

MOST_LETTERS = 80  # of a search
LONGEST_WORD = 200  # letters that are compared; folding can make several of one
WORD_BEGINS = re.compile(r"\w+")


def searched(text: str | None) -> str:
    """What was typed into a search field, as far as it can be searched for: no null character, which no database takes,
    no blanks around it, and no longer than the field.
    """
    return (text or "").replace("\0", "").strip()[:MOST_LETTERS]


def folded(text: str) -> str:
    """`text` in small letters without accents, so that jose finds José."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def beginnings(name: str, address: str) -> dict[str, bool]:
    """What somebody is found by the beginning of, and which of it is the whole name: each word of name and address with
    all that follows it up to a blank. A word that another one begins with is not needed.
    """
    whole = folded(name)[:LONGEST_WORD]
    parts = [part for text in (name, address) for part in folded(text).split()]
    words = sorted({part[word.start() :][:LONGEST_WORD] for part in parts for word in WORD_BEGINS.finditer(part)} | {whole})
    return {word: word == whole for word, following in pairwise([*words, ""]) if word == whole or not following.startswith(word)}
