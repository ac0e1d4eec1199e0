"""Wrong product keys, counted so that nobody can guess one (rule K6)."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.tenants.limits import WRONG_KEYS, WRONG_KEYS_PARTNER, Counted, Tier

from .partner import Partner
from .user import User

[OF_USER] = WRONG_KEYS.tiers
[OF_PARTNER] = WRONG_KEYS_PARTNER.tiers


def guesses_of(user: User, partner: Partner) -> tuple[Counted, Counted]:
    """The subject whose wrong keys are counted together, for `limits.counting`."""
    return WRONG_KEYS.of(user.pk), WRONG_KEYS_PARTNER.of(partner.pk)


class KeyAttemptQuerySet(models.QuerySet["KeyAttempt"]):
    def since(self, moment: datetime) -> Self:
        return self.filter(at__gt=moment)

    def remember(self, user: User, partner: Partner, digest: str, now: datetime) -> None:
        """Count a wrong key; the same one again within the window counts once."""
        if (
            not self.since(now - OF_USER.window)
            .filter(user=user, partner=partner, digest=digest)
            .exists()
        ):
            self.create(user=user, partner=partner, digest=digest, at=now)

    def locked_until(self, user: User, partner: Partner, now: datetime) -> datetime | None:
        """When typed keys are accepted again from `user` at `partner`; None if they are now."""
        attempts = self.since(now - OF_PARTNER.refused_for - OF_PARTNER.window).order_by("at")
        mine = list(attempts.filter(user=user).values_list("at", "digest"))
        ours = list(attempts.filter(partner=partner).values_list("at", "digest"))
        ends = [_locked_until(mine, OF_USER), _locked_until(ours, OF_PARTNER)]
        return max((end for end in ends if end and end > now), default=None)


def _locked_until(attempts: list[tuple[datetime, str]], tier: Tier) -> datetime | None:
    """The end of the last lock-out that `attempts` (oldest first) set off, or None."""
    for last, (at, _digest) in reversed(list(enumerate(attempts))):
        within = {digest for moment, digest in attempts[: last + 1] if moment > at - tier.window}
        if len(within) >= tier.most:
            return at + tier.refused_for
    return None


class KeyAttempt(models.Model):
    """A typed key that does not exist for the person.

    Only a digest of the key is stored (K3).
    """

    personal: ClassVar = {"digest": None}  # of a key

    user = models.ForeignKey(
        User, models.CASCADE, related_name="key_attempts", verbose_name=_("user"), editable=False
    )
    partner = models.ForeignKey(
        Partner,
        models.CASCADE,
        related_name="key_attempts",
        verbose_name=_("partner"),
        editable=False,
    )
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    at = models.DateTimeField(_("time"), default=clock.now, editable=False)

    objects = KeyAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("wrong key")
        verbose_name_plural = _("wrong keys")
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["at"], name="key_attempt_at"),
            models.Index(fields=["user", "at"], name="key_attempt_user_at"),
            models.Index(fields=["partner", "at"], name="key_attempt_partner_at"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {timezone.localtime(self.at):%Y-%m-%d %H:%M %Z}"
