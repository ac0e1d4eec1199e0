"""The menu beside every page of the back office: what staff open, by what it is about."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.columns import Text

# The first group also has the pages that all staff may open.
PAGES: tuple[tuple[Text, str], ...] = (
    (_("Support desk"), "support-desk"),
    (_("Refusals"), "refusals"),
)
GROUPS: tuple[tuple[str, Text, tuple[str, ...]], ...] = (
    ("help", _("Help a partner"), ("Replacement", "TenantRequest")),
    (
        "people",
        _("Partners and people"),
        ("Partner", "Tenant", "DirectoryUser", "User", "RoleAssignment"),
    ),
    ("benefits", _("Benefits"), ("Membership", "Benefit", "ProductKey", "Assignment")),
    (
        "subscriptions",
        _("Subscriptions"),
        ("Subscription", "Order", "Redemption", "Reversal", "LicenseAssignment"),
    ),
    ("offers", _("Offers"), ("Offer", "PackageLine", "Product", "ExternalOffer", "HeldOffer")),
)
OTHERS = ("logs", _("Logs"))  # and whatever no group names

by_app = admin.site.get_app_list


def get_app_list(request: HttpRequest, app_label: str | None = None) -> list[Any]:
    """The lists that one may open, in groups; those of one app alone as Django has them."""
    if app_label is not None:
        return by_app(request, app_label)
    lists = {each["object_name"]: each for app in by_app(request) for each in app["models"]}
    return list(groups(lists))


def groups(lists: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each group with those of `lists` that it names; a group of nothing is left out."""
    for slug, title, names in GROUPS:
        own = [lists.pop(name) for name in names if name in lists]
        if models := [*(pages() if slug == "help" else ()), *own]:
            yield {"app_label": slug, "name": title, "models": models}
    if lists:
        slug, title = OTHERS
        yield {"app_label": slug, "name": title, "models": list(lists.values())}


def group_of(object_name: str) -> tuple[str, Text]:
    """The slug and the title of the group that a model is in."""
    found = ((slug, title) for slug, title, names in GROUPS if object_name in names)
    return next(found, OTHERS)


def pages() -> Iterator[dict[str, Any]]:
    """PAGES as entries beside the lists."""
    for title, name in PAGES:
        yield {
            "name": title,
            "object_name": name,
            "admin_url": reverse(name),
            "add_url": None,
            "view_only": True,
        }
