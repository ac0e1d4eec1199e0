"""Template tags for the first page of the back office, and for breadcrumbs."""

from typing import Any

from django import template
from django.utils.translation import get_language

from benefits_portal import clock
from benefits_portal.backoffice.filters import on_day
from benefits_portal.licensing.admin.dashboard import LANE, MONTHS, lines, redemptions_by_month
from benefits_portal.licensing.admin.menu import drawn, group_of, open_lists, rights_of
from benefits_portal.licensing.admin.support_desk import DeskForm
from benefits_portal.licensing.admin.tasks import tasks
from benefits_portal.licensing.models import Redemption

register = template.Library()


@register.inclusion_tag("admin/_open_items.html", takes_context=True)
def open_items(context: dict[str, Any]) -> dict[str, Any]:
    """The open items of today, each with a link to its list."""
    today = clock.today()
    return {"lines": list(lines(context["request"], today)), "day": on_day(today)}


@register.inclusion_tag("admin/_tasks.html", takes_context=True)
def task_links(context: dict[str, Any]) -> dict[str, Any]:
    """The tasks that the user may do."""
    return {"groups": list(tasks(context["request"].user))}


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> str:
    """All lists that the user may open, in groups."""
    request = context["request"]
    return drawn(get_language(), rights_of(request), open_lists(request))


@register.inclusion_tag("admin/_crumbs.html")
def crumbs(opts: Any, *, is_list: bool = False) -> dict[str, Any]:
    """The first breadcrumbs: home, the group of a model, and its list.

    `is_list` says that the path ends with the list.
    """
    slug, title = group_of(opts.object_name)
    return {"slug": slug, "title": title, "opts": opts, "is_list": is_list}


@register.inclusion_tag("admin/support/search.html", takes_context=True)
def desk_search(context: dict[str, Any]) -> dict[str, Any]:
    """The search box of the support desk."""
    return {"form": DeskForm(), "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("admin/_redemptions.html", takes_context=True)
def redemptions(context: dict[str, Any]) -> dict[str, Any]:
    """A chart of the redemptions of the last twelve months."""
    if not context["request"].user.has_perm(f"licensing.view_{Redemption._meta.model_name}"):
        return {}
    bars = [bar.cells() for bar in redemptions_by_month(clock.today())]
    description = "; ".join(f"{bar['name']}: {bar['text']}" for bar in bars)
    return {"bars": bars, "description": description, "height": MONTHS * LANE}
