"""How the record is written and asked: by partner, by subject, by page (rules A1, A2, W11)."""

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

# Of one person alike, whatever the page of one kind was about
OF_PAGES = {"tenants.page-refused", "tenants.form-refused"}
SIGNED_IN = "tenants.signed-in"
# What somebody can do by a link alone, as often as they like: written down like a refusal
COUNTED = {"tenants.list-downloaded"}
# Whoever does it only looks, or stops looking, which a partner that moves takes no part in
LOOKING = {"tenants.list-downloaded", "tenants.view-started", "tenants.view-ended"}
# Of what is beside a record, what lines say of it
CALLED = ("actor__name", "actor__email", "actor__is_staff", "actor__directory_user", "tenant__name")
COUNTED_WITHIN = timedelta(hours=1)  # from the first of the same refusals of one person
REPEATED_WITHIN = timedelta(minutes=1)  # the same act by the same person is the same click


def given_to(people: Collection[int]) -> Q:
    """What was given to people with these primary keys, or taken from them.

    Few records name a person; the indexes are of these alone.
    """
    before = Q(before__has_key="person", before__person__in=people)
    return before | Q(after__has_key="person", after__person__in=people)


class RecordQuerySet(AppendOnlyQuerySet["Record"]):
    def for_partner(self, partner: "Partner") -> Self:
        return self.filter(partner=partner)

    def about(self, subject: models.Model) -> Self:
        """The history of one benefit, subscription, person …, the latest first (rule A2)."""
        return self.filter(
            subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
        )

    def without_sign_ins(self) -> Self:
        """They are most of what is on record, and not what most people look for."""
        return self.exclude(action=SIGNED_IN, refused="")

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

    def for_lines(self) -> Self:
        """The same, and no more of whoever acted and of the tenant than what they are called."""
        own = [field.name for field in self.model._meta.concrete_fields]
        return self.for_display().only(*own, *CALLED)

    def concerning(self, person: "DirectoryUser", account: "User | None" = None) -> Self:
        """The history of a person (A2).

        Their entry, the account they sign in with, and what was given to them or taken.

        `account` is a guest's, who holds a role at this partner and signs in from elsewhere.
        """
        return self.given_to_or_about(person, getattr(person, "user", None) or account)

    def given_to_or_about(self, person: "DirectoryUser", account: "User | None") -> Self:
        """The same with the account that is meant; of both the keys are asked alone."""
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

    def has_just(self, action: str, **about: Unpack[AuditContext]) -> bool:
        """Whether somebody did this very act a moment ago.

        With the outcome `after`, or without one from `before`.
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
        """Write one line.

        A refusal is noted outside the transaction that it rolled back; repeated, it is counted,
        and so is a download. Of a partner that is closed the record moves as it is (C1): who looks
        at it is on record at none.
        """
        partner = about.get("partner")
        if partner and partner.is_closed and action in LOOKING:
            about |= {"partner": None, "tenant": None, "subject": partner}
        record = self.line(action, refusal=refusal, **about)
        if refusal and not (refusal.is_on_record and _is_open(about.get("partner"))):
            return record  # the record goes to another portal as it is
        is_counted = refusal.is_counted if refusal else action in COUNTED
        if not (is_counted and self._count_again(record)):
            record.save(using=self.db)
        if refusal:
            metrics.count_refusal(refusal.code)
        return record

    def _count_again(self, record: "Record") -> bool:
        """Whether the same person was refused the same, or did it, within the hour.

        Then that row counts it, instead of a new one. Its count and the time of the last one are
        all that ever changes of a record, and only ever grow.
        """
        names = ["action", "actor", "how", "partner", "refused", "subject_type", "subject_id"]
        if record.action in COUNTED:
            names += ["tenant"]
        if record.action not in OF_PAGES:
            names += ["params", "after"]  # what it was about: another key, another person
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

        Nobody's name is on it, and no tenant that the partner does not have: others read it (P1).
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
    """`value` with every key in its texts masked: names that people type are on record too (K3)."""
    if isinstance(value, str):
        return without_keys(value)
    if isinstance(value, dict):
        return {name: _without_keys(inner) for name, inner in value.items()}
    return [_without_keys(inner) for inner in value] if isinstance(value, list) else value
