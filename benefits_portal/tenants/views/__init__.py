"""Views: signing in and switching tenants, directory, roles, tenants, and the record."""

from .signing_in import (
    ForgottenView,
    NewPasswordView,
    OwnPasswordView,
    PasswordDoneView,
    PasswordSentView,
    SignInView,
    locked_out,
    switch,
    welcome,
)

__all__ = [
    "ForgottenView",
    "NewPasswordView",
    "OwnPasswordView",
    "PasswordDoneView",
    "PasswordSentView",
    "SignInView",
    "locked_out",
    "switch",
    "welcome",
]
