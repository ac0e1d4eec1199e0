"""Views, by what they show: signing in and switching, directory, roles, tenants, and record."""

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
