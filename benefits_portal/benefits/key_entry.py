"""Finding the product key in what was typed or pasted, or what is wrong with it (K1, K7, W5)."""

from benefits_portal.benefits.key_encryption import is_consistent
from benefits_portal.benefits.key_exceptions import (
    KeyHasForeignCharacter,
    KeyHasOtherAlphabet,
    KeyMistyped,
    KeyTooLong,
    KeyTooShort,
    NotAKey,
    SeveralKeys,
)
from benefits_portal.key_format import LENGTH, KeyText, key_texts


def typed_key(text: str) -> str:
    """The 25 characters of the only key in `text`.

    Raises NotAKey (or its subclasses KeyTooShort, KeyTooLong or SeveralKeys) or KeyMistyped (or
    KeyHasForeignCharacter or KeyHasOtherAlphabet). None of these counts as a guess (K6).
    """
    found = key_texts(text)
    keys = {key.letters: key for key in found if len(key.letters) == LENGTH}
    if len(keys) > 1:
        raise SeveralKeys(count=len(keys))
    if not found:
        raise NotAKey
    key = next(iter(keys.values()), found[0])
    if not key.is_whole:
        raise _what_is_wrong(key)
    if not is_consistent(key.letters):
        raise KeyMistyped
    return key.letters


def _what_is_wrong(key: KeyText) -> NotAKey | KeyMistyped:
    if len(key.letters) < LENGTH:
        return KeyTooShort(length=len(key.letters))
    if len(key.letters) > LENGTH:
        return KeyTooLong(length=len(key.letters))
    index = key.foreign or 0
    position = {"group": index // 5 + 1, "place": index % 5 + 1}
    character = key.letters[index]
    return (
        KeyHasForeignCharacter(character=character, **position)
        if character.isascii()
        else KeyHasOtherAlphabet(**position)
    )
