"""The trainer's page of one room: look into it, show an exercise, rename it, start it over."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.tenants import impersonation
from benefits_portal.tenants.access import form_methods
from benefits_portal.tenants.models import Actor, How, User

from .class_rooms import rows_of
from .class_views import of_own_class, while_open
from .confirmation import Confirmation, generation_in
from .exceptions import StartedOverMeanwhile
from .exercises import NotDone, exercises_of, show_me
from .models import Class, Room
from .room_forms import RenameForm
from .room_world import start_over

type Act = Callable[[HttpRequest, Class, Room], HttpResponse]


@of_own_class
@form_methods
def class_room(request: HttpRequest, of_class: Class, room_pk: int) -> HttpResponse:
    """Show a room's progress; a POST does one of ACTS."""
    room = get_object_or_404(Room.objects.select_related("of_class"), pk=room_pk, of_class=of_class)
    act = ACTS.get(request.POST.get("act", ""))
    if act is not None:
        return act(request, of_class, room)
    form = RenameForm(initial={"name": room.name})
    return show_room(request, of_class, room, form)


def show_room(request: HttpRequest, of_class: Class, room: Room, form: RenameForm) -> HttpResponse:
    [row] = rows_of(of_class, room)
    context = {
        "class": of_class,
        "room": room,
        "row": row,
        "form": form,
        "teaching": True,
        "is_over": of_class.is_over(clock.now()),
    }
    if request.GET.get("ask") == "start-over" and not context["is_over"]:
        context["confirmation"] = Confirmation.to_start_over(room)
        return render(request, "practice/class_start_over.html", context)
    return render(request, "practice/class_room.html", context)


def trainer_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - signed in
    return request.user


# The actions of a POST


def look(request: HttpRequest, of_class: Class, room: Room) -> HttpResponse:
    """Impersonate an account member of the room: read-only, and recorded (T8)."""
    partner = room.partners().first()
    tenant = partner.tenants.filter(is_primary=True).first() if partner else None
    if tenant is None:
        messages.error(request, _("No one has been in this room yet."))
        return redirect("practice-class-room", of_class.pk, room.pk)
    by = Actor(trainer_of(request), How.TRAINER)
    back = reverse("practice-class-room", args=[of_class.pk, room.pk])
    impersonation.start(request, tenant, by=by, back=back, whom=room.name)
    return redirect("home")


def look_at_exercise(request: HttpRequest, of_class: Class, room: Room) -> HttpResponse:
    """The same, starting on the page of the room's current exercise."""
    [row] = rows_of(of_class, room)
    answer = look(request, of_class, room)
    is_looking = impersonation.SESSION_KEY in request.session
    return redirect(row.at.exercise.url(room)) if row.at and is_looking else answer


def lower_hand(request: HttpRequest, of_class: Class, room: Room) -> HttpResponse:
    """Lower the trainee's raised hand."""
    room.raise_hand(up=False)
    return redirect("practice-class", of_class.pk)


@while_open
def start_room_over(request: HttpRequest, of_class: Class, room: Room) -> HttpResponse:
    try:
        start_over(room, by=trainer_of(request), generation=generation_in(request))
    except StartedOverMeanwhile as refusal:
        messages.warning(request, str(refusal))
    else:
        text = _("The room of %(name)s is as it was at the beginning.")
        messages.success(request, text % {"name": room.name})
    return redirect("practice-class", of_class.pk)


@while_open
def rename(request: HttpRequest, of_class: Class, room: Room) -> HttpResponse:
    form = RenameForm(request.POST)
    if not form.is_valid():
        return show_room(request, of_class, room, form)
    room.rename(form.cleaned_data["name"])
    return redirect("practice-class", of_class.pk)


@while_open
def show_exercise(request: HttpRequest, of_class: Class, room: Room) -> HttpResponse:
    """Carry out the solution of an exercise begun in the room, as the trainer (T8)."""
    slug = request.POST.get("exercise")
    exercise = next((each for each in exercises_of(room) if each.slug == slug), None)
    try:
        if exercise:
            show_me(room, exercise, trainer=trainer_of(request))
            text = _("Shown in the room of %(name)s: %(exercise)s.")
            messages.success(request, text % {"name": room.name, "exercise": exercise.title})
    except NotDone as refusal:
        messages.error(request, str(refusal))
    return redirect("practice-class-room", of_class.pk, room.pk)


ACTS: dict[str, Act] = {
    "look": look,
    "look-at-exercise": look_at_exercise,
    "lower-hand": lower_hand,
    "start-over": start_room_over,
    "rename": rename,
    "show": show_exercise,
}
