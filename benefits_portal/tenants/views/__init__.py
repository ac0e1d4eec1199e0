"""Views, by what they show: signing in and switching, the directory, roles, tenants, and the record."""

from .signing_in import SignInView, locked_out, switch, welcome

__all__ = ["SignInView", "locked_out", "switch", "welcome"]
