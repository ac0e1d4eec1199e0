"""Members and guests of a directory, and which addresses each may have (rules W2, W3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.emails import GUEST_MARK, canonical_email_or_text, guest_behind
from benefits_portal.tenants.exceptions import EmailOutsideTenant, GuestFromInside, NameOfGuest

from .partner import Tenant


class DirectoryUserKind(models.TextChoices):
    MEMBER = "member", _("Member")
    GUEST = "guest", _("Guest")


def own_email(tenant: Tenant, email: str, kind: str) -> str:
    """The canonical address of a person in `tenant` (W2, W3).

    A member's is in one of the tenant's domains, a guest's is not. Raises EmailOutsideTenant,
    GuestFromInside or NameOfGuest.
    """
    email, is_guest = canonical_email_or_text(email), kind == DirectoryUserKind.GUEST
    if GUEST_MARK in email:
        email, domain = guest_behind(email) or ("", "")
        if not is_guest or domain != tenant.domain:
            raise NameOfGuest
    if is_guest == email.endswith(f"@{tenant.domain}"):
        raise GuestFromInside if is_guest else EmailOutsideTenant(tenant.domain)
    return email
