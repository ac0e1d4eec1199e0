"""The exercise that a session is at, as the panel on every page of its room shows it.

In a room of a class the panel is there from the beginning; in the world that a demo shares, once
somebody began an exercise in this session. It costs one query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
    """One of an exercise's hints, and the one behind it."""

    number: int
    text: str | Promise
    next: "Hint | None"


@dataclass(frozen=True)
class Panel:
    """`at` is the exercise of `steps` that is shown; `room` is the primary key of its room.

    On the first page after it was begun or opened `is_new`, and `became` says as whom one works, if
    that changed. `typed` is what was typed for the check that the page answers, if anything; on any
    later page it is None, and the verdict may be out of date.
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
    def is_answer_refused(self) -> bool:
        """Whether the page answers a figure that was typed, and wrong."""
        return self.is_fresh and self.at.is_open and self.at.exercise.asked is not None

    @property
    def number(self) -> int:
        return self.steps.index(self.at) + 1

    @property
    def tally(self) -> str:
        return tally(self.steps)

    @property
    def next(self) -> Progress | None:
        """The first other one that is open or can be begun."""
        others = (step for step in self.steps if step is not self.at)
        return next((step for step in others if step.can_begin or step.is_open), None)

    @property
    def hint(self) -> Hint | None:
        """The first, which leads to the others."""
        first: Hint | None = None
        hints = self.at.exercise.hints
        for number, text in reversed(list(enumerate(hints, start=1))):
            first = Hint(number, text, first)
        return first

    @property
    def who(self) -> str | Promise:
        """As whom it is done, unless that is who the reader is."""
        wanted = self.at.exercise.persona
        return "" if wanted == self.persona else WHO.get(wanted, wanted)


def state(request: HttpRequest) -> dict[str, Any]:
    """What the session holds: `slug` of its exercise, `room`, `folded`."""
    found: dict[str, Any] = request.session.get(SESSION_KEY, {})
    return found


def update_state(request: HttpRequest, **values: Any) -> None:
    request.session[SESSION_KEY] = state(request) | values


def pop_from_state(request: HttpRequest, name: str) -> Any:
    """What is held for the next page that has the panel; None on any later one."""
    value = state(request).get(name)
    if value is not None:
        update_state(request, **{name: None})
    return value


def show_at(request: HttpRequest, room: Room, exercise: Exercise) -> None:
    update_state(request, slug=exercise.slug, room=room.pk, folded=False)


def known_as(request: Any, exercise: Exercise) -> str:
    """Who the reader is for `exercise`."""
    text = _("For this exercise you work as %(name)s (%(who)s).")
    who = WHO.get(exercise.persona, exercise.persona)
    return text % {"name": request.user.name, "who": who}


def close(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def panel_of(request: HttpRequest, persona: Callable[[], str]) -> Panel | None:
    """None outside of a room, and where a room has no exercises; `persona` says who reads it."""
    own, session = getattr(request, "room", None), state(request)
    if own is None and "room" not in session:
        return None
    room = own or Room(pk=session["room"])  # the shared one, as the session knows
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
