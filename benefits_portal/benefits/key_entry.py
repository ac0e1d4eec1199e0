"""The product key that somebody typed or pasted, or what is wrong with it (K1, K7, W5).

It is found in what surrounds it.
"""

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
    """The 25 characters of the one key in `text`. None of the refusals counts as a guess (K6).

    Raises NotAKey (also as KeyTooShort, KeyTooLong or SeveralKeys) or KeyMistyped (also as
    KeyHasForeignCharacter or KeyHasOtherAlphabet).
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
