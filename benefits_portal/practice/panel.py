"""The panel with the session's current exercise, on every page of its room.

In a room of a class there is always a panel; in the shared world, after an exercise was begun in
the session. One query; one more below an earlier check.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from benefits_portal.tenants.audit.record_queryset import LOOKING
from benefits_portal.tenants.models import Record

from .exercises import Exercise, Progress, exercises_of, present, steps_of, tally
from .models import Room

SESSION_KEY = "exercise"

WHO: dict[str, Promise] = {
    "global-admin": pgettext_lazy("in a sentence", "Global admin"),
    "partner-admin": _("MPN partner admin"),
    "guest-admin": _("guest with the MPN partner admin role"),
    "member": _("account member"),
    "no-role": _("person without a role"),
}


@dataclass(frozen=True)
class Hint:
    """A hint of an exercise, its position from 1, and the next hint."""

    number: int
    text: str | Promise
    next: "Hint | None"


@dataclass(frozen=True)
class Panel:
    """The panel: `at` is the one of `steps` that is shown; `room` is a primary key.

    `is_new` is set on the first page after the exercise was begun or opened; `became` then names
    the persona, if that changed. `typed` is the answer typed for the check that this page reports;
    on later pages it is None, and the result of the check may be out of date.
    """

    steps: list[Progress]
    at: Progress
    room: int
    is_folded: bool
    is_shared: bool
    persona: str
    is_new: bool
    became: str
    typed: str | None

    @property
    def is_fresh(self) -> bool:
        return self.typed is not None

    @property
    def is_outdated(self) -> bool:
        """Whether something was done in the room since the last finding or refusal. One query."""
        done = Record.objects.filter(refused="", partner__room__room=self.room)
        done = done.filter(at__gt=self.at.message_at).exclude(action__in=LOOKING)
        return done.without_sign_ins().exists()

    @property
    def is_answer_refused(self) -> bool:
        """Whether this page reports that a typed answer was wrong."""
        return self.is_fresh and self.at.is_open and self.at.exercise.asked is not None

    @property
    def number(self) -> int:
        return self.steps.index(self.at) + 1

    @property
    def tally(self) -> str:
        return tally(self.steps)

    @property
    def next(self) -> Progress | None:
        """The first other exercise that is open or can be begun."""
        others = (step for step in self.steps if step is not self.at)
        return next((step for step in others if step.can_begin or step.is_open), None)

    @property
    def hint(self) -> Hint | None:
        """The first hint, linked to the others."""
        first: Hint | None = None
        hints = self.at.exercise.hints
        for number, text in reversed(list(enumerate(hints, start=1))):
            first = Hint(number, text, first)
        return first

    @property
    def who(self) -> str | Promise:
        """The persona for the exercise; empty if the reader is signed in as that one."""
        wanted = self.at.exercise.persona
        return "" if wanted == self.persona else WHO.get(wanted, wanted)


def state(request: HttpRequest) -> dict[str, Any]:
    """The panel's values in the session: `slug` of the exercise, `room`, `folded` and others."""
    found: dict[str, Any] = request.session.get(SESSION_KEY, {})
    return found


def update_state(request: HttpRequest, **values: Any) -> None:
    request.session[SESSION_KEY] = state(request) | values


def pop_from_state(request: HttpRequest, name: str) -> Any:
    """A value that is meant for one page only: return it, and remove it from the session."""
    value = state(request).get(name)
    if value is not None:
        update_state(request, **{name: None})
    return value


def show_at(request: HttpRequest, room: Room, exercise: Exercise) -> None:
    update_state(request, slug=exercise.slug, room=room.pk, folded=False)


def known_as(request: Any, exercise: Exercise) -> str:
    """The sentence that says as whom the reader does `exercise`."""
    text = _("For this exercise you work as %(name)s (%(who)s).")
    who = WHO.get(exercise.persona, exercise.persona)
    return text % {"name": request.user.name, "who": who}


def close(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def panel_of(request: HttpRequest, persona: Callable[[], str]) -> Panel | None:
    """The panel; None outside of rooms, and in rooms without exercises. `persona()` is a slug."""
    own, session = getattr(request, "room", None), state(request)
    if own is None and "room" not in session:
        return None
    room = own or Room(pk=session["room"])  # the shared room
    steps = steps_of(room) if exercises_of(room) else []
    at = next((step for step in steps if step.exercise.slug == session.get("slug")), None)
    at = at or present(steps) or next(iter(steps), None)
    if at is None:
        return None
    return Panel(
        steps,
        at,
        room.pk,
        bool(session.get("folded")),
        own is None,
        persona(),
        is_new=bool(pop_from_state(request, "is_new")),
        became=known_as(request, at.exercise) if pop_from_state(request, "became") else "",
        typed=pop_from_state(request, "typed"),
    )
