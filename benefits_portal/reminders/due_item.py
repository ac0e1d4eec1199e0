"""A due date in words: the thing, its day and a sentence (R8, R10)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal.formats import as_day
from benefits_portal.licensing.home.rows import days_left

from .topics import Due, Occasion, Topic

# While the last day to act is still to come
AHEAD = {
    Occasion.KEY_EXPIRES: _("Use by %(day)s"),
    Occasion.CREDIT_EXPIRES: _("Use by %(day)s"),
    Occasion.CREDIT_MONTH_ENDS: _("This month's credit is lost after %(day)s"),
    Occasion.SUBSCRIPTION_ENDS: _("Ends on %(day)s"),
    Occasion.SUBSCRIPTION_DISABLED: _("Disabled after %(day)s"),
    Occasion.SUBSCRIPTION_DELETED: _("Deleted after %(day)s"),
    Occasion.MEMBERSHIP_ENDS: _("Ends on %(day)s"),
    Occasion.LICENSES_OVER_THEN: _("Too few licenses after %(day)s"),
    Occasion.HELD_BY_DISABLED: _("Ends on %(day)s"),
    Occasion.PARTNER_MEMBERSHIP_ENDS: _("Ends on %(day)s"),
    Occasion.PARTNER_KEYS_EXPIRE: _("Use by %(day)s"),
}
# Once something happened without anyone acting, or while a request waits
SINCE = {
    Occasion.KEY_EXPIRES: _("Expired unused after %(day)s"),
    Occasion.CREDIT_EXPIRES: _("Expired unused after %(day)s"),
    Occasion.SUBSCRIPTION_DISABLED: _("Was disabled after %(day)s"),
    Occasion.LICENSES_OVER: _("There were enough licenses until %(day)s"),
    Occasion.PARTNER_KEYS_EXPIRE: _("Expired unused after %(day)s"),
    Occasion.TENANT_REQUESTED: _("Waiting since %(day)s"),
    Occasion.REPLACEMENT_REQUESTED: _("Waiting since %(day)s"),
}
ENDED = _("Ended on %(day)s")  # once the day has passed, for occasions that are only told before


@dataclass(frozen=True)
class DueItem:
    """A due date in words, in the reader's language.

    `title` is the thing and its size; `path` is the URL path of its page. `offer`, `tenant` and
    `person` are names that people typed: they are shown after a label, so that none can pass for
    a sentence of the portal (R8).
    """

    due: Due
    title: str
    path: str
    offer: str = ""
    tenant: str = ""
    person: str = ""

    def is_ahead(self, on: date) -> bool:
        """Whether the last day to act is `on` or later."""
        return self.due.due_on >= on and self.due.occasion in AHEAD

    def has_passed(self, on: date) -> bool:
        """Whether the last day to act was before `on`."""
        return self.due.due_on < on and self.due.occasion in AHEAD

    def sentence(self, on: date) -> str:
        """As in: Ends on Jun 30, 2021 · 60 days left."""
        day = {"day": as_day(self.due.due_on)}
        if not self.is_ahead(on):
            return str(SINCE.get(self.due.occasion, ENDED)) % day
        return f"{AHEAD[self.due.occasion] % day} · {days_left(self.due.due_on, on)}"

    @property
    def labels(self) -> str:
        """Offer, tenant and person, each after its label."""
        named = (
            (_now("Offer: %(name)s"), self.offer),
            (_now("Tenant: %(name)s"), self.tenant),
            (_now("Assigned to: %(name)s"), self.person),
        )
        return " · ".join(label % {"name": name} for label, name in named if name)


def grouped(items: Sequence[DueItem], on: date) -> Iterator[tuple[str, list[DueItem]]]:
    """Titles and items: a group for each topic, then one for days that have passed; by day."""
    in_order = sorted(items, key=lambda item: item.due.due_on)
    to_do: dict[Topic, list[DueItem]] = {}
    for item in in_order:
        if not item.has_passed(on):
            to_do.setdefault(item.due.occasion.topic, []).append(item)
    yield from ((str(topic.label), of_topic) for topic, of_topic in to_do.items())
    if passed := [item for item in in_order if item.has_passed(on)]:
        yield _now("What has passed"), passed
