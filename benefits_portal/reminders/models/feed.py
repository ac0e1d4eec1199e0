"""Calendar feeds: secret URLs at which a calendar program reads a partner's dates (R11)."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.expressions import CombinedExpression
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.personal import Personal
from benefits_portal.tenants.models import Actor, Partner, Record, RoleAssignment, User
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import RemindersAction

if TYPE_CHECKING:
    from benefits_portal.reminders.link_submission import LinkSubmission

SECRET_BYTES = 16  # 128 bits
# A record is committed within this time: no transaction stays open for longer (`postgresql.base`)
COMMITTED_WITHIN = timedelta(minutes=10)
MARKED_EVERY = timedelta(minutes=5)  # fetches in between are not written down


def latest(records: models.QuerySet[Record], name: str) -> Subquery:
    return Subquery(records.order_by("-at", "-pk").values(name)[:1])


def how_many(records: models.QuerySet[Record], *, since: CombinedExpression) -> Subquery:
    one = records.filter(at__gt=since).order_by().values(one=Value(1))
    return Subquery(one.annotate(number=Count("pk")).values("number"))


def digest_of(secret: str) -> str:
    """The stored digest of a secret. The secret is random, so a slow hash is not needed."""
    return sha256(secret.encode()).hexdigest()


class FeedQuerySet(models.QuerySet["Feed"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def alive(self) -> Self:
        """Feeds whose role is still held; a role removed and given again is another role (R11).

        Excludes partners that have moved to another portal.
        """
        return self.filter(
            user__is_active=True,
            role__user=F("user"),
            role__partner=F("partner"),
            partner__moved_to="",
        ).select_related("user", "partner")

    def of_role(self, user: User, partner: Partner) -> "Feed | None":
        """The feed that `user` can fetch now at `partner`."""
        return self.alive().filter(user=user, partner=partner).first()

    def with_version(self) -> Self:
        """Annotate values that differ after any change at the partner or in the catalog.

        Every change is recorded (A1), so the latest record is such a value. So is the number of
        records shortly before it: transactions may commit in another order than they wrote.
        """
        ours = Record.objects.filter(partner=OuterRef("partner"))
        catalog = Record.objects.filter(partner=None)
        return self.alias(partner_at=latest(ours, "at"), catalog_at=latest(catalog, "at")).annotate(
            partner_version=latest(ours, "pk"),
            partner_records=how_many(ours, since=OuterRef("partner_at") - COMMITTED_WITHIN),
            catalog_version=latest(catalog, "pk"),
            catalog_records=how_many(catalog, since=OuterRef("catalog_at") - COMMITTED_WITHIN),
        )

    def make(self, role: RoleAssignment, *, by: Actor) -> str:
        """Make the feed of `role`, replacing an earlier one, and return its secret (R11).

        Only a digest is stored: people who lose the secret make another feed.
        """
        secret = secrets.token_hex(SECRET_BYTES)
        with transaction.atomic():
            self._write(role, secret, by)
        return secret

    def make_once(
        self, role: RoleAssignment, submission: "LinkSubmission", *, by: Actor
    ) -> str | None:
        """The same for a form that may be submitted twice: one feed, the same secret (W11).

        None if another feed has been made since the form was rendered; that one stays.
        """
        with transaction.atomic():
            # Serializes two submissions at once
            held = RoleAssignment.objects.filter(pk=role.pk, partner=role.partner)
            held.select_for_update(of=("self",)).order_by("pk").first()
            there = self.of_role(role.user, role.partner)
            if there and there.digest == digest_of(submission.secret):
                return submission.secret
            if not submission.fits(there):
                return None
            self._write(role, submission.secret, by)
        return submission.secret

    def _write(self, role: RoleAssignment, secret: str, by: Actor) -> None:
        made = {
            "role": role,
            "digest": digest_of(secret),
            "made_at": clock.now(),
            "fetched_at": None,
        }
        self.update_or_create(user=role.user, partner=role.partner, defaults=made)
        Record.objects.log(
            RemindersAction.FEED_MADE, by=by, partner=role.partner, subject=role.user
        )


class Feed(PartnerRow):
    """The only feed of a user at a partner; it ends for good with the role (R11)."""

    personal: ClassVar = {"digest": Personal.SECRET}

    user = models.ForeignKey(
        User, models.CASCADE, related_name="feeds", verbose_name=_("user"), editable=False
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="feeds", verbose_name=_("partner"), editable=False
    )
    # No constraint: removing a role leaves the feed, which is no longer found (`alive`)
    role = models.ForeignKey(
        RoleAssignment,
        models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        verbose_name=_("role"),
        editable=False,
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made at"), default=clock.now, editable=False)
    fetched_at = models.DateTimeField(_("last fetched at"), null=True, editable=False)

    objects = FeedQuerySet.as_manager()

    partner_version: int | None  # of `with_version`
    partner_records: int | None
    catalog_version: int | None
    catalog_records: int | None

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner"],
                name="feed_one_per_user_and_partner",
                violation_error_message=_("This person already has a calendar feed here."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.partner}"

    def mark_fetched(self, now: datetime) -> None:
        """Store the time of a fetch, at most every five minutes."""
        before = Q(fetched_at=None) | Q(fetched_at__lte=now - MARKED_EVERY)
        if self.fetched_at is None or self.fetched_at <= now - MARKED_EVERY:
            own = Feed.objects.filter(before, pk=self.pk, partner=self.partner_id)
            own.filter(digest=self.digest).update(fetched_at=now)
