"""The record of what happened: append-only, and never with a product key (rules A1, A2, K3)."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.fields import LineField, TidyJSONField
from benefits_portal.key_format import without_keys
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.typed import tidy

from .append_only import AppendOnly, AppendOnlyQuerySet

if TYPE_CHECKING:
    from benefits_portal.tenants.models.directory_user import DirectoryUser
    from benefits_portal.tenants.models.partner import Partner, Tenant
    from benefits_portal.tenants.models.user import User


_repeats_are_done: ContextVar[bool] = ContextVar("repeats_are_done", default=False)
# Looks: of one person alike, whatever page it was
OF_PAGES = {"tenants.page-refused", "tenants.form-refused"}
COUNTED_WITHIN = timedelta(hours=1)  # from the first of the same refusals of one person
REPEATED_WITHIN = timedelta(minutes=1)  # the same act by the same person is the same click


class How(models.TextChoices):
    """Through which door something was done."""

    PORTAL = "portal", _("portal")
    BACK_OFFICE = "back-office", _("back office")
    COMMAND = "command", _("command")


@dataclass(frozen=True)
class Actor:
    """Who does something, acting how, and why where that was asked.

    Without a user: the project itself, by a command.
    """

    user: "User | None" = None
    how: How = How.COMMAND
    reason: str = ""

    def __post_init__(self) -> None:
        """A reason goes on record, and a key does not (K3)."""
        object.__setattr__(self, "reason", without_keys(tidy(self.reason))[: Record.REASON_LENGTH])


def _without_keys[Value](value: Value) -> Value:
    """`value` with every key in its texts masked: names that people type are on record too (K3)."""
    if isinstance(value, str):
        return without_keys(value)  # type: ignore[return-value]
    if isinstance(value, dict):
        return {name: _without_keys(inner) for name, inner in value.items()}  # type: ignore[return-value]
    return [_without_keys(inner) for inner in value] if isinstance(value, list) else value  # type: ignore[return-value]


def recordable[C: type[models.TextChoices]](actions: C) -> C:
    """Class decorator: make an app's own actions known to the record, to show their labels.

    Raises ValueError for a stored value that has a label already: every row with it would be read
    by the other one.
    """
    if known := sorted(Record.actions.keys() & {action.value for action in actions}):
        raise ValueError(
            f"{actions.__name__} labels again what the record knows already: {', '.join(known)}."
        )
    Record.actions.update({action.value: action.label for action in actions})
    return actions


class RecordQuerySet(AppendOnlyQuerySet["Record"]):
    def for_partner(self, partner: "Partner") -> Self:
        return self.filter(partner=partner)

    def about(self, subject: models.Model) -> Self:
        """The history of one benefit, subscription, person …, the latest first (rule A2)."""
        return self.filter(
            subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
        )

    def before(self, latest: "Record | None") -> Self:
        """What comes after `latest` where the newest is first; everything if there is none."""
        if latest is None:
            return self
        return self.filter(at__lte=latest.at).filter(Q(at__lt=latest.at) | Q(pk__lt=latest.pk))

    def page_ends_before(self, latest: "Record", size: int) -> "Record | None":
        """What the page before the one that begins after `latest` begins after.

        Pages are of `size` records; None if it is the newest.
        """
        newer = self.filter(at__gte=latest.at).filter(Q(at__gt=latest.at) | Q(pk__gte=latest.pk))
        return newer.order_by("at", "pk")[size : size + 1].first()

    def for_display(self) -> Self:
        return self.select_related("actor", "tenant")

    def concerning(self, person: "DirectoryUser", account: "User | None" = None) -> Self:
        """The history of a person (A2).

        Their entry, the account they sign in with, and what was given to them or taken.

        `account` is a guest's, who holds a role at this partner and signs in from elsewhere.
        """
        account = getattr(person, "user", None) or account
        ours = [self.about(row) for row in (person, account) if row] + [
            self.filter(before__person=person.pk)
        ]
        return reduce(or_, ours, self.filter(after__person=person.pk))

    def just_done(
        self,
        action: str,
        *,
        by: Actor,
        partner: "Partner | None" = None,
        subject: models.Model | None = None,
    ) -> Self:
        """When `by` did this a moment ago: what a second click asks for again (W11).

        Commands are never repeated so.
        """
        now = clock.now()
        # Clocks of servers differ a little
        moment = {"at__gt": now - REPEATED_WITHIN, "at__lt": now + REPEATED_WITHIN}
        done = self.filter(action=action, actor=by.user, how=by.how, refused="", **moment)
        done = done.filter(partner=partner) if partner else done
        done = done.about(subject) if subject else done
        return done if by.user else done.none()

    def has_just(
        self,
        action: str,
        *,
        by: Actor,
        partner: "Partner | None" = None,
        subject: models.Model | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        **_about: Any,
    ) -> bool:
        """Whether `by` did this very act a moment ago.

        With the outcome `after`, or without one from `before`.
        """
        tried = json.loads(json.dumps(after or before or {}, cls=DjangoJSONEncoder)).items()
        done = self.just_done(action, by=by, partner=partner, subject=subject)
        return any(tried <= (record.after if after else record.before).items() for record in done)

    def log(
        self, action: str, *, by: Actor, refusal: Refusal | None = None, **about: Any
    ) -> "Record":
        """Write one line.

        A refusal is noted outside the transaction that it rolled back; repeated, it is counted.
        """
        record = self.line(action, by=by, refusal=refusal, **about)
        if refusal and refusal.is_counted and self._count_again(record):
            return record
        record.save(using=self.db)
        return record

    def _count_again(self, record: "Record") -> bool:
        """Whether the same person was refused the same within the hour.

        Then that row counts it, instead of a new one. Its count and the time of the last refusal
        are all that ever changes of a record, and only ever grow.
        """
        names = ["action", "actor", "how", "partner", "refused", "subject_type", "subject_id"]
        if record.action not in OF_PAGES:
            names += ["params", "after"]  # what it was about: another key, another person
        same = self.filter(
            **{name: getattr(record, name) for name in names}, at__gt=record.at - COUNTED_WITHIN
        )
        latest = same.order_by("-pk").values_list("pk", flat=True).first() if record.actor else None
        again = (
            models.QuerySet.update(self.filter(pk=latest), times=F("times") + 1, last_at=record.at)
            if latest
            else 0
        )
        if again:
            record.pk, record._state.adding = latest, False
        return bool(again)

    def log_at_each(
        self, partners: "Iterable[Partner]", action: str, *, by: Actor, subject: models.Model
    ) -> None:
        """Write what somebody does with an account of their own (P1).

        At each of `partners`, and once at none of them.
        """
        where: list[Partner | None] = [*partners]
        self.bulk_create(
            self.line(action, by=by, subject=subject, partner=partner)
            for partner in where or [None]
        )

    def line(
        self,
        action: str,
        *,
        by: Actor,
        partner: "Partner | None" = None,
        tenant: "Tenant | None" = None,
        subject: models.Model | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        refusal: Refusal | None = None,
        params: dict[str, Any] | None = None,
    ) -> "Record":
        """One line, not yet written.

        A tenant that the partner does not have is not named: others read this (P1).
        """
        refused, params = refusal.on_record if refusal else ("", params or {})
        tenant = None if tenant and partner and tenant.partner_id != partner.pk else tenant
        return self.model(
            action=action,
            actor=by.user,
            how=by.how,
            reason=by.reason,
            partner=partner,
            tenant=tenant,
            subject=subject,
            before=_without_keys(before or {}),
            after=_without_keys(after or {}),
            refused=refused,
            params=_without_keys(params),
        )


class Record(AppendOnly):
    """One thing that happened, or was refused.

    Who, acting how, when, where, why, what, before and after.
    """

    REASON_LENGTH = 200  # characters

    actions: ClassVar[dict[str, str | Promise]] = {}
    # What a refused action is called: it did not happen
    attempts: ClassVar[dict[str, str | Promise]] = {}

    at = models.DateTimeField(_("at"), default=clock.now, editable=False)
    actor = models.ForeignKey(
        "tenants.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        verbose_name=_("who"),
        editable=False,
    )
    how = models.CharField(_("acting how"), max_length=11, choices=How, editable=False)
    reason = LineField(_("reason"), max_length=REASON_LENGTH, blank=True, editable=False)
    partner = models.ForeignKey(
        "tenants.Partner",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        verbose_name=_("partner"),
        editable=False,
    )
    tenant = models.ForeignKey(
        "tenants.Tenant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        verbose_name=_("tenant"),
        editable=False,
    )
    action = models.CharField(_("what"), max_length=40, editable=False)
    refused = models.CharField(_("refused because"), max_length=60, blank=True, editable=False)
    params = TidyJSONField(
        _("parameters of the refusal"),
        default=dict,
        blank=True,
        encoder=DjangoJSONEncoder,
        editable=False,
    )
    times = models.PositiveIntegerField(_("times"), default=1, db_default=1, editable=False)
    last_at = models.DateTimeField(
        _("refused again, last at"), null=True, blank=True, editable=False
    )
    subject_type = models.ForeignKey(
        ContentType,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("subject type"),
        editable=False,
    )
    subject_id = models.BigIntegerField(_("subject"), null=True, blank=True, editable=False)
    subject = GenericForeignKey("subject_type", "subject_id")
    before = TidyJSONField(_("before"), default=dict, encoder=DjangoJSONEncoder, editable=False)
    after = TidyJSONField(_("after"), default=dict, encoder=DjangoJSONEncoder, editable=False)

    objects = RecordQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["partner", "-at", "-id"], name="record_partner_at"),
            models.Index(fields=["at"], name="record_at"),
            models.Index(fields=["subject_type", "subject_id", "-at"], name="record_subject_at"),
            models.Index(KeyTransform("person", "before"), name="record_before_person"),
            models.Index(KeyTransform("person", "after"), name="record_after_person"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M %Z} {self.action_label}"

    @property
    def action_label(self) -> str | Promise:
        """What was done; of what was refused, what somebody wanted to do."""
        done = self.actions.get(self.action, self.action)
        return self.attempts.get(self.action, done) if self.refused else done

    @property
    def refused_because(self) -> str | Promise:
        """The refusal's sentence, in the language of whoever reads it; empty for what was done."""
        return Refusal.message_of(self.refused, self.params) if self.refused else ""


@contextmanager
def recorded_if_refused(action: str, *, by: Actor, **params: Any) -> Iterator[None]:
    """The block happens whole or not at all; a refusal is put on record with `params` (A1).

    That is rolled back first.

    Within `repeated_is_done`, what somebody has done a moment ago is no attempt of its own, and
    stays off the record (W11).
    """
    try:
        with transaction.atomic():
            yield
    except Refusal as refusal:
        done = params | refusal.done_as
        may_repeat = _repeats_are_done.get() and refusal.confirms(params.get("after") or {})
        refusal.is_repeat = may_repeat and Record.objects.has_just(action, by=by, **done)
        if not refusal.is_repeat:
            Record.objects.log(action, by=by, refusal=refusal, **refusal.on_record_at(params))
        raise


@contextmanager
def repeated_is_done() -> Iterator[None]:
    """What the same person did a moment ago and asks for again counts as done (W11).

    A double click is one act.
    """
    token = _repeats_are_done.set(True)
    try:
        yield
    except Refusal as refusal:
        if not refusal.is_repeat:
            raise
    finally:
        _repeats_are_done.reset(token)
