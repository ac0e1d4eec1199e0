"""The page with all exercises of a room, and the actions of the panel on every page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from benefits_portal.key_format import shortened
from benefits_portal.redirects import on_to
from benefits_portal.tenants.access import form_methods, tenant_context_exempt

from . import exercises, panel
from .exercises import Exercise, NotDone, exercises_of, present, progress_of, steps_of, tally
from .middleware import persona_in
from .models import Room
from .room_session import room_of
from .switching_persona import become_persona
from .views import practice_only, room_required

MAX_TYPED = 100  # characters kept in the session for the next page, without product keys
type Act = Callable[[Any, Room, Exercise], HttpResponse]


@login_not_required
@tenant_context_exempt
@practice_only
@room_required
@form_methods
def exercise_list(request: HttpRequest) -> HttpResponse:
    """Show all exercises of the room with their progress; a POST does one of ACTS."""
    room = room_of(request)
    if room is None:
        return redirect("practice")
    if request.method == "POST":
        return act(request, room)
    steps = progress_of([room])[room.pk]
    context = {
        "steps": steps,
        "tally": tally(steps),
        "room": room,
        "at": panel.state(request).get("slug", ""),
        "first": present(steps),
    }
    return render(request, "practice/exercises.html", context)


def act(request: HttpRequest, room: Room) -> HttpResponse:
    """Carry out what the form asks for; refused if the form belongs to another room."""
    if request.POST.get("act") == "start":
        return start(request, room)
    slug, do = request.POST.get("exercise", ""), ACTS.get(request.POST.get("act", ""))
    exercise = next((each for each in exercises_of(room) if each.slug == slug), None)
    if request.POST.get("room") != str(room.pk):
        messages.error(request, _("This page belonged to another room, so nothing was done."))
        return leave_to_list(request)
    if exercise is None or do is None:
        messages.error(
            request,
            _("What this page asked for isn't offered here. Choose one of these exercises."),
        )
        return leave_to_list(request)
    return attempt(request, do, room, exercise)


def start(request: HttpRequest, room: Room) -> HttpResponse:
    """Begin or open the current exercise; the list once all are done. For a newcomer's button."""
    step = present(steps_of(room))
    if step is None:
        return leave_to_list(request)
    return attempt(request, open_page if step.is_open else begin, room, step.exercise)


def attempt(request: HttpRequest, do: Act, room: Room, exercise: Exercise) -> HttpResponse:
    try:
        return do(request, room, exercise)
    except NotDone as refusal:
        messages.error(request, str(refusal))
        return leave_to_list(request)


def leave_to_list(request: Any) -> HttpResponse:
    there = redirect("practice-exercises")
    return HttpResponseClientRedirect(there.url) if request.htmx else there


def begin(request: HttpRequest, room: Room, exercise: Exercise) -> HttpResponse:
    panel.show_at(request, room, exercise)
    exercises.begin(room, exercise, persona_in(request))
    return open_page(request, room, exercise)


def open_page(request: HttpRequest, room: Room, exercise: Exercise) -> HttpResponse:
    """Open the exercise's first page as its persona; the panel says so if the persona changed."""
    panel.show_at(request, room, exercise)
    before, there = persona_in(request), HttpResponseRedirect(exercise.url(room))
    response = become_persona(request, room, exercise.persona, there)
    panel.update_state(request, is_new=True, became=before != persona_in(request))
    return response


def check(request: Any, room: Room, exercise: Exercise) -> HttpResponse:
    typed = request.POST.get("answer", "")
    exercises.check(room, exercise, persona_in(request), typed)
    panel.show_at(request, room, exercise)
    panel.update_state(request, typed=shortened(typed, MAX_TYPED))
    return show_panel(request)


def show_me(request: HttpRequest, room: Room, exercise: Exercise) -> HttpResponse:
    """Carry the solution out, and open the page that shows the result."""
    exercises.show_me(room, exercise, persona_in(request))
    return open_page(request, room, exercise)


def fold(request: Any, room: Room, exercise: Exercise) -> HttpResponse:
    panel.update_state(request, folded=request.POST["act"] == "fold")
    return show_panel(request)


def stop(request: HttpRequest, room: Room, exercise: Exercise) -> HttpResponse:
    """Close the panel; in the shared world only."""
    panel.close(request)
    return on_to(request.POST.get("next", ""))


def show_panel(request: Any) -> HttpResponse:
    """The panel alone for htmx; else redirect to the page."""
    if request.htmx:
        return render(request, "practice/_exercise.html")
    return on_to(request.POST.get("next", "") + "#exercise")


ACTS: dict[str, Act] = {
    "begin": begin,
    "open": open_page,
    "check": check,
    "show": show_me,
    "fold": fold,
    "unfold": fold,
    "stop": stop,
}
