"""The back office of this app: the catalogue, and what partners are entitled to."""

from . import catalogue, entitlements, memberships

__all__ = ["catalogue", "entitlements", "memberships"]
