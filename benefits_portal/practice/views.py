"""Pages of a demo: one-click sign-in, the movable calendar, the mailbox and the gallery."""

import json
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from benefits_portal.formats import Figure
from benefits_portal.licensing.calculator_forms import CalculatorForm
from benefits_portal.licensing.date_axis import DateAxis
from benefits_portal.licensing.forms import KeyForm
from benefits_portal.middleware import sign_in_required
from benefits_portal.redirects import on_to
from benefits_portal.tenants.access import role_required, tenant_context_exempt
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import User
from benefits_portal.tenants.outbox import letter_of

from .forms import ClockForm
from .mailbox import mail_context, mails_in
from .reminding import remind
from .room_session import room_of
from .switching_persona import become
from .world import is_practice_database

# Components in the gallery that are whole pages
FRAMES = {
    "panel": "gallery/panel.html",
    "plain": "gallery/plain.html",
    "error": "gallery/error.html",
    "missing": "gallery/missing.html",
}

MAX_MAILS = 50

type View = Callable[..., HttpResponseBase]


def demo_only(view: View) -> View:
    """Decorator: 404 unless this is a demo."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def practice_only(view: View) -> View:
    """Decorator: 404 unless this is a demo with a practice world."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (settings.DEMO and is_practice_database()):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def portal_time(view: View) -> View:
    """Decorator: show times in the portal's time zone, not in the reader's partner's (W13)."""

    @wraps(view)
    def timed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with timezone.override(None):
            return view(request, *args, **kwargs)

    return timed


def room_required(view: View) -> View:
    """Decorator: with CLASSES_ONLY, ask for a code outside of rooms."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.CLASSES_ONLY and room_of(request) is None:
            return redirect("practice")
        return view(request, *args, **kwargs)

    return guarded


@login_not_required
@tenant_context_exempt
@practice_only
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as a persona, without a password."""
    room, slug = room_of(request), request.POST.get("persona", "").replace("\0", "")
    user = room.user_as(slug) if room else None
    if user is None:
        raise Http404
    return become(request, user, first_page(request, user))


def shared_only(view: View) -> View:
    """Decorator: 404 outside of the shared room."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        room = room_of(request)
        if room is None or room.of_class_id is not None:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def first_page(request: HttpRequest, user: User) -> HttpResponse:
    """Redirect to where they were going: trainers within classes, staff in the back office."""
    then, office, classes = (
        request.POST.get("next", ""),
        reverse("admin:index"),
        reverse("practice-classes"),
    )
    if not user.is_staff and user.has_perm("practice.teach"):
        return on_to(then if then.startswith(classes) else classes)
    if user.is_staff and not user.role_assignments.exists():
        return on_to(then if then.startswith(office) else office)
    return on_to(then)


# login_not_required: outside of a demo, the page is a 404 before anyone is asked to sign in
@login_not_required
@practice_only
@require_POST
@sign_in_required
@role_required
def move_clock(request: PartnerRequest) -> HttpResponse:
    """Move the current partner's calendar forward, for everyone."""
    if not request.partner.is_practice:
        messages.error(request, _("Only a practice partner's date can be changed."))
        return on_to(request.POST.get("next", ""))
    form = ClockForm(request.POST, partner=request.partner)
    if form.is_valid() and request.partner.move_calendar_to(form.cleaned_data["today"]):
        day = date_format(form.cleaned_data["today"])
        messages.success(
            request,
            _("The date at %(partner)s is now %(day)s for everyone.")
            % {"partner": request.partner, "day": day},
        )
        if count := remind(request.partner):
            messages.info(request, reminded(count))
    else:
        for error in form.errors.get("today", [_("Someone else changed the date.")]):
            messages.error(request, str(error))
    return on_to(request.POST.get("next", ""))


def reminded(count: int) -> str:
    text = ngettext(
        "%(count)s reminder email is on the Mail page.",
        "%(count)s reminder emails are on the Mail page.",
        count,
    )
    return text % {"count": Figure(count)}


@practice_only
@login_not_required
@tenant_context_exempt
@room_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The emails of the room, the newest first."""
    mails = list(mails_in(room_of(request)).order_by("-pk")[:MAX_MAILS])
    shown = mail_context(mails, f"{request.scheme}://{request.get_host()}")
    context = {"mails": shown, "is_cut": len(mails) == MAX_MAILS, "most": MAX_MAILS}
    return render(request, "practice/mailbox.html", context)


@practice_only
@login_not_required
@tenant_context_exempt
@room_required
@require_safe
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML part of an email, as a mail program shows it."""
    mail = get_object_or_404(mails_in(room_of(request)), pk=pk)
    letter = letter_of(mail) if mail.sealed else None
    if letter is None or not letter.html:
        raise Http404
    return HttpResponse(letter.html)


@practice_only
@login_not_required
@room_required
@require_safe
def gallery(request: PartnerRequest) -> HttpResponse:
    """Every component with sample values, for developers; whole pages by `?frame=`."""
    if frame := FRAMES.get(request.GET.get("frame", "")):
        messages.info(request, "What the last action led to.")
        return render(request, frame, {"request_id": "sample"})
    samples = json.loads(
        (settings.BASE_DIR / "templates" / "components" / "gallery.json").read_text()
    )
    forms = {
        "form": CalculatorForm({"licenses": "many", "keys": "25"}),
        "key": KeyForm(request)["key"],
    }
    samples["axis"] = DateAxis.of_sample(**samples["axis"])
    samples["any_day"] = AnyDay(date(2021, 5, 1), date(2021, 4, 1))
    return render(request, "components/gallery.html", samples | forms)
