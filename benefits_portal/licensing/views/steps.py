"""The steps of redeeming a key, and what every page of them shows."""

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
    """Where one stands in a first activation."""

    TENANT = "tenant", _("Tenant")
    KEY = "key", _("Key")
    USE = "use", _("Use")
    REVIEW = "review", _("Review")


# The URL parameters that each step needs of those before it
NEEDED = {Step.TENANT: ("key",), Step.KEY: ("place",), Step.USE: ("place", "key")}


def step_page(
    request: PartnerRequest, step: Step, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A step with the stepper above it, and where one acted before."""
    stepping = {"steps": steps(request, step), "switched_from": switched_from(request)}
    return render(request, template, context | stepping, status=status)


def steps(request: PartnerRequest, current: Step) -> list[dict[str, Any]]:
    """The steps for components/stepper.html; those that are done lead back."""
    here = list(Step).index(current)
    return [
        {"label": step.label, "state": "done", "href": step_url(request, step)}
        if index < here
        else {"label": step.label, "state": "current" if index == here else "todo"}
        for index, step in enumerate(Step)
    ]


def step_url(request: PartnerRequest, step: Step) -> str:
    """That step of this first activation, with what was chosen before it."""
    known = {name: request.GET[name] for name in NEEDED.get(step, ()) if name in request.GET}
    query = f"?{urlencode(known)}" if known else ""
    return reverse("licensing:product-key-start") + query


def switched_from(request: PartnerRequest) -> Tenant | None:
    """Where one acted before choosing this tenant for a redemption, to switch back to (P4)."""
    before = request.session.get(SWITCHED_FROM)
    return next(
        (one for one in request.tenants if one.pk == before and one != request.tenant), None
    )
