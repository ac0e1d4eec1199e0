"""The roles at a partner: list, give, change and remove."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.search_text import clean_query
from benefits_portal.tenants.access import (
    form_methods,
    get_own,
    global_admin_required,
    role_required,
)
from benefits_portal.tenants.candidates import Choices
from benefits_portal.tenants.downloads import file_name, log_listing
from benefits_portal.tenants.exceptions import LastGlobalAdmin
from benefits_portal.tenants.forms import GiveRoleForm, RoleForm
from benefits_portal.tenants.lists import RoleListing
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import (
    DirectoryUser,
    Record,
    Role,
    RoleAssignment,
    TenantsAction,
    User,
)
from benefits_portal.tenants.naming import name_at
from benefits_portal.typed_text import isolated

from .performing import perform


@role_required
@require_safe
def roles(request: PartnerRequest) -> HttpResponse:
    listing = RoleListing.of(request.GET)
    page = listing.page_of(request.partner)
    holders = RoleAssignment.objects.holders(request.partner, page.rows)
    context = {
        "listing": listing,
        "page": page,
        "holders": holders,
        "kinds": list(Role),
    } | last_global_admin(request)
    return listing.push_url(request, render(request, "tenants/roles.html", context))


@role_required
@require_safe
def roles_csv(request: PartnerRequest) -> HttpResponseBase:
    """A download of the filtered list, in its order."""
    listing = RoleListing.of(request.GET)
    log_listing(request, "roles", listing, RoleAssignment.objects.for_partner(request.partner))
    name = file_name(request.partner.name, _("Roles"), request.today)
    return spreadsheet(name, listing.spreadsheet(request.partner))


@global_admin_required
@form_methods
def give_role(request: PartnerRequest) -> HttpResponse:
    """Give a role to a person in the directory; others are listed with the reason why not."""
    form = GiveRoleForm(request.partner, request.POST or None)
    if request.method == "POST" and form.is_valid() and give(request, form):
        return redirect("tenants:roles")
    search_query = clean_query(request.GET.get("q") or request.POST.get("q"))
    candidates = RoleAssignment.objects.candidates(request.partner, search_query)
    choices = Choices.of(candidates, request.POST.get("person"), chooses_only_one=True)
    context = {
        "form": form,
        "search_query": search_query,
        "candidates": candidates,
        "choices": choices,
        "chosen": choices.chosen,
    }
    return render(request, "tenants/role_give.html", context)


def give(request: PartnerRequest, form: GiveRoleForm) -> bool:
    person, role = form.cleaned_data["person"], form.cleaned_data["role"]
    message = _("%(name)s now holds the role %(role)s.") % {
        "name": isolated(person.display_name),
        "role": role.label,
    }
    return perform(
        request,
        lambda: RoleAssignment.objects.give(person, role, by=request.actor),
        message,
        form,
        "person",
    )


@global_admin_required
@form_methods
def change_role(request: PartnerRequest, pk: int) -> HttpResponse:
    held = get_own(request, RoleAssignment.objects.for_display(), pk)
    form = RoleForm(request.POST or None, {"role": held.role})
    if request.method == "POST" and form.is_valid():
        role, name = form.cleaned_data["role"], name_of(held)
        message = _("%(name)s now holds the role %(role)s.") % {
            "name": isolated(name),
            "role": role.label,
        }
        if perform(request, lambda: held.change_to(role, by=request.actor), message, form, "role"):
            return redirect("tenants:roles")
    return render(
        request,
        "tenants/role_change.html",
        {"held": held, "name": name_of(held), "form": form} | last_global_admin(request),
    )


@global_admin_required
@form_methods
def take_role(request: PartnerRequest, pk: int) -> HttpResponse:
    if request.method == "POST" and (record := just_taken(request, pk)):
        subject = record.subject
        name = (
            name_at(request.partner, subject)
            if isinstance(subject, User)
            else getattr(subject, "display_name", "")
        )
        messages.success(request, taken_message(name, Role(record.before["role"])))
        return redirect("tenants:roles")
    held = get_own(request, RoleAssignment.objects.for_display(), pk)
    if request.method != "POST":
        return render(
            request,
            "tenants/role_take.html",
            {"held": held, "name": name_of(held)} | last_global_admin(request),
        )
    perform(
        request, lambda: held.take(by=request.actor), taken_message(name_of(held), Role(held.role))
    )
    return redirect("tenants:roles")


def just_taken(request: PartnerRequest, pk: int) -> Record | None:
    """Whether the same person removed the role with that primary key a moment ago (W11).

    It no longer exists, and a double click asks again.
    """
    taken = Record.objects.just_done(
        TenantsAction.ROLE_TAKEN, by=request.actor, partner=request.partner
    )
    return taken.filter(params__held=pk).first()


def taken_message(name: str, role: Role) -> str:
    return _("%(name)s no longer holds the role %(role)s.") % {
        "name": isolated(name),
        "role": role.label,
    }


def last_global_admin(request: PartnerRequest) -> dict[str, object]:
    """The role that cannot be removed, and why: shown before an action is chosen (P3)."""
    if not request.role.may_manage_people:
        return {}
    return {
        "last_admin": RoleAssignment.objects.last_global_admin(request.partner),
        "last_admin_reason": LastGlobalAdmin(),
    }


def name_of(held: RoleAssignment) -> str:
    """The name in the partner's own directory."""
    person: DirectoryUser | None = held.people().first()
    return person.display_name if person else held.user.name_elsewhere
