"""The tenant that a key goes into: chosen explicitly, and named on every step (rules K5, P4)."""

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

from benefits_portal.licensing.forms import TenantForm
from benefits_portal.licensing.models import Redemption
from benefits_portal.licensing.views.steps import SWITCHED_FROM, Step, step_page
from benefits_portal.tenants.middleware import PartnerRequest, switch_tenant

# At most so many seconds old
TENANT_CONFIRMATION_SALT, TENANT_CONFIRMATION_MAX_AGE = (
    "benefits_portal.licensing.place",
    24 * 60 * 60,
)
CARRIED = ("key", "way")  # what a walkthrough chose before the tenant was


def choose_tenant(request: PartnerRequest) -> HttpResponse:
    """K5: explicitly, and the first time with the domain typed in.

    Choosing another tenant is a switch to it, which the steps that follow offer to take back.
    """
    posted = request.method == "POST"
    form = TenantForm(request, request.POST if posted else None)
    if posted and form.is_valid():
        tenant = form.tenants[form.cleaned_data["tenant"]]
        if tenant != request.tenant:
            request.session[SWITCHED_FROM] = request.tenant.pk
        switch_tenant(request, tenant)
        carried = {name: request.GET[name] for name in CARRIED if name in request.GET}
        query = urlencode({"place": confirmation(request, tenant.pk), **carried})
        return redirect(f"{request.path}?{query}")
    return step_page(request, Step.TENANT, "licensing/start_tenant.html", {"form": form})


def confirmation(request: PartnerRequest, tenant_pk: int) -> str:
    """Signed: that this person chose that tenant, for the steps that follow."""
    return signing.dumps([request.user.pk, tenant_pk], salt=TENANT_CONFIRMATION_SALT)


def confirmation_of_known(request: PartnerRequest) -> str:
    """For a page that has named the tenant with domain and ID and offers what to do there.

    Empty where no key was redeemed before: then the domain is still to be typed in (K5).
    """
    is_known = Redemption.objects.filter(tenant=request.tenant).exists()
    return confirmation(request, request.tenant.pk) if is_known else ""


def tenant_is_confirmed(request: PartnerRequest) -> bool:
    """Whether this tenant was chosen in this flow, also where it is the partner's only one (K5)."""
    try:
        confirmed = signing.loads(
            request.GET.get("place", ""),
            salt=TENANT_CONFIRMATION_SALT,
            max_age=TENANT_CONFIRMATION_MAX_AGE,
        )
    except signing.BadSignature:
        return False
    return bool(confirmed == [request.user.pk, request.tenant.pk])
