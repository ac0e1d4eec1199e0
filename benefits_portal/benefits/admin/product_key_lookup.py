"""Staff look up whose a product key is: by POST, on record, never shown in full (K3)."""

# mypy: disable-error-code="type-arg"

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.columns import admin_url
from benefits_portal.benefits.key_entry import typed_key
from benefits_portal.benefits.key_exceptions import KeyMistyped, NotAKey
from benefits_portal.benefits.models import ProductKey
from benefits_portal.key_format import ALPHABET, PREFIX, normalized
from benefits_portal.tenants.admin.edits_on_record import actor

ATTRIBUTES = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}


class LookUpForm(forms.Form):
    """A key as somebody read it out: the whole of it, or what pages show of it."""

    key = forms.CharField(
        label=gettext_lazy("Product key, or its last five characters"),
        max_length=2_000,  # a mail around it, too
        help_text=gettext_lazy(
            "All 25 characters, or the last five. Capitals, spaces and hyphens do not matter. "
            "Each lookup is recorded."
        ),
        widget=forms.TextInput(attrs=ATTRIBUTES),
    )

    def clean_key(self) -> str:
        """The key or its end as it was typed; what is mistyped is told, and not looked up."""
        typed: str = self.cleaned_data["key"]
        end = normalized(typed)
        if len(end) == len(PREFIX) and set(end) <= set(ALPHABET):
            return typed
        try:
            typed_key(typed)
        except (NotAKey, KeyMistyped) as refusal:
            advice = _("Ask for it again, or look for its last five characters.")
            raise forms.ValidationError(f"{refusal.message} {advice}") from None
        return typed


def look_up(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Which keys those are, masked, with their way to the benefit and the partner (K3)."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    form, found, keys = LookUpForm(request.POST or None), None, None
    if request.method == "POST" and form.is_valid():
        keys = ProductKey.objects.looked_up(form.cleaned_data["key"], by=actor(request))
        found = [(key, admin_url(key, "change", key.pk)) for key in keys]
        form = LookUpForm()  # what was typed does not come back
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Look up a product key"),
    }
    return TemplateResponse(
        request,
        "admin/benefits/productkey/look_up.html",
        context | {"form": form, "found": found, "excerpt": keys},
    )
