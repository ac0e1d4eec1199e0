"""Stop viewing a partner's pages."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from benefits_portal.tenants import impersonation
from benefits_portal.tenants.access import tenant_context_exempt
from benefits_portal.tenants.middleware import PartnerRequest


@tenant_context_exempt
@require_POST
def end_impersonation(request: PartnerRequest) -> HttpResponse:
    """Return to where it was started; home for people who were not viewing."""
    tenant = impersonation.end(request)
    if back := request.session.pop(impersonation.BACK, ""):
        return redirect(back)
    return (
        redirect("admin:tenants_partner_change", tenant.partner_id) if tenant else redirect("home")
    )
