"""The membership years on home: status, next year and dates of each (B1)."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import Benefit, Membership
from benefits_portal.formats import as_day
from benefits_portal.licensing.date_axis import Bar, DateAxis, Mark
from benefits_portal.licensing.home.rows import days_left
from benefits_portal.licensing.models import Redemption
from benefits_portal.listing.excerpt import NO_QUERY, Excerpt, PageQuery, first_of, with_total
from benefits_portal.prepared import prepared
from benefits_portal.tenants.models import Partner

MAX_YEARS, MAX_AXES = 6, 4
RENEWAL_SOON = timedelta(days=91)


def memberships(
    partner: Partner, on: date, asked: PageQuery = NO_QUERY
) -> Excerpt["MembershipYear"]:
    """Current, future and recently ended years of `partner`; those with usable benefits first."""
    excerpt: Excerpt[Membership] = asked.prepared(
        "memberships", MAX_YEARS, lambda most: shown_years(partner.pk, on, most)
    )
    shown = without_followers(list(excerpt), on)
    return Excerpt(
        [
            MembershipYear(membership, partner, on, has_axis=number < MAX_AXES)
            for number, membership in enumerate(shown)
        ],
        excerpt.total - (len(excerpt) - len(shown)),
        excerpt.href,
    )


@prepared
def shown_years(partner: int, on: date, most: int) -> QuerySet[Membership]:
    """Membership years, annotated with the next year and whether the partner uses any benefit."""
    # Both kinds are listed so that PostgreSQL can use the index that begins with them
    used = Benefit.objects.filter(partner=partner, is_license_based__in=[True, False], is_used=True)
    recent = Membership.objects.filter(partner=partner).shown_on_home(on)
    usable, over = (
        first_of(part.order_by("ends_on", "pk"), most).values("pk")
        for part in (
            recent.filter(benefits_expire_on__gte=on),
            recent.filter(benefits_expire_on__lt=on),
        )
    )
    shown = recent.filter(pk__in=usable.union(over, all=True)).select_related("offer")
    years = shown.with_next_year().annotate(
        subscriptions_end_on=last_subscription_ends_on(), partner_uses_any=Exists(used)
    )
    return with_total(years, most, counted=recent)


def without_followers(years: list[Membership], on: date) -> list[Membership]:
    """`years` without future ones, which are shown with the year before them."""
    followed = {(year.offer_id, vars(year)["next_starts_on"]) for year in years}
    return [
        year
        for year in years
        if (year.offer_id, year.starts_on) not in followed or year.has_begun(on)
    ]


def last_subscription_ends_on() -> Subquery:
    """The latest end date among subscriptions that keys of the membership were redeemed for."""
    redeemed = Redemption.objects.standing().filter(key__benefit__membership=OuterRef("pk"))
    latest = (
        redeemed.order_by()
        .values("key__benefit__membership")
        .annotate(latest=Max("subscription__ends_on"))
    )
    return Subquery(latest.values("latest"))


def renewal_mail(partner: Partner, offer: str) -> str:
    """The `mailto:` URL of an email that asks the program team for the next year."""
    subject = _("Renew %(offer)s for MPN ID %(mpn_id)s") % {
        "offer": offer,
        "mpn_id": partner.mpn_id,
    }
    return f"mailto:{settings.SUPPORT_EMAIL}?subject={quote(subject)}"


@dataclass(frozen=True)
class MembershipYear:
    """One enrollment year, as of day `on`."""

    membership: Any  # annotated with next_starts_on, subscriptions_end_on, partner_uses_any
    partner: Partner
    on: date
    has_axis: bool = True

    @property
    def offer(self) -> str:
        return str(self.membership.offer)

    @cached_property
    def is_over(self) -> bool:
        """Whether its benefits can no longer be used."""
        return bool(self.on > self.membership.benefits_expire_on)

    @cached_property
    def has_ended(self) -> bool:
        return bool(self.on > self.membership.ends_on)

    @property
    def is_renewed(self) -> bool:
        return self.membership.next_starts_on is not None

    @property
    def status(self) -> str:
        """The status for the badge's `data-status`."""
        if self.is_over:
            return "ended"
        if not self.membership.has_begun(self.on):
            return "not-begun"
        if self.is_renewed:
            return "assigned"
        return "expiring" if self.is_ending else "neutral"

    @cached_property
    def is_ending(self) -> bool:
        return bool(self.membership.ends_on <= self.on + RENEWAL_SOON)

    @cached_property
    def state(self) -> str:
        """Whether it has begun and is renewed, in words."""
        if not self.membership.has_begun(self.on):
            return _("Starts on %(day)s") % {"day": as_day(self.membership.starts_on)}
        if self.is_renewed:
            return self.next_year % {"day": as_day(self.membership.next_starts_on)}
        if self.membership.was_ended_early:
            return _("Ended early, not renewed")
        return _("Not renewed") if self.is_over else _("Not renewed yet")

    @property
    def next_year(self) -> str:
        """The sentence about the next year: a renewal begins the day after this one ends (B1)."""
        has_begun = self.membership.next_starts_on <= self.on
        if self.membership.next_starts_on == self.membership.ends_on + timedelta(days=1):
            if has_begun:
                return _("Renewed: next year began %(day)s")
            return _("Renewed: next year begins %(day)s")
        return _("Next year began %(day)s") if has_begun else _("Next year begins %(day)s")

    @cached_property
    def last_day(self) -> str:
        """When it ends or ended, and until when its benefits can be used, in words."""
        ends_on = self.membership.ends_on
        if not self.has_ended:
            return _("Ends on %(day)s (%(left)s)") % {
                "day": as_day(ends_on),
                "left": days_left(ends_on, self.on),
            }
        if self.is_over:
            return _("Ended %(day)s") % {"day": as_day(ends_on)}
        return _("Ended %(day)s. You can use its benefits through %(last)s.") % {
            "day": as_day(ends_on),
            "last": as_day(self.membership.benefits_expire_on),
        }

    @cached_property
    def renewal_href(self) -> str:
        """The `mailto:` URL to ask for the next year; empty unless the year ends soon unrenewed."""
        asks = self.membership.has_begun(self.on) and self.is_ending and not self.is_renewed
        if not asks or self.membership.was_ended_early:
            return ""
        return renewal_mail(self.partner, self.offer)

    @property
    def axis(self) -> DateAxis:
        """The year, the days on which its benefits can be used, and what follows."""
        year = self.membership
        bars = [
            Bar(_("Membership ends"), year.starts_on, year.ends_on, "now"),
            Bar(_("Benefits expire"), year.starts_on, year.benefits_expire_on),
        ]
        marks = []
        if next_starts_on := year.next_starts_on:
            marks.append(Mark(_("Next year begins"), next_starts_on, "new"))
        if ends_on := year.subscriptions_end_on:
            marks.append(Mark(_("Last subscription ends"), ends_on, "new"))
        return DateAxis(self.on, bars, marks)
