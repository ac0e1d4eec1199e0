"""Who can be assigned a credit benefit (U1, U4, U6).

The same answer serves the list of people and the assignment itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import BooleanField, CharField, IntegerField, Q, QuerySet, Value

from benefits_portal.benefits.credit_exceptions import (
    EntryDisabled,
    HoldsIncompatibleCredit,
    HoldsIncompatibleOffer,
    HoldsItAlready,
    NotAssignable,
    NotInDirectory,
)
from benefits_portal.prepared import PreparedQuery, padded
from benefits_portal.tenants.models import DirectoryUser

from .models.catalog import Product

if TYPE_CHECKING:
    from .models import Benefit


class Held(NamedTuple):
    """Credit or an external offer, and who holds it.

    `known_as` is a user principal name; None stands for the whole partner. An offer has no
    `benefit`.
    """

    known_as: str | None
    offer: str
    benefit: int = 0
    product: str = ""
    is_bulk_credit: bool = False


class Eligibility:
    """Whether people can hold `benefit`, from facts that are loaded in one query.

    People are identified by their user principal names: entries with the same one in two tenants of
    the partner are one person (U4).
    """

    def __init__(self, benefit: "Benefit", people: Iterable[DirectoryUser], on: date) -> None:
        self.benefit = benefit
        self.held: dict[str | None, list[Held]] = defaultdict(list)
        addresses = {person.user_principal_name for person in people}
        for row in credit_and_offers.tuples(
            benefit.partner_id, benefit.product_id, on, *padded(addresses, "")
        ):
            held = Held(*row)
            self.held[held.known_as].append(held)

    def refusal(self, person: DirectoryUser) -> NotAssignable | None:
        """Why `person` cannot be chosen, or None."""
        if person.tenant.partner_id != self.benefit.partner_id:
            return NotInDirectory()
        if not person.is_enabled:
            return EntryDisabled()
        if any(held.benefit == self.benefit.pk for held in self.held[person.user_principal_name]):
            return HoldsItAlready()
        return self._combination_refusal(person)

    def _combination_refusal(self, person: DirectoryUser) -> NotAssignable | None:
        """Credit excludes some offers, and bulk credit excludes other credit (U4)."""
        for held in [*self.held[person.user_principal_name], *self.held[None]]:
            if not held.benefit:
                return HoldsIncompatibleOffer(offer=held.offer)
        for held in self.held[person.user_principal_name]:
            if self.benefit.product.is_bulk_credit or held.is_bulk_credit:
                kind = (
                    Product.Kind.BULK_CREDIT if held.is_bulk_credit else Product.Kind.MONTHLY_CREDIT
                )
                return HoldsIncompatibleCredit(kind=kind.value, offer=held.offer)
        return None


@PreparedQuery
def credit_and_offers(
    partner: int, product: int, on: date, *addresses: str
) -> QuerySet[Any, tuple[Any, ...]]:
    """The values of `Held`: credit of people, and offers that exclude the product (U4)."""
    from .models import Assignment, HeldOffer  # which import this module

    known_as = "directory_user__user_principal_name"
    meant = Q(**{f"{known_as}__in": addresses})
    credit = Assignment.objects.running(on).filter(meant, partner=partner)
    offers = HeldOffer.objects.held(on).filter(meant | Q(directory_user=None), partner=partner)
    given = credit.order_by().values_list(
        known_as, "benefit__offer_name", "benefit_id", "benefit__product_name", "is_exclusive"
    )
    no_credit = (Value(0, IntegerField()), Value("", CharField()), Value(False, BooleanField()))
    excluding = offers.excluding(product).order_by()
    external = excluding.values_list(known_as, "external_offer__name", *no_credit)
    return external.union(given, all=True).order_by()
