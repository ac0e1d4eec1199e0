"""Attempts that count against a limit (`tenants/limits.py`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.personal import Personal
from benefits_portal.tenants.limits import Counted, Ticket, TooManyAttempts, counting, digest

COUNT_AT_ONCE = """
    INSERT INTO tenants_attempt ("limit", subject, account, at) SELECT %s, %s, %s, %s
    WHERE (
        SELECT count(*) FROM tenants_attempt WHERE "limit" = %s AND subject = %s AND at > %s
    ) < %s
"""


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def of(self, *subjects: Counted) -> Self:
        wanted = Q()
        for each in subjects:
            wanted |= Q(limit=each.limit.name, subject=each.subject)
        return self.filter(wanted)

    def of_account(self, email: str) -> Self:
        """Attempts at the account with that email address, known or not."""
        return self.filter(account=digest("account", email))

    def refusing(self, now: datetime) -> Self:
        """Attempts that set off a refusal that has not ended."""
        return self.filter(refused_until__gt=now)

    def take(self, *subjects: Counted) -> Ticket:
        """Count an attempt of each of `subjects`.

        Raises TooManyAttempts, and counts none, if one of them is refused.
        """
        with counting(*subjects):
            now = clock.now()
            moments = self._moments(subjects, now)
            rows = [
                Attempt(
                    limit=each.limit.name,
                    subject=each.subject,
                    account=each.account,
                    at=now,
                    refused_until=each.limit.refusal_from([*moments[each], now]),
                )
                for each in subjects
            ]
            pks = [row.pk for row in self.bulk_create(rows)]
        return Ticket(
            pks, max((row.refused_until for row in rows if row.refused_until), default=None)
        )

    def _moments(self, subjects: Sequence[Counted], now: datetime) -> dict[Counted, list[datetime]]:
        """The times of earlier attempts by each of `subjects`, oldest first.

        Raises TooManyAttempts if one of them is refused.
        """
        longest = max(each.limit.window for each in subjects)
        recent = (
            self.of(*subjects)
            .filter(Q(at__gt=now - longest) | Q(refused_until__gt=now))
            .order_by("at")
        )
        found = list(recent.values_list("limit", "subject", "at", "refused_until"))
        if ends := [until for *_, until in found if until and until > now]:
            raise TooManyAttempts(max(ends))
        return {
            each: [at for limit, subject, at, _ in found if (limit, subject) == each.key]
            for each in subjects
        }

    def take_at_once(self, subject: Counted) -> None:
        """Count an attempt in one statement, for actions that are frequent and cheap.

        A refusal ends with the window. There is no lock, so a few simultaneous attempts may exceed
        the limit. Raises TooManyAttempts.
        """
        tier, now = subject.limit.tiers[0], clock.now()
        at, since = (
            Attempt._meta.get_field("at").get_db_prep_value(moment, connection)
            for moment in (now, now - tier.window)
        )
        with connection.cursor() as cursor:
            cursor.execute(
                COUNT_AT_ONCE, [*subject.key, subject.account, at, *subject.key, since, tier.most]
            )
            if cursor.rowcount:
                return
        recent = self.of(subject).filter(at__gt=now - tier.window)
        oldest_that_counts = (
            recent.order_by("-at").values_list("at", flat=True)[tier.most - 1 : tier.most].first()
        )
        raise TooManyAttempts((oldest_that_counts or now) + tier.window)

    def give_back(self, ticket: Ticket) -> None:
        """The attempt was right, so it no longer counts; other people's still do."""
        self.filter(pk__in=ticket.pks).delete()


class Attempt(models.Model):
    """A limited action that a subject tried.

    The subject is stored as a keyed digest, from which nobody can find it without the secret.
    """

    personal: ClassVar = {
        "limit": None,
        "subject": Personal.DIGEST,
        "account": Personal.DIGEST,
    }

    limit = models.CharField(_("limit"), max_length=40, editable=False)
    subject = models.CharField(_("who, as a digest"), max_length=64, editable=False)
    account = models.CharField(
        _("account, as a digest"), max_length=64, blank=True, db_index=True, editable=False
    )
    at = models.DateTimeField(_("time"), default=clock.now, editable=False)
    refused_until = models.DateTimeField(
        _("refused until"), null=True, db_index=True, editable=False
    )

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("counted attempt")
        verbose_name_plural = _("counted attempts")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["limit", "subject", "at"], name="attempt_limit_subject_at"),
            models.Index(fields=["at"], name="attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.limit} {self.at:%Y-%m-%d %H:%M}"
