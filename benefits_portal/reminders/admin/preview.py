"""*Preview for this person*: today's reminder emails, without sending anything (R8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal import clock
from benefits_portal.reminders.digest_mail import (
    SETTINGS_PATH,
    DigestContents,
    compose,
    in_language_of,
)
from benefits_portal.reminders.digest_maker import horizon, new_items, without_partner
from benefits_portal.reminders.due import due_at, due_of_staff
from benefits_portal.reminders.due_item_finders import find_due_items
from benefits_portal.reminders.models import Digest, Rhythm
from benefits_portal.reminders.mornings import LocalCalendar
from benefits_portal.reminders.recipients import Recipient, program_team, recipients
from benefits_portal.tenants.models import Partner, RoleAssignment, User

PERMISSIONS = ("reminders.view_digest", "tenants.view_user")


@dataclass(frozen=True)
class Preview:
    """What a person would get about `partner` today; `message` is None if nothing is due."""

    partner: Partner | None
    message: EmailMultiAlternatives | None
    is_off: bool
    was_made: bool  # today's digest exists already, so no other one comes today

    @property
    def subject(self) -> str:
        return str(self.message.subject) if self.message else ""

    @property
    def text(self) -> str:
        return str(self.message.body) if self.message else ""


def previews(user: User, at: datetime) -> Iterator[Preview]:
    """One for each partner where `user` may act, and one for the program team."""
    held = RoleAssignment.objects.acting().filter(user=user).select_related("partner")
    partners: list[Partner | None] = [role.partner for role in held.order_by("partner__sort_name")]
    if program_team().filter(pk=user.pk).exists():
        partners.append(None)
    for partner in partners:
        [recipient] = recipients([(user.pk, partner.pk if partner else None)])
        yield preview_at(user, partner, recipient, LocalCalendar.of(partner), at)


def preview_at(
    user: User,
    partner: Partner | None,
    recipient: Recipient,
    calendar: LocalCalendar,
    at: datetime,
) -> Preview:
    on, days = calendar.day(at), horizon([recipient])
    pk = recipient.partner
    dues = due_at([pk], on, days) if pk else without_partner(due_of_staff(on, days))
    wanted = new_items([recipient], dues, on).get(recipient.key, [])
    with in_language_of(user):
        items = find_due_items({due: on for due, _threshold in wanted})
    shown = [items[due] for due, _threshold in wanted if due in items]
    # Without the token: nobody else may stop this person's reminders
    contents = DigestContents(user, partner, on, shown, SETTINGS_PATH)
    was_made = Digest.objects.filter(user=user, partner=partner, for_day=on).exists()
    message = compose(contents) if shown else None
    return Preview(partner, message, recipient.rhythm is Rhythm.OFF, was_made)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """For staff who may see reminders and people; writes nothing."""
    if not all(map(request.user.has_perm, PERMISSIONS)):
        raise PermissionDenied
    request.current_app = admin.site.name
    user = get_object_or_404(User, pk=pk)
    context = {
        "title": _("Preview of today's reminders"),
        "person": user,
        "language": user.language or settings.LANGUAGE_CODE,
        "previews": list(previews(user, clock.now())),
    }
    return TemplateResponse(
        request, "admin/preview_reminders.html", {**admin.site.each_context(request), **context}
    )
