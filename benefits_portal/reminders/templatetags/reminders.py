"""The back office's first page: whether reminders are being sent."""

from typing import Any

from django import template

from benefits_portal import clock
from benefits_portal.backoffice.columns import admin_url
from benefits_portal.reminders.admin.proof import Proof
from benefits_portal.reminders.models import Run

register = template.Library()


@register.inclusion_tag("admin/_reminders.html", takes_context=True)
def reminders_proof(context: dict[str, Any]) -> dict[str, Any]:
    """The last run, for staff who may see runs."""
    if not context["request"].user.has_perm(f"reminders.view_{Run._meta.model_name}"):
        return {}
    return {"proof": Proof.now(clock.now()), "runs": admin_url(Run, "changelist")}
