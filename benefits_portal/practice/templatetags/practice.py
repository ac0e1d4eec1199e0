"""Tags for sign-in, banner and panel: `{% load practice %}{% persona_groups as groups %}`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.practice import panel as panels
from benefits_portal.practice import personas as people
from benefits_portal.practice.exercises import Exercise
from benefits_portal.practice.middleware import persona_in
from benefits_portal.practice.models import Room
from benefits_portal.practice.room_session import room_of
from benefits_portal.practice.world import RESET_NOTICE
from benefits_portal.regions import as_moment
from benefits_portal.tenants.models import Partner

register = template.Library()


@register.simple_tag(takes_context=True)
def persona_groups(context: dict[str, Any]) -> list[people.PersonaGroup]:
    """The persona cards of the session's room; none outside of a demo."""
    return people.persona_groups(room_of(context["request"])) if settings.DEMO else []


@register.simple_tag(takes_context=True)
def exercise_panel(context: dict[str, Any]) -> panels.Panel | None:
    """The panel with the session's exercise; None outside of rooms."""
    request = context.get("request")
    if not settings.DEMO or request is None:
        return None
    return panels.panel_of(request, lambda: persona_in(request))


@dataclass(frozen=True)
class Jump:
    """A day to move the calendar to, with its label."""

    label: str
    count: int
    on: date

    @property
    def day(self) -> str:
        return self.on.isoformat()


@register.simple_tag
def jumps(today: date) -> list[Jump]:
    """The days to move to by one click: tomorrow, and past each status of a subscription (S2)."""
    days = (
        (1, _("1 day later")),
        (30, _("30 days later")),
        (90, _("90 days later")),
        (365, _("A year later")),
    )
    return [Jump(label, count, today + timedelta(days=count)) for count, label in days]


@register.filter
def who(exercise: Exercise) -> str | Promise:
    """The persona for `exercise`, in words."""
    return panels.WHO.get(exercise.persona, exercise.persona)


@register.filter
def ago(at: datetime) -> str:
    """How long ago `at` was, so that the time zone of the page does not matter."""
    now = clock.now()
    if now - at < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(at, now, depth=1)}


@register.filter
def time_left(until: datetime) -> str:
    """The time until `until`: hours and minutes, or days and hours."""
    return get_text_list(timeuntil(until, clock.now()).split(", "), _("and"))


@register.inclusion_tag("admin/_rooms_hint.html")
def rooms_hint(opts: Any = None) -> dict[str, Any]:
    """That partners of trainees are among the others; of a list, by its `opts`, if it has any."""
    has_partners = (
        opts is None
        or opts.model is Partner
        or any(field.related_model is Partner for field in opts.fields)
    )
    is_shown = settings.DEMO and has_partners and Room.objects.exclude(of_class=None).exists()
    return {"is_shown": is_shown}


@register.simple_tag(takes_context=True)
def reset_notice(context: dict[str, Any]) -> str:
    """Who reset the practice data, if that signed this session out; else empty."""
    notice = context["request"].session.get(RESET_NOTICE)
    if not settings.DEMO or not notice:
        return ""
    time = as_moment(datetime.fromisoformat(notice["at"]))
    if not notice["by"]:
        return _("The practice data was reset from the command line at %(time)s.") % {"time": time}
    return _("The practice data was reset by %(name)s at %(time)s.") % {
        "name": notice["by"],
        "time": time,
    }
