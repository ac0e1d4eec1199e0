"""Forms to sign in, and to set one's own password."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from benefits_portal.fields import EmailFormField
from benefits_portal.tenants.client_ip import client_network
from benefits_portal.tenants.limits import (
    OWN_PASSWORD,
    RESET_IP,
    RESET_LINK,
    SIGN_IN,
    SIGN_IN_IP,
    Ticket,
    TooManyAttempts,
)
from benefits_portal.tenants.models import Attempt, DirectoryUser, Mail, User
from benefits_portal.tenants.outbox import Letter, writes

PASSWORD_LINK = "tenants.password-link"  # noqa: S105 - a kind of mail


class SignInForm(AuthenticationForm):
    """Email address and password; does not reveal whether an address exists."""

    ticket: Ticket | None = None
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _(
            "That email and password don't match. Check both. Passwords are case-sensitive."
        ),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Email address")
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "inputmode": "email"}
        if settings.DEMO:  # personas come first, and the form may be below the fold
            self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["username"].error_messages["required"] = _("Enter your email address.")
        self.fields["password"].error_messages["required"] = _("Enter your password.")

    @property
    def refused_until(self) -> datetime | None:
        """The end of the lock-out that this wrong password set off, or None."""
        return self.ticket.until if self.ticket and self.errors else None

    def clean(self) -> dict[str, Any]:
        """Count the attempt before the password is hashed, for unknown accounts too (K6).

        Raises TooManyAttempts. A right password gives back its own attempt, and those at the same
        account from the same address; other attempts from there still count.
        """
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not name or not password:
            return self.cleaned_data
        # Django's view always gives one
        network = client_network(self.request)  # type: ignore[arg-type]
        account = SIGN_IN.of((name, network), account=name)
        self.ticket = Attempt.objects.take(account, SIGN_IN_IP.of(network))
        cleaned: dict[str, Any] = super().clean()
        Attempt.objects.give_back(self.ticket)
        Attempt.objects.of(account).delete()
        return cleaned

    def clean_username(self) -> str:
        """The canonical address, by which wrong passwords are counted too (W2).

        An address of invisible characters counts as empty.
        """
        email = DirectoryUser.objects.email_of(self.cleaned_data["username"])
        if not email:
            raise ValidationError(
                self.fields["username"].error_messages["required"], code="required"
            )
        return email


class ForgottenForm(forms.Form):
    """The address for a link that sets a password.

    The response is the same whether or not the address exists.
    """

    email = EmailFormField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={"required": _("Enter your email address.")},
    )

    def clean_email(self) -> str:
        return DirectoryUser.objects.email_of(self.cleaned_data["email"])

    def ask(self, request: HttpRequest) -> None:
        """Queue the email with the link, whether or not the address exists.

        That is looked up when the email is written. An address gets at most one in five minutes,
        which is not revealed. Raises TooManyAttempts if too many came from one client.
        """
        email = self.cleaned_data["email"]
        Attempt.objects.take(RESET_IP.of(client_network(request)))
        with suppress(TooManyAttempts), transaction.atomic():
            Attempt.objects.take(RESET_LINK.of(email, account=email))
            origin = f"{request.scheme}://{request.get_host()}"
            params = {"email": email, "origin": origin, "language": get_language() or ""}
            Mail.objects.queue(PASSWORD_LINK, params, domain=request.get_host().partition(":")[0])


@writes(PASSWORD_LINK, _("Link to set a password"))
def password_link(params: dict[str, str]) -> Letter | None:
    """The URL that sets a password, in the account's language; valid for a day."""
    user = User.objects.filter(email=params["email"], is_active=True).first()
    if user is None:
        return None
    uid, token = (
        urlsafe_base64_encode(force_bytes(user.pk)),
        default_token_generator.make_token(user),
    )
    with override(user.language or params["language"]):
        link = params["origin"] + reverse(
            "tenants:password-set", kwargs={"uidb64": uid, "token": token}
        )
        context = {"user": user, "link": link}
        subject = " ".join(render_to_string("email/password_subject.txt", context).split())
        return Letter(user, subject, render_to_string("email/password.txt", context))


class ErrorAtFirstFieldMixin:
    """Shows errors about the password at the first of the two fields, where it is chosen."""

    fields: dict[str, Any]

    def validate_password_for_user(self, user: User, *_fields: str, **_named: str) -> None:
        first = next(name for name in ("new_password1", "password1") if name in self.fields)
        super().validate_password_for_user(user, password_field_name=first)  # type: ignore[misc]


class NewPasswordForm(ErrorAtFirstFieldMixin, SetPasswordForm):  # type: ignore[type-arg]
    """A new password, typed twice, that AUTH_PASSWORD_VALIDATORS accept."""

    error_messages = {
        "password_mismatch": _("The passwords don't match. Type the new password in both fields.")
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = _(
            "At least 12 characters. Not a common password, and not like your name or email "
            "address."
        )
        self.fields["new_password2"].label = _("Confirm new password")
        self.fields["new_password2"].help_text = ""
        for field in self.fields.values():
            field.error_messages["required"] = _("Enter the new password.")
        self.fields["new_password2"].error_messages["required"] = _(
            "Enter the new password a second time."
        )


class OwnPasswordForm(NewPasswordForm, PasswordChangeForm):
    """The person's new password, with the old one, whose attempts are limited."""

    error_messages = NewPasswordForm.error_messages | {
        "password_incorrect": _("That isn't your current password. Type the one you sign in with."),
    }
    field_order = ["old_password", "new_password1", "new_password2"]
    ticket: Ticket | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Current password")
        self.fields["old_password"].error_messages["required"] = _("Enter your current password.")

    @property
    def refused_until(self) -> datetime | None:
        """The end of the refusal that this wrong password set off, or None."""
        return self.ticket.until if self.ticket and "old_password" in self.errors else None

    def clean_old_password(self) -> str:
        """Count the attempt before the password is hashed. Raises TooManyAttempts."""
        counted = OWN_PASSWORD.of(self.user.pk, account=self.user.email)
        self.ticket = Attempt.objects.take(counted)
        old: str = super().clean_old_password()
        Attempt.objects.of(counted).delete()
        return old
