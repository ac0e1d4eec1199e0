"""Losses: stages that subscriptions reach by a day, and memberships that end (S2, B1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from itertools import batched
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import Membership
from benefits_portal.formats import as_day
from benefits_portal.licensing.home.membership_years import renewal_mail
from benefits_portal.licensing.home.offered_keys import (
    NextStep,
    OfferedKeys,
    by_last_day,
    for_offers,
)
from benefits_portal.licensing.home.rows import link_to
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.models.subscription_queryset import SubscriptionQuerySet
from benefits_portal.licensing.terms import DISABLED_DAYS, EXPIRED_DAYS
from benefits_portal.listing.excerpt import first_of
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Partner

from .loss import About, Kind, Loss, Losses, one_more, read

BATCH = 1_000  # subscriptions that are loaded at a time for a file
STATUS = Subscription.Status
AFTER = {
    STATUS.ACTIVE: Kind.EXPIRED,
    STATUS.EXPIRED: Kind.DISABLED,
    STATUS.DISABLED: Kind.DELETED,
}


def subscriptions(
    partner: Partner, on: date, until: date, *, most: int | None, may_act: bool
) -> Losses:
    """Each change to Expired, Disabled or Deleted from day `on` to `until`.

    At most `most` subscriptions, all for None.
    """
    rows = by_last_day(changing.rows(partner.pk, on, until, most=most), on)
    first = rows[:most]
    shown = Shown(partner, [each.pk for each in first], on, may_act)
    stages = (loss for each in first for loss in stages_of(each, shown, on, until))
    return Losses(list(stages), len(first) < len(rows))


@dataclass(frozen=True)
class Shown:
    """Subscriptions that are shown, loaded when the first of them is needed."""

    partner: Partner
    pks: Sequence[int]  # sorted by their last days
    on: date
    may_act: bool

    @cached_property
    def rows(self) -> dict[int, Any]:
        """The subscriptions as they are now, by primary key, without those deleted since."""
        found: dict[int, Any] = {}
        for pks in batched(self.pks, BATCH, strict=False):
            found |= for_offers(pks, self.on)
        return found

    @cached_property
    def offers(self) -> OfferedKeys:
        there = [self.rows[pk] for pk in self.pks if pk in self.rows]
        return OfferedKeys(self.partner, there, self.on)

    def about(self, pk: int, *, is_first: bool) -> About | None:
        """What is shown of one; None if it was deleted since. The first row offers its key."""
        if pk not in self.rows:
            return None
        each = self.rows[pk]
        title = f"{each.product}, {each.licenses_text}"
        step = self.offers.of(each) if is_first else NextStep()
        action = step.action(each, title, may_act=self.may_act)
        return About(title, each.get_absolute_url(), each.tenant.name, action, hint=step.hint)


@PreparedQuery
def changing(partner: int, on: date, until: date, *, most: int | None) -> QuerySet[Subscription]:
    theirs = Subscription.objects.filter(partner=partner).not_deleted(on)
    found = theirs.filter(pk__in=nearest(theirs, on, until, most)).order_by("ends_on", "pk")
    return found.only("partner", "ends_on", "withdrawn_on", "licenses")


def nearest(
    theirs: SubscriptionQuerySet, on: date, until: date, most: int | None
) -> QuerySet[Any, Any]:
    """The primary keys of those that reach a stage: of each status the first `most` + 1.

    Each status apart, because one that has ended may change later than many that are Active.
    """
    disabled_on, deleted_on = until - EXPIRED_DAYS, until - EXPIRED_DAYS - DISABLED_DAYS
    every = [
        theirs.filter(ends_on__gte=on, ends_on__lte=until),
        theirs.expired(on).filter(ends_on__lte=disabled_on),
        theirs.disabled(on).filter(ends_on__lte=deleted_on),
    ]
    most_of_each = one_more(most)
    active, *ended = (
        first_of(rows.order_by("ends_on", "pk"), most_of_each).values("pk") for rows in every
    )
    return active.union(*ended, all=True)


def stages_of(subscription: Subscription, shown: Shown, on: date, until: date) -> Iterator[Loss]:
    for number, (status, last_on) in enumerate(subscription.last_days(on)):
        if last_on <= until:
            pk, licenses = subscription.pk, subscription.licenses
            explain = partial(shown.about, pk, is_first=number == 0)
            yield Loss(AFTER[status], last_on, pk, explain, licenses=licenses)


def memberships(partner: Partner, on: date, until: date, *, most: int | None) -> Losses:
    rows, has_more = read(ending.rows(partner.pk, on, until, most=most), most)
    losses = [
        Loss(Kind.MEMBERSHIP, each.ends_on, each.pk, partial(about_membership, each, partner))
        for each in rows
    ]
    return Losses(losses, has_more)


@PreparedQuery
def ending(partner: int, on: date, until: date, *, most: int | None) -> QuerySet[Membership]:
    theirs = Membership.objects.for_partner(Partner(pk=partner)).ending_until(on, until)
    in_order = theirs.not_renewed().order_by("ends_on", "pk")
    return in_order[: one_more(most)]


def about_membership(membership: Membership, partner: Partner) -> About:
    offer, page = str(membership.offer), f"{reverse('home')}#memberships"
    action = link_to(page, _("View memberships"), offer)
    if not membership.was_ended_early:
        action = link_to(renewal_mail(partner, offer), _("Ask to renew"), offer)
    return About(
        offer,
        page,
        _("All tenants"),
        action,
        explanation=_("Its benefits can be used through %(day)s.")
        % {"day": as_day(membership.benefits_expire_on)},
    )
