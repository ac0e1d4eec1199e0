"""The back office of this app: the catalog, and what partners are entitled to."""

from . import assignments, benefits, catalog, memberships, product_keys

__all__ = ["assignments", "benefits", "catalog", "memberships", "product_keys"]
