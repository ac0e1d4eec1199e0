"""The tenant that a key is redeemed in: chosen explicitly, and named on each step (K5, P4)."""

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

from benefits_portal.licensing import prepared_queries
from benefits_portal.licensing.forms import TenantForm
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.views.steps import SWITCHED_FROM, Step, step_page
from benefits_portal.tenants.access import get_own
from benefits_portal.tenants.middleware import PartnerRequest, switch_tenant

TENANT_CONFIRMATION_SALT = "benefits_portal.licensing.place"
TENANT_CONFIRMATION_MAX_AGE = 24 * 60 * 60  # seconds
MAX_DIGITS = 18  # of a primary key in the database
CARRIED = ("key", "way")  # parameters that may have been chosen before the tenant


def choose_tenant(request: PartnerRequest) -> HttpResponse:
    """Choose the tenant explicitly, the first time with its domain typed in (K5).

    Choosing another tenant switches to it; the following steps offer to switch back.
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
    """A signed token for the following steps: this user chose that tenant."""
    return signing.dumps([request.user.pk, tenant_pk], salt=TENANT_CONFIRMATION_SALT)


def confirmation_of_known(request: PartnerRequest) -> str:
    """The token for a page that names the tenant with domain and ID.

    Empty if no key was redeemed in the tenant yet: then its domain must be typed in (K5).
    """
    is_known = prepared_queries.redeemed_in.tuples(request.tenant.pk)
    return confirmation(request, request.tenant.pk) if is_known else ""


def where_it_runs(request: PartnerRequest) -> str:
    """This URL with the tenant of the subscription that it names, which chooses the tenant (K5).

    In another tenant a switch is offered first, as for every page of a subscription (P4).
    """
    reference = request.GET["subscription"]
    if not reference.isdecimal():
        raise Http404
    get_own(request, Subscription.objects.all(), int(reference[:MAX_DIGITS]))
    carried = {name: request.GET[name] for name in CARRIED if name in request.GET}
    if confirmed := confirmation_of_known(request):
        carried["place"] = confirmed
    return f"{request.path}?{urlencode(carried)}"


def tenant_is_confirmed(request: PartnerRequest) -> bool:
    """Whether the URL's token confirms this tenant, even if it is the partner's only one (K5)."""
    try:
        confirmed = signing.loads(
            request.GET.get("place", ""),
            salt=TENANT_CONFIRMATION_SALT,
            max_age=TENANT_CONFIRMATION_MAX_AGE,
        )
    except signing.BadSignature:
        return False
    return bool(confirmed == [request.user.pk, request.tenant.pk])
