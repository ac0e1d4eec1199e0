"""The record of what happened: append-only, and without product keys (rules A1, A2, K3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, ClassVar, Unpack

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, models, transaction
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.database_errors import Reason, reason
from benefits_portal.fields import LineField, TidyJSONField
from benefits_portal.personal import Personal
from benefits_portal.tenants.exceptions import PartnerMoving

from .actor import MAX_REASON, How
from .append_only import AppendOnly
from .context import AuditContext
from .record_queryset import RecordQuerySet
from .refusal import Refusal

if TYPE_CHECKING:
    from benefits_portal.tenants.models.partner import Partner

_repeats_are_done: ContextVar[bool] = ContextVar("repeats_are_done", default=False)


def recordable[C: type[models.TextChoices]](actions: C) -> C:
    """Class decorator: register an app's actions with the record, with their labels.

    Raises ValueError for a value that is registered already, since rows with it would get the other
    label.
    """
    if known := sorted(Record.actions.keys() & {action.value for action in actions}):
        raise ValueError(
            f"{actions.__name__} labels again what the record knows already: {', '.join(known)}."
        )
    Record.actions.update({action.value: action.label for action in actions})
    return actions


class Record(AppendOnly):
    """One thing that happened, or was refused.

    Who, through which entry point, when, where, why, what, and the values before and after.
    """

    REASON_LENGTH = MAX_REASON

    actions: ClassVar[dict[str, str | Promise]] = {}
    # Labels of actions that were refused, and so did not happen
    attempts: ClassVar[dict[str, str | Promise]] = {}

    # People's primary keys only; their names and addresses are in rows that can be changed
    personal: ClassVar = {
        "reason": Personal.FREE_TEXT,
        "action": None,
        "refused": None,
        "params": None,
        "before": Personal.FREE_TEXT,  # the reason for a replacement, and for revoking a key
        "after": Personal.FREE_TEXT,
    }

    at = models.DateTimeField(_("time"), default=clock.now, editable=False)
    actor = models.ForeignKey(
        "tenants.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        verbose_name=_("who"),
        editable=False,
    )
    how = models.CharField(_("from where"), max_length=11, choices=How, editable=False)
    reason = LineField(_("reason"), max_length=REASON_LENGTH, blank=True, editable=False)
    partner = models.ForeignKey(
        "tenants.Partner",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        db_index=False,
        verbose_name=_("partner"),
        editable=False,
    )
    tenant = models.ForeignKey(
        "tenants.Tenant",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        db_index=False,
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
        db_index=False,
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
            # For filters by rare actions, entry points and outcomes
            models.Index(fields=["action"], name="record_action"),
            models.Index(
                fields=["how", "id"], condition=~Q(how=How.PORTAL), name="record_elsewhere"
            ),
            models.Index(fields=["id"], condition=~Q(refused=""), name="record_refused"),
            models.Index(fields=["subject_type", "subject_id", "-at"], name="record_subject_at"),
            models.Index(
                KeyTransform("person", "before"),
                condition=Q(before__has_key="person"),
                name="record_before_person",
            ),
            models.Index(
                KeyTransform("person", "after"),
                condition=Q(after__has_key="person"),
                name="record_after_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M %Z} {self.action_label}"

    @cached_property
    def subject_model(self) -> type[models.Model] | None:
        """The model of the subject; None without a subject."""
        if self.subject_type_id is None:
            return None
        return ContentType.objects.get_for_id(self.subject_type_id).model_class()

    @property
    def action_label(self) -> str | Promise:
        """What was done; for a refusal, what the person tried to do."""
        done = self.actions.get(self.action, self.action)
        return self.attempts.get(self.action, done) if self.refused else done

    @property
    def refused_because(self) -> str | Promise:
        """The sentence of the refusal in the reader's language; empty for what was done."""
        return self.refused_because_of("")

    def refused_because_of(self, name: str) -> str | Promise:
        """The same, with the name of the person in `params`; without a name, the bare fact."""
        return Refusal.message_of(self.refused, self.params, name) if self.refused else ""

    @property
    def refused_advice(self) -> str:
        """The advice of the refusal; empty for what was done."""
        return Refusal.advice_of(self.refused, self.params) if self.refused else ""


@contextmanager
def recorded_if_refused(action: str, **about: Unpack[AuditContext]) -> Iterator[None]:
    """Run the block in a transaction; if it is refused, roll back, then record the refusal (A1).

    Within `repeated_is_done`, a refusal of what the same person did a moment ago is not recorded
    (W11). Raises TypeError for names that AuditContext does not have.
    """
    if misspelled := about.keys() - AuditContext.__annotations__.keys():
        raise TypeError(f"The record knows nothing of {', '.join(sorted(misspelled))}.")
    with refused_while_moving(about.get("partner")):
        try:
            with transaction.atomic():
                yield
        except Refusal as refusal:
            if not refusal.is_on_record:
                raise
            done: AuditContext = {**about, **refusal.done_as}
            may_repeat = _repeats_are_done.get() and refusal.confirms(about.get("after") or {})
            refusal.is_repeat = may_repeat and Record.objects.has_just(action, **done)
            if not refusal.is_repeat:
                Record.objects.log(action, refusal=refusal, **refusal.on_record_at(about))
            raise


@contextmanager
def refused_while_moving(partner: "Partner | None" = None) -> Iterator[None]:
    """Raise PartnerMoving if the partner is being moved to another portal (C1).

    Also if it is closed during the block: the database then refuses the record.
    """
    if partner and partner.is_closed:
        raise PartnerMoving
    try:
        yield
    except DatabaseError as error:
        if reason(error) is Reason.MOVING:
            raise PartnerMoving from error
        raise


@contextmanager
def repeated_is_done() -> Iterator[None]:
    """Treat a refusal of what the same person did a moment ago as done (W11).

    So a double click is one action.
    """
    token = _repeats_are_done.set(True)
    try:
        yield
    except Refusal as refusal:
        if not refusal.is_repeat:
            raise
    finally:
        _repeats_are_done.reset(token)
