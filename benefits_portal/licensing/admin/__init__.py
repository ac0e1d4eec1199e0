"""The back office of this app: what runs in tenants, and the replacements that are asked for."""

from django.contrib import admin

from . import ledgers, license_assignments, menu, orders, replacements

__all__ = ["ledgers", "license_assignments", "menu", "orders", "replacements"]

admin.site.get_app_list = menu.get_app_list  # type: ignore[method-assign]
