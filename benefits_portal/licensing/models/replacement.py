"""Replacing a key that was redeemed by mistake (K8)."""

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
    """The actions that are recorded for replacements; their subject is the subscription."""

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
    """Raise ReplacedOnRequestBefore if the key is itself a replacement (K8)."""
    if not is_replaced_on_request(redemption.key):
        raise ReplacedOnRequestBefore


def replace_key(redemption: Redemption, why: str, *, by: Actor, on: date) -> ProductKey:
    """Revoke the key of `redemption`, reverse what it did, and return a new key.

    Within the caller's transaction. Raises what `check_reversible` raises.
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

    It is 30 days after the redemption, but not after the benefit's last day.
    """
    return min(redeemed_on + ASKED_WITHIN, key.benefit.expires_on)


def is_replaced_on_request(key: ProductKey) -> bool:
    """Whether `key` is replaced if the partner asks for it; a replacement is not (K8).

    One query, if the benefit had another key before.
    """
    return (
        not key.follows_another
        or not Replacement.objects.granted().of_benefit(key.benefit_id).exists()
    )


def check_replaceable(redemption: Redemption, on: date, *, is_latest: bool = False) -> None:
    """Raise a Refusal unless a replacement can be asked for on day `on`.

    ReplacementTooLate, ReplacementAskedAlready, ReplacedOnRequestBefore, BuiltOnSince or
    BenefitExpired, in this order. With `is_latest`, the caller knows from the ledger that nothing
    was built on the redemption, which saves a query.
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
    """The filters, and asking for a replacement."""

    def ask(self, redemption: Redemption, why: str, *, by: Actor, on: date) -> "Replacement":
        """Ask for another key in place of that of `redemption`, once.

        Raises what `check_replaceable` raises.
        """
        about = redemption.about(by) | {"after": {"redemption": redemption.pk, "why": why}}
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
    """A partner's request to replace a key that was redeemed by mistake, and staff's answer."""

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
        """The requests that are decided as one: for an order all, the last step first (O14)."""
        if self.order_id is None:
            return [self]
        theirs = Replacement.objects.for_display().select_related("redemption__key__benefit")
        return list(theirs.filter(order=self.order_id).order_by("-redemption__position"))

    def check_grantable(self, on: date) -> None:
        """Raise what `grant` would raise."""
        self.check_undecided()
        last, *earlier = [asked.redemption for asked in self.together()]
        check_latest(last)
        for redemption in (last, *earlier):
            check_not_replaced_before(redemption)
            check_spent_and_usable(redemption, on)

    def grant(self, *, by: Actor, on: date) -> ProductKey:
        """Revoke the old key, reverse its redemption, and return a new key: all of it or nothing.

        For an order, this is done for every key, the last step first; the new key of its first step
        is returned (O14). Raises AlreadyDecided, ReplacedOnRequestBefore, KeyRevoked, BuiltOnSince
        or BenefitExpired.
        """
        about, together = self._about(self.why, by), self.together()
        with recorded_if_refused(ReplacementAction.GRANTED, **about):
            self._decide(by)
            lock_together([asked.redemption.key_id for asked in together], [self.partner_id])
            keys = [asked.grant_one(self.why, by=by, on=on) for asked in together]
            Record.objects.log(ReplacementAction.GRANTED, **about)
            self.key = keys[-1]
            return self.key

    def grant_one(self, why: str, *, by: Actor, on: date) -> ProductKey:
        """Replace the one key that this request is for; a part of `grant`."""
        check_not_replaced_before(self.redemption)
        key = replace_key(self.redemption, why, by=by, on=on)
        Replacement.objects.filter(pk=self.pk, partner=self.partner_id).update(key=key)
        return key

    def decline(self, because: str, *, by: Actor) -> None:
        """Decline, with the reason that the partner reads on the receipt. Raises AlreadyDecided."""
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
        """The primary key of the order or the redemption, for the record."""
        return {"order": self.order_id} if self.order_id else {"redemption": self.redemption_id}
