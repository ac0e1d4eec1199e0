"""Questions about subscriptions, their licenses, and the people who have one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from benefits_portal.dates import add_months
from benefits_portal.licensing.models import LicenseAssignment, Redemption, Subscription
from benefits_portal.licensing.models.license_outlook import LicenseOutlook, Stretch
from benefits_portal.licensing.models.subscription_queryset import SubscriptionQuerySet
from benefits_portal.licensing.quotes import RedemptionKind

from .scope import Finding, Question, Scope


@dataclass(frozen=True, kw_only=True)
class SubscriptionQuestion(Question):
    """A question about the subscriptions to one product in one tenant."""

    product: str
    tenant: str

    def subscriptions(self, scope: Scope) -> SubscriptionQuerySet:
        own = Subscription.objects.for_partner(scope.partner).kept()
        return own.filter(product_name=self.product, tenant__domain=scope.domain(self.tenant))


@dataclass(frozen=True, kw_only=True)
class EndsLater(SubscriptionQuestion):
    """Whether the subscription that had `licenses` at the beginning ends `months` later now."""

    sentences: ClassVar = {
        "gone": _("The subscription to %(product)s is gone."),
        "end-not-moved": _("The subscription to %(product)s still ends on %(day)s."),
        "end-too-early": ngettext_lazy(
            "The subscription to %(product)s ends on %(day)s: %(count)s day too early.",
            "The subscription to %(product)s ends on %(day)s: %(count)s days too early.",
            "count",
        ),
    }

    licenses: int
    months: int

    def find(self, scope: Scope) -> Finding | None:
        since = Redemption.objects.filter(
            partner=scope.partner, subscription=OuterRef("pk"), redeemed_at__gte=scope.begun_at
        ).order_by("redeemed_at", "pk")
        had = self.subscriptions(scope).annotate(
            is_new=Exists(since.filter(way=RedemptionKind.NEW)),
            licenses_then=Coalesce(Subquery(since.values("before_licenses")[:1]), "licenses"),
            end_then=Coalesce(Subquery(since.values("before_ends_on")[:1]), "ends_on"),
        )
        ends = had.filter(is_new=False, licenses_then=self.licenses).order_by("pk")
        pairs = list(ends.values_list("end_then", "ends_on"))
        if not pairs:
            return Finding("gone")
        short = {(add_months(then, self.months) - now).days: (then, now) for then, now in pairs}
        least = min(short)
        then, now = short[least]
        if least <= 0:
            return None
        if then == now:
            return Finding("end-not-moved", {"day": now.isoformat()})
        return Finding("end-too-early", {"day": now.isoformat(), "count": least})


@dataclass(frozen=True, kw_only=True)
class HasEnded(SubscriptionQuestion):
    """Whether the oldest subscription is past its end date."""

    sentences: ClassVar = {
        "gone": EndsLater.sentences["gone"],
        "still-active": _("The subscription to %(product)s is active through %(day)s."),
    }

    def find(self, scope: Scope) -> Finding | None:
        oldest = self.subscriptions(scope).order_by("starts_on", "pk")
        ends_on = oldest.values_list("ends_on", flat=True).first()
        if ends_on is None:
            return Finding("gone")
        if ends_on < scope.on:
            return None
        return Finding("still-active", {"day": ends_on.isoformat()})


@dataclass(frozen=True, kw_only=True)
class LicensesAtLeast(SubscriptionQuestion):
    """Whether the active subscriptions have at least `at_least` licenses together."""

    sentences: ClassVar = {
        "too-few-licenses": ngettext_lazy(
            "%(tenant)s has %(count)s license of %(product)s.",
            "%(tenant)s has %(count)s licenses of %(product)s.",
            "count",
        ),
    }

    at_least: int

    def find(self, scope: Scope) -> Finding | None:
        return self.too_few(self.active(scope))

    def active(self, scope: Scope) -> list[Stretch]:
        """The end date and the licenses of each active subscription, sorted by end date."""
        rows = self.subscriptions(scope).active(scope.on).order_by("ends_on")
        return [Stretch(*row) for row in rows.values_list("ends_on", "licenses")]

    def too_few(self, active: Iterable[Stretch]) -> Finding | None:
        licenses = sum(each.licenses for each in active)
        if licenses >= self.at_least:
            return None
        return Finding("too-few-licenses", {"count": licenses})


@dataclass(frozen=True, kw_only=True)
class OneDay(LicensesAtLeast):
    """Whether the active subscriptions, with `at_least` licenses together, end on one day."""

    sentences: ClassVar = {
        "two-days": ngettext_lazy(
            "The first of them ends on %(first)s, the last on %(last)s: %(count)s day later.",
            "The first of them ends on %(first)s, the last on %(last)s: %(count)s days later.",
            "count",
        ),
        **LicensesAtLeast.sentences,
    }

    def find(self, scope: Scope) -> Finding | None:
        active = self.active(scope)
        if finding := self.too_few(active):
            return finding
        first, last = active[0].ends_on, active[-1].ends_on
        if first == last:
            return None
        days = {"first": first.isoformat(), "last": last.isoformat()}
        return Finding("two-days", days | {"count": (last - first).days})


@dataclass(frozen=True, kw_only=True)
class Given(SubscriptionQuestion):
    """Whether `at_least` people have a license, and no shortage comes within `days` days."""

    sentences: ClassVar = {
        "too-few-people": ngettext_lazy(
            "%(count)s person has a license of %(product)s.",
            "%(count)s people have a license of %(product)s.",
            "count",
        ),
        "people-lack": ngettext_lazy(
            "From %(day)s there is %(count)s license of %(product)s too few.",
            "From %(day)s there are %(count)s licenses of %(product)s too few.",
            "count",
        ),
    }

    at_least: int
    days: int = 0

    def find(self, scope: Scope) -> Finding | None:
        held = (
            LicenseAssignment.objects.for_partner(scope.partner)
            .running()
            .filter(product__name=self.product, tenant__domain=scope.domain(self.tenant))
        )
        people = held.count()
        if people < self.at_least:
            return Finding("too-few-people", {"count": people})
        rows = self.subscriptions(scope).entitling(scope.on).values_list("ends_on", "licenses")
        stretches = tuple(Stretch(*row) for row in rows.order_by())
        outlook = LicenseOutlook(scope.on, people, stretches)
        over = outlook.first_over
        until = scope.begun_on + timedelta(days=self.days)
        if over is None or over.day > max(until, scope.on):
            return None
        return Finding("people-lack", {"day": over.day.isoformat(), "count": outlook.over(over)})
