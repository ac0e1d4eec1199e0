"""The page that resets the practice world: it lists what is deleted, and needs a typed word."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.formats import format_number
from benefits_portal.middleware import sign_in_required
from benefits_portal.tenants.access import form_methods, tenant_context_exempt
from benefits_portal.tenants.models import Partner, PracticeWorld, Record, TenantsAction, User
from benefits_portal.tenants.views import welcome

from .forms import CONFIRM_WORD, ResetForm
from .handmade import handmade
from .models import Persona, Room
from .views import first_page, practice_only, shared_only
from .world import (
    HandmadeInTheWay,
    NotAPracticeDatabase,
    reset_world,
    sessions_outside_rooms,
)

NOT_WORK = (TenantsAction.SIGNED_IN,)  # actions that leave nothing to lose


@login_not_required
@tenant_context_exempt
@practice_only
@shared_only
@sign_in_required
@form_methods
def reset(request: HttpRequest) -> HttpResponse:
    """Show what a reset deletes; once confirmed, reset, and sign the same person in again."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - signed in
    if not may_reset(user):
        raise PermissionDenied(
            _("Only people of the practice partners and the program team can reset practice data.")
        )
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return start_over(request, user, everything=form.cleaned_data["everything"])
        except HandmadeInTheWay:
            form.add_error("everything", _("Something made by hand is in the way. Select this."))
        except NotAPracticeDatabase:  # someone else is doing the same right now
            return redirect(settings.LOGIN_URL)
    return render(request, "practice/reset.html", {"form": form} | what_goes(request))


def may_reset(user: User) -> bool:
    """Whether `user` is staff, a persona, or has a role at a practice partner."""
    return (
        user.is_staff
        or is_persona(user)
        or user.role_assignments.filter(partner__room__room=Room.objects.shared()).exists()
    )


def is_persona(user: User) -> bool:
    return Persona.objects.filter(user=user).exists()


def start_over(request: HttpRequest, user: User, *, everything: bool) -> HttpResponse:
    """Reset, and sign the person in again. Raises HandmadeInTheWay or NotAPracticeDatabase."""
    persona = Persona.objects.filter(user=user).first()
    reset_world(clock.today(), keep_handmade=not everything, by=user.name)
    request.session.flush()
    messages.success(request, _("The practice data has been reset."))
    room = Room.objects.shared()
    again = (
        room.user_as(persona.slug)
        if persona and room
        else User.objects.filter(pk=user.pk, email=user.email).first()
    )
    if again is None:
        return redirect(settings.LOGIN_URL)
    return welcome(request, again, first_page(request, again))


@dataclass(frozen=True)
class Counted:
    """A number of things with their name, as in: 3 offers."""

    count: int
    name: str

    def __str__(self) -> str:
        return f"{format_number(self.count)} {self.name}"


def what_goes(request: HttpRequest) -> dict[str, Any]:
    """The context of the page: what was done since the last reset, and what was made by hand."""
    world = PracticeWorld.objects.get()
    partners = list(Partner.objects.filter(room__room=Room.objects.shared()))
    others = sessions_outside_rooms(Session.objects.filter(expire_date__gt=clock.now()))
    return {
        "word": CONFIRM_WORD,
        "since": world.made_at,
        "partners": partners,
        "done": actions_at(partners, world.made_at),
        "others": len(others - {request.session.session_key}),
        "handmade": [
            counted(model, rows.count()) for model, rows in handmade().items() if rows.exists()
        ],
        "next": request.POST.get("next") or request.GET.get("next", ""),
    }


def actions_at(partners: list[Partner], since: datetime) -> list[Counted]:
    """What was done at `partners` since then, the most frequent action first."""
    done = (
        Record.objects.filter(partner__in=partners, refused="", at__gt=since)
        .exclude(action__in=NOT_WORK)
        .order_by()
        .values_list("action")
        .annotate(times=Count("pk"))
    )
    return [
        Counted(times, str(Record.actions.get(action, action)))
        for action, times in sorted(done, key=lambda row: -row[1])
    ]


def counted(model: type[Model], count: int) -> Counted:
    names = model._meta
    return Counted(count, str(names.verbose_name if count == 1 else names.verbose_name_plural))
