"""Choices, digests and runs in the back office."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import CasesFilter
from benefits_portal.reminders.models import Digest, Preference, Run, Silence, Told
from benefits_portal.tenants.admin.base import ReadOnlyAdmin, ReadOnlyInline


class DigestStateFilter(CasesFilter):
    title = _("state")
    parameter_name = "state"
    cases = {
        "waiting": (_("Waiting"), lambda digests, _on: digests.waiting()),
        "sent": (_("Sent"), lambda digests, _on: digests.sent()),
        "given-up": (_("Given up"), lambda digests, _on: digests.given_up()),
        "dropped": (_("Not needed anymore"), lambda digests, _on: digests.dropped()),
    }


class ToldInline(ReadOnlyInline):
    model = Told
    fields = readonly_fields = ["occasion", "due_on", "threshold"]


@admin.register(Digest)
class DigestAdmin(SearchThroughMixin, ReadOnlyAdmin):
    """Reminder emails: waiting, sent, given up or dropped."""

    list_display = [
        "for_day",
        linked("user", _("recipient")),
        linked("partner", _("partner")),
        "tries",
        "next_try_at",
        "sent_at",
        "gave_up_at",
    ]
    list_filter = [DigestStateFilter]
    list_select_related = ["user", "partner"]
    list_only = (
        "for_day",
        "user__name",
        "user__email",
        "partner__name",
        "partner__mpn_id",
        "tries",
        "next_try_at",
        "sent_at",
        "gave_up_at",
        "made_at",
    )
    search_through = ("user", "partner")
    search_help_text = _("Recipient or partner")
    date_hierarchy = "made_at"
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    inlines = [ToldInline]
    fields = [
        "for_day",
        "user",
        "partner",
        "run",
        "made_at",
        "tries",
        "next_try_at",
        "sent_at",
        "gave_up_at",
        "problem",
        "message_id",
    ]


@admin.register(Preference)
class PreferenceAdmin(SearchThroughMixin, ReadOnlyAdmin):
    """What people chose at which partner; people without a row have the defaults."""

    list_display = ["user", linked("partner", _("partner")), "rhythm"]
    list_filter = ["rhythm"]
    list_select_related = ["user", "partner"]
    search_through = ("user", "partner")
    search_help_text = _(
        "Person or partner. People who aren't listed have changed nothing and get the usual "
        "reminders."
    )
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []


@admin.register(Silence)
class SilenceAdmin(SearchThroughMixin, ReadOnlyAdmin):
    """Things that people turned reminders off for."""

    list_display = [
        "silenced_at",
        linked("user", _("user")),
        linked("partner", _("partner")),
        "thing",
    ]
    list_select_related = [
        "user",
        "partner",
        "benefit__product",
        "benefit__partner",
        "subscription__product",
        "subscription__tenant",
    ]
    search_through = ("user", "partner")
    search_help_text = _("Person or partner")
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []

    @admin.display(description=_("thing"))
    def thing(self, silence: Silence) -> Any:
        return silence.benefit or silence.subscription


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs of the command, and how much each made, sent and failed to send."""

    list_display = ["started_at", "ended_at", "made", "sent", "failed"]
    date_hierarchy = "started_at"
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
