"""The demo's past: plays what `fixtures/story.toml` tells, through the models' own verbs."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet

from benefits_portal import clock
from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.models import (
    Assignment,
    Benefit,
    ExternalOffer,
    HeldOffer,
    Membership,
    Offer,
    Product,
    ProductKey,
)
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicensePool,
    Order,
    Replacement,
    Subscription,
)
from benefits_portal.licensing.order_quotes import OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    How,
    Partner,
    Tenant,
    TenantRequest,
    User,
)

from .models import Room
from .situations import SHARED, chapters_of, own_domain
from .story_event import Event, StoryError


def play_shared(room: Room, on: date) -> None:
    """Play the story of each partner of the shared world, as of `on`. Raises StoryError."""
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
    """Play `events` at `partner`, as of `on`. Raises StoryError, naming the one that failed.

    `users` are by persona; `suffix` is that of the room, which its domains carry.
    """
    player = StoryPlayer(partner, users, on, suffix)
    for event in events:
        player.play(Event(**event))


class StoryPlayer:
    """The story of one partner.

    The same story draws the same keys, whatever the day and whatever happens elsewhere; another
    `edition` of it draws others.
    """

    def __init__(
        self,
        partner: Partner,
        users: dict[str, User],
        on: date,
        suffix: str = "",
        edition: str = "",
        days_ahead: int = 0,
    ) -> None:
        self.partner, self.on, self._users, self._suffix = partner, on, users, suffix
        self._days_ahead = days_ahead
        self._people = {
            person.display_name: person for person in DirectoryUser.objects.for_partner(partner)
        }
        self._tenants = {tenant.domain: tenant for tenant in Tenant.objects.for_partner(partner)}
        # Practice keys open nothing; the same story draws the same ones
        self._chance = random.Random(partner.mpn_id + edition)  # noqa: S311

    def play(self, event: Event) -> None:
        """Do what `event` says: on its day and at noon there, or today and now.

        Raises StoryError unless it goes as written.
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
        """Times are real; only days are ahead where the partner's calendar was moved."""
        real = self.on - timedelta(days=event.ago + self._days_ahead)
        return clock.frozen_at(real, self.partner.time_zone) if event.ago else nullcontext()

    # What happened

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
        Subscription.redeem(
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
        """Move the partner's calendar on; what follows happens on the day that it is then."""
        self.partner.move_calendar_to(self.on + timedelta(days=event.days))
        self.partner.refresh_from_db(fields=["days_ahead"])
        self.on, self._days_ahead = self.partner.today(), self.partner.days_ahead

    # What the story calls by name

    def _draw_key(self) -> str:
        return key_encryption.draw(self._chance.choice)

    def _actor(self, event: Event) -> Actor:
        user = self._users[event.by]
        return Actor(user, How.BACK_OFFICE if user.is_staff else How.PORTAL)

    def _tenant(self, event: Event) -> Tenant:
        return self._tenants[own_domain(event.tenant, self._suffix)]

    def _subscription(self, event: Event, tenant: Tenant, product: Product) -> Subscription:
        """The latest one; the latest with so many licenses where the event says how many."""
        found = Subscription.objects.of_product_in(tenant, product)
        found = found.filter(licenses=event.licenses) if event.licenses else found
        return found.latest("pk")

    def _benefit(self, event: Event) -> Benefit:
        """The one of the latest enrollment; the core one where no competency is named."""
        benefits = Benefit.objects.for_partner(self.partner).select_related(
            "product", "membership", "partner"
        )
        return self._latest(benefits, event)

    def _latest[M: Model](self, rows: QuerySet[M], event: Event, of: str = "") -> M:
        """Of the latest enrollment by that day, the row about the benefit that `event` names."""
        named: dict[str, Any] = {
            f"{of}membership__starts_on__lte": self.on - timedelta(days=event.ago),
            f"{of}product_name": event.product,
            f"{of}membership__offer__name": event.offer,
        }
        if event.competency:
            named[f"{of}competency"] = event.competency
        latest_first = (f"-{of}membership__starts_on", f"{of}competency")
        found = rows.filter(**named).order_by(*latest_first).first()
        if found is None:
            raise StoryError(f"{self.partner} has no such benefit: {event}.")
        return found

    def _key(self, event: Event) -> ProductKey:
        """The live one of the benefit."""
        live = ProductKey.objects.for_partner(self.partner).for_display().filter(revoked_at=None)
        return self._latest(live, event, "benefit__")

    def _assignment(self, event: Event) -> Assignment:
        return Assignment.objects.get(
            benefit=self._benefit(event), directory_user=self._people[event.person], ended_at=None
        )

    def _pool(self, event: Event, product: str) -> LicensePool:
        """The licenses of what is called so in the tenant of `event`."""
        licenses = Product.Kind.LICENSES
        return LicensePool(self._tenant(event), Product.objects.get(name=product, kind=licenses))

    def _licenses(self, event: Event) -> list[LicenseAssignment]:
        """Those that the people of `event` have."""
        people = [self._people[name] for name in event.people]
        running = self._pool(event, event.product).assignments.running().of_people(people)
        return list(running.for_display().order_by("pk"))


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
