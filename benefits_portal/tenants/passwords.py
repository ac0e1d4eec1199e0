"""What makes a password easy to guess although it is long.

Repetition, rows of the keyboard, and words that are near.
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
LEAST_OWN = 4  # letters beside the words that are near

REPEATED = _("This repeats the same part. Use several words that do not belong together.")
IN_A_ROW = _("These characters stand in a row. Use several words that do not belong together.")
COMMON = _(
    "This is a common password with something added. Use several words that do not belong together."
)
NEAR = _(
    "This is made of the names of the portal, your organization or yourself. Add words of your own."
)


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

    What is repeated, in a row, common with something behind it, or made of words of the portal and
    the partner.
    """

    def validate(self, password: str, user: Any = None) -> None:
        text = password.lower()
        letters = re.sub(r"[\W\d_]", "", text)
        if any(is_repeated(part) for part in (text, letters) if part):
            raise ValidationError(REPEATED, "repeated")
        if any(is_in_a_row(part) for part in (text, letters) if len(part) > SHORTEST_WORD):
            raise ValidationError(IN_A_ROW, "in_a_row")
        if is_common(letters):
            raise ValidationError(COMMON, "common")
        if is_made_of(letters, near(user)):
            raise ValidationError(NEAR, "near")

    def get_help_text(self) -> str:
        return gettext("Several words that do not belong together are best.")


def is_repeated(text: str) -> bool:
    """Whether it is one part, over and over."""
    return len(text) > 1 and (text + text).find(text, 1) < len(text)


def is_in_a_row(text: str) -> bool:
    """Whether all of it is a row on the keyboard, in the alphabet or in counting, either way."""
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
    words = {word for text in texts for word in re.split(r"[\W\d_]+", text.lower())}
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
