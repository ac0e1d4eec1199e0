"""Replacing a key that was redeemed by mistake (rule K8)."""

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.benefits.key_exceptions import KeyRevoked
from benefits_portal.benefits.models import ProductKey
from benefits_portal.benefits.models.several_keys import lock_together
from benefits_portal.fields import LineField
from benefits_portal.licensing.exceptions import (
    ReplacedOnRequestBefore,
    ReplacementAskedAlready,
    ReplacementTooLate,
)
from benefits_portal.personal import Personal
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.exceptions import AlreadyDecided
from benefits_portal.tenants.models import Actor, Mail, Partner, Record, Tenant, User, recordable
from benefits_portal.tenants.partner_rows import PartnerRow

from .redemption import Redemption
from .replacement_queryset import ReplacementFilters
from .reversal import Reversal, check_latest

ASKED_WITHIN = timedelta(days=30)  # from the day of redemption
REPLACEMENT_DECIDED = "licensing.replacement-decided"  # a kind of mail


@recordable
class ReplacementAction(models.TextChoices):
    """What is put on record about replacements; the subject is the subscription."""

    ASKED = "licensing.replacement-asked", _("Requested a replacement key")
    GRANTED = "licensing.replacement-granted", _("Replaced a key and reversed its redemption")
    DECLINED = "licensing.replacement-declined", _("Declined a replacement key")


Record.attempts.update(
    {
        ReplacementAction.ASKED: _("Request a replacement key"),
        ReplacementAction.GRANTED: _("Replace a key and reverse its redemption"),
        ReplacementAction.DECLINED: _("Decline a replacement key"),
    }
)


def check_not_replaced_before(redemption: Redemption) -> None:
    """Raise ReplacedOnRequestBefore for a key that replaces another one: K8 binds once."""
    if not is_replaced_on_request(redemption.key):
        raise ReplacedOnRequestBefore


def replace_key(redemption: Redemption, why: str, *, by: Actor, on: date) -> ProductKey:
    """Revoke the key, reverse what it did, and issue another. Inside the caller's transaction.

    Raises what `check_reversible` raises.
    """
    benefit = redemption.key.benefit
    benefit.check_usable(on)
    redemption.key.revoke_spent(why, by=by)
    Reversal.objects.of(redemption, by=by, on=on)
    return benefit.issue_key(by=by)


def check_reversible(redemption: Redemption, on: date) -> None:
    """Raise BenefitExpired, KeyRevoked, BuiltOnSince or BuiltOnInOrder, as `replace_key` would."""
    check_spent_and_usable(redemption, on)
    check_latest(redemption)


def check_spent_and_usable(redemption: Redemption, on: date) -> None:
    """Raise BenefitExpired or KeyRevoked."""
    redemption.key.benefit.check_usable(on)
    if redemption.key.revoked_at is not None:
        raise KeyRevoked(redemption.key)


def replaceable_until(key: ProductKey, redeemed_on: date) -> date:
    """The last day to ask for another key in place of `key` (K8, B5).

    It is 30 days on, while the benefit can still be used.
    """
    return min(redeemed_on + ASKED_WITHIN, key.benefit.expires_on)


def is_replaced_on_request(key: ProductKey) -> bool:
    """Whether the partner can ask for another key in place of `key`, once it is redeemed (K8).

    Not in place of a replacement. One query, of a benefit that had another key before.
    """
    return (
        not key.follows_another
        or not Replacement.objects.granted().of_benefit(key.benefit_id).exists()
    )


def check_replaceable(redemption: Redemption, on: date, *, is_latest: bool = False) -> None:
    """Raise the Refusal that stands in the way of asking on that day.

    Too late, asked or replaced before, built on, expired. `is_latest`: the caller has the whole
    ledger before it and nothing was built on, so that this is not asked.
    """
    if on > redemption.redeemed_on + ASKED_WITHIN:
        raise ReplacementTooLate(redemption.redeemed_on + ASKED_WITHIN)
    if hasattr(redemption, "replacement"):
        raise ReplacementAskedAlready
    check_not_replaced_before(redemption)
    if not is_latest:
        check_latest(redemption)
    redemption.key.benefit.check_usable(on)  # a new key would be of no use (B5)


class ReplacementQuerySet(ReplacementFilters):
    """And how one is asked for."""

    def ask(self, redemption: Redemption, why: str, *, by: Actor, on: date) -> "Replacement":
        """Ask for another key in place of the one of `redemption`, once.

        Raises what `check_replaceable` raises.
        """
        about: AuditContext = {
            "by": by,
            "partner": redemption.partner,
            "tenant": redemption.tenant,
            "subject": redemption.subscription,
        }
        about["after"] = {"redemption": redemption.pk, "why": why}
        with recorded_if_refused(ReplacementAction.ASKED, **about):
            check_replaceable(redemption, on)
            asked, is_new = self.get_or_create(
                redemption=redemption,
                defaults={
                    "partner": redemption.partner,
                    "tenant": redemption.tenant,
                    "why": why,
                    "asked_by": by.user,
                },
            )
            if not is_new:
                raise ReplacementAskedAlready
            Record.objects.log(ReplacementAction.ASKED, **about)
            return asked


