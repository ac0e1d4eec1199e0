"""What people can be reminded of, and which threshold a day has reached (R1 to R3, R10)."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.licensing.models.license_outlook import SETTLE_DAYS
from benefits_portal.licensing.models.pool_outlooks import AHEAD

THRESHOLDS = (AHEAD.days, 30, 7, 1)  # days before the due day; the default
MAX_THRESHOLD, MAX_THRESHOLDS = 365, 6
DAY_AFTER = -1  # the threshold for what happened without anybody acting (R10)
WEEK_AFTER = -7
# For how long after its day something is still told, if no run was possible before
MAX_DAYS_AFTER = SETTLE_DAYS.days


class Topic(models.TextChoices):
    """What people turn reminders on and off for."""

    BENEFITS = "benefits", _("Keys not redeemed and credit not assigned")
    SUBSCRIPTIONS = "subscriptions", _("Subscriptions that end, are disabled or are deleted")
    MEMBERSHIPS = "memberships", _("Memberships that end")
    LICENSES = "licenses", _("Products with too few licenses, now or later")
    PEOPLE = "people", _("Disabled users who still hold something")
    PARTNER_MEMBERSHIPS = "partner-memberships", _("Memberships of partners that end")
    PARTNER_KEYS = "partner-keys", _("Keys of partners that expire unused")
    REQUESTS = "requests", _("Requests of partners that wait for an answer")

    @property
    def is_of_staff(self) -> bool:
        """Whether it is for the program team, about any partner."""
        return self in OF_STAFF

    @classmethod
    def of(cls, *, is_staff: bool) -> list["Topic"]:
        """The topics of the program team, or those of partners' admins."""
        return [topic for topic in cls if topic.is_of_staff is is_staff]


OF_STAFF = (Topic.PARTNER_MEMBERSHIPS, Topic.PARTNER_KEYS, Topic.REQUESTS)


class Occasion(models.TextChoices):
    """A kind of day of a kind of thing, such as the end of a subscription."""

    KEY_EXPIRES = "key-expires", _("Key not redeemed")
    CREDIT_EXPIRES = "credit-expires", _("Credit not assigned")
    CREDIT_MONTH_ENDS = "credit-month-ends", _("Credit of a month not assigned")
    SUBSCRIPTION_ENDS = "subscription-ends", _("Subscription ends")
    SUBSCRIPTION_DISABLED = "subscription-disabled", _("Subscription is disabled")
    SUBSCRIPTION_DELETED = "subscription-deleted", _("Subscription is deleted")
    MEMBERSHIP_ENDS = "membership-ends", _("Membership ends")
    LICENSES_OVER = "licenses-over", _("Licenses over")
    LICENSES_OVER_THEN = "licenses-over-then", _("Licenses over when something ends")
    HELD_BY_DISABLED = "held-by-disabled", _("Held by a disabled user")
    PARTNER_MEMBERSHIP_ENDS = "partner-membership-ends", _("Membership of a partner ends")
    PARTNER_KEYS_EXPIRE = "partner-keys-expire", _("Keys of a partner expire")
    TENANT_REQUESTED = "tenant-requested", _("Tenant requested")
    REPLACEMENT_REQUESTED = "replacement-requested", _("Replacement key requested")

    @property
    def topic(self) -> Topic:
        return TOPICS[self]

    @property
    def tells_after(self) -> tuple[int, ...]:
        """The negative thresholds: of what happened without anybody acting, or waits (R10)."""
        return AFTER.get(self, ())


TOPICS = {
    Occasion.KEY_EXPIRES: Topic.BENEFITS,
    Occasion.CREDIT_EXPIRES: Topic.BENEFITS,
    Occasion.CREDIT_MONTH_ENDS: Topic.BENEFITS,
    Occasion.SUBSCRIPTION_ENDS: Topic.SUBSCRIPTIONS,
    Occasion.SUBSCRIPTION_DISABLED: Topic.SUBSCRIPTIONS,
    Occasion.SUBSCRIPTION_DELETED: Topic.SUBSCRIPTIONS,
    Occasion.MEMBERSHIP_ENDS: Topic.MEMBERSHIPS,
    Occasion.LICENSES_OVER: Topic.LICENSES,
    Occasion.LICENSES_OVER_THEN: Topic.LICENSES,
    Occasion.HELD_BY_DISABLED: Topic.PEOPLE,
    Occasion.PARTNER_MEMBERSHIP_ENDS: Topic.PARTNER_MEMBERSHIPS,
    Occasion.PARTNER_KEYS_EXPIRE: Topic.PARTNER_KEYS,
    Occasion.TENANT_REQUESTED: Topic.REQUESTS,
    Occasion.REPLACEMENT_REQUESTED: Topic.REQUESTS,
}
# Once their day has passed, nobody can do anything about them
LAPSED = {
    Occasion.KEY_EXPIRES,
    Occasion.CREDIT_EXPIRES,
    Occasion.SUBSCRIPTION_DISABLED,
    Occasion.PARTNER_KEYS_EXPIRE,
}
AFTER = {
    Occasion.KEY_EXPIRES: (DAY_AFTER,),
    Occasion.CREDIT_EXPIRES: (DAY_AFTER,),
    Occasion.SUBSCRIPTION_DISABLED: (DAY_AFTER,),
    Occasion.LICENSES_OVER: (DAY_AFTER,),
    Occasion.PARTNER_KEYS_EXPIRE: (DAY_AFTER,),
    Occasion.TENANT_REQUESTED: (DAY_AFTER, WEEK_AFTER),
    Occasion.REPLACEMENT_REQUESTED: (DAY_AFTER, WEEK_AFTER),
}


class Due(NamedTuple):
    """A day that people may be reminded of.

    `subject_id` is the primary key of the thing, of the model that `occasion` implies. `due_on` is
    the last day to act, or the day on which something happened.
    """

    occasion: Occasion
    subject_id: int
    due_on: date

    def lapsed_before(self, day: date) -> bool:
        """Whether it was over before `day`; not told to people who could not act then (R10)."""
        return self.due_on < day and self.occasion in LAPSED

    def threshold(
        self, thresholds: Collection[int], on: date, days_until_next: int = 0
    ) -> int | None:
        """The nearest of `thresholds` reached by `on`; the farther ones count as told (R1, R2).

        In days before `due_on`, negative after it. None if none is reached yet, and once the day
        has passed, unless the occasion is told afterwards. `days_until_next` is the number of
        days after `on` without a digest: a weekly digest includes the thresholds of its week.
        """
        left = (self.due_on - on).days
        if left < 0:
            after = self.occasion.tells_after if left >= -MAX_DAYS_AFTER else ()
            return min((each for each in after if each >= left), default=None)
        soonest = max(left - days_until_next, 0)
        return min((each for each in thresholds if each >= soonest), default=None)
