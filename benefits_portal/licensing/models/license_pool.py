"""The licenses of one product in one tenant, and giving them to people (L1 to L8).

All Active and Expired subscriptions of the product count together (L6, L7). Pages read from the
tallies how many people have one; giving a license counts them under locks.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import QuerySet, Sum
from django.utils.http import urlencode

from benefits_portal.benefits.models import Product
from benefits_portal.licensing.license_exceptions import (
    HolderDisabled,
    HoldsLicense,
    MorePeopleThanLicenses,
    NoLicenseLeft,
    NothingRuns,
    NotInTenant,
)
from benefits_portal.paths import path_of
from benefits_portal.prepared import PreparedQuery, in_one_text
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, DirectoryUser, Record, Tenant

from .license_action import LicenseAction
from .license_tally import PEOPLE, LicenseTally, LicenseTallyQuerySet
from .subscription import Subscription
from .subscription_queryset import SubscriptionQuerySet

if TYPE_CHECKING:
    from .license_assignment import LicenseAssignment
    from .license_assignment_queryset import LicenseAssignmentQuerySet

TENANT = "tenant"  # the URL parameter that names the tenant


@dataclass(frozen=True)
class LicenseCount:
    """How many licenses there are, and how many people have one."""

    licenses: int
    given: int

    @property
    def free(self) -> int:
        return max(0, self.licenses - self.given)

    @property
    def over(self) -> int:
        """How many more people than licenses there are (L8)."""
        return max(0, self.given - self.licenses)

    def plus(self, given: int) -> "LicenseCount":
        return LicenseCount(self.licenses, self.given + given)

    def refusal(self, product: Product) -> Refusal | None:
        """Why no license of `product` can be given to anybody; None if one is free."""
        if not self.licenses:
            return NothingRuns(product)
        if self.over:
            return MorePeopleThanLicenses(product, self.over)
        return None if self.free else NoLicenseLeft(product, self.licenses)


def pool_url(tenant: int, product: int) -> str:
    """The page of people with a license of `product` in `tenant`, both primary keys.

    It offers to switch if the link is opened in another tenant.
    """
    page = path_of("licensing:license-holders", product)
    return f"{page}?{urlencode({TENANT: tenant})}"


def lock_people(partner: int, people: Collection[int]) -> dict[int, DirectoryUser]:
    """Lock `people` of `partner` in order of primary keys; return them as they are now.

    Giving a license locks the people first, then the subscriptions.
    """
    entries = DirectoryUser.objects.filter(pk__in=people, partner=partner)
    return {entry.pk: entry for entry in entries.order_by("pk").select_for_update(no_key=True)}


@dataclass(frozen=True)
class LicensePool:
    """All licenses of one product in one tenant together (L6)."""

    tenant: Tenant
    product: Product

    @property
    def subscriptions(self) -> SubscriptionQuerySet:
        return Subscription.objects.of_product_in(self.tenant, self.product)

    @property
    def assignments(self) -> "LicenseAssignmentQuerySet":
        """All assignments, running and ended; the index begins with the partner."""
        theirs = self.tenant.license_assignments.filter(partner=self.tenant.partner_id)
        return theirs.filter(product=self.product)

    @property
    def tallies(self) -> LicenseTallyQuerySet:
        """The numbers of licenses given and ended, by day."""
        return LicenseTally.objects.in_tenant(self.tenant).filter(product=self.product)

    def licenses(self, on: date) -> int:
        """How many licenses the subscriptions grant on that day, by today's rows (L6, L7)."""
        total = self.subscriptions.entitling(on).order_by().aggregate(total=Sum("licenses"))
        return total["total"] or 0

    def count(self, on: date) -> LicenseCount:
        """The number of licenses on that day, and of people who have one now. Two queries."""
        people = self.tallies.ever().values_list(PEOPLE).first() or (0,)
        return LicenseCount(self.licenses(on), *people)

    def refusals(self, people: Iterable[DirectoryUser]) -> dict[int, Refusal | None]:
        """Why people cannot be chosen, by primary key. One query (L1, L2)."""
        people = list(people)
        numbers = self.tenant.partner_id, self.tenant.pk, self.product.pk
        found = holders_among.tuples(*numbers, in_one_text(person.pk for person in people))
        holders = {person for (person,) in found}
        return {person.pk: self.refusal_of(person, holders) for person in people}

    def refusal_of(self, person: DirectoryUser, holders: Collection[int]) -> Refusal | None:
        """Why `person` cannot be chosen, given the `holders` of a license (L1, L2)."""
        if person.tenant_id != self.tenant.pk:
            return NotInTenant()
        if not person.is_enabled:
            return HolderDisabled()
        return HoldsLicense() if person.pk in holders else None

    def give(self, person: DirectoryUser, *, by: Actor, on: date) -> "LicenseAssignment":
        """Give `person` a license, unless none is left (L1 to L3).

        Raises a Refusal, about the person first, then about the pool. It is recorded.
        """
        about = self.about(by) | {"after": {"person": person.pk}}
        with recorded_if_refused(LicenseAction.GIVEN, **about):
            assignment = self.give_under_locks(person, by=by, on=on)
            Record.objects.log(LicenseAction.GIVEN, **about | {"after": assignment.names})
            return assignment

    def give_under_locks(
        self, person: DirectoryUser, *, by: Actor, on: date, leaving: int | None = None
    ) -> "LicenseAssignment":
        """The same in the caller's transaction, without a record; see `give_each` on `leaving`."""
        outcome = self.give_each([person], by=by, on=on, leaving=leaving)[person.pk]
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    def give_each(
        self,
        people: Sequence[DirectoryUser],
        *,
        by: Actor,
        on: date,
        leaving: int | None = None,
    ) -> "dict[int, LicenseAssignment | Refusal]":
        """Give `people` a license each, in their order, while there are any left (L3).

        Returns the outcome for each, by primary key. Within the caller's transaction. It locks,
        then counts, so that only one of many simultaneous requests gets the last license. `leaving`
        is the primary key of the product from which a license is moved.
        """
        entries = lock_people(self.tenant.partner_id, [person.pk for person in people])
        licenses = self._locked_licenses(on, leaving)
        refusals = self.refusals(entries.values())
        count = LicenseCount(licenses, self.assignments.running().count())
        outcomes: dict[int, LicenseAssignment | Refusal] = {}
        chosen: list[DirectoryUser] = []
        for person in people:
            # `entries` has no people of other partners
            refusal = refusals.get(person.pk, NotInTenant())
            refusal = refusal or count.plus(len(chosen)).refusal(self.product)
            if refusal:
                outcomes[person.pk] = refusal
            else:
                chosen.append(entries[person.pk])
        return outcomes | self._write(chosen, by=by, on=on)

    def _locked_licenses(self, on: date, leaving: int | None) -> int:
        """Lock the subscriptions, then the tallies of a move; return how many licenses there are.

        If two requests give licenses at once, one waits for the other.
        """
        licenses = sum(each.licenses for each in self.lock_subscriptions() if each.entitles(on))
        if leaving:
            self._lock_tallies(leaving)
        return licenses

    def lock_subscriptions(self) -> list[Subscription]:
        """Lock the subscriptions that can grant licenses. Must come before writing any tally."""
        return list(self.subscriptions.kept().order_by("pk").select_for_update(no_key=True))

    def _lock_tallies(self, leaving: int) -> None:
        """Lock the tallies of both products of a move, in one order.

        Otherwise two opposite moves would deadlock on what the other has written.
        """
        both = LicenseTally.objects.in_tenant(self.tenant).filter(
            product__in=[self.product.pk, leaving]
        )
        list(both.ever().order_by("product").select_for_update(no_key=True).values_list("pk"))

    def _write(
        self, people: Iterable[DirectoryUser], *, by: Actor, on: date
    ) -> "dict[int, LicenseAssignment]":
        assignments = self.assignments
        given = assignments.bulk_create(
            assignments.model(
                partner_id=self.tenant.partner_id,
                tenant=self.tenant,
                product=self.product,
                directory_user=person,
                given_on=on,
                given_by=by.user,
            )
            for person in people
        )
        return {assignment.directory_user_id: assignment for assignment in given}

    def about(self, by: Actor) -> AuditContext:
        """What the record says of an action in this pool."""
        return {
            "by": by,
            "partner": self.tenant.partner,
            "tenant": self.tenant,
            "subject": self.product,
        }


@PreparedQuery
def holders_among(
    partner: int, tenant: int, product: int, people: str
) -> "QuerySet[LicenseAssignment, tuple[int]]":
    """Who of `people` has a license of a pool; these are primary keys in one text."""
    pool = LicensePool(Tenant(pk=tenant, partner_id=partner), Product(pk=product))
    held = pool.assignments.running().filter(directory_user__one_of=people)
    return held.order_by().values_list("directory_user")
