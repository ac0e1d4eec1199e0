"""Things that a person has turned reminders off for (R9)."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.models import Subscription
from benefits_portal.reminders.exceptions import AlreadySilenced, NotSilenced
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.models import Actor, Partner, Record, User
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import RemindersAction


class SilenceQuerySet(models.QuerySet["Silence"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def of_users(self, users: Iterable[int]) -> Self:
        return self.filter(user__in=users)

    def for_display(self) -> Self:
        """Select what `title` needs."""
        return self.select_related("benefit__product", "subscription__product")

    def of_thing(self, user: User, thing: Benefit | Subscription) -> Self:
        return self.for_partner(thing.partner).filter(
            user=user, **{str(thing._meta.model_name): thing}
        )

    def silence(self, thing: Benefit | Subscription, *, by: Actor) -> None:
        """Turn reminders of `thing` off for the acting user. Raises AlreadySilenced."""
        user, about = acting_user(by), audit_context(thing, by)
        with recorded_if_refused(RemindersAction.SILENCED, **about):
            values: dict[str, Any] = {
                "user": user,
                "partner": thing.partner,
                str(thing._meta.model_name): thing,
            }
            _silence, is_new = self.get_or_create(**values)
            if not is_new:
                raise AlreadySilenced
            Record.objects.log(RemindersAction.SILENCED, **about)

    def resume(self, thing: Benefit | Subscription, *, by: Actor) -> None:
        """Turn reminders of `thing` on again for the acting user. Raises NotSilenced."""
        user, about = acting_user(by), audit_context(thing, by)
        with recorded_if_refused(RemindersAction.RESUMED, **about):
            deleted, _by_model = self.of_thing(user, thing).delete()
            if not deleted:
                raise NotSilenced
            Record.objects.log(RemindersAction.RESUMED, **about)


def acting_user(by: Actor) -> User:
    """The user who acts. Raises TypeError for a command, which has no reminders."""
    if by.user is None:
        raise TypeError("A command has no reminders.")
    return by.user


def audit_context(thing: Benefit | Subscription, by: Actor) -> AuditContext:
    return {"by": by, "partner": thing.partner, "subject": thing}


class Silence(PartnerRow):
    """One benefit or subscription that `user` has turned reminders off for."""

    user = models.ForeignKey(User, models.CASCADE, related_name="silences", verbose_name=_("user"))
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="silences", verbose_name=_("partner")
    )
    benefit = models.ForeignKey(
        Benefit,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="silences",
        verbose_name=_("benefit"),
    )
    subscription = models.ForeignKey(
        Subscription,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="silences",
        verbose_name=_("subscription"),
    )
    silenced_at = models.DateTimeField(_("silenced at"), default=clock.now, editable=False)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("silenced thing")
        verbose_name_plural = _("silenced things")
        ordering = ["-silenced_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "benefit"],
                name="silence_once_per_benefit",
                violation_error_message=_(
                    "This person has already turned off reminders of this benefit."
                ),
            ),
            models.UniqueConstraint(
                fields=["user", "subscription"],
                name="silence_once_per_subscription",
                violation_error_message=_(
                    "This person has already turned off reminders of this subscription."
                ),
            ),
            models.CheckConstraint(
                condition=Q(benefit=None, subscription__isnull=False)
                | Q(benefit__isnull=False, subscription=None),
                name="silence_of_one_thing",
                violation_error_message=_("Choose a benefit or a subscription."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.benefit or self.subscription)

    @property
    def title(self) -> str:
        """The thing with its size, as the reminders page lists it."""
        if self.subscription is not None:
            return f"{self.subscription.product}, {self.subscription.licenses_text}"
        return f"{self.benefit.product}, {self.benefit.quantity_text}" if self.benefit else ""

    @property
    def switch_href(self) -> str:
        """The URL that turns reminders of it on again."""
        kind, pk = self.thing
        return reverse(f"reminders:switch-{kind}", args=[pk])

    @property
    def thing(self) -> tuple[str, int]:
        """The model name of the thing, and its primary key."""
        if self.benefit_id is not None:
            return "benefit", self.benefit_id
        return "subscription", self.subscription_id or 0
