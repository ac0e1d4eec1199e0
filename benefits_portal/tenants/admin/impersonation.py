"""*View as partner*: the page on which support starts it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from benefits_portal.tenants import impersonation
from benefits_portal.tenants.models import Partner, Tenant

from .edits_on_record import actor
from .reasons import reason_field


class ViewAsForm(forms.Form):
    """The tenant to view, and the reason."""

    tenant = forms.ModelChoiceField(
        Tenant.objects.none(), label=gettext_lazy("Tenant"), empty_label=None
    )
    reason = reason_field()

    def __init__(self, partner: Partner, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants: Any = self.fields["tenant"]
        tenants.queryset = Tenant.objects.for_partner(partner).select_related("partner")


@require_http_methods(["GET", "HEAD", "POST"])
def impersonate(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then redirect to the partner's home page."""
    if not impersonation.may_impersonate(request.user):  # type: ignore[arg-type]
        raise PermissionDenied
    partner = Partner.objects.filter(pk=pk).first()
    if partner is None:
        raise Http404
    form = ViewAsForm(partner, request.POST or None)
    if form.is_valid():
        impersonation.start(request, form.cleaned_data["tenant"], by=actor(request))
        return redirect("home")
    context = {
        **admin.site.each_context(request),
        "title": _("View as partner"),
        "partner": partner,
        "opts": Partner._meta,
        "form": form,
    }
    return TemplateResponse(request, "admin/tenants/partner/view_as.html", context)
