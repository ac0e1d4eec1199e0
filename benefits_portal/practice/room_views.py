"""Pages for trainees: enter a code, join a class, their own room, start it over."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from benefits_portal.tenants.access import form_methods, tenant_context_exempt
from benefits_portal.tenants.limits import TooManyAttempts
from benefits_portal.tenants.views.signing_in import too_many

from . import codes, room_session
from .code_entry import class_with, looked_up
from .confirmation import Confirmation, generation_in
from .exceptions import NotLetIn, StartedOverMeanwhile
from .exercises import present, steps_of
from .middleware import persona_in
from .models import Class, Room
from .personas import personas
from .room_forms import CodeForm, JoinForm
from .room_world import start_over
from .views import portal_time, practice_only


@login_not_required
@tenant_context_exempt
@practice_only
@form_methods
@portal_time
def practice(request: HttpRequest) -> HttpResponse:
    """The trainee's room; outside of a room, the form for a code. A POST does one of ACTS."""
    room: Room | None = request.room  # type: ignore[attr-defined]
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", "")) if room else None
        return act(request, room) if act and room else let_in(request)
    return my_room(request, room) if room else ask_for_code(request, CodeForm())


def ask_for_code(request: HttpRequest, form: CodeForm, status: int = 200) -> HttpResponse:
    context = {"form": form} | room_session.why_out(request)
    return render(request, "practice/enter.html", context, status=status)


def let_in(request: HttpRequest) -> HttpResponse:
    """Redirect to join the class that the code belongs to, or return to the room."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return ask_for_code(request, form)
    try:
        found = looked_up(request, form.cleaned_data["code"])
    except TooManyAttempts as refusal:
        return too_many(request, refusal)
    except NotLetIn as refusal:
        form.add_error("code", str(refusal))
        return ask_for_code(request, form)
    if isinstance(found, Class):
        return redirect("practice-join", codes.spaced(form.cleaned_data["code"]))
    found.change_browser()
    return room_session.enter(request, found, redirect("practice"), found.seen_as)


def my_room(request: HttpRequest, room: Room) -> HttpResponse:
    context = {
        "room": room,
        "return_code": request.session.pop(room_session.RETURN_CODE, ""),
        "submission": uuid.uuid4(),
        "personas": personas(room),
        "persona": persona_in(request),
        "step": present(steps_of(room)),
    } | room_session.why_out(request)
    return render(request, "practice/room.html", context)


@login_not_required
@tenant_context_exempt
@practice_only
@form_methods
@portal_time
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a name, then make a room in the class and enter it."""
    try:
        of_class = class_with(request, code)
    except TooManyAttempts as refusal:
        return too_many(request, refusal)
    except NotLetIn as refusal:
        refused = CodeForm(initial={"code": code[:20]}).refused(str(refusal))
        return ask_for_code(request, refused, status=404)
    own: Room | None = request.room  # type: ignore[attr-defined]
    if own and own.of_class_id == of_class.pk:
        return redirect("practice")
    form = JoinForm(request.POST or None, initial={"entry": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            return take_seat(request, of_class, form)
        except NotLetIn as refusal:
            form.add_error(None, str(refusal))
    return render(request, "practice/join.html", {"form": form, "class": of_class})


def take_seat(request: HttpRequest, of_class: Class, form: JoinForm) -> HttpResponse:
    """Make the room and enter it. Raises ClassOver or ClassFull."""
    entry = str(form.cleaned_data["entry"])
    room, is_new = of_class.room_for(form.cleaned_data["name"], entry)
    response = room_session.enter(request, room, redirect("practice"))
    request.session[room_session.RETURN_CODE] = codes.spaced(room.new_return_code(entry))
    if is_new and room.name != form.cleaned_data["name"]:
        text = _("Someone else in the class has that name, so you are %(name)s.")
        messages.info(request, text % {"name": room.name})
    return response


@login_not_required
@tenant_context_exempt
@practice_only
@form_methods
def start_own_over(request: HttpRequest) -> HttpResponse:
    """Start the trainee's room over, after a confirmation."""
    room: Room | None = request.room  # type: ignore[attr-defined]
    if room is None:
        return redirect("practice")
    if request.method != "POST":
        return render(
            request,
            "practice/start_over.html",
            {"confirmation": Confirmation.to_start_own_over(room)},
        )
    slug = persona_in(request)
    try:
        start_over(room, generation=generation_in(request))
    except StartedOverMeanwhile as refusal:
        messages.warning(request, str(refusal))
        return redirect("practice")
    request.session.flush()
    response = room_session.enter(request, room, redirect("practice"), slug)
    messages.success(request, _("Your room is as it was at the beginning."))
    return response


# The actions of a POST to the room's page


def raise_hand(request: HttpRequest, room: Room) -> HttpResponse:
    room.raise_hand(up=request.POST.get("act") == "raise-hand")
    return redirect("practice")


def another_return_code(request: HttpRequest, room: Room) -> HttpResponse:
    code = room.new_return_code(request.POST.get("submission", ""))
    request.session[room_session.RETURN_CODE] = codes.spaced(code)
    return redirect("practice")


def leave(request: HttpRequest, room: Room) -> HttpResponse:
    """Leave the room, for the next person at this browser."""
    room.forget_form()
    request.room = None  # type: ignore[attr-defined]
    room_session.put_out(request, room, "left")
    return redirect("practice")


ACTS: dict[str, Callable[[Any, Room], HttpResponse]] = {
    "raise-hand": raise_hand,
    "lower-hand": raise_hand,
    "return-code": another_return_code,
    "leave": leave,
}
