"""For the pages of things that people are reminded of: `{% load silencing %}`."""

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
    """*Don't remind me of this*; nothing for who gets no reminders, or where none would come."""
    request = context["request"]
    only_looks = request.is_impersonating or "on" in request.GET  # support; another day (H4)
    if not request.role.may_act or only_looks or is_over(thing, request.today):
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
    """As `SilenceQuerySet.of_thing`."""
    of_thing = Silence.objects.filter(user=user, partner=partner, **{kind: thing})
    return of_thing.order_by().values_list("pk")


def is_over(thing: Benefit | Subscription, on: Any) -> bool:
    """Whether nothing of it is due any more."""
    if isinstance(thing, Subscription):
        return thing.status(on) is Subscription.Status.DELETED
    return thing.is_used or thing.has_expired(on)
