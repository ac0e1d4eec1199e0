"""The email to a person whose request the program team has decided.

In their language, without product keys or other people's names; the only user input in it is the
domain that they asked for (W12). Its link leads to a page that requires sign-in.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from benefits_portal.startup_checks import LOCAL_HOSTS

from .models import Partner, TenantRequest, User
from .models.tenant_request import TENANT_DECIDED
from .outbox import Letter, writes


@writes(TENANT_DECIDED, _("Decision on a tenant"))
def tenant_decided(params: dict[str, str]) -> Letter | None:
    found = TenantRequest.objects.select_related("asked_by", "partner").filter(pk=params["pk"])
    asked = found.first()
    if asked is None:
        return None
    about = {"is_tenant": True, "what": asked.domain, "is_granted": asked.is_accepted}
    return decision_letter(asked.asked_by, asked.partner, about)


def decision_letter(
    recipient: User | None, partner: Partner, about: Mapping[str, Any]
) -> Letter | None:
    """The email; None if the person has left, or no longer has a role at `partner` (P1)."""
    if recipient is None or not recipient.is_active:
        return None
    if not recipient.role_assignments.filter(partner=partner).exists():
        return None
    with override(recipient.language or settings.LANGUAGE_CODE):
        context = {**about, "link": portal_href("/account/requests/")}
        subject = " ".join(render_to_string("email/decision_subject.txt", context).split())
        return Letter(recipient, subject, render_to_string("email/decision.txt", context))


def portal_href(path: str) -> str:
    """The absolute URL of `path`; empty if the settings name no host, as in a demo."""
    origin = portal_origin()
    return f"{origin}{path}" if origin else ""


def portal_origin() -> str:
    """The portal's origin, such as https://portal.example; empty if the settings name none."""
    named = (
        host
        for host in settings.ALLOWED_HOSTS
        if host not in LOCAL_HOSTS and host.strip("*.") == host
    )
    host = next(named, "")
    return f"https://{host}" if host else ""
