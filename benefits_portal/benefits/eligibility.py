"""Who can be given a credit benefit: one answer for the list of people, beside their names, and for the commit (U1, U4, U6)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from benefits_portal.tenants.models import DirectoryUser

from .exceptions import EntryDisabled, HoldsIncompatibleCredit, HoldsIncompatibleOffer, HoldsItAlready, NotAssignable, NotInDirectory

if TYPE_CHECKING:
    from .models import Benefit


@dataclass(frozen=True)
class Candidate:
    """Somebody in the list of people, and why they cannot be chosen, if so."""

    person: DirectoryUser
    refusal: NotAssignable | None


class Eligibility:
    """The facts that decide for some people whether they can hold `benefit`, loaded in two queries.

    A person is known by the address: entries of the same address in two tenants of the partner are one person (U4).
    """

    def __init__(self, benefit: "Benefit", people: Iterable[DirectoryUser], on: date) -> None:
        from .models import Assignment, HeldOffer  # the models ask this class

        self.benefit, self.on = benefit, on
        self.held_credit: dict[str, list[Assignment]] = defaultdict(list)
        self.held_offers: dict[str, list[HeldOffer]] = defaultdict(list)
        self.partner_offers: list[HeldOffer] = []
        same = DirectoryUser.objects.same_people(people)
        for assignment in (
            Assignment.objects.running(on)
            .filter(directory_user__in=same)
            .select_related("directory_user", "benefit__product", "benefit__membership__offer")
        ):
            self.held_credit[assignment.directory_user.known_as].append(assignment)
        held = HeldOffer.objects.held(on).filter(Q(directory_user__in=same) | Q(directory_user=None, partner=benefit.partner))
        for offer in held.excluding(benefit.product).select_related("external_offer", "directory_user"):
            (self.held_offers[offer.directory_user.known_as] if offer.directory_user else self.partner_offers).append(offer)

    def refusal(self, person: DirectoryUser) -> NotAssignable | None:
        """Why `person` cannot be chosen, or None."""
        if person.tenant.partner_id != self.benefit.partner_id:
            return NotInDirectory()
        if not person.is_enabled:
            return EntryDisabled()
        for assignment in self.held_credit[person.known_as]:
            if assignment.benefit_id == self.benefit.pk:
                return HoldsItAlready()
        return self._combination_refusal(person)

    def _combination_refusal(self, person: DirectoryUser) -> NotAssignable | None:
        """U4: bulk credit cannot be combined with other credit, nor with the offers recorded as excluding it."""
        for held in [*self.held_offers[person.known_as], *self.partner_offers]:
            return HoldsIncompatibleOffer(offer=str(held.external_offer))
        for assignment in self.held_credit[person.known_as]:
            if self.benefit.product.is_bulk_credit or assignment.benefit.product.is_bulk_credit:
                credit = assignment.benefit
                return HoldsIncompatibleCredit(product=str(credit.product), offer=str(credit.membership.offer))
        return None
