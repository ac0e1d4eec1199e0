"""Calendar feeds in the back office."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.reminders.models import Feed
from benefits_portal.tenants.admin.base import ReadOnlyAdmin


@admin.register(Feed)
class FeedAdmin(SearchThroughMixin, ReadOnlyAdmin):
    """Who has a calendar link at which partner; the link itself is not stored."""

    list_display = [
        "made_at",
        linked("user", _("user")),
        linked("partner", _("partner")),
        "fetched_at",
    ]
    list_select_related = ["user", "partner"]
    search_through = ("user", "partner")
    search_help_text = _("Person or partner")
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["user", "partner", "made_at", "fetched_at"]
