"""What the support desk shows of a key, a person, a subscription or a partner.

Each kind is for whoever may see its list.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from benefits_portal import clock
from benefits_portal.backoffice.columns import admin_url
from benefits_portal.benefits.models import ProductKey
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

MAX_REFUSALS = 5
LATEST_RECORDS = 500  # that are looked through for refusals


@dataclass(frozen=True)
class KeyStory:
    """A key, masked: who redeemed it where, what was refused about it, and what to answer."""

    key: ProductKey
    redemption: Redemption | None
    answers: list[Answer]
    refusals: list[Record]

    @classmethod
    def of(cls, key: ProductKey, user: Any) -> "KeyStory":
        may_see = user.has_perm("licensing.view_redemption")
        return cls(
            key,
            Redemption.objects.for_display().filter(key=key).first() if may_see else None,
            answers_about_key(key),
            refusals_among(Record.objects.about(key.benefit), user),
        )

    @classmethod
    def in_short(cls, key: ProductKey) -> "KeyStory":
        """What to answer alone, as one of many."""
        return cls(key, None, answers_about_key(key), [])

    @property
    def href(self) -> str:
        return admin_url(self.key, "change", self.key.pk)


@dataclass(frozen=True)
class PersonStory:
    """An account or a user entry: its roles, whether it can sign in, and its last refusals."""

    entry: DirectoryUser | None
    account: User | None
    roles: list[RoleAssignment]
    locked_until: Any
    refusals: list[Record]

    @classmethod
    def of_account(cls, account: User, user: Any) -> "PersonStory":
        attempts = Attempt.objects.of_account(account.email).refusing(clock.now())
        last = attempts.order_by("-refused_until").first()
        return cls(
            account.directory_user,
            account,
            list(account.role_assignments.select_related("partner")),
            last.refused_until if last and user.has_perm("tenants.view_attempt") else None,
            refusals_among(Record.objects.filter(actor=account), user),
        )

    @classmethod
    def of_entry(cls, entry: DirectoryUser) -> "PersonStory":
        return cls(entry, None, [], None, [])

    @property
    def href(self) -> str:
        subject: Any = self.account or self.entry
        return admin_url(subject, "change", subject.pk)

    @property
    def partner(self) -> Partner | None:
        return self.entry.tenant.partner if self.entry else None


@dataclass(frozen=True)
class SubscriptionStory:
    """A subscription, what to answer about it, and the calculator filled in with its figures."""

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
    """One partner on its own day: its keys, subscriptions and last refusals."""

    partner: Partner
    today: date
    keys: Excerpt[KeyStory]
    subscriptions: Excerpt[SubscriptionStory] | None
    refusals: list[Record]


def refusals_among(records: Any, user: Any) -> list[Record]:
    """The last refusals among the latest of `records`, for whoever may see records."""
    if not user.has_perm("tenants.view_record"):
        return []
    latest = records.order_by("-at", "-pk").values("pk")[:LATEST_RECORDS]
    refused = Record.objects.filter(pk__in=latest).exclude(refused="")
    return list(refused.select_related("actor", "tenant").order_by("-at", "-pk")[:MAX_REFUSALS])
