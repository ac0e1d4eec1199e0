"""What the support desk shows about a key, a person, a subscription or a partner.

Each kind is for users who may see its list.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Model, Q
from django.urls import reverse
from django.utils.http import urlencode

from benefits_portal import clock
from benefits_portal.backoffice.columns import admin_url
from benefits_portal.benefits.models import ProductKey
from benefits_portal.formats import not_before
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.support_answers import (
    Answer,
    answers_about_key,
    answers_about_subscription,
)
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.models import (
    Attempt,
    DirectoryUser,
    Partner,
    Record,
    RoleAssignment,
    User,
)

MAX_REFUSALS, MAX_ROLES = 5, 20
LATEST_RECORDS = 500  # among which refusals are searched
NO_RECORDS: Excerpt[Record] = Excerpt([], 0)


@dataclass(frozen=True)
class KeyStory:
    """A masked key: who redeemed it where, what was refused, and what to answer."""

    key: ProductKey
    redemption: Redemption | None
    answers: list[Answer]
    refusals: Excerpt[Record]

    @classmethod
    def of(cls, key: ProductKey, user: Any) -> "KeyStory":
        may_see = user.has_perm("licensing.view_redemption")
        return cls(
            key,
            Redemption.objects.for_display().filter(key=key).first() if may_see else None,
            answers_about_key(key),
            refusals_among(Record.objects.about(key.benefit), user, about=key.benefit),
        )

    @classmethod
    def in_short(cls, key: ProductKey) -> "KeyStory":
        """The answer alone, if it is one of many."""
        return cls(key, None, answers_about_key(key), NO_RECORDS)

    @property
    def href(self) -> str:
        return admin_url(self.key, "change", self.key.pk)


@dataclass(frozen=True)
class PersonStory:
    """An account or a user entry: its roles, whether it can sign in, and its last refusals.

    An entry is shown without its account if the user may not see accounts.
    """

    entry: DirectoryUser | None
    account: User | None
    has_account: bool = False
    roles: Excerpt[RoleAssignment] = field(default_factory=lambda: Excerpt([], 0))
    locked_until: datetime | None = None
    refusals: Excerpt[Record] = NO_RECORDS

    @classmethod
    def of_account(cls, account: User, user: Any) -> "PersonStory":
        """The story of an account; `locked_until` is rounded up to the minute (W13)."""
        attempts = Attempt.objects.of_account(account.email).refusing(clock.now())
        until = attempts.order_by("-refused_until").values_list("refused_until", flat=True).first()
        roles = account.role_assignments.select_related("partner").order_by("pk")
        return cls(
            account.directory_user,
            account,
            True,
            Excerpt.of(roles, MAX_ROLES, admin_url(User, "change", account.pk)),
            not_before(until) if until and user.has_perm("tenants.view_attempt") else None,
            refusals_among(Record.objects.filter(actor=account), user),
        )

    @classmethod
    def of_entry(cls, entry: DirectoryUser, user: Any) -> "PersonStory":
        """The story of a user entry, with its account if one is linked or has its email."""
        of_the_same = Q(directory_user=entry) | Q(email=entry.user_principal_name)
        accounts = User.objects.filter(of_the_same).select_related(
            "directory_user__tenant__partner"
        )
        account = accounts.first()
        if account and user.has_perm("tenants.view_user"):
            return replace(cls.of_account(account, user), entry=entry)
        return cls(entry, None, account is not None)

    @property
    def href(self) -> str:
        subject: Any = self.account or self.entry
        return admin_url(subject, "change", subject.pk)

    @property
    def partner(self) -> Partner | None:
        return self.entry.tenant.partner if self.entry else None


@dataclass(frozen=True)
class SubscriptionStory:
    """A subscription, what to answer about it, and the calculator with its figures."""

    subscription: Subscription
    status: Any
    answers: list[Answer]
    calculator: str

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionStory":
        on = subscription.partner.today()
        figures: dict[str, str | int] = {
            "licenses": subscription.licenses,
            "ends_on": subscription.ends_on.isoformat(),
            "keys": 25,
            "on": on.isoformat(),
            "carried": subscription.carried_license_days,
        }
        return cls(
            subscription,
            subscription.status(on),
            answers_about_subscription(subscription),
            f"{reverse('licensing:calculator')}?{urlencode(figures)}",
        )


@dataclass(frozen=True)
class PartnerDesk:
    """A partner on its own today: its keys, subscriptions and last refusals."""

    partner: Partner
    today: date
    keys: Excerpt[KeyStory]
    subscriptions: Excerpt[SubscriptionStory] | None
    refusals: Excerpt[Record]


def refusals_among(records: Any, user: Any, about: Model | None = None) -> Excerpt[Record]:
    """The last refusals among the latest of `records`, for users who may see records.

    With a link to all of them, if they are `about` one row.
    """
    if not user.has_perm("tenants.view_record"):
        return NO_RECORDS
    rows = refused_among(records).select_related("actor", "partner", "tenant")
    return Excerpt.of(rows, MAX_REFUSALS, refusals_href(about) if about else "", is_latest=True)


def refused_among(records: Any) -> Any:
    """The refusals among the latest of `records`, the last one first.

    A second query joins what they refer to; in one query, PostgreSQL would join all refusals first.
    """
    latest = records.order_by("-at", "-pk").values("pk")[:LATEST_RECORDS]
    refused = Record.objects.filter(pk__in=latest).exclude(refused="")
    keys = list(refused.order_by().values_list("pk", flat=True))
    return Record.objects.filter(pk__in=keys).order_by("-at", "-pk")


def refusals_href(about: Model) -> str:
    """The URL of the list of all refusals about a row, or of a partner."""
    named = {"about": f"{about._meta.label_lower}:{about.pk}"}
    if isinstance(about, Partner):
        named = {"partner__id__exact": str(about.pk)}
    return f"{admin_url(Record, 'changelist')}?{urlencode({'outcome': 'refused'} | named)}"
