"""How the record is written and queried: by partner, subject and page (rules A1, A2, W11)."""

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self, Unpack

from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.urls import Resolver404, resolve

from benefits_portal import clock, metrics
from benefits_portal.key_format import without_keys
from benefits_portal.personal import without_names
from benefits_portal.typed_text import tidy_values

from .actor import Actor
from .append_only import AppendOnlyQuerySet
from .context import AuditContext
from .refusal import Refusal

if TYPE_CHECKING:
    from benefits_portal.tenants.models.directory_user import DirectoryUser
    from benefits_portal.tenants.models.partner import Partner, Tenant
    from benefits_portal.tenants.models.user import User

    from .record import Record

# Counted per person and kind of page, whichever object it was about
OF_PAGES = {"tenants.page-refused", "tenants.form-refused"}
SIGNED_IN = "tenants.signed-in"
# Actions that a link can repeat at will: counted like refusals
COUNTED = {"tenants.list-downloaded"}
# Actions that only look, and so are possible at a partner that is being moved
LOOKING = {"tenants.list-downloaded", "tenants.view-started", "tenants.view-ended"}
# Of what is beside a record, what lines say of it
CALLED = ("actor__name", "actor__email", "actor__is_staff", "actor__directory_user", "tenant__name")
COUNTED_WITHIN = timedelta(hours=1)  # since the first of equal refusals of one person
REPEATED_WITHIN = timedelta(minutes=1)  # the same action by the same person is a double click


def given_to(people: Collection[int]) -> Q:
    """Records of what was given to or taken from people with these primary keys.

    Few records name a person; partial indexes cover them.
    """
    before = Q(before__has_key="person", before__person__in=people)
    return before | Q(after__has_key="person", after__person__in=people)


