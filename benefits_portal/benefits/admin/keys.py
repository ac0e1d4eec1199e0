"""Product keys in the hands of staff: looked up by POST, revoked, issued anew, each on record and never in full (K3, K8)."""

# mypy: disable-error-code="type-arg"

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.columns import address
from benefits_portal.benefits.models import ProductKey
from benefits_portal.tenants.admin.base import actor

ATTRIBUTES = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}


class LookUpForm(forms.Form):
    """A key as somebody read it out: the whole of it, or what pages show of it."""

    key = forms.CharField(
        label=gettext_lazy("Product key, or its last five characters"),
        max_length=60,
        help_text=gettext_lazy("Sent in the form's body, so that it stands in no address and no log. Looking one up goes on record."),
        widget=forms.TextInput(attrs=ATTRIBUTES),
    )


def look_up(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Which keys those are, masked, with their way to the benefit and the partner (K3)."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    form, found, keys = LookUpForm(request.POST or None), None, None
    if request.method == "POST" and form.is_valid():
        keys = ProductKey.objects.looked_up(form.cleaned_data["key"], by=actor(request))
        found = [(key, address(key, "change", key.pk)) for key in keys]
        form = LookUpForm()  # what was typed does not come back
    request.current_app = model_admin.admin_site.name
    context = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts, "title": _("Look up a product key")}
    return TemplateResponse(request, "admin/benefits/productkey/look_up.html", context | {"form": form, "found": found, "excerpt": keys})
