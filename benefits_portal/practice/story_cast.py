"""Find the rows that events of a story name: people, tenants, benefits and keys."""

import random
from datetime import date, timedelta
from typing import Any

from django.db.models import Model, QuerySet

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.models import Assignment, Benefit, Product, ProductKey
from benefits_portal.licensing.models import LicenseAssignment, LicensePool, Subscription
from benefits_portal.tenants.models import Actor, DirectoryUser, How, Partner, Tenant, User

from .situations import own_domain
from .story_event import Event, StoryError


class StoryCast:
    """Finds the rows of one partner that events name.

    `users` are by persona; `suffix` is the room's. A story draws the same keys on any day and in
    any room; another `edition` draws different ones. Methods raise KeyError, ObjectDoesNotExist or
    StoryError if the partner has no such row.
    """

    def __init__(
        self,
        partner: Partner,
        users: dict[str, User],
        on: date,
        suffix: str = "",
        edition: str = "",
    ) -> None:
        self.partner, self.on, self._users, self._suffix = partner, on, users, suffix
        self._people = {
            person.display_name: person for person in DirectoryUser.objects.for_partner(partner)
        }
        self._tenants = {tenant.domain: tenant for tenant in Tenant.objects.for_partner(partner)}
        # Predictable on purpose: practice keys are worth nothing
        self._chance = random.Random(partner.mpn_id + edition)  # noqa: S311

    def _draw_key(self) -> str:
        return key_encryption.draw(self._chance.choice)

    def _actor(self, event: Event) -> Actor:
        user = self._users[event.by]
        return Actor(user, How.BACK_OFFICE if user.is_staff else How.PORTAL)

    def _tenant(self, event: Event) -> Tenant:
        return self._tenants[own_domain(event.tenant, self._suffix)]

    def _subscription(self, event: Event, tenant: Tenant, product: Product) -> Subscription:
        """The latest subscription, with the event's number of licenses if it gives one."""
        found = Subscription.objects.of_product_in(tenant, product)
        found = found.filter(licenses=event.licenses) if event.licenses else found
        return found.latest("pk")

    def _benefit(self, event: Event) -> Benefit:
        """The benefit of the latest enrollment; the core one if the event names no competency."""
        benefits = Benefit.objects.for_partner(self.partner).select_related(
            "product", "membership", "partner"
        )
        return self._latest(benefits, event)

    def _latest[M: Model](self, rows: QuerySet[M], event: Event, of: str = "") -> M:
        """The row about the event's benefit, of the latest enrollment on its day.

        `of` is the lookup prefix from `rows` to the benefit.
        """
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
        """The benefit's key that is not revoked."""
        live = ProductKey.objects.for_partner(self.partner).for_display().filter(revoked_at=None)
        return self._latest(live, event, "benefit__")

    def _assignment(self, event: Event) -> Assignment:
        return Assignment.objects.get(
            benefit=self._benefit(event), directory_user=self._people[event.person], ended_at=None
        )

    def _pool(self, event: Event, product: str) -> LicensePool:
        """The license pool of the product named `product` in the event's tenant."""
        licenses = Product.Kind.LICENSES
        return LicensePool(self._tenant(event), Product.objects.get(name=product, kind=licenses))

    def _licenses(self, event: Event) -> list[LicenseAssignment]:
        """The licenses that the event's people have."""
        people = [self._people[name] for name in event.people]
        running = self._pool(event, event.product).assignments.running().of_people(people)
        return list(running.for_display().order_by("pk"))
