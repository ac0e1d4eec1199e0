"""Who can be given a credit benefit: one answer for the list of people, beside their names, and for the commit (U1, U4, U6)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import CharField, IntegerField, Q, Value
from django.db.models.functions import Lower

from benefits_portal.tenants.models import DirectoryUser

from .exceptions import EntryDisabled, HoldsIncompatibleCredit, HoldsIncompatibleOffer, HoldsItAlready, NotAssignable, NotInDirectory
from .models.catalogue import Product

if TYPE_CHECKING:
    from .models import Benefit


@dataclass(frozen=True)
class Candidate:
    """Somebody in the list of people, and why they cannot be chosen, if so."""

    person: DirectoryUser
    refusal: NotAssignable | None


class Held(NamedTuple):
    """Credit, or an external offer (without a benefit), and who holds it; nobody stands for the whole partner."""

    known_as: str | None
    offer: str
    benefit: int = 0
    product: str = ""
    kind: str = ""


class Eligibility:
    """The facts that decide for some people whether they can hold `benefit`, loaded in one query.

    A person is known by the address: entries of the same address in two tenants of the partner are one person (U4).
    """

    def __init__(self, benefit: "Benefit", people: Iterable[DirectoryUser], on: date) -> None:
        from .models import Assignment, HeldOffer  # the models ask this class

        self.benefit = benefit
        self.held: dict[str | None, list[Held]] = defaultdict(list)
        same, nothing, none = DirectoryUser.objects.same_people(people), Value("", CharField()), Value(0, IntegerField())
        address = Lower("directory_user__user_principal_name")
        benefit_names = ("benefit__membership__offer__name", "benefit_id", "benefit__product__name", "benefit__product__kind")
        credit = Assignment.objects.running(on).filter(directory_user__in=same).order_by().values_list(address, *benefit_names)
        offers = HeldOffer.objects.held(on).filter(Q(directory_user__in=same) | Q(directory_user=None, partner=benefit.partner))
        external = offers.excluding(benefit.product).order_by().values_list(address, "external_offer__name", none, nothing, nothing)
        for row in external.union(credit, all=True).order_by():
            held = Held(*row)
            self.held[held.known_as].append(held)

    def refusal(self, person: DirectoryUser) -> NotAssignable | None:
        """Why `person` cannot be chosen, or None."""
        if person.tenant.partner_id != self.benefit.partner_id:
            return NotInDirectory()
        if not person.is_enabled:
            return EntryDisabled()
        if any(held.benefit == self.benefit.pk for held in self.held[person.known_as]):
            return HoldsItAlready()
        return self._combination_refusal(person)

    def _combination_refusal(self, person: DirectoryUser) -> NotAssignable | None:
        """U4: bulk credit cannot be combined with other credit, nor with the offers recorded as excluding it."""
        for held in [*self.held[person.known_as], *self.held[None]]:
            if not held.benefit:
                return HoldsIncompatibleOffer(offer=held.offer)
        for held in self.held[person.known_as]:
            if self.benefit.product.is_bulk_credit or held.kind == Product.Kind.BULK_CREDIT:
                return HoldsIncompatibleCredit(product=str(Product(name=held.product, kind=held.kind)), offer=held.offer)
        return None