class Replacement(PartnerRow):
    """That a partner asked for another key in place of one, and what staff answered.

    The one was redeemed by mistake.
    """

    personal: ClassVar = {"why": Personal.FREE_TEXT, "declined_because": Personal.FREE_TEXT}

    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="replacements", verbose_name=_("partner")
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="replacements", verbose_name=_("tenant")
    )
    redemption = models.OneToOneField(
        Redemption, models.PROTECT, related_name="replacement", verbose_name=_("redemption")
    )
    order = models.ForeignKey(
        "licensing.Order",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replacements",
        verbose_name=_("order"),
        help_text=_("If it was requested for the whole order."),
        editable=False,
    )
    why = LineField(_("reason"), max_length=200)
    asked_at = models.DateTimeField(_("requested at"), default=clock.now, editable=False)
    asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    declined_because = LineField(_("declined because"), max_length=200, blank=True)
    key = models.OneToOneField(
        ProductKey,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replacement",
        verbose_name=_("new product key"),
    )

    objects = ReplacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("replacement request")
        verbose_name_plural = _("replacement requests")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, key=None, declined_because="")
                | Q(decided_at__isnull=False) & (Q(key=None) | Q(declined_because="")),
                name="replacement_granted_or_declined",
                violation_error_message=_(
                    "Grant a request with a key, or decline it with a reason."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.redemption.subscription.product}, {self.redemption.key}"

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None

    def check_undecided(self) -> None:
        """Raise AlreadyDecided."""
        if self.is_decided:
            raise AlreadyDecided

    def together(self) -> "list[Replacement]":
        """Those that are decided as one: of an order all, from its last step (O14)."""
        if self.order_id is None:
            return [self]
        theirs = Replacement.objects.for_display().select_related("redemption__key__benefit")
        return list(theirs.filter(order=self.order_id).order_by("-redemption__position"))

    def check_grantable(self, on: date) -> None:
        """Raise what `grant` raises, as far as can be told before it is done."""
        self.check_undecided()
        last, *earlier = [asked.redemption for asked in self.together()]
        check_latest(last)
        for redemption in (last, *earlier):
            check_not_replaced_before(redemption)
            check_spent_and_usable(redemption, on)

    def grant(self, *, by: Actor, on: date) -> ProductKey:
        """Revoke the old key, reverse its redemption, and issue another: all of it or nothing.

        Of an order every key, from its last step (O14); returned is that of its first one. Raises
        AlreadyDecided, ReplacedOnRequestBefore, KeyRevoked, BuiltOnSince, or BenefitExpired.
        """
        about, together = self._about(self.why, by), self.together()
        with recorded_if_refused(ReplacementAction.GRANTED, **about):
            self._decide(by)
            lock_together([asked.redemption.key_id for asked in together], [self.partner_id])
            keys = [asked.replace_key(self.why, by=by, on=on) for asked in together]
            Record.objects.log(ReplacementAction.GRANTED, **about)
            self.key = keys[-1]
            return self.key

    def replace_key(self, why: str, *, by: Actor, on: date) -> ProductKey:
        """The body of `grant` for this one key."""
        check_not_replaced_before(self.redemption)
        key = replace_key(self.redemption, why, by=by, on=on)
        Replacement.objects.filter(pk=self.pk, partner=self.partner_id).update(key=key)
        return key

    def decline(self, because: str, *, by: Actor) -> None:
        """Say no, with the reason that the partner reads on the receipt. Raises AlreadyDecided."""
        about = self._about(because, by)
        with recorded_if_refused(ReplacementAction.DECLINED, **about):
            self._decide(by, declined_because=because)
            Record.objects.log(ReplacementAction.DECLINED, **about)

    def _decide(self, by: Actor, **answer: str) -> None:
        decided = Replacement.objects.undecided().filter(
            Q(pk=self.pk) if self.order_id is None else Q(order=self.order_id),
            partner=self.partner_id,
        )
        if not decided.update(decided_at=clock.now(), decided_by=by.user, **answer):
            raise AlreadyDecided
        Mail.objects.queue_decision(REPLACEMENT_DECIDED, self.pk)

    def _about(self, why: str, by: Actor) -> AuditContext:
        return {
            "by": by,
            "partner": self.partner,
            "tenant": self.tenant,
            "subject": self.redemption.subscription,
            "after": {**self._subject, "why": why},
        }

    @property
    def _subject(self) -> dict[str, int]:
        """What is to be undone, by its primary key."""
        return {"order": self.order_id} if self.order_id else {"redemption": self.redemption_id}
