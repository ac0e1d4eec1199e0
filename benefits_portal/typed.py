"""What people type, paste and send, in one canonical form (rules W1 to W4).

For every form, import, command and model.

`tidy` and `canonical_email_or_text` take any text and never fail: for look-ups, and for what is
written past a form. `clean_line`, `canonical_email`, `canonical_domain` and `read_day` raise
ValidationError with what to do.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

import idna
import regex
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from benefits_portal.key_format import without_keys

MAX_EMAIL = 150  # characters
MAX_LOCAL = 64  # characters before the @, as mail servers have it (RFC 5321)
SHARED_DOMAIN = "onmicrosoft.com"  # every tenant has a name of its own in front of it
_WRAPPINGS, _MAILTO = {"<>", "''", '""', "“”", "‘’", "„“", "„”", "«»", "()", "[]"}, "mailto:"
_validate_email = EmailValidator(allowlist=[])  # Django's own lets localhost pass
# The directory's own names for guests: john_fabrikam.example#EXT#@contoso.onmicrosoft.com
GUEST_MARK = "#ext#@"
# The same out of an address bar, and the name of somebody with an account of their own at Microsoft
_ENCODED_MARK, _OWN_ACCOUNT = "%23ext%23@", "live.com#"

# Accents on one letter; no script has as many, and putting 100,000 in order takes Unicode half a
# minute
MAX_MARKS = 10

# What Unicode says is not shown, and what it forgot to: the blank Braille pattern, blank
# hieroglyphs and the like.
_HIDDEN = regex.compile(
    r"[[\p{Default_Ignorable_Code_Point}\u2800\uFFF9-\uFFFB\U00013430-\U00013442\U00016FE4\U0001D159]--[\u200C\u200D]]",
    regex.V1,
)
_TOO_MANY_MARKS = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")
# Persian and Hindi need the others
_JOINERS = regex.compile(r"(?<![\p{L}\p{M}])[\u200C\u200D]|[\u200C\u200D](?!\p{L})")
_ALL_JOINERS = regex.compile(r"[\u200C\u200D]")
_LINE_BREAKS = regex.compile(r"\r\n|[\n\v\f\r\x1C-\x1E\x85\u2028\u2029]")
_NOT_TEXT = regex.compile(
    r"[[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]--[\t\n\v\f\r\x1C-\x1E\x85]]", regex.V1
)
_MORE_THAN_A_DOMAIN = regex.compile(r"[@/:?#]")
NOT_SHOWN = _("This holds a character that cannot be shown. Type the text instead of pasting it.")
_LETTER = regex.compile(r"\p{L}")
_DASHES = regex.compile(r"[\p{Pd}\u2212]")  # the last is the minus sign
_DIGITS = re.compile(r"[0-9]+")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FROM_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")


def _visible(text: str) -> str:
    """`text` in NFC, without what nobody sees."""
    few_marks = _TOO_MANY_MARKS.sub(r"\1", _JOINERS.sub("", _HIDDEN.sub("", text)))
    return unicodedata.normalize("NFC", few_marks)


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def tidy(text: str) -> str:
    """`text` as one line that holds nothing invisible, whatever it was (W1)."""
    return _single_spaced(_visible(_NOT_TEXT.sub("", text)))


def clean_line(text: str) -> str:
    """`text` as one line in NFC with single spaces and nothing invisible (W1).

    Raises ValidationError for a line break or a control character inside it.
    """
    text = _visible(text).strip()
    if _LINE_BREAKS.search(text):
        raise ValidationError(_("Write this on one line."), code="line_break")
    _refuse_what_is_no_text(text)
    return _single_spaced(text)


def _refuse_what_is_no_text(text: str) -> None:
    if _NOT_TEXT.search(text):
        raise ValidationError(NOT_SHOWN, code="control_character")


def isolated(text: str) -> str:
    """`text` for the middle of a sentence (W1).

    Letters that run from right to left turn nothing round beside it.

    Where there is HTML, templates have the filter of the same name.
    """
    return f"\u2068{text}\u2069" if _FROM_RIGHT_TO_LEFT.search(text) else text


def tidy_values(value: Any) -> Any:
    """`value`, dictionaries and lists of anything, with each text in it tidied."""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, Mapping):
        return {name: tidy_values(item) for name, item in value.items()}
    return [tidy_values(item) for item in value] if isinstance(value, list | tuple) else value


def ascii_digits(text: str) -> str:
    """`text` as one line with plain digits, without zeros in front of them (W4).

    0001234567 is 1234567. Raises ValidationError.
    """
    return _without_zeros_in_front(clean_line(text))


def tidy_digits(text: str) -> str:
    """`ascii_digits` of any text whatever: to look up what may be no identifier at all."""
    return _without_zeros_in_front(tidy(text))


def _without_zeros_in_front(line: str) -> str:
    plain = unicodedata.normalize("NFKC", line)
    return plain.lstrip("0") if _DIGITS.fullmatch(plain) else plain


def validate_name(name: str) -> None:
    """Raise ValidationError unless somebody reading `name` sees a letter (W1)."""
    if not _LETTER.search(name):
        raise ValidationError(_("Write a name with at least one letter."), code="no_letter")


def validate_no_key(text: str) -> None:
    """Raise ValidationError for a product key where no key is asked for (K3).

    Others would read it.
    """
    if without_keys(text) != text:
        raise ValidationError(
            _("This holds a product key. Leave it out: others can read this."), code="product_key"
        )


def canonical_email(text: str) -> str:
    """The one spelling of an e-mail address or user principal name (W2).

    Lowercase, NFKC, the domain in IDNA's ASCII. `<kim@contoso.com>` and `mailto:kim@contoso.com`
    are understood, and so is what the directory makes of addresses (W3). Raises ValidationError for
    what is no address.
    """
    written = unwrapped(_compared(text)).removeprefix(_OWN_ACCOUNT)
    local, _at, domain = written.replace(_ENCODED_MARK, GUEST_MARK).rpartition("@")
    try:
        email = f"{local}@{_ascii_domain(domain)}"
        _validate_email(email)
    except (idna.IDNAError, ValidationError) as error:
        raise _not_an_email() from error
    validate_no_key(email)
    if not local.isascii():  # some letters pass for ASCII where capitals do not matter: ı for i
        raise _not_an_email()
    # A quoted name is a second spelling of the same mailbox
    if local.startswith('"') or len(email) > MAX_EMAIL:
        raise _not_an_email()
    # A guest's holds a whole address
    if len(local) > MAX_LOCAL and not local.endswith(GUEST_MARK[:-1]):
        raise ValidationError(_("Write at most 64 characters before the @."), code="email")
    return email


def _compared(text: str) -> str:
    """`text` as identities are compared: one line in NFKC and lowercase. Raises ValidationError."""
    return unicodedata.normalize("NFKC", _ALL_JOINERS.sub("", clean_line(text))).strip().lower()


def unwrapped(email: str) -> str:
    """`email` without what programs put around one: `<…>`, quotes, `mailto:`."""
    while email[:1] + email[-1:] in _WRAPPINGS and len(email) > 1:
        email = email[1:-1].strip()
    return email[len(_MAILTO) :].strip() if email[: len(_MAILTO)].lower() == _MAILTO else email


def email_in(text: str) -> str:
    """The address in `Kim de Vries <kim@contoso.com>`; any other text as it is, tidied."""
    line = tidy(text)
    name, _mark, email = line.rpartition("<")
    return email[:-1] if name and email.endswith(">") and is_email(email[:-1]) else line


def _not_an_email() -> ValidationError:
    return ValidationError(
        _("This is not an address. Write it as in kim@contoso.com."), code="email"
    )


def is_email(text: str) -> bool:
    """Whether `text` is an address, however it is written."""
    try:
        canonical_email(text)
    except ValidationError:
        return False
    return True


def canonical_email_or_text(text: str) -> str:
    """`canonical_email` where `text` is an address, else `text` tidied.

    To look up what may be no address at all.
    """
    try:
        return canonical_email(text)
    except ValidationError:
        return tidy(text)


def canonical_domain(text: str) -> str:
    """The one spelling of a domain (W2).

    Lowercase and in IDNA's ASCII, without `https://` before and `/` behind it.

    Raises ValidationError for what is no domain of at least two parts, and for the one that all
    tenants share.
    """
    letters = _compared(text).removeprefix("https://").removeprefix("http://").removesuffix("/")
    try:
        domain = _ascii_domain(letters)
        _validate_email(f"a@{domain}")
    except (idna.IDNAError, ValidationError) as error:
        if _MORE_THAN_A_DOMAIN.search(letters):
            raise ValidationError(
                _(
                    "Write the domain alone, as in contoso.com: leave out what stands before "
                    "and after it."
                ),
                code="domain",
            ) from error
        raise ValidationError(
            _("This is not a domain. Write it as in contoso.com."), code="domain"
        ) from error
    if domain == SHARED_DOMAIN:
        raise ValidationError(
            _("Write your own name in front, as in contoso.onmicrosoft.com."), code="domain"
        )
    return domain


def canonical_domain_or_text(text: str) -> str:
    """`canonical_domain` where `text` is a domain, else `text` tidied.

    To look up what may be no domain at all.
    """
    try:
        return canonical_domain(text)
    except ValidationError:
        return tidy(text)


def _ascii_domain(domain: str) -> str:
    """Raises idna.IDNAError, also for the numbers of a computer, which are no domain."""
    ascii_domain = idna.encode(domain.rstrip("."), uts46=True).decode() if domain else ""
    if ascii_domain.rpartition(".")[2].isdigit():
        raise idna.IDNAError
    return ascii_domain


def guest_behind(email: str) -> tuple[str, str] | None:
    """Whom a directory's own name for a guest stands for: address, and tenant's domain (W3).

    `email` is canonical. None for any other address.
    """
    mangled, mark, tenant_domain = email.partition(GUEST_MARK)
    local, underscore, domain = mangled.rpartition("_")
    if not (mark and local and underscore):
        return None
    try:
        return canonical_email(f"{local}@{domain}"), tenant_domain
    except ValidationError:
        return None


def read_day(text: str) -> date:
    """The day that is written year-month-day, as in 2027-01-31, and in no other way (W4).

    Full-width digits and a hyphen of another kind are still that way of writing. Raises
    ValidationError.
    """
    written = _DAY.fullmatch(_DASHES.sub("-", unicodedata.normalize("NFKC", tidy(text))))
    if not written:
        raise ValidationError(_("Write the day as in 2027-01-31."), code="day")
    year, month, day = map(int, written.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        if year and 1 <= month <= 12:  # 2027-04-31
            params = {
                "month": date_format(date(year, month, 1), "F Y"),
                "days": monthrange(year, month)[1],
            }
            raise ValidationError(
                _("%(month)s has %(days)s days.") % params, code="no_such_day"
            ) from error
        raise ValidationError(
            _("There is no such day in the calendar. Write the day as in 2027-01-31."),
            code="no_such_day",
        ) from error
