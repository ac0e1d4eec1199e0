"""Queries for the people in the tenants' directories, and adding people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q, QuerySet

from benefits_portal.derived_fields import keys_or_subquery
from benefits_portal.emails import canonical_email_or_text, guest_behind
from benefits_portal.listing.excerpt import Excerpt, first_of, with_total
from benefits_portal.prepared import PreparedQuery, padded
from benefits_portal.tenants.audit.actor import Actor
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import Record, recorded_if_refused
from benefits_portal.tenants.exceptions import AlreadyInDirectory
from benefits_portal.typed_text import tidy

from .actions import TenantsAction
from .directory_user_kind import DirectoryUserKind, own_email
from .directory_word import DirectoryUserWord
from .former_name import RenamedQuerySet
from .partner import Partner, Tenant
from .people_sought import How, Meant, PeopleSought, of_matching_people

if TYPE_CHECKING:
    from .directory_user import DirectoryUser
    from .user import User


@PreparedQuery
def entries_by(
    partner: int, *keys: int | str, own: int, model: type["DirectoryUser"]
) -> QuerySet["DirectoryUser"]:
    """A partner's entries with one of the first `own` primary keys, or one of the addresses."""
    is_one = Q(pk__in=keys[:own]) | Q(user_principal_name__in=keys[own:])
    found = model._default_manager.filter(is_one, partner=partner)
    return found.order_by("-pk").select_related("tenant")


@PreparedQuery
def first_by_name(
    partner: int, *, most: int, model: type["DirectoryUser"]
) -> QuerySet["DirectoryUser"]:
    """The first people of a partner by name, with the total."""
    theirs = model._default_manager.filter(partner=partner).select_related("tenant")
    return with_total(theirs.order_by("sort_name", "pk"), most)


@PreparedQuery
def meant_by_name(
    partner: int, total: int, *values: int | str, how: How, most: int, model: type["DirectoryUser"]
) -> QuerySet["DirectoryUser"]:
    """The first of the people whom a search means; `how` is the form of the values."""
    theirs = model._default_manager.filter(partner=partner).order_by("sort_name", "pk")
    # Their keys from an index alone, then the rows of the few
    first = first_of(Meant(partner, how, values).among(theirs), most)
    people = first.select_related("tenant").order_by("sort_name", "pk")
    return with_total(people, most, counted=total)


class DirectoryUserQuerySet(RenamedQuerySet["DirectoryUser"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner).select_related("tenant")

    def guests(self) -> Self:
        return self.filter(kind=DirectoryUserKind.GUEST)

    def disabled(self) -> Self:
        return self.filter(is_disabled=True)

    def same_people(self, people: Iterable["DirectoryUser"]) -> Self:
        """All entries with the address of one of `people` at their partner.

        A person may have entries in two tenants.
        """
        people = list(people)
        names, partners = (
            {person.user_principal_name for person in people},
            {person.partner_id for person in people},
        )
        return self.filter(user_principal_name__in=names, partner__in=partners)

    def entries_of(self, partner: Partner, users: Iterable["User"]) -> dict[int, "DirectoryUser"]:
        """The entry of each of `users` in the directory of `partner`, by the user's primary key.

        The one they sign in as, or else the oldest one with their address. Users without an entry
        are left out (P1).
        """
        by_pk = {user.pk: user for user in users}
        if not by_pk:
            return {}
        emails = {user.email for user in by_pk.values()}
        own = {pk for user in by_pk.values() if (pk := user.directory_user_id) is not None}
        keys = padded(own, 0)
        entries = entries_by.rows(
            partner.pk, *keys, *padded(emails, ""), own=len(keys), model=self.model
        )
        by_entry = {entry.pk: entry for entry in entries}
        by_email = {entry.user_principal_name: entry for entry in entries}
        known = {
            pk: by_entry.get(user.directory_user_id or 0) or by_email.get(user.email)
            for pk, user in by_pk.items()
        }
        return {pk: entry for pk, entry in known.items() if entry}

    def email_of(self, typed: str) -> str:
        """The address to sign in with, from what a person typed (W3).

        For a directory's name of a guest, the guest's own address.
        """
        email = canonical_email_or_text(typed)
        if guest := guest_behind(email):
            guest_email, domain = guest
            there = self.guests().filter(tenant__domain=domain, user_principal_name=guest_email)
            return guest_email if there.exists() else email
        return email

    def enabled(self) -> Self:
        return self.filter(disabled_at=None)

    def matching(self, search_query: str) -> Self:
        """People with a word in their name or address that begins with each of `words` (W7).

        Everyone without words.
        """
        return of_matching_people(self, search_query, "pk")

    def keys_known_by(self, term: str) -> Any:
        """The value for `…__in`: people of all partners with a word that begins with `term`.

        `term` is one of `search_terms`. Asks the table of words only.
        """
        return keys_or_subquery(DirectoryUserWord.objects.beginning_with(term), "person")

    def by_name(self) -> Self:
        return self.order_by("sort_name", "pk")

    def first_matching(
        self, partner: Partner, search_query: str, most: int
    ) -> Excerpt["DirectoryUser"]:
        """The first people of `partner` by name who match, and their total."""
        if not search_query:
            found = first_by_name.rows(partner.pk, most=most, model=self.model)
            return Excerpt.of_counted(found)
        sought = PeopleSought(partner.pk, search_query)
        meant = sought.meant
        if meant is None or not meant.values:
            return Excerpt((), 0)
        values = (partner.pk, sought.total, *meant.values)
        found = meant_by_name.rows(*values, how=meant.how, most=most, model=self.model)
        return Excerpt.of_counted(found)

    def add_to(
        self, tenant: Tenant, name: str, email: str, *, by: Actor, kind: str = "member"
    ) -> "DirectoryUser":
        """Add a member to the directory of `tenant`, or invite a guest.

        Raises EmailOutsideTenant, GuestFromInside, NameOfGuest or AlreadyInDirectory.
        """
        name, email = tidy(name), canonical_email_or_text(email)
        is_guest = kind == DirectoryUserKind.GUEST
        action = TenantsAction.GUEST_INVITED if is_guest else TenantsAction.PERSON_ADDED
        values = {"display_name": name, "user_principal_name": email, "kind": kind}
        about: AuditContext = {
            "by": by,
            "partner": tenant.partner,
            "tenant": tenant,
            "after": values,
        }
        with recorded_if_refused(action, **about):
            values["user_principal_name"] = email = own_email(tenant, email, kind)
            person, is_new = self.get_or_create(
                tenant=tenant, user_principal_name=email, defaults=values
            )
            if not is_new:
                raise AlreadyInDirectory(person)
            about["subject"] = person
            Record.objects.log(action, **about)
            return person
