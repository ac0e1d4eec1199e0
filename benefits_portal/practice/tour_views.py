"""The guided tour's own page, and the acts of its bar."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from benefits_portal.redirects import on_to
from benefits_portal.tenants.access import form_methods, tenant_context_exempt

from . import tour
from .becoming import become_persona
from .personas import START
from .rooms import room_of
from .views import practice_only, room_required, shared_only


@login_not_required
@tenant_context_exempt
@practice_only
@room_required
@shared_only
@form_methods
def guided_tour(request: HttpRequest) -> HttpResponse:
    """The steps with this session's progress; by POST, start, go to a step, or close the bar."""
    if request.method == "POST":
        return act(request, request.POST.get("go", ""))
    begun = tour.progress(request)
    steps = tour.steps_of(begun) if begun else tour.find_steps(room_of(request))
    context = {
        "steps": steps,
        "begun": begun,
        "is_finished": begun is not None and begun["step"] == tour.FINISHED,
        "done": sum(step.done for step in steps),
        "persona": tour.persona_of(request),
    }
    return render(request, "practice/tour.html", context)


def act(request: HttpRequest, go: str) -> HttpResponse:
    """`go` is "close", or the number of a step; any other word starts from the beginning."""
    if go == "close":
        tour.close(request)
        return on_to(request.POST.get("next", ""))
    number = int(go) if go.isascii() and go.isdecimal() and len(go) < 3 else 0
    if (number == 0 or not tour.progress(request)) and not tour.begin(request):
        return redirect("demo-tour")
    step = tour.go_to(request, number)
    if step is None:
        return become_persona(request, room_of(request), START, redirect("demo-tour"))
    there = HttpResponseRedirect(step.url)
    return become_persona(request, room_of(request), step.persona, there)
