"""The practice world's history: events of a story file, played through the models' methods."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from benefits_portal import clock
from benefits_portal.benefits.models import ExternalOffer, HeldOffer, Membership, Offer
from benefits_portal.licensing.models import Order, Replacement, Subscription, redeem_key
from benefits_portal.licensing.order_quotes import OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Partner, TenantRequest, User

from .models import Room
from .situations import SHARED, chapters_of, own_domain
from .story_cast import StoryCast
from .story_event import Event, StoryError

BEFORE_THE_STORY = timedelta(days=730)  # when the partners and their people joined


def play_shared(room: Room, on: date) -> None:
    """Play the story of each partner of the shared room, as of `on`. Raises StoryError."""
    partners = {partner.mpn_id: partner for partner in room.partners()}
    for mpn_id, events in chapters_of(SHARED).items():
        play(events, partners[mpn_id], room.users(), on)


def play(
    events: list[dict[str, Any]],
    partner: Partner,
    users: dict[str, User],
    on: date,
    suffix: str = "",
) -> None:
    """Play `events` at `partner`, as of `on`. Raises StoryError with the event that failed.

    `users` are by persona; `suffix` is the room's.
    """
    player = StoryPlayer(partner, users, on, suffix)
    for event in events:
        player.play(Event(**event))


class StoryPlayer(StoryCast):
    """Plays events at a partner whose calendar is `days_ahead` days ahead of the real one."""

    def __init__(
        self,
        partner: Partner,
        users: dict[str, User],
        on: date,
        suffix: str = "",
        edition: str = "",
        days_ahead: int = 0,
    ) -> None:
        super().__init__(partner, users, on, suffix, edition)
        self._days_ahead = days_ahead

    def play(self, event: Event) -> None:
        """Do what `event` says: at noon of its day in the partner's zone, or now if that is today.

        Raises StoryError unless it ends as written: done, or with the refusal that it names.
        """
        verb, day = VERBS[event.what], self.on - timedelta(days=event.ago)
        met: Refusal | None = None
        with self._at_noon(event):
            try:
                verb(self, event, day)
            except Refusal as refusal:
                met = refusal
            except (KeyError, ObjectDoesNotExist) as error:
                raise StoryError(f"{self.partner} lacks what {event} is about.") from error
        if (met.code if met else "") != event.refused:
            raise StoryError(f"{self.partner}: {event} met {met or 'no refusal'}.", met)

    def _at_noon(self, event: Event) -> AbstractContextManager[None]:
        """Freeze the real clock, which does not follow the partner's moved calendar."""
        real = self.on - timedelta(days=event.ago + self._days_ahead)
        return clock.frozen_at(real, self.partner.time_zone) if event.ago else nullcontext()

    # The verbs of events

    def enroll(self, event: Event, day: date) -> None:
        offer = Offer.objects.get(name=event.offer)
        Membership.enroll(self.partner, offer, day, by=self._actor(event), draw_key=self._draw_key)

    def reveal(self, event: Event, day: date) -> None:
        tenant = self._tenant(event) if event.tenant else None
        self._key(event).reveal(by=self._actor(event), on=day, tenant=tenant)

    def activate(self, event: Event, day: date) -> None:
        Subscription.activate(self._key(event), self._tenant(event), by=self._actor(event), on=day)

    def redeem(self, event: Event, day: date) -> None:
        """Reactivate, extend or add."""
        key, tenant = self._key(event), self._tenant(event)
        subscription = self._subscription(event, tenant, key.product)
        redeem_key(
            RedemptionKind(event.what), key, tenant, subscription, by=self._actor(event), on=day
        )

    def order(self, event: Event, day: date) -> None:
        """Several keys at once, each extending or adding."""
        steps = []
        for step in event.steps:
            way, _colon, offer = step.partition(": ")
            steps.append(OrderStep(RedemptionKind(way), self._key(replace(event, offer=offer))))
        tenant, product = self._tenant(event), steps[0].key.product
        subscription = self._subscription(event, tenant, product)
        Order.redeem(subscription, steps, tenant=tenant, by=self._actor(event), on=day)

    def assign(self, event: Event, day: date) -> None:
        self._benefit(event).assign(self._people[event.person], by=self._actor(event), on=day)

    def remove(self, event: Event, day: date) -> None:
        self._assignment(event).remove(by=self._actor(event), on=day)

    def transfer(self, event: Event, day: date) -> None:
        self._assignment(event).transfer(self._people[event.to], by=self._actor(event), on=day)

    def give(self, event: Event, day: date) -> None:
        for name in event.people:
            self._pool(event, event.product).give(self._people[name], by=self._actor(event), on=day)

    def take(self, event: Event, day: date) -> None:
        for assignment in self._licenses(event):
            assignment.take(by=self._actor(event), on=day)

    def move(self, event: Event, day: date) -> None:
        product = self._pool(event, event.to).product
        for assignment in self._licenses(event):
            assignment.move(product, by=self._actor(event), on=day)

    def revoke(self, event: Event, day: date) -> None:
        staff = replace(self._actor(event), reason=event.why)  # so that only staff read it
        self._key(event).revoke(event.why, by=staff)

    def issue(self, event: Event, day: date) -> None:
        self._benefit(event).issue_key(by=self._actor(event), text=self._draw_key())

    def hold(self, event: Event, day: date) -> None:
        HeldOffer.objects.create(
            external_offer=ExternalOffer.objects.get(name=event.offer),
            partner=self.partner,
            directory_user=self._people[event.person] if event.person else None,
            since=day,
            until=day + timedelta(days=event.days) if event.days else None,
        )

    def disable(self, event: Event, day: date) -> None:
        self._people[event.person].disable(by=self._actor(event))

    def enable(self, event: Event, day: date) -> None:
        self._people[event.person].enable(by=self._actor(event))

    def ask(self, event: Event, day: date) -> None:
        domain = own_domain(event.tenant, self._suffix)
        TenantRequest.objects.ask(self.partner, event.name, domain, by=self._actor(event))

    def renew(self, event: Event, day: date) -> None:
        latest = (
            Membership.objects.for_partner(self.partner)
            .filter(offer__name=event.offer)
            .latest("starts_on")
        )
        latest.renew(by=self._actor(event), on=day, draw_key=self._draw_key)

    def replace(self, event: Event, day: date) -> None:
        Replacement.objects.ask(
            self._key(event).redemption, event.why, by=self._actor(event), on=day
        )

    def wait(self, event: Event, day: date) -> None:
        """Move the partner's calendar forward; later events happen on its new day."""
        self.partner.move_calendar_to(self.on + timedelta(days=event.days))
        self.partner.refresh_from_db(fields=["days_ahead"])
        self.on, self._days_ahead = self.partner.today(), self.partner.days_ahead


VERBS: dict[str, Callable[[StoryPlayer, Event, date], None]] = {
    "enroll": StoryPlayer.enroll,
    "reveal": StoryPlayer.reveal,
    "activate": StoryPlayer.activate,
    "reactivate": StoryPlayer.redeem,
    "extend": StoryPlayer.redeem,
    "add": StoryPlayer.redeem,
    "order": StoryPlayer.order,
    "assign": StoryPlayer.assign,
    "remove": StoryPlayer.remove,
    "transfer": StoryPlayer.transfer,
    "give": StoryPlayer.give,
    "take": StoryPlayer.take,
    "move": StoryPlayer.move,
    "revoke": StoryPlayer.revoke,
    "issue": StoryPlayer.issue,
    "hold": StoryPlayer.hold,
    "disable": StoryPlayer.disable,
    "enable": StoryPlayer.enable,
    "ask": StoryPlayer.ask,
    "renew": StoryPlayer.renew,
    "replace": StoryPlayer.replace,
    "wait": StoryPlayer.wait,
}
