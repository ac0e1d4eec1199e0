"""The back office of this app: the catalog, and what partners are entitled to."""

from . import catalog, entitlements, memberships

__all__ = ["catalog", "entitlements", "memberships"]
