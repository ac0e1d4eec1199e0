"""The mail to whoever asked the program team for something, when it is decided.

In their own language; no key, nobody else's name, and nothing that somebody typed but the domain
they asked for (W12). The link leads to a page that asks to sign in.
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
    """None for somebody who has left, or holds no role at `partner` any more (P1)."""
    if recipient is None or not recipient.is_active:
        return None
    if not recipient.role_assignments.filter(partner=partner).exists():
        return None
    with override(recipient.language or settings.LANGUAGE_CODE):
        context = {**about, "link": portal_href("/account/requests/")}
        subject = " ".join(render_to_string("email/decision_subject.txt", context).split())
        return Letter(recipient, subject, render_to_string("email/decision.txt", context))


def portal_href(path: str) -> str:
    """`path` at the portal's own host; empty where the settings name none, as in a demo."""
    origin = portal_origin()
    return f"{origin}{path}" if origin else ""


def portal_origin() -> str:
    """The portal's own host, as in https://portal.example; empty where the settings name none."""
    named = (
        host
        for host in settings.ALLOWED_HOSTS
        if host not in LOCAL_HOSTS and host.strip("*.") == host
    )
    host = next(named, "")
    return f"https://{host}" if host else ""
