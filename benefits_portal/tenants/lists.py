"""The lists of people and of roles, and their downloads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import QuerySet, Value
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal.listing import CappedCount, Column, Filter, Listing, Page
from benefits_portal.prepared import PreparedQuery
from benefits_portal.templatetags.portal import breakable
from benefits_portal.tenants.audit.labels import offer_filter_values
from benefits_portal.tenants.holdings import holdings
from benefits_portal.tenants.models import DirectoryUser, Partner, Role, RoleAssignment, Tenant
from benefits_portal.tenants.models.directory_user_queryset import DirectoryUserQuerySet
from benefits_portal.tenants.models.people_sought import How, Meant, PeopleSought
from benefits_portal.tenants.models.role_assignment_queryset import RoleAssignmentQuerySet

SHOW = {"guests": _("Guests"), "disabled": _("Disabled")}
offer_filter_values(show=SHOW, role={role.value: role.label for role in Role})


@dataclass
class DirectoryListing(Listing[DirectoryUser]):
    """The people of a partner's tenants.

    Orders by role or tenant, which are in other tables, have no index.
    """

    columns = {
        "name": Column(_("Name"), ("sort_name",)),
        "address": Column(_("Email"), ("user_principal_name",)),
        "kind": Column(_("Kind"), ("kind", "sort_name")),
        "tenant": Column(_("Tenant")),
        "role": Column(_("Role")),
        "status": Column(_("Status"), ("is_disabled", "sort_name")),
    }
    partner: Partner | None = None

    @classmethod
    def of(cls, tenants: Sequence[Tenant], query: QueryDict) -> "DirectoryListing":
        """The list for a partner with `tenants`; with only one, there is no filter by tenant."""
        filters = {"show": Filter(_now("Quick filters"), SHOW, quick=True)}
        if len(tenants) > 1:
            filters["tenant"] = Filter(
                _now("Tenant"), {str(tenant.pk): tenant.name for tenant in tenants}
            )
        listing = cls(query, filters)
        listing.partner = tenants[0].partner if tenants else None
        return listing

    def page_of(self, partner: Partner) -> Page[DirectoryUser]:
        """A page of all people of `partner`; the first page is a prepared query."""
        if "tenant" in self.chosen or not self.query.is_first_page:
            return self.page(DirectoryUser.objects.for_partner(partner))
        asked = self.query.href(q="")
        if self.meant is None:
            return self.first_page(first_people.rows(partner.pk, asked=asked))
        if not self.meant.values:
            return self.first_page([])
        found = () if self.found is None else (self.found,)
        values = (partner.pk, *found, *self.meant.values)
        return self.first_page(first_meant.rows(*values, asked=asked, how=self.meant.how))

    @cached_property
    def sought(self) -> PeopleSought:
        return PeopleSought(self.partner.pk if self.partner else 0, self.search_query)

    @cached_property
    def meant(self) -> Meant | None:
        return self.sought.meant

    @cached_property
    def found(self) -> int | None:
        """The number of people found, from the index of words alone; None with other filters."""
        return None if self.chosen or self.meant is None else self.sought.total

    @property
    def finds_first(self) -> bool:
        return self.meant is not None

    def total(self, matching: DirectoryUserQuerySet) -> CappedCount | Value:
        return super().total(matching) if self.found is None else Value(self.found)

    def filter_queryset(self, rows: DirectoryUserQuerySet) -> DirectoryUserQuerySet:
        """`rows` must be all of the partner's."""
        rows = self.meant.among(rows) if self.meant else rows
        if tenant := self.chosen.get("tenant"):
            rows = rows.filter(tenant=int(tenant))
        match self.chosen.get("show"):
            case "guests":
                return rows.guests()
            case "disabled":
                return rows.disabled()
            case _:
                return rows

    def rows(
        self, people: Sequence[DirectoryUser], partner: Partner, on: date
    ) -> list[dict[str, object]]:
        """The rows of the page for `people`.

        Disabled people are marked if they still hold credit on day `on`.
        """
        held = RoleAssignment.objects.of_people(partner, people)
        holding = holdings([person for person in people if not person.is_enabled], on)
        kinds = {kind.value: str(kind.label) for kind in DirectoryUser.Kind}
        roles = {role.value: str(role.label) for role in Role}
        enabled = render_to_string("tenants/_entry_status.html", {"person": DirectoryUser()})
        return [
            {
                "pk": person.pk,
                "name": person.display_name,
                "address": breakable(person.user_principal_name),
                "kind": kinds[person.kind],
                "tenant": person.tenant.name,
                "color": person.tenant.color,
                "role": roles[held[person.pk].role] if person.pk in held else "–",
                "has_no_role": "no" if person.pk in held else "yes",
                "status": enabled
                if person.is_enabled
                else render_to_string(
                    "tenants/_entry_status.html", {"person": person, "holds": person.pk in holding}
                ),
            }
            for person in people
        ]

    def spreadsheet(self, partner: Partner) -> Iterator[list[object]]:
        """The header row, then all matching people."""
        yield self.column_labels()
        for people in self.batches(DirectoryUser.objects.for_partner(partner)):
            held = RoleAssignment.objects.of_people(partner, people)
            for person in people:
                role = held[person.pk].get_role_display() if person.pk in held else ""
                status = _now("Enabled") if person.is_enabled else _now("Disabled")
                yield [
                    person.display_name,
                    person.user_principal_name,
                    person.get_kind_display(),
                    person.tenant.name,
                    role,
                    status,
                ]


