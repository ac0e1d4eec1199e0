"""The page of a person's own reminders: settings, sent and next emails, *Send today's email*."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from benefits_portal import clock
from benefits_portal.formats import as_time
from benefits_portal.listing.excerpt import Excerpt, PageQuery, with_total
from benefits_portal.prepared import PlannedQuery
from benefits_portal.regions import time_zone_name
from benefits_portal.reminders.due import NEAREST
from benefits_portal.reminders.forms import PreferenceForm
from benefits_portal.reminders.models import Digest, Silence
from benefits_portal.reminders.mornings import MORNING, LocalCalendar
from benefits_portal.reminders.recipients import (
    Recipient,
    partner_of,
    program_team,
    recipient_of,
)
from benefits_portal.reminders.send_now import SendResult, send_now
from benefits_portal.reminders.upcoming import DAYS_AHEAD, upcoming
from benefits_portal.tenants.access import admin_required, form_methods
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Partner, User
from benefits_portal.tenants.views.performing import perform
from benefits_portal.typed_text import isolated

MAX_SENT, MAX_SILENCED = 10, 20  # on the page


@admin_required
@form_methods
def reminders(request: PartnerRequest) -> HttpResponse:
    """Reminders about the current partner."""
    return choose(request, request.partner)


@form_methods
def program_reminders(request: PartnerRequest) -> HttpResponse:
    """Reminders of the program team; 404 for other people."""
    check_program_team(request)
    return choose(request, None)


def choose(request: PartnerRequest, partner: Partner | None) -> HttpResponse:
    recipient = recipient_of(request.user.pk, partner.pk if partner else None)
    preference = recipient.preference
    form = PreferenceForm(preference, request.POST or None)
    if request.method == "POST" and form.is_valid():
        perform(
            request,
            lambda: preference.change(*form.choices, by=request.actor),
            _("Your reminders are saved."),
            form,
        )
        return redirect(request.path)
    return render(request, "reminders/reminders.html", context(request, recipient, partner, form))


def context(
    request: PartnerRequest, recipient: Recipient, partner: Partner | None, form: Any
) -> dict[str, Any]:
    asked = PageQuery(request.path, request.GET)
    on = request.today if partner else LocalCalendar.of(None).day(clock.now())
    return {
        "form": form,
        "partner": partner,
        **how_emails_come(request.user, partner),
        "send_href": reverse(f"reminders:send-{'today' if partner else 'program-today'}"),
        "upcoming": upcoming(recipient, on, asked),
        "looks_until": on + timedelta(days=DAYS_AHEAD),
        "nearest": NEAREST,
        "sent": sent_to(recipient, asked),
        "silenced": silenced_by(recipient, asked),
    }


def sent_to(recipient: Recipient, asked: PageQuery) -> Excerpt[Digest]:
    def latest(most: int) -> list[Digest]:
        return sent_digests.rows(recipient.user, *recipient.partner_args, most=most)

    return asked.prepared("sent", MAX_SENT, latest, is_latest=True)


@PlannedQuery
def sent_digests(user: int, *partner: int, most: int) -> QuerySet[Digest]:
    sent = Digest.objects.filter(user=user, partner=partner_of(partner))
    return with_total(sent.with_counts(), most, counted=sent)


def silenced_by(recipient: Recipient, asked: PageQuery) -> Excerpt[Silence]:
    """The things that are turned off; no query if there are none."""
    if not recipient.silenced:
        return Excerpt([], 0)
    silenced = Silence.objects.filter(user=recipient.user, partner=recipient.partner)
    return asked.excerpt("silenced", silenced.for_display(), MAX_SILENCED)


def how_emails_come(user: User, partner: Partner | None) -> dict[str, str]:
    """The time, the time zone and the language of the emails, in words (R4, R8)."""
    zone = LocalCalendar.of(partner).time_zone
    return {
        "morning": as_time(MORNING),
        "zone": time_zone_name(zone, get_language() or ""),
        "language": get_language_info(user.language or settings.LANGUAGE_CODE)["name_translated"],
    }


@admin_required
@require_POST
def send_today(request: PartnerRequest) -> HttpResponse:
    send_and_report(request, request.partner)
    return redirect("reminders:reminders")


@require_POST
def send_program_today(request: PartnerRequest) -> HttpResponse:
    check_program_team(request)
    send_and_report(request, None)
    return redirect("reminders:program")


def send_and_report(request: PartnerRequest, partner: Partner | None) -> None:
    """Send today's digest, and queue a message with the result."""
    result = send_now(request.user, partner, by=request.actor)
    email = {"email": isolated(request.user.email)}
    text = {
        SendResult.SENT: _("Today's reminders are on their way to %(email)s.") % email,
        SendResult.NOTHING_DUE: _("Nothing new is due today, so no email was sent."),
        SendResult.WAS_SENT: _("Today's reminders were sent already: there is one email a day."),
    }[result]
    add_message = messages.success if result is SendResult.SENT else messages.info
    add_message(request, text)


def check_program_team(request: PartnerRequest) -> None:
    """Raise Http404 unless the person is in the program team."""
    if not program_team().filter(pk=request.user.pk).exists():
        raise Http404
