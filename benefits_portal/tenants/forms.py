"""Forms of this app."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.middleware import PartnerRequest


class SignInForm(AuthenticationForm):
    """E-mail address and password; tells nobody whether an address exists."""

    error_messages = {
        "invalid_login": _("This e-mail address and password do not belong together. Check both; capitals count in the password."),
        "inactive": _("This account is closed. Ask a Global admin of your organisation."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}
        self.fields["username"].error_messages["required"] = _("Enter your e-mail address.")
        self.fields["password"].error_messages["required"] = _("Enter your password.")

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class PlaceForm(forms.Form):
    """Which of one's own tenants to act in."""

    place = forms.TypedChoiceField(
        label=_("Tenant"),
        coerce=int,
        error_messages={
            "required": _("Choose a tenant."),
            "invalid_choice": _("You have no role there. Choose one of the tenants below."),
        },
    )

    def __init__(self, request: PartnerRequest, data: Any = None) -> None:
        super().__init__(data)
        self.places = {place.pk: place for place in request.places}
        self.fields["place"].choices = [(pk, str(place)) for pk, place in self.places.items()]  # type: ignore[attr-defined]