@dataclass
class RoleListing(Listing[RoleAssignment]):
    """The roles held at a partner, the most powerful first.

    They are few, so these orders need no index.
    """

    columns = {
        "name": Column(_("Name"), ("known_sort",)),
        "role": Column(
            _("Role"), ("rank", "known_sort"), sort_label=_("Most rights first, then by name")
        ),
        "address": Column(_("Signs in with"), ("user__email",)),
    }

    @property
    def default_sort(self) -> str:
        return "role"

    @classmethod
    def of(cls, query: QueryDict) -> "RoleListing":
        return cls(
            query,
            {
                "role": Filter(
                    _now("Quick filters"), {role.value: role.label for role in Role}, quick=True
                )
            },
        )

    def page_of(self, partner: Partner) -> Page[RoleAssignment]:
        """A page of all roles at `partner`; the first page is prepared unless there is a search."""
        if self.search_query or not self.query.is_first_page:
            return self.page(RoleAssignment.objects.for_partner(partner).for_display())
        return self.first_page(first_roles.rows(partner.pk, asked=self.href))

    def filter_queryset(self, rows: RoleAssignmentQuerySet) -> RoleAssignmentQuerySet:
        """`rows` must be all of the partner's."""
        rows = rows.ranked().sortable_by_name().matching(self.search_query)
        return rows.filter(role=role) if (role := self.chosen.get("role")) else rows

    def spreadsheet(self, partner: Partner) -> Iterator[list[object]]:
        """The header row, then all matching roles, with names from the partner's own directory."""
        yield self.column_labels()
        for held in self.batches(RoleAssignment.objects.for_partner(partner).for_display()):
            for role, person in RoleAssignment.objects.holders(partner, held):
                yield [
                    person.display_name if person else role.user.name_elsewhere,
                    role.get_role_display(),
                    role.user.email,
                ]


@PreparedQuery
def first_people(partner: int, *, asked: str) -> QuerySet[DirectoryUser]:
    """The first page of a partner's directory, for the state `asked` of a URL."""
    listing = DirectoryListing.of([], QueryDict(asked.removeprefix("?")))
    people = DirectoryUser.objects.filter(partner=partner).select_related("tenant")
    rows: QuerySet[DirectoryUser] = listing.first_rows(people)
    return rows


@PreparedQuery
def first_meant(partner: int, *values: Any, asked: str, how: How) -> QuerySet[DirectoryUser]:
    """The first page of the people found by a search; `how` is the form of the values.

    With the number of people found, unless there is another filter.
    """
    listing = DirectoryListing.of([], QueryDict(asked.removeprefix("?")))
    listing.found, meant = (None, values) if listing.chosen else (values[0], values[1:])
    listing.meant = Meant(partner, how, meant)
    people = DirectoryUser.objects.filter(partner=partner).select_related("tenant")
    rows: QuerySet[DirectoryUser] = listing.first_rows(people)
    return rows


@PreparedQuery
def first_roles(partner: int, *, asked: str) -> QuerySet[RoleAssignment]:
    """The first page of the roles at a partner."""
    listing = RoleListing.of(QueryDict(asked.removeprefix("?")))
    held = RoleAssignment.objects.filter(partner=partner).for_display()
    rows: QuerySet[RoleAssignment] = listing.first_rows(held)
    return rows
