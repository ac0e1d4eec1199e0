"""Email addresses, user principal names and domains, each in one spelling (rules W2, W3).

`canonical_email_or_text` and `canonical_domain_or_text` never fail, for lookups of any text.
`canonical_email` and `canonical_domain` raise ValidationError with what to do.
"""

import unicodedata
from functools import lru_cache

import idna
import regex
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from benefits_portal.typed_text import clean_line, tidy, validate_no_key

MAX_EMAIL = 150  # characters
MAX_LOCAL = 64  # characters before the @, as mail servers have it (RFC 5321)
SHARED_DOMAIN = "onmicrosoft.com"  # every tenant has its own name in front of it
_WRAPPINGS = {"<>", "''", '""', "“”", "‘’", "„“", "„”", "«»", "()", "[]"}
_MAILTO = "mailto:"
_LINK_PARAMETERS = regex.compile(r"(@[^\s@?]*)\?.*")
_validate_email = EmailValidator(allowlist=[])  # Django's own lets localhost pass
# In the directory's names for guests: john_fabrikam.example#EXT#@contoso.onmicrosoft.com
GUEST_MARK = "#ext#@"
# The same copied from a browser's address bar; and the prefix of personal Microsoft accounts
_ENCODED_MARK, _OWN_ACCOUNT = "%23ext%23@", "live.com#"

_JOINERS = regex.compile(r"[\u200C\u200D]")
_MORE_THAN_A_DOMAIN = regex.compile(r"[@/:?#]")


def canonical_email(text: str) -> str:
    """The one spelling of an email address or user principal name (W2).

    Lowercase, NFKC, the domain in IDNA's ASCII. Also reads `Kim <kim@contoso.com>`,
    `mailto:kim@contoso.com` and a directory's names for guests (W3). Raises ValidationError if it
    is not an address.
    """
    written = unwrapped(_compared(text)).removeprefix(_OWN_ACCOUNT)
    local, _at, domain = written.replace(_ENCODED_MARK, GUEST_MARK).rpartition("@")
    try:
        email = f"{local}@{_ascii_domain(domain)}"
        _validate_email(email)
    except (idna.IDNAError, ValidationError) as error:
        raise _not_an_email() from error
    validate_no_key(email)
    if not local.isascii():  # the validator ignores case, and so lets ı pass for i
        raise _not_an_email()
    # A quoted name is a second spelling of the same mailbox
    if local.startswith('"') or len(email) > MAX_EMAIL:
        raise _not_an_email()
    # A guest's name contains a whole address
    if len(local) > MAX_LOCAL and not local.endswith(GUEST_MARK[:-1]):
        raise ValidationError(_("Write at most 64 characters before the @."), code="email")
    return email


def _compared(text: str) -> str:
    """`text` as identities are compared: in one line, NFKC, lowercase. Raises ValidationError."""
    return unicodedata.normalize("NFKC", _JOINERS.sub("", clean_line(text))).strip().lower()


def unwrapped(email: str) -> str:
    """`email` without what programs put around it.

    That is `<…>` and the name before it, quotes, `mailto:` and its parameters, and the separators
    of recipients.
    """
    email = email.strip(" ,;")
    name, _mark, inside = email.rpartition("<")
    if name and inside.endswith(">"):
        email = inside[:-1].strip()
    while email[:1] + email[-1:] in _WRAPPINGS and len(email) > 1:
        email = email[1:-1].strip()
    if email[: len(_MAILTO)].lower() == _MAILTO:
        email = email[len(_MAILTO) :].strip()
    return _LINK_PARAMETERS.sub(r"\1", email)


def _not_an_email() -> ValidationError:
    return ValidationError(
        _("This is not an email address. Enter one like kim@contoso.com."), code="email"
    )


def is_email(text: str) -> bool:
    """Whether `text` is an email address in any spelling."""
    try:
        canonical_email(text)
    except ValidationError:
        return False
    return True


def canonical_email_or_text(text: str) -> str:
    """`canonical_email` if `text` is an address, else `text` tidied: for lookups of any text."""
    try:
        return canonical_email(text)
    except ValidationError:
        return tidy(text)


def canonical_domain(text: str) -> str:
    """The one spelling of a domain (W2).

    Lowercase and in IDNA's ASCII, without `https://` before and `/` after it. Raises
    ValidationError unless it is a domain of at least two parts, for the one that all tenants share,
    and if it contains a product key (K3).
    """
    letters = _compared(text).removeprefix("https://").removeprefix("http://").removesuffix("/")
    validate_no_key(letters)
    try:
        domain = _ascii_domain(letters)
        _validate_email(f"a@{domain}")
    except (idna.IDNAError, ValidationError) as error:
        if _MORE_THAN_A_DOMAIN.search(letters):
            raise ValidationError(
                _("Enter the domain alone, like contoso.com, without anything before or after it."),
                code="domain",
            ) from error
        raise ValidationError(
            _("This is not a domain. Enter one like contoso.com."), code="domain"
        ) from error
    if domain == SHARED_DOMAIN:
        raise ValidationError(
            _("Put your own name in front, like contoso.onmicrosoft.com."), code="domain"
        )
    return domain


def canonical_domain_or_text(text: str) -> str:
    """`canonical_domain` if `text` is a domain, else `text` tidied: for lookups of any text."""
    try:
        return canonical_domain(text)
    except ValidationError:
        return tidy(text)


# Cached: the addresses in a list share few domains
@lru_cache(maxsize=1_024)
def _ascii_domain(domain: str) -> str:
    """The domain in IDNA's ASCII. Raises idna.IDNAError, also for IP addresses."""
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
