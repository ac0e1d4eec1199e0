"""Find long passwords that are easy to guess.

That is repetition, rows of the keyboard, few different characters, and common or related words in
any spelling.
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
SHORTEST_WORD = 4  # characters; shorter words are parts of many others
LEAST_OWN = 4  # characters besides related words, repetitions and rows
LEAST_DIFFERENT = 6  # characters; attackers try fewer first
SHORTEST_ROW = 6  # characters in a row, after which the rest counts as a tail
LONGEST_TAIL = 6  # digits and signs around a word that may stand for letters
AROUND = "0123456789@$!|+#*?.,-_ "
# Characters that stand for letters; 1 and ! stand for two
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
    """Django's list of 20,000 common passwords, in lowercase."""
    return frozenset(CommonPasswordValidator().passwords)


class LongEnoughValidator(MinimumLengthValidator):
    """Django's validator, with messages that are translated into all languages of the portal."""

    def get_error_message(self) -> str:
        text = ngettext(
            "This password is too short. It must contain at least %(count)s character.",
            "This password is too short. It must contain at least %(count)s characters.",
            self.min_length,
        )
        return text % {"count": self.min_length}


class EasyPasswordValidator:
    """Refuses passwords that are easy to guess.

    Repeated, with few different characters, in a row, common with a tail, or made of words of the
    portal and the partner. Digits and signs are read as the letters that they look like.
    """

    def validate(self, password: str, user: Any = None) -> None:
        if code := weakness(normalize(password), user):
            raise ValidationError(REASONS[code], code)

    def get_help_text(self) -> str:
        return gettext("A few unrelated words work best.")


def weakness(text: str, user: Any) -> str:
    """The key in REASONS for why the normalized `text` is easy to guess; empty if it is not."""
    letters = letters_of(text)
    if is_repeated(letters) or has_repeated(text):
        return "repeated"
    if len(set(text)) < min(LEAST_DIFFERENT, len(text)):  # a short one has its own message
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
    """`text` with digits and signs replaced by the letters that they stand for.

    At the ends of a word they may stand for letters or not: `c0nt0s0` and `contoso2026`.
    """
    before = len(text) - len(text.lstrip(AROUND))
    after = len(text) - len(text.rstrip(AROUND))
    for start in range(min(before, LONGEST_TAIL) + 1):
        for tail in range(min(after, LONGEST_TAIL) + 1):
            for table in LOOK_ALIKES:
                yield letters_of(text[start : len(text) - tail].translate(table))


def is_repeated(text: str) -> bool:
    """Whether `text` is one part, repeated."""
    return len(text) > 1 and (text + text).find(text, 1) < len(text)


def has_repeated(text: str) -> bool:
    """Whether `text` is one part, repeated, with a few characters before or after."""
    return any(
        is_repeated(text[tail:]) or is_repeated(text[: len(text) - tail])
        for tail in range(LEAST_OWN)
    )


def is_in_a_row(text: str) -> bool:
    """Whether `text` is made of rows of the keyboard, the alphabet or digits, in either direction.

    With a few other characters at most.
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
    """Whether `text` is a common password, or two of them."""
    common = common_passwords()
    cuts = range(SHORTEST_WORD, min(len(letters), 40) - SHORTEST_WORD + 1)
    return letters in common or any(
        letters[:cut] in common and letters[cut:] in common for cut in cuts
    )


def is_made_of(letters: str, words: set[str]) -> bool:
    """Whether fewer than LEAST_OWN letters are left without `words`."""
    rest = letters
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != letters and len(rest) < LEAST_OWN


def near(user: Any) -> set[str]:
    """Words of the portal, of the person, and of the partners of their home and roles."""
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
