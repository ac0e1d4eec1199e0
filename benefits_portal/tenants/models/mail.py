"""Queued emails: a request queues them, `manage.py send_mail` sends them (`tenants/outbox.py`)."""

import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from email.utils import make_msgid
from functools import lru_cache
from typing import Any, ClassVar, Self

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.personal import Personal

from .user import User

# Minutes until the next try; after the last one an email is given up, 22 hours after queueing. The
# first pause is longer than a try may take (`outbox.DEADLINE`), so that no two processes send the
# same email.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))


def mail_domain() -> str:
    """The domain of the portal's own email address, for Message-IDs."""
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].rstrip(">")


class MailQuerySet(models.QuerySet["Mail"]):
    def queue(self, kind: str, params: dict[str, str], domain: str) -> "Mail":
        """Queue an email of `kind`, to be sent once the transaction has committed.

        `domain` is the portal's own.
        """
        message_id = make_msgid(domain=domain)
        return self.create(
            kind=kind, sealed=_seal(params), message_id=message_id, next_try_at=clock.now()
        )

    def queue_decision(self, kind: str, pk: int) -> "Mail":
        """Queue the email about a decision, in the transaction of the decision."""
        return self.queue(kind, {"pk": str(pk)}, mail_domain())

    def waiting(self) -> Self:
        return self.filter(next_try_at__isnull=False)

    def sent(self) -> Self:
        return self.filter(sent_at__isnull=False)

    def given_up(self) -> Self:
        return self.filter(gave_up_at__isnull=False)

    def claim(self, now: datetime) -> "Mail | None":
        """Claim the email that is due first: count a try, and schedule the next one.

        None if none is due. No other process gets it before that next try, which also happens if
        this process is killed.
        """
        with transaction.atomic():
            due = self.filter(next_try_at__lte=now).order_by("next_try_at", "pk")
            mail = due.select_for_update(skip_locked=True).first()
            if mail is None:
                return None
            mail.tries, mail.next_try_at = (
                mail.tries + 1,
                now + PAUSES[min(mail.tries, len(PAUSES) - 1)],
            )
            mail.save(update_fields=["tries", "next_try_at"])
        return mail


class Mail(models.Model):
    """An email that waits to be sent, was sent, or was given up.

    Its params are sealed with the portal's secret, and deleted once it is sent. Links are made when
    it is sent.
    """

    personal: ClassVar = {
        "kind": None,
        "sealed": Personal.SECRET,
        "message_id": None,
        "problem": None,
    }

    kind = models.CharField(_("kind"), max_length=40, editable=False)
    sealed = models.TextField(blank=True, editable=False)
    message_id = models.CharField(_("message id"), max_length=250, unique=True, editable=False)
    recipient = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        related_name="mails",
        verbose_name=_("recipient"),
        editable=False,
    )
    queued_at = models.DateTimeField(_("queued at"), default=clock.now, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, editable=False)
    next_try_at = models.DateTimeField(_("next try at"), null=True, db_index=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    gave_up_at = models.DateTimeField(_("given up at"), null=True, editable=False)
    problem = models.CharField(_("problem"), max_length=80, blank=True, editable=False)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ["-queued_at"]
        indexes = [
            models.Index(fields=["queued_at"], name="mail_queued_at"),
            models.Index(
                fields=["id"], condition=Q(gave_up_at__isnull=False), name="mail_given_up"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_try_at__isnull=False, sent_at=None, gave_up_at=None)
                | Q(next_try_at=None, sent_at__isnull=False, gave_up_at=None)
                | Q(next_try_at=None, sent_at=None, gave_up_at__isnull=False),
                name="mail_waits_or_is_done",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.queued_at:%Y-%m-%d %H:%M}"

    @property
    def params(self) -> dict[str, Any]:
        """The values that the email is written from; empty once it is sent."""
        return _unseal(self.sealed) if self.sealed else {}

    def done(self, recipient: User) -> None:
        """Mark it as sent. A demo keeps the params for its mailbox."""
        self.next_try_at, self.sent_at, self.recipient, self.problem = (
            None,
            clock.now(),
            recipient,
            "",
        )
        self.sealed = self.sealed if settings.DEMO else ""
        self.save()

    def failed(self, problem: str) -> None:
        """Schedule another try, or give up.

        `problem` is the name of an error.
        """
        self.problem = problem
        if self.tries > len(PAUSES):
            self.next_try_at, self.gave_up_at, self.sealed = None, clock.now(), ""
        self.save()


def _seal(params: dict[str, str]) -> str:
    return (
        _fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
        .encrypt(json.dumps(params).encode())
        .decode()
    )


def _unseal(sealed: str) -> dict[str, Any]:
    text = _fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)).decrypt(sealed.encode())
    return json.loads(text)  # type: ignore[no-any-return]


@lru_cache(maxsize=8)
def _fernet(secrets: tuple[str, ...]) -> MultiFernet:
    derived = [
        HKDF(SHA256(), 32, salt=b"benefits-portal mail", info=b"params").derive(secret.encode())
        for secret in secrets
    ]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in derived])
