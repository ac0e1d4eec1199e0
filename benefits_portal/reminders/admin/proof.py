"""Whether reminders are being sent, for the back office's first page."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.backoffice.columns import admin_url
from benefits_portal.formats import Figure, as_time
from benefits_portal.reminders.models import Digest, Run
from benefits_portal.reminders.models.run import LATE
from benefits_portal.reminders.proof import COMMAND, RECENT


@dataclass(frozen=True)
class Proof:
    """The latest complete run at `at`, and how many emails wait or were given up recently."""

    at: datetime
    run: Run | None
    waiting: int
    given_up: int

    @classmethod
    def now(cls, at: datetime) -> "Proof":
        """Three queries."""
        lately = Digest.objects.given_up_since(at - RECENT)
        waiting = Digest.objects.waiting()
        return cls(at, Run.objects.ended().first(), waiting.count(), lately.count())

    @property
    def is_late(self) -> bool:
        """Whether no run completed within 26 hours; never in a demo, which needs no runs."""
        ended_at = self.run.ended_at if self.run else None
        return not settings.DEMO and (ended_at is None or ended_at <= self.at - LATE)

    @property
    def command(self) -> str:
        return COMMAND

    @property
    def last_run(self) -> str:
        """As in: Last run 7:10 AM: 41 sent, 1 failed."""
        if self.run is None or self.run.ended_at is None:
            text = _("In practice mode, reminders are sent when a date changes.")
            return text if settings.DEMO else ""
        return _("Last run %(time)s: %(sent)s sent, %(failed)s failed") % {
            "time": moment(self.run.ended_at, self.at),
            "sent": Figure(self.run.sent),
            "failed": Figure(self.run.failed),
        }

    @property
    def left(self) -> list[tuple[str, str]]:
        """Texts about waiting and given-up emails, each with the URL of their list."""
        url = admin_url(Digest, "changelist")
        waiting = ngettext(
            "%(count)s email waits for another try",
            "%(count)s emails wait for another try",
            self.waiting,
        )
        given_up = ngettext(
            "%(count)s email was given up in the last 24 hours",
            "%(count)s emails were given up in the last 24 hours",
            self.given_up,
        )
        texts = (("waiting", waiting, self.waiting), ("given-up", given_up, self.given_up))
        return [
            (text % {"count": Figure(count)}, f"{url}?state={state}")
            for state, text, count in texts
            if count
        ]


def moment(at: datetime, now: datetime) -> str:
    """The local time, with the day unless that is today."""
    local = timezone.localtime(at)
    time = as_time(local.time())
    is_today = local.date() == timezone.localtime(now).date()
    return time if is_today else f"{date_format(local.date())}, {time}"