class RecordQuerySet(AppendOnlyQuerySet["Record"]):
    def for_partner(self, partner: "Partner") -> Self:
        return self.filter(partner=partner)

    def about(self, subject: models.Model) -> Self:
        """The records about a benefit, subscription, person or another object, the newest first."""
        return self.filter(
            subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
        )

    def without_sign_ins(self) -> Self:
        """Without sign-ins, which are most of the record and seldom looked for."""
        return self.exclude(action=SIGNED_IN, refused="")

    def before(self, latest: "Record | None") -> Self:
        """The records that come after `latest` when sorted newest first; all if it is None."""
        if latest is None:
            return self
        return self.filter(at__lte=latest.at).filter(Q(at__lt=latest.at) | Q(pk__lt=latest.pk))

    def page_ends_before(self, latest: "Record", size: int) -> "Record | None":
        """The record before which the previous page begins.

        Pages have `size` records; None if it is the newest page.
        """
        newer = self.filter(at__gte=latest.at).filter(Q(at__gt=latest.at) | Q(pk__gte=latest.pk))
        return newer.order_by("at", "pk")[size : size + 1].first()

    def for_display(self) -> Self:
        return self.select_related("actor", "tenant")

    def for_lines(self) -> Self:
        """Select only the names of actors and tenants, for lists."""
        own = [field.name for field in self.model._meta.concrete_fields]
        return self.for_display().only(*own, *CALLED)

    def concerning(self, person: "DirectoryUser", account: "User | None" = None) -> Self:
        """The records that concern a person (A2).

        Those about their entry or account, and about what was given to them or taken. `account` is
        that of a guest who has a role at this partner and signs in from elsewhere.
        """
        return self.given_to_or_about(person, getattr(person, "user", None) or account)

    def given_to_or_about(self, person: "DirectoryUser", account: "User | None") -> Self:
        """The same for the account too, by a union of primary keys from both indexes."""
        ours = [self.about(row) for row in (person, account) if row]
        return reduce(or_, ours, self.filter(given_to([person.pk])))

    def just_done(
        self,
        action: str,
        *,
        by: Actor,
        partner: "Partner | None" = None,
        subject: models.Model | None = None,
    ) -> Self:
        """When `by` did the same thing a moment ago, so that this is a double click (W11).

        None for commands.
        """
        now = clock.now()
        # The servers' clocks may differ slightly
        moment = {"at__gt": now - REPEATED_WITHIN, "at__lt": now + REPEATED_WITHIN}
        done = self.filter(action=action, actor=by.user, how=by.how, refused="", **moment)
        done = done.filter(partner=partner) if partner else done
        done = done.about(subject) if subject else done
        return done if by.user else done.none()

    def has_just(self, action: str, **about: Unpack[AuditContext]) -> bool:
        """Whether the person did exactly this a moment ago.

        With the outcome `after`, or starting from `before`, if given.
        """
        after = about.get("after")
        subject = about.get("subject")
        outcome = without_names(after or about.get("before") or {}, subject)
        tried = json.loads(json.dumps(outcome, cls=DjangoJSONEncoder)).items()
        done = self.just_done(action, by=about["by"], partner=about.get("partner"), subject=subject)
        return any(tried <= (record.after if after else record.before).items() for record in done)

    def log(
        self, action: str, *, refusal: Refusal | None = None, **about: Unpack[AuditContext]
    ) -> "Record":
        """Write a record.

        Call it for a refusal after its transaction has rolled back. Repeated refusals and downloads
        are counted on the first row. At a partner that is being moved, whose record must not
        change, viewing is recorded at no partner (C1).
        """
        partner = about.get("partner")
        if partner and partner.is_closed and action in LOOKING:
            about |= {"partner": None, "tenant": None, "subject": partner}
        record = self.line(action, refusal=refusal, **about)
        if refusal and not (refusal.is_on_record and _is_open(about.get("partner"))):
            return record  # not saved: the partner's record must not change
        is_counted = refusal.is_counted if refusal else action in COUNTED
        if not (is_counted and self._count_again(record)):
            record.save(using=self.db)
        if refusal:
            metrics.count_refusal(refusal.code)
        return record

    def _count_again(self, record: "Record") -> bool:
        """Count a repeated refusal or download of the person within the hour on its first row.

        That count and the time of the last one are the only values of a record that change.
        """
        names = ["action", "actor", "how", "partner", "refused", "subject_type", "subject_id"]
        if record.action in COUNTED:
            names += ["tenant"]
        if record.action not in OF_PAGES:
            names += ["params", "after"]  # another key or person is not a repetition
        same = self.filter(
            # As the database has them: JSON without what nobody sees, which it may refuse
            **{name: tidy_values(getattr(record, name)) for name in names},
            at__gt=record.at - COUNTED_WITHIN,
        )
        latest = _latest_like(record, same) if record.actor else None
        again = (
            models.QuerySet.update(
                self.filter(pk=latest, partner=record.partner_id),
                times=F("times") + 1,
                last_at=record.at,
            )
            if latest
            else 0
        )
        if again:
            record.pk, record._state.adding = latest, False
        return bool(again)

    def log_at_each(
        self, partners: "Iterable[Partner]", action: str, *, by: Actor, subject: models.Model
    ) -> None:
        """Record an action on a person's own account (P1).

        At each of `partners`, or once at none.
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
        """An unsaved record.

        Without people's names, and without a tenant of another partner, since others read it (P1).
        """
        refused, params = refusal.on_record if refusal else ("", params or {})
        tenant = None if tenant and partner and tenant.partner_id != partner.pk else tenant
        return self.model(
            **by.fields(),
            action=action,
            partner=partner,
            tenant=tenant,
            subject=subject,
            before=_without_keys(without_names(before or {}, subject)),
            after=_without_keys(without_names(after or {}, subject)),
            refused=refused,
            params=_without_keys(params),
        )


def _latest_like(record: "Record", same: RecordQuerySet) -> int | None:
    """The primary key of the latest of `same`; of what was refused on pages, on such a page."""
    found = same.order_by("-pk").values_list("pk", "after__address")
    if record.action not in OF_PAGES:
        return next((pk for pk, _ in found[:1]), None)
    page = _kind_of_page(record.after.get("address"))
    return next((pk for pk, path in found if _kind_of_page(path) == page), None)


def _kind_of_page(path: str | None) -> str | None:
    """The name that the URLs of pages of one kind share; the path itself where it has none."""
    with suppress(Resolver404):
        return resolve(path).view_name if path else path
    return path


def _is_open(partner: "Partner | None") -> bool:
    return partner is None or not partner.is_closed


def _without_keys(value: Any) -> Any:
    """`value` with product keys masked in all texts, which people typed (K3)."""
    if isinstance(value, str):
        return without_keys(value)
    if isinstance(value, dict):
        return {name: _without_keys(inner) for name, inner in value.items()}
    return [_without_keys(inner) for inner in value] if isinstance(value, list) else value
