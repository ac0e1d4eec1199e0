"""Pages for trainers: open a class, show its code, follow its rooms, end it."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal import clock
from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.middleware import sign_in_required
from benefits_portal.tenants.access import form_methods, tenant_context_exempt
from benefits_portal.tenants.downloads import file_name

from . import codes
from .class_calendars import is_too_far, move_for_all
from .class_results import kept_of, results_of
from .class_rooms import rooms_of
from .confirmation import Confirmation
from .exceptions import ClassOver, TooManyClasses
from .exercises import State
from .models import Class
from .room_forms import ClassForm, DayForAllForm
from .views import View, demo_only, portal_time, practice_only

TEACH = "practice.teach"

type Act = Callable[[HttpRequest, Class], HttpResponse]


def trainer_required(view: View) -> View:
    """Decorator: sign in first; 403 for people who are not trainers."""

    @login_not_required
    @tenant_context_exempt
    @practice_only
    @sign_in_required
    @portal_time
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(TEACH):
            raise PermissionDenied(_("Only trainers can open classes."))
        return view(request, *args, **kwargs)

    return guarded


def of_own_class(view: View) -> View:
    """Decorator: sign in first; 404 unless the class is the trainer's own. One query."""

    @login_not_required
    @tenant_context_exempt
    @demo_only
    @sign_in_required
    @portal_time
    @wraps(view)
    def guarded(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
        own = Class.objects.of_trainer(request.user)
        return view(request, get_object_or_404(own, pk=pk), *args, **kwargs)

    return guarded


@trainer_required
@form_methods
def classes(request: HttpRequest) -> HttpResponse:
    """The trainer's classes, and a form that opens one."""
    mine = Class.objects.filter(made_by=request.user.pk)
    initial = {"language": request.LANGUAGE_CODE, "entry": uuid.uuid4()}
    form = ClassForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("practice-class-code", form.open(request.user).pk)
        except TooManyClasses as refusal:
            form.add_error(None, str(refusal))
    context = {
        "classes": list(mine),
        "form": form,
        "now": clock.now(),
        "teaching": True,
    }
    return render(request, "practice/classes.html", context)


@of_own_class
@form_methods
def one_class(request: HttpRequest, of_class: Class) -> HttpResponse:
    """Show the rooms of a class; a POST does one of ACTS with all of them."""
    if request.method == "POST":
        return ACTS.get(request.POST.get("act", ""), nothing)(request, of_class)
    rooms = rooms_of(of_class, request.GET.get("page", ""), request.GET.get("exercise", ""))
    context = {
        "class": of_class,
        "teaching": True,
        "is_over": of_class.is_over(clock.now()),
        "today": of_class.today(),
        "rows": rooms.page.rows,
        "page": rooms.page,
        "taken": rooms.taken,
        "here": rooms.here,
        "kept": kept_of(of_class),
        "exercises": rooms.exercises,
        "states": list(State),
    }
    if request.GET.get("ask") == "end" and not context["is_over"]:
        context["confirmation"] = Confirmation.to_end(of_class)
        return render(request, "practice/class_end.html", context)
    return render(request, "practice/class.html", context)


@of_own_class
@require_safe
def class_results(request: HttpRequest, of_class: Class) -> HttpResponseBase:
    """Download the results as CSV."""
    name = file_name(of_class.title, _("Results"), clock.today())
    return spreadsheet(name, results_of(of_class))


def nothing(request: HttpRequest, of_class: Class) -> HttpResponse:
    """For a POST that no button sends."""
    return redirect("practice-class", of_class.pk)


def end(request: HttpRequest, of_class: Class) -> HttpResponse:
    of_class.end()
    messages.success(request, _("The class has ended. Its code and its rooms are closed."))
    return redirect("practice-class", of_class.pk)


def while_open(act: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator: refuse the action if the class has ended; a page in another tab may offer it."""

    @wraps(act)
    def guarded(request: HttpRequest, of_class: Class, *args: Any) -> HttpResponse:
        if not of_class.is_over(clock.now()):
            return act(request, of_class, *args)
        messages.error(request, str(ClassOver.for_trainer))
        return redirect(request.path)

    return guarded


@while_open
def move(request: HttpRequest, of_class: Class) -> HttpResponse:
    """Move all calendars ahead of the day that the page showed; a second submit moves nothing."""
    form = DayForAllForm(request.POST)
    if not form.is_valid() or is_too_far(form.days_ahead):
        messages.error(
            request,
            _("The date wasn't changed: that day is too far ahead, or isn't one of the choices."),
        )
    elif of_class.days_ahead not in (form.cleaned_data["ahead"], form.days_ahead):
        messages.error(
            request,
            _(
                "Someone changed the date in the meantime, so your change wasn't made. Look at the "
                "new date, and choose again."
            ),
        )
    else:
        move_for_all(of_class, form.days_ahead)
        messages.success(request, _("The date moved in every room, and in rooms to come."))
    return redirect("practice-class", of_class.pk)


@while_open
def draw_code(request: HttpRequest, of_class: Class) -> HttpResponse:
    of_class.draw_code()
    messages.success(request, _("The class has a new code. The previous one no longer works."))
    return redirect("practice-class", of_class.pk)


ACTS: dict[str, Act] = {
    "end": end,
    "move": move,
    "draw-code": draw_code,
}


@of_own_class
@require_safe
def class_code(request: HttpRequest, of_class: Class) -> HttpResponse:
    """The code and its QR code, to project or to print."""
    code = codes.spaced(of_class.code())
    path = reverse("practice-join", args=[code]) if code else ""
    url = request.build_absolute_uri(path)
    # Black on white in the dark theme too, since scanners need it
    image = segno.make(url, error="m").svg_data_uri(scale=8, light="#fff") if code else ""
    context = {
        "class": of_class,
        "teaching": True,
        "code": code,
        "image": image,
        "enter": request.build_absolute_uri(reverse("practice")),
        "is_over": of_class.is_over(clock.now()),
    }
    return render(request, "practice/class_code.html", context)
