"""Redemptions: the ledger of what each key was used for.

Rows are never changed or deleted (K2, S8, A1).
"""

from copy import copy
from datetime import date
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock, metrics
from benefits_portal.benefits.models import MAX_LICENSES, ProductKey
from benefits_portal.licensing.order_quotes import MAX_KEYS
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import MAX_SUBSCRIPTION_LICENSES, Term, unpacked
from benefits_portal.tenants.audit.append_only import AppendOnly
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.models import Actor, Partner, Record, Tenant, User, recordable

from .redemption_queryset import RedemptionQuerySet


@recordable
class RedemptionAction(models.TextChoices):
    """The actions that this app records, one for each way to redeem a key."""

    NEW = "licensing.new", _("Activated a subscription")
    REACTIVATE = "licensing.reactivate", _("Reactivated a subscription")
    EXTEND = "licensing.extend", _("Extended an end date")
    ADD = "licensing.add", _("Added licenses")


Record.attempts.update(
    {
        RedemptionAction.NEW: _("Activate a subscription"),
        RedemptionAction.REACTIVATE: _("Reactivate a subscription"),
        RedemptionAction.EXTEND: _("Extend an end date"),
        RedemptionAction.ADD: _("Add licenses"),
    }
)


class Redemption(AppendOnly):
    """The single use of a key, with the subscription's terms before and after.

    Its page is the receipt (A3).
    """

    personal: ClassVar = {"calculation": None}

    key = models.OneToOneField(
        ProductKey,
        models.PROTECT,
        related_name="redemption",
        verbose_name=_("product key"),
        editable=False,
    )
    subscription = models.ForeignKey(
        "licensing.Subscription",
        models.PROTECT,
        related_name="redemptions",
        db_index=False,  # redemption_of_subscription begins with it
        verbose_name=_("subscription"),
        editable=False,
    )
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        related_name="redemptions",
        db_index=False,
        verbose_name=_("partner"),
        editable=False,
    )
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        related_name="redemptions",
        db_index=False,  # redemption_in_tenant begins with it
        verbose_name=_("tenant"),
        editable=False,
    )
    order = models.ForeignKey(
        "licensing.Order",
        models.PROTECT,
        null=True,
        related_name="redemptions",
        db_index=False,
        verbose_name=_("order"),
        editable=False,
    )
    position = models.PositiveSmallIntegerField(
        _("position"),
        null=True,
        editable=False,
        help_text=_("Its position in the order, counted from 0."),
    )
    way = models.CharField(_("redeemed for"), max_length=10, choices=RedemptionKind, editable=False)
    key_licenses = models.PositiveIntegerField(_("licenses of the key"), editable=False)
    redeemed_on = models.DateField(_("redeemed on"), editable=False)
    redeemed_at = models.DateTimeField(_("redeemed at"), default=clock.now, editable=False)
    redeemed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("redeemed by"),
        editable=False,
    )
    submission = models.UUIDField(_("submission"), unique=True, editable=False)
    before_licenses = models.PositiveIntegerField(_("licenses before"), null=True, editable=False)
    before_since = models.DateField(
        _("before that unchanged since"),
        null=True,
        editable=False,
        help_text=_("The first day of what ran before."),
    )
    before_starts_on = models.DateField(_("start before"), null=True, editable=False)
    before_ends_on = models.DateField(_("end before"), null=True, editable=False)
    before_carried_license_days = models.PositiveIntegerField(
        _("carried before"), null=True, editable=False
    )
    after_licenses = models.PositiveIntegerField(_("licenses after"), editable=False)
    after_ends_on = models.DateField(_("end after"), editable=False)
    after_carried_license_days = models.PositiveIntegerField(_("carried after"), editable=False)
    calculation = models.JSONField(
        _("calculation"),
        default=dict,
        db_default=Value({}, models.JSONField()),
        editable=False,
        help_text=_("The calculation made when the key was redeemed."),
    )

    objects = RedemptionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        ordering = ["-redeemed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    way=RedemptionKind.NEW,
                    before_licenses=None,
                    before_since=None,
                    before_starts_on=None,
                    before_ends_on=None,
                    before_carried_license_days=None,
                )
                | ~Q(way=RedemptionKind.NEW)
                & Q(
                    before_licenses__isnull=False,
                    before_since__isnull=False,
                    before_since__gte=F("before_starts_on"),
                    before_starts_on__isnull=False,
                    before_ends_on__isnull=False,
                    before_carried_license_days__isnull=False,
                ),
                name="redemption_before_unless_new",
            ),
            models.CheckConstraint(
                condition=Q(
                    key_licenses__range=(1, MAX_LICENSES),
                    after_licenses__range=(1, MAX_SUBSCRIPTION_LICENSES),
                    after_carried_license_days__lt=F("after_licenses"),
                ),
                name="redemption_licenses_in_range",
            ),
            models.CheckConstraint(
                condition=Q(order=None, position=None)
                | Q(order__isnull=False, position__isnull=False, position__range=(0, MAX_KEYS - 1)),
                name="redemption_position_in_order",
            ),
            models.UniqueConstraint(
                fields=["order", "position"], name="redemption_one_at_a_position"
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "redeemed_at", "id"], name="redemption_of_subscription"
            ),
            models.Index(fields=["redeemed_on"], name="redemption_day"),
            models.Index(
                fields=["tenant", "redeemed_on", "before_since"], name="redemption_in_tenant"
            ),
            models.Index(
                fields=["way", "id"],
                condition=~Q(way__in=[RedemptionKind.NEW, RedemptionKind.ADD]),
                name="redemption_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_way_display()}: {self.subscription}"

    def get_absolute_url(self) -> str:
        """Its receipt (A3)."""
        return reverse("licensing:receipt", args=[self.pk])

    @property
    def is_reversed(self) -> bool:
        """Whether a reversal undid it (K8)."""
        return hasattr(self, "reversal")

    def counts_on(self, day: date) -> bool:
        """Whether it was redeemed by the end of `day` and not reversed by then (H1)."""
        is_undone = self.is_reversed and self.reversal.reversed_on <= day
        return self.redeemed_on <= day and not is_undone

    def as_it_was(self, day: date) -> Self:
        """A copy as it was at the end of `day`, without a reversal that came later (H1).

        No query if the reversal is loaded.
        """
        if self.is_reversed and self.reversal.reversed_on > day:
            then = copy(self)
            then._state = copy(self._state)
            then._state.fields_cache = self._state.fields_cache | {"reversal": None}
            return then
        return self

    @property
    def before(self) -> Term | None:
        if (
            self.before_licenses is None
            or self.before_ends_on is None
            or self.before_carried_license_days is None
        ):
            return None
        return Term(self.before_licenses, self.before_ends_on, self.before_carried_license_days)

    @property
    def after(self) -> Term:
        return Term(
            self.after_licenses,
            self.after_ends_on,
            self.after_carried_license_days,
            unpacked(self.calculation),
        )

    @property
    def step_number(self) -> int:
        """Its number among the steps of its order, from 1; 0 without an order."""
        return 0 if self.position is None else self.position + 1

    @property
    def practice_day(self) -> date | None:
        """The day in a practice partner's calendar, if that differs from the real one.

        Times are always real.
        """
        real = self.redeemed_at.astimezone(ZoneInfo(self.partner.time_zone)).date()
        return self.redeemed_on if self.partner.is_practice and self.redeemed_on != real else None

    @property
    def licenses_brought(self) -> int:
        """The licenses that it added; extending adds none."""
        return 0 if self.way == RedemptionKind.EXTEND else self.key_licenses

    def about(self, by: Actor) -> AuditContext:
        """What the record says of an action on it; its subject is the subscription."""
        return {
            "by": by,
            "partner": self.partner,
            "tenant": self.tenant,
            "subject": self.subscription,
        }

    def put_on_record(self, *, by: Actor) -> None:
        """Add it to the history of the subscription; the key by its primary key only (A1, K3)."""
        metrics.count_redemption(self.way)
        about = self.about(by) | {
            "before": self.before.columns if self.before else {},
            "after": {**self.after.columns, "key": self.key_id, "redemption": self.pk},
        }
        Record.objects.log(RedemptionAction[RedemptionKind(self.way).name], **about)
