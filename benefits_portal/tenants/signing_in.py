"""Forms for signing in, and for a password of one's own."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from benefits_portal.fields import EmailFormField
from benefits_portal.tenants.models import DirectoryUser, User


class SignInForm(AuthenticationForm):
    """E-mail address and password; tells nobody whether an address exists."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("This e-mail address and password do not belong together. Check both; capitals count in the password."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}
        self.fields["username"].error_messages["required"] = _("Enter your e-mail address.")
        self.fields["password"].error_messages["required"] = _("Enter your password.")

    def clean_username(self) -> str:
        """The canonical address, by which wrong passwords are counted too (W2)."""
        return DirectoryUser.objects.address_of(self.cleaned_data["username"])


class ForgottenForm(PasswordResetForm):
    """Whom to send a link that sets a password. Its answer is the same whether or not the address exists."""

    email = EmailFormField(max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs |= {"autocomplete": "username"}
        self.fields["email"].error_messages["required"] = _("Enter your e-mail address.")

    def clean_email(self) -> str:
        """Looks up whose address it is while somebody waits: a database that is away must be told."""
        email = DirectoryUser.objects.address_of(self.cleaned_data["email"])
        self.users = list(User.objects.filter(email=email, is_active=True))
        return email

    def get_users(self, email: str) -> Iterable[User]:
        """Whoever may sign in; an account opened by giving a role has no password yet, and gets its first one so."""
        return self.users

    def send_mail(self, subject_template_name: str, email_template_name: str, context: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        """In the language of the account."""
        with override(context["user"].language or get_language()):
            super().send_mail(subject_template_name, email_template_name, context, *args, **kwargs)


class ToldAtFirstFieldMixin:
    """Of a form with a new password twice: what is wrong with it stands beside the field in which it is chosen."""

    fields: dict[str, Any]

    def validate_password_for_user(self, user: User, *_fields: str, **_named: str) -> None:
        first = next(name for name in ("new_password1", "password1") if name in self.fields)
        super().validate_password_for_user(user, password_field_name=first)  # type: ignore[misc]


class NewPasswordForm(ToldAtFirstFieldMixin, SetPasswordForm):  # type: ignore[type-arg]
    """A password that AUTH_PASSWORD_VALIDATORS accept, twice."""

    error_messages = {"password_mismatch": _("These are not the same. Type the new password in both fields.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = _("At least 12 characters, none of the common ones, and unlike your name and address.")
        self.fields["new_password2"].label = _("The same password again")
        self.fields["new_password2"].help_text = ""
        for field in self.fields.values():
            field.error_messages["required"] = _("Enter the new password.")
