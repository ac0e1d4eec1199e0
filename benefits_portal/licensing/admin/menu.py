"""The menu on every page of the back office: the lists that staff open, in groups."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.columns import Text, admin_url

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
OTHERS = ("logs", _("Logs"))  # with the lists that no group names

by_app = admin.site.get_app_list


# For each model, whether the user may add, change, delete and view
type Rights = tuple[tuple[type[Model], tuple[bool, ...]], ...]


def get_app_list(request: HttpRequest, app_label: str | None = None) -> list[Any]:
    """The lists that the user may open, in groups; for one app, as Django has them."""
    if app_label is not None:
        return by_app(request, app_label)
    return menu(get_language(), rights_of(request))


def rights_of(request: HttpRequest) -> Rights:
    return tuple(
        (model, tuple(model_admin.get_model_perms(request).values()))
        for model, model_admin in admin.site._registry.items()
    )


@lru_cache(maxsize=256)
def drawn(language: str | None, rights: Rights, here: tuple[str, ...]) -> str:
    """The HTML of the menu in `language` for users with `rights`; lists at `here` are marked.

    Kept, because nearly all staff have the rights of one of two groups.
    """
    shown = {"app_list": menu(language, rights), "show_changelinks": False, "here": here}
    return render_to_string("admin/_lists.html", shown)


def open_lists(request: HttpRequest) -> tuple[str, ...]:
    """The URLs in the menu that the page's own URL begins with."""
    urls = (each["admin_url"] for group in get_app_list(request) for each in group["models"])
    path = quote(request.path)
    return tuple(url for url in urls if url and url in path)


@lru_cache(maxsize=64)
def menu(_language: str | None, rights: Rights) -> list[dict[str, Any]]:
    """The lists by group. It is shared by all who have `rights`, so it must not be changed."""
    lists = [entry(model, *own) for model, own in rights if any(own)]
    lists.sort(key=lambda each: (each["app"], each["name"].lower()))
    return list(groups({each["object_name"]: each for each in lists}))


def entry(model: type[Model], add: bool, change: bool, _delete: bool, view: bool) -> dict[str, Any]:
    """A list as Django's templates expect it, with the name of its app for sorting."""
    return {
        "app": str(model._meta.app_config.verbose_name).lower(),
        "name": str(capfirst(model._meta.verbose_name_plural)),
        "object_name": model._meta.object_name,
        "admin_url": admin_url(model, "changelist") if change or view else None,
        "add_url": admin_url(model, "add") if add else None,
        "view_only": not change,
    }


def groups(lists: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each group with those of `lists` that it names, without empty groups."""
    for slug, title, names in GROUPS:
        own = [lists.pop(name) for name in names if name in lists]
        if models := [*(pages() if slug == "help" else ()), *own]:
            yield {"app_label": slug, "name": str(title), "models": models}
    if lists:
        slug, title = OTHERS
        yield {"app_label": slug, "name": str(title), "models": list(lists.values())}


def group_of(object_name: str) -> tuple[str, Text]:
    """The slug and the title of the group that a model belongs to."""
    found = ((slug, title) for slug, title, names in GROUPS if object_name in names)
    return next(found, OTHERS)


def pages() -> Iterator[dict[str, Any]]:
    """PAGES as entries like those of lists."""
    for title, name in PAGES:
        yield {
            "name": str(title),
            "object_name": name,
            "admin_url": reverse(name),
            "add_url": None,
            "view_only": True,
        }
