"""The steps of redeeming a key, and what the page of each step shows."""

from typing import Any

from django.db import models
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Tenant

SWITCHED_FROM = "redeeming_switched_from"  # in the session: the tenant before this redemption


class Step(models.TextChoices):
    """The steps of a first activation."""

    TENANT = "tenant", _("Tenant")
    KEY = "key", _("Key")
    USE = "use", _("Use")
    REVIEW = "review", _("Review")


# The URL parameters that a link to each step keeps
NEEDED = {Step.TENANT: ("key",), Step.KEY: ("place",), Step.USE: ("place", "key")}


def step_page(
    request: PartnerRequest, step: Step, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page of a step, with the stepper, and a link back to the tenant before."""
    stepping = {"steps": steps(request, step), "switched_from": switched_from(request)}
    return render(request, template, context | stepping, status=status)


def steps(request: PartnerRequest, current: Step) -> list[dict[str, Any]]:
    """The steps for components/stepper.html; those that are done are links."""
    here = list(Step).index(current)
    return [
        {"label": step.label, "state": "done", "href": step_url(request, step)}
        if index < here
        else {"label": step.label, "state": "current" if index == here else "todo"}
        for index, step in enumerate(Step)
    ]


def step_url(request: PartnerRequest, step: Step) -> str:
    """The URL of a step, with what was chosen before it."""
    known = {name: request.GET[name] for name in NEEDED.get(step, ()) if name in request.GET}
    query = f"?{urlencode(known)}" if known else ""
    return reverse("licensing:product-key-start") + query


def switched_from(request: PartnerRequest) -> Tenant | None:
    """The tenant from which choosing this one switched, to switch back to (P4)."""
    before = request.session.get(SWITCHED_FROM)
    return next(
        (one for one in request.tenants if one.pk == before and one != request.tenant), None
    )
