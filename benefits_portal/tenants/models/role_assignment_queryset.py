"""Queries for roles, and giving roles (rule P1)."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from benefits_portal.derived_fields import found_by
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.prepared import PreparedQuery, padded
from benefits_portal.tenants.audit.actor import Actor
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import Record, recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.candidates import Candidate
from benefits_portal.tenants.exceptions import AccountClosed, PersonDisabled, RoleAlreadyHeld

from .actions import TenantsAction
from .directory_user import DirectoryUser
from .partner import Partner
from .role import Role
from .user import User

if TYPE_CHECKING:
    from .role_assignment import RoleAssignment


@PreparedQuery
def held_by(
    partner: int, *people: int, model: type["RoleAssignment"], related: tuple[str, ...]
) -> QuerySet["RoleAssignment"]:
    """The roles at a partner of accounts that sign in as one of `people`, or with their address."""
    # A list of addresses would be canonicalized again, one by one
    emails = DirectoryUser.objects.filter(pk__in=people).values("user_principal_name")
    is_theirs = Q(user__directory_user__in=people) | Q(user__email__in=emails)
    held = model._default_manager.filter(is_theirs, partner=partner)
    return held.select_related("user__directory_user", *related)


@PreparedQuery
def global_admins(partner: int, *, model: type["RoleAssignment"]) -> QuerySet[Any, int]:
    """The roles of the first two Global admins of a partner who can sign in."""
    held = model._default_manager.filter(partner=partner, role=Role.GLOBAL_ADMIN)
    can_sign_in = held.filter(user__is_active=True).order_by("pk")
    return can_sign_in.values_list("pk", flat=True)[:2]


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def for_display(self) -> Self:
        return self.select_related("partner", "user__directory_user__tenant")

    def acting(self) -> Self:
        """Roles of people who may act for their partner and can sign in; not at moved partners."""
        roles = [role for role in Role if role.may_act]
        held = self.filter(role__in=roles, user__is_active=True, partner__moving_until=None)
        return held.exclude(user__directory_user__is_disabled=True)

    def admins_of(self, partner: Partner) -> Self:
        """The admins of `partner`, Global admins first."""
        roles = [role for role in Role if role.may_act]
        held = self.filter(partner=partner, role__in=roles, user__is_active=True)
        held = held.as_known().sortable_by_name().select_related("user")
        return held.order_by("role", "known_sort", "pk")

    def as_known(self) -> Self:
        """Annotate `known_as`: the holder's name in the partner's own directory (P1).

        None without an entry.
        """
        return self.annotate(known_as=_of_entry("display_name"))

    def sortable_by_name(self) -> Self:
        """Annotate `known_sort`: the sort key of that name; empty without an entry."""
        return self.annotate(known_sort=_text_of_entry("sort_name"))

    def last_global_admin(self, partner: Partner) -> int | None:
        """The primary key of the only role that can manage the partner's people and roles.

        None if there are several.
        """
        found = global_admins.rows(partner.pk, model=self.model)
        return found[0] if len(found) == 1 else None

    def of_people(
        self, partner: Partner, people: Iterable[DirectoryUser], *related: str
    ) -> dict[int, "RoleAssignment"]:
        """The roles that `people` have at the partner, by the primary key of their entry.

        See `RoleAssignment.people`. Each has the holder's entry and `related` selected.
        """
        people = list(people)
        keys = padded((person.pk for person in people), nobody=0)
        held = held_by.rows(partner.pk, *keys, model=self.model, related=related)
        at_home = {role.user.directory_user_id: role for role in held if role.is_of_home}
        guests = {role.user.email: role for role in held if not role.is_of_home}
        found = {
            person.pk: at_home.get(person.pk) or guests.get(person.user_principal_name)
            for person in people
        }
        return {pk: role for pk, role in found.items() if role}

    def ranked(self) -> Self:
        """Annotate `rank`, to sort by: the most powerful role comes first."""
        ranks = [When(role=role, then=Value(rank)) for rank, role in enumerate(Role)]
        return self.annotate(rank=Case(*ranks, output_field=models.IntegerField()))

    def matching(self, search_query: str) -> Self:
        """Roles of people whose name at the partner, or whose address, matches.

        By the beginnings of words of the name, or by any part of the address they sign in with.
        """
        if not search_query:
            return self
        known = self.alias(known_text=_text_of_entry("search_text"))
        return known.filter(found_by(search_query, "known_text", plain=["user__email"]))

    def holders(
        self, partner: Partner, held: Sequence["RoleAssignment"]
    ) -> list[tuple["RoleAssignment", DirectoryUser | None]]:
        """Each of `held`, roles at `partner`, with the holder's entry in its directory, or None."""
        guests = DirectoryUser.objects.entries_of(
            partner, (role.user for role in held if not role.is_of_home)
        )
        return [
            (role, role.user.directory_user if role.is_of_home else guests.get(role.user_id))
            for role in held
        ]

    def candidates(
        self, partner: Partner, search_query: str, limit: int = 20
    ) -> Excerpt[Candidate]:
        """The first people of the partner's directory by name or address.

        Each with the reason why they cannot get a role, if there is one.
        """
        people = DirectoryUser.objects.first_matching(partner, search_query, limit)
        held = self.of_people(partner, people)

        def refusal(person: DirectoryUser) -> Refusal | None:
            if not person.is_enabled:
                return PersonDisabled()
            return RoleAlreadyHeld(Role(held[person.pk].role)) if person.pk in held else None

        return people.showing([Candidate(person, refusal(person)) for person in people])

    def give(self, person: DirectoryUser, role: Role, *, by: Actor) -> "RoleAssignment":
        """Give `person` a role at the partner of their directory, and an account if they have none.

        Raises PersonDisabled, AccountClosed or RoleAlreadyHeld; in the back office also
        RoleOfOneself or RolesOfStaff.
        """
        about: AuditContext = {
            "by": by,
            "partner": person.tenant.partner,
            "tenant": person.tenant,
            "subject": person,
            "after": {"role": role},
        }
        with recorded_if_refused(TenantsAction.ROLE_GIVEN, **about):
            Partner.objects.select_for_update(no_key=True).get(pk=person.partner_id)
            if not DirectoryUser.objects.enabled().filter(pk=person.pk).exists():
                raise PersonDisabled
            account = User.objects.account_of(person, by=by)
            account.check_roles(by, gives=True)
            if account.directory_user_id == person.pk and not account.is_active:
                raise AccountClosed
            held = self._hold(account, person.tenant.partner, role)
            Record.objects.log(TenantsAction.ROLE_GIVEN, **about)
            return held

    def give_account(
        self, account: User, partner: Partner, role: Role, *, by: Actor
    ) -> "RoleAssignment":
        """Give a role to an existing account, in the directory of `partner` or not.

        Only the program team does this. Raises PersonDisabled if the person is disabled there or at
        home, AccountClosed, RoleAlreadyHeld, RoleOfOneself or RolesOfStaff. Refusals about another
        partner's home are recorded at no partner.
        """
        wanted = self.model(user=account, partner=partner)
        person = wanted.people().first()
        about: AuditContext = {
            "by": by,
            "partner": partner,
            "tenant": person.tenant if person else None,
            "subject": person or account,
            "after": {"role": role},
        }
        with recorded_if_refused(TenantsAction.ROLE_GIVEN, **about):
            account.check_roles(by, gives=True)
            Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
            if person and not wanted.people().enabled().exists():
                raise PersonDisabled
            wanted.check_can_sign_in()
            held = self._hold(account, partner, role)
            Record.objects.log(TenantsAction.ROLE_GIVEN, **about)
            return held

    def _hold(self, account: User, partner: Partner, role: Role) -> "RoleAssignment":
        held, is_new = self.get_or_create(user=account, partner=partner, defaults={"role": role})
        if not is_new:
            raise RoleAlreadyHeld(Role(held.role))
        return held


def _of_entry(field: str) -> Coalesce:
    """A subquery: `field` of the holder's own entry at the role's partner.

    Or else of an entry with the holder's address.
    """
    at_partner = (
        DirectoryUser.objects.filter(partner=OuterRef("partner")).order_by("pk").values(field)
    )
    own = at_partner.filter(pk=OuterRef("user__directory_user"))
    same_email = at_partner.filter(user_principal_name=OuterRef("user__email"))
    return Coalesce(Subquery(own[:1]), Subquery(same_email[:1]))


def _text_of_entry(field: str) -> Coalesce:
    return Coalesce(_of_entry(field), Value(""), output_field=models.TextField())
