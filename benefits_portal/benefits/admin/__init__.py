"""The back office of this app: the catalog, partners' memberships, benefits and keys."""

from . import assignments, benefits, catalog, memberships, product_keys

__all__ = ["assignments", "benefits", "catalog", "memberships", "product_keys"]
