"""The partner's tenants: the primary one, and requests for another one."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.listing.excerpt import Excerpt, PageQuery
from benefits_portal.tenants.access import (
    form_methods,
    get_own,
    global_admin_required,
    role_required,
)
from benefits_portal.tenants.forms import TenantRequestForm
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Tenant, TenantRequest
from benefits_portal.tenants.naming import Names
from benefits_portal.typed_text import isolated

from .performing import perform

MAX_ASKED = 20  # on the page


@role_required
@require_safe
def tenants(request: PartnerRequest) -> HttpResponse:
    theirs = TenantRequest.objects.for_partner(request.partner).select_related("asked_by")
    wishes: Excerpt[TenantRequest] = PageQuery(request.path, request.GET).excerpt(
        "asked", theirs, MAX_ASKED
    )
    people = Names(request.partner, (wish.asked_by for wish in wishes))
    asked = wishes.showing([(wish, people.of(wish.asked_by)) for wish in wishes])
    return render(
        request,
        "tenants/tenants.html",
        {"tenants": Tenant.objects.for_partner(request.partner), "asked": asked},
    )


@global_admin_required
@form_methods
def make_primary(request: PartnerRequest, pk: int) -> HttpResponse:
    tenant = get_own(request, Tenant.objects.select_related("partner"), pk)
    if request.method != "POST":
        return render(request, "tenants/tenant_primary.html", {"tenant": tenant})
    message = _("%(tenant)s is now the primary tenant.") % {"tenant": isolated(str(tenant))}
    perform(request, lambda: tenant.make_primary(by=request.actor), message)
    return redirect("tenants:tenants")


@global_admin_required
@form_methods
def ask_for_tenant(request: PartnerRequest) -> HttpResponse:
    """Request another tenant; the response is the same whoever has the domain (P1)."""
    form = TenantRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, domain = form.cleaned_data["name"], form.cleaned_data["domain"]
        message = _("Request sent. The program team will review %(domain)s.") % {"domain": domain}
        if perform(
            request,
            lambda: TenantRequest.objects.ask(request.partner, name, domain, by=request.actor),
            message,
            form,
            "domain",
        ):
            return redirect("tenants:tenants")
    return render(request, "tenants/tenant_ask.html", {"form": form})
