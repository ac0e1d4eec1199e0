"""The back office of this app: subscriptions, the ledger, and requests for replacements."""

from django.contrib import admin

from . import ledgers, license_assignments, menu, orders, replacements

__all__ = ["ledgers", "license_assignments", "menu", "orders", "replacements"]

admin.site.get_app_list = menu.get_app_list  # type: ignore[method-assign]
