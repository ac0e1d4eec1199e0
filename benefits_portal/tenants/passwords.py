"""What makes a password easy to guess although it is long.

Repetition, rows of the keyboard, few characters, and words that are common or near, however they
are spelled.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator, MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from benefits_portal.search_text import normalize

from .models import Tenant, User

ROWS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "qwertyuiopasdfghjklzxcvbnm" * 2,
    "azertyuiopqsdfghjklmwxcvbn",
)
PORTAL = {
    "benefits",
    "portal",
    "microsoft",
    "partner",
    "azure",
    "cloud",
    "password",
    "welcome",
    "wachtwoord",
    "welkom",
}
SHORTEST_WORD = 4  # characters; shorter ones are parts of many others
LEAST_OWN = 4  # characters beside what is near, repeated or in a row
LEAST_DIFFERENT = 6  # characters; what repeats fewer is tried first
SHORTEST_ROW = 6  # characters in a row that make the rest a tail of theirs
LONGEST_TAIL = 6  # digits and signs around a word that may be letters of it
AROUND = "0123456789@$!|+#*?.,-_ "
# What people write for a letter; 1 and ! for two of them
LOOK_ALIKES = [
    str.maketrans("0134578@$!|+", letters) for letters in ("oieastbasiit", "oleastbasllt")
]
REASONS = {
    "repeated": _("This repeats the same part. Use a few unrelated words."),
    "few": _("This has only a few different characters. Use a few unrelated words."),
    "in_a_row": _("These characters follow each other. Use a few unrelated words."),
    "common": _("This is a common password with something added. Use a few unrelated words."),
    "near": _(
        "This is made up of names: yours, your organization's or the portal's. Add other words."
    ),
}


@cache
def common_passwords() -> frozenset[str]:
    """Django's list of 20,000, in lowercase."""
    return frozenset(CommonPasswordValidator().passwords)


class LongEnoughValidator(MinimumLengthValidator):
    """Django's own, whose words are not in every language that the portal speaks."""

    def get_error_message(self) -> str:
        text = ngettext(
            "This password is too short. It must contain at least %(count)s character.",
            "This password is too short. It must contain at least %(count)s characters.",
            self.min_length,
        )
        return text % {"count": self.min_length}


class EasyPasswordValidator:
    """Refuses what is easy to guess.

    What is repeated, of a few characters, in a row, common with something behind it, or made of
    words of the portal and the partner; digits and signs are read as the letters they look like.
    """

    def validate(self, password: str, user: Any = None) -> None:
        if code := weakness(normalize(password), user):
            raise ValidationError(REASONS[code], code)

    def get_help_text(self) -> str:
        return gettext("A few unrelated words work best.")


def weakness(text: str, user: Any) -> str:
    """The key in REASONS of why the normalized `text` is easy to guess; empty if it is not."""
    letters = letters_of(text)
    if is_repeated(letters) or has_repeated(text):
        return "repeated"
    if len(set(text)) < min(LEAST_DIFFERENT, len(text)):  # a short one is told so alone
        return "few"
    once = re.sub(r"(.)\1+", r"\1", text)  # aabbccddeeff
    if any(is_in_a_row(part) for part in (text, letters, once) if len(part) > SHORTEST_WORD):
        return "in_a_row"
    readings = {letters, *look_alikes(text)}
    if any(is_common(reading) for reading in readings):
        return "common"
    words = near(user)
    return "near" if any(is_made_of(reading, words) for reading in readings) else ""


def letters_of(text: str) -> str:
    return re.sub(r"[\W\d_]", "", text)


def look_alikes(text: str) -> Iterator[str]:
    """The letters of `text`, with those that digits and signs are written for.

    What stands around a word may be a part of it or not: `c0nt0s0` and `contoso2026`.
    """
    before = len(text) - len(text.lstrip(AROUND))
    after = len(text) - len(text.rstrip(AROUND))
    for start in range(min(before, LONGEST_TAIL) + 1):
        for tail in range(min(after, LONGEST_TAIL) + 1):
            for table in LOOK_ALIKES:
                yield letters_of(text[start : len(text) - tail].translate(table))


def is_repeated(text: str) -> bool:
    """Whether it is one part, over and over."""
    return len(text) > 1 and (text + text).find(text, 1) < len(text)


def has_repeated(text: str) -> bool:
    """Whether it is one part, over and over, and a few characters before or after."""
    return any(
        is_repeated(text[tail:]) or is_repeated(text[: len(text) - tail])
        for tail in range(LEAST_OWN)
    )


def is_in_a_row(text: str) -> bool:
    """Whether it is made of rows of the keyboard, the alphabet or counting, either way.

    Beside them may stand a few characters.
    """
    start, rest = 0, 0
    while start < len(text):
        end = start + 1
        while end < len(text) and is_row(text[start : end + 1]):
            end += 1
        if end - start >= SHORTEST_WORD:
            start = end
        else:
            start, rest = start + 1, rest + 1
    return rest == 0 or (rest < LEAST_OWN and len(text) - rest >= SHORTEST_ROW)


def is_row(text: str) -> bool:
    return any(text in row or text[::-1] in row for row in ROWS)


def is_common(letters: str) -> bool:
    """Whether it is a common password, or two of them one after the other."""
    common = common_passwords()
    cuts = range(SHORTEST_WORD, min(len(letters), 40) - SHORTEST_WORD + 1)
    return letters in common or any(
        letters[:cut] in common and letters[cut:] in common for cut in cuts
    )


def is_made_of(letters: str, words: set[str]) -> bool:
    """Whether without `words` fewer than LEAST_OWN letters are left."""
    rest = letters
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != letters and len(rest) < LEAST_OWN


def near(user: Any) -> set[str]:
    """Words of the portal, of the person, and of the partners that are theirs.

    There they are at home or hold a role.
    """
    texts = list(_texts_about(user)) if isinstance(user, User) else []
    words = {word for text in texts for word in re.split(r"[\W\d_]+", normalize(text))}
    return PORTAL | {word for word in words if len(word) >= SHORTEST_WORD}


def _texts_about(user: User) -> Iterator[str]:
    yield from (user.name, user.email)
    if user.pk:
        theirs = Q(partner__role_assignments__user=user) | Q(directory_users__user=user)
        for names in (
            Tenant.objects.filter(theirs)
            .order_by()
            .values_list("partner__name", "name", "domain")
            .distinct()
        ):
            yield from names
