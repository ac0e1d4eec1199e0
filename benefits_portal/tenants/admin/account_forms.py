"""Forms of accounts: a new one, an existing one, and its password."""

# mypy: disable-error-code="type-arg"

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    ReadOnlyPasswordHashField,
    UserChangeForm,
)
from django.contrib.auth.hashers import is_password_usable
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import User
from benefits_portal.tenants.signing_in_forms import ErrorAtFirstFieldMixin

from .forms import BackOfficeForm


class AccountMixin(forms.ModelForm):
    """The email address is the name to sign in with."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("The browser's own")), *settings.LANGUAGES],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:  # somebody else's: nothing to fill in from this browser
            self.fields["email"].widget.attrs = {
                **self.fields["email"].widget.attrs,
                "autocomplete": "off",
                "autofocus": False,
            }


class UserAddForm(AccountMixin, ErrorAtFirstFieldMixin, AdminUserCreationForm, BackOfficeForm):
    usable_password = forms.ChoiceField(
        label=_("How to sign in"),
        required=False,
        initial="true",
        choices={
            "true": _("With a password that you set now"),
            "false": _("With a password that this person sets with the reset link"),
        },
        widget=forms.RadioSelect(attrs={"class": "radiolist"}),
    )

    class Meta:
        model = User
        fields = ("email", "name", "directory_user", "language")
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}


class UserPasswordForm(ErrorAtFirstFieldMixin, AdminPasswordChangeForm):
    """A new password for another person."""


class PasswordState(forms.Widget):
    """Whether there is a password, and the link to set one; nothing of its hash."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        is_set = bool(value) and is_password_usable(value)
        return format_html(
            '<div><p>{}</p><p><a role="button" class="button" href="../password/">{}</a></p></div>',
            gettext("Set") if is_set else gettext("Not set yet"),
            gettext("Set another password") if is_set else gettext("Set a password"),
        )

    def id_for_label(self, id_: str | None) -> str:
        return ""


class UserForm(AccountMixin, UserChangeForm, BackOfficeForm):
    password = ReadOnlyPasswordHashField(label=_("Password"), widget=PasswordState)

    class Meta:
        model = User
        fields = (
            *UserAddForm.Meta.fields,
            "password",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
        )
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}
