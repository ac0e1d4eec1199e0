"""The words that somebody searches with."""

MOST_LETTERS = 80


def searched(text: str | None) -> str:
    """What was typed into a search field, as far as it can be searched for: no null character, which no database takes,
    no blanks around it, and no longer than the field.
    """
    return (text or "").replace("\0", "").strip()[:MOST_LETTERS]
