"""`{% load silencing %}`: the button that turns reminders of a thing on or off."""

from typing import Any

from django import template
from django.db.models import QuerySet
from django.urls import reverse

from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.models import Subscription
from benefits_portal.prepared import PlannedQuery
from benefits_portal.reminders.models import Silence

register = template.Library()


@register.inclusion_tag("reminders/_switch.html", takes_context=True)
def reminder_switch(context: dict[str, Any], thing: Benefit | Subscription) -> dict[str, Any]:
    """*Don't remind me of this*; empty for people without reminders, and for things without any."""
    request = context["request"]
    is_read_only = request.is_impersonating or "on" in request.GET  # the page of another day (H4)
    if not request.role.may_act or is_read_only or is_over(thing, request.today):
        return {}
    kind = str(thing._meta.model_name)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "href": reverse(f"reminders:switch-{kind}", args=[thing.pk]),
        "is_silenced": bool(silenced.rows(request.user.pk, thing.partner_id, thing.pk, kind=kind)),
        "has_page": True,
    }


@PlannedQuery
def silenced(user: int, partner: int, thing: int, *, kind: str) -> QuerySet[Silence, tuple[int]]:
    """The same as `SilenceQuerySet.of_thing`, prepared."""
    of_thing = Silence.objects.filter(user=user, partner=partner, **{kind: thing})
    return of_thing.order_by().values_list("pk")


def is_over(thing: Benefit | Subscription, on: Any) -> bool:
    """Whether no reminder of `thing` will come any more."""
    if isinstance(thing, Subscription):
        return thing.status(on) is Subscription.Status.DELETED
    return thing.is_used or thing.has_expired(on)
