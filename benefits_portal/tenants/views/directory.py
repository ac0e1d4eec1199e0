"""The directory: find, add, disable and enable people in the partner's tenants."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.formats import as_day
from benefits_portal.prepared import PlannedQuery
from benefits_portal.replica import list_from_replica
from benefits_portal.tenants.access import (
    form_methods,
    get_own_prepared,
    global_admin_required,
    role_required,
)
from benefits_portal.tenants.any_day import AnyDay, on_any_day
from benefits_portal.tenants.audit.history import history_concerning
from benefits_portal.tenants.downloads import file_name, log_listing
from benefits_portal.tenants.forms import AddUserForm
from benefits_portal.tenants.holdings import holdings
from benefits_portal.tenants.lists import DirectoryListing
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import DirectoryUser, Record, Role, Tenant, TenantsAction
from benefits_portal.typed_text import isolated

from .performing import perform
from .roles import last_global_admin

ADDING = (TenantsAction.PERSON_ADDED, TenantsAction.GUEST_INVITED)


@list_from_replica
@role_required
@require_safe
def users(request: PartnerRequest) -> HttpResponse:
    listing = DirectoryListing.of(own_tenants(request), request.GET)
    page = listing.page_of(request.partner)
    context = {
        "listing": listing,
        "page": page,
        "rows": listing.rows(page.rows, request.partner, request.today),
    }
    return listing.push_url(request, render(request, "tenants/users.html", context))


@role_required
@require_safe
def users_csv(request: PartnerRequest) -> HttpResponseBase:
    """A streamed download of the filtered list, in its order."""
    listing = DirectoryListing.of(own_tenants(request), request.GET)
    log_listing(request, "users", listing, DirectoryUser.objects.for_partner(request.partner))
    name = file_name(request.partner.name, _("Users"), request.today)
    return spreadsheet(name, listing.spreadsheet(request.partner))


def own_tenants(request: PartnerRequest) -> list[Tenant]:
    """All tenants of the partner, since a role is for all of them."""
    return [tenant for tenant in request.tenants if tenant.partner_id == request.partner.pk]


@role_required
@on_any_day
@require_safe
def user(request: PartnerRequest, pk: int) -> HttpResponse:
    """A person's page, with their history (A2)."""
    person = own_person(request, pk)
    if request.any_day.as_of:
        return user_on(request, person, request.any_day)
    held = person.role()
    account = getattr(person, "user", None) or (held.user if held else None)
    context = {
        "person": person,
        "held": held,
        "holdings": holdings([person], request.today)[person.pk],
        "history": history_concerning(request, person, account, "#history"),
    }
    last = last_global_admin(request) if held and held.role == Role.GLOBAL_ADMIN else {}
    return render(request, "tenants/user.html", context | last)


def user_on(request: PartnerRequest, person: DirectoryUser, any_day: AnyDay) -> HttpResponse:
    """What a person held on another day; the rest of the page is about today (H1)."""
    added = Record.objects.about(person).filter(action__in=ADDING).order_by("at")
    known_since = added.values_list("at", flat=True).first()
    context = {
        "person": person,
        "held": person.role(),
        "holdings": holdings([person], any_day.day, then=True)[person.pk],
        "day_notes": [*notes_of_the_day(person, any_day, known_since)],
    }
    return render(request, "tenants/user.html", context)


def notes_of_the_day(
    person: DirectoryUser, any_day: AnyDay, known_since: datetime | None
) -> Iterator[str]:
    """Notes on a page of another day: what is not known of it, or that it is too early (H1, H2)."""
    if any_day.is_forecast:
        return
    yield _("Status and role are as of today.")
    if known_since and (added_on := localtime(known_since).date()) > any_day.day:
        text = _("%(name)s was added to the directory later, on %(day)s.")
        yield text % {"name": isolated(person.display_name), "day": as_day(added_on)}


@global_admin_required
@form_methods
def add_user(request: PartnerRequest) -> HttpResponse:
    """Add a member, or invite a guest."""
    kind = (
        DirectoryUser.Kind.GUEST
        if request.GET.get("kind") == "guest"
        else DirectoryUser.Kind.MEMBER
    )
    form = AddUserForm(
        request.partner, request.POST or None, {"kind": kind, "tenant": request.tenant.pk}
    )
    if request.method == "POST" and form.is_valid() and add(request, form.cleaned_data, form):
        return redirect("tenants:users")
    return render(request, "tenants/user_add.html", {"form": form})


def add(request: PartnerRequest, chosen: dict[str, Any], form: AddUserForm) -> bool:
    message = _("%(name)s is now in the directory of %(tenant)s.") % {
        name: isolated(str(chosen[name])) for name in ("name", "tenant")
    }
    tenant, kind = chosen["tenant"], chosen["kind"]
    return perform(
        request,
        lambda: DirectoryUser.objects.add_to(
            tenant, chosen["name"], chosen["address"], kind=kind, by=request.actor
        ),
        message,
        form,
        "address",
    )


@global_admin_required
@form_methods
def disable_user(request: PartnerRequest, pk: int) -> HttpResponse:
    """Disable a person, after a question that says what this removes."""
    person = own_person(request, pk)
    if request.method != "POST":
        held = person.role()
        return render(
            request,
            "tenants/user_disable.html",
            {"person": person, "held": held} | last_global_admin(request),
        )
    message = _(
        "%(name)s is disabled. Credit that they hold stays until you remove or transfer it."
    ) % {"name": isolated(person.display_name)}
    perform(request, lambda: person.disable(by=request.actor), message)
    return redirect("tenants:user", pk)


@global_admin_required
@form_methods
def enable_user(request: PartnerRequest, pk: int) -> HttpResponse:
    person = own_person(request, pk)
    if request.method != "POST":
        return render(request, "tenants/user_enable.html", {"person": person})
    perform(
        request,
        lambda: person.enable(by=request.actor),
        _("%(name)s is enabled again.") % {"name": isolated(person.display_name)},
    )
    return redirect("tenants:user", pk)


def own_person(request: PartnerRequest, pk: int) -> DirectoryUser:
    person: DirectoryUser = get_own_prepared(request, person_of, pk, owner="tenant__partner")
    return person


@PlannedQuery
def person_of(partner: int, pk: int) -> QuerySet[DirectoryUser]:
    people = DirectoryUser.objects.select_related("tenant__partner", "user")
    return people.filter(partner=partner, pk=pk).order_by()
