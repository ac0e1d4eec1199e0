"""Wrong product keys, counted so that nobody can guess one (rule K6)."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock

from .directory import Partner
from .people import User

WINDOW, LOCK_OUT = timedelta(minutes=10), timedelta(minutes=15)
PARTNER_WINDOW = timedelta(hours=1)
PER_USER, PER_PARTNER = 10, 50  # different wrong keys within their windows


class KeyAttemptQuerySet(models.QuerySet["KeyAttempt"]):
    def since(self, moment: datetime) -> Self:
        return self.filter(at__gt=moment)

    def remember(self, user: User, partner: Partner, digest: str, now: datetime) -> None:
        """Count a wrong key; the same one again within the window counts once, and is kept once."""
        if not self.since(now - WINDOW).filter(user=user, partner=partner, digest=digest).exists():
            self.create(user=user, partner=partner, digest=digest, at=now)

    def locked_until(self, user: User, partner: Partner, now: datetime) -> datetime | None:
        """When typed keys are accepted again from `user` at `partner`; None if they are now."""
        attempts = self.since(now - LOCK_OUT - PARTNER_WINDOW).order_by("at")
        mine = list(attempts.filter(user=user).values_list("at", "digest"))
        ours = list(attempts.filter(partner=partner).values_list("at", "digest"))
        ends = [_locked_until(mine, PER_USER, WINDOW), _locked_until(ours, PER_PARTNER, PARTNER_WINDOW)]
        return max((end for end in ends if end and end > now), default=None)


def _locked_until(attempts: list[tuple[datetime, str]], limit: int, window: timedelta) -> datetime | None:
    """The end of the latest lock-out that `attempts` (oldest first) set off, if any did."""
    for last, (at, _digest) in reversed(list(enumerate(attempts))):
        within = {digest for moment, digest in attempts[: last + 1] if moment > at - window}
        if len(within) >= limit:
            return at + LOCK_OUT
    return None


class KeyAttempt(models.Model):
    """A key that somebody typed and that does not exist for them. Of the key itself only the digest is kept (K3)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="key_attempts", verbose_name=_("user"), editable=False)
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="key_attempts", verbose_name=_("partner"), editable=False)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    at = models.DateTimeField(_("at"), default=clock.now, editable=False)

    objects = KeyAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("key attempt")
        verbose_name_plural = _("key attempts")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["at"], name="key_attempt_at"),
            models.Index(fields=["user", "at"], name="key_attempt_user_at"),
            models.Index(fields=["partner", "at"], name="key_attempt_partner_at"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {timezone.localtime(self.at):%Y-%m-%d %H:%M %Z}"
