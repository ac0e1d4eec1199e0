"""Attempts that count against limits, and queued emails."""

# mypy: disable-error-code="type-arg"

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import NOTHING, Text, linked
from benefits_portal.backoffice.filters import CasesFilter
from benefits_portal.emails import canonical_email_or_text
from benefits_portal.formats import not_before
from benefits_portal.tenants.limits import (
    OWN_PASSWORD,
    RESET_IP,
    RESET_LINK,
    SEARCH,
    SIGN_IN,
    SIGN_IN_IP,
    UNKNOWN_NETWORK,
    network_of,
)
from benefits_portal.tenants.models import Attempt, Mail
from benefits_portal.tenants.outbox import kind_names

from .base import ReadOnlyAdmin
from .edits_on_record import log_deletion


class LockedOutFilter(CasesFilter):
    title = gettext_lazy("lock-out")
    parameter_name = "locked"
    cases = {
        "yes": (
            gettext_lazy("Locked out now"),
            lambda attempts, _on: attempts.refusing(clock.now()),
        )
    }


# Higher apps add theirs
LIMITS: dict[str, Text] = {
    SIGN_IN.name: gettext_lazy("Wrong passwords of an account, from one address"),
    SIGN_IN_IP.name: gettext_lazy("Wrong passwords from one address"),
    OWN_PASSWORD.name: gettext_lazy("Wrong passwords of an account, typed to change it"),
    RESET_LINK.name: gettext_lazy("Links to set the password of an account"),
    RESET_IP.name: gettext_lazy("Links to set a password, asked for from one address"),
    SEARCH.name: gettext_lazy("Searches of an account"),
}
BY_NETWORK = [SIGN_IN_IP, RESET_IP]  # limits per IP address only


class LimitFilter(admin.SimpleListFilter):
    title = gettext_lazy("limit")
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return list(LIMITS.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(limit=self.value()) if self.value() else queryset


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Attempts that count against limits.

    Deleting one lifts the lock-out, and is recorded.
    """

    list_display = ["at", "what", "until", "is_refused"]
    list_filter = [LockedOutFilter, LimitFilter]
    search_fields = ["account"]
    search_help_text = gettext_lazy(
        "Enter a complete email address or IP address: only digests of them are kept, so a part "
        "finds nothing."
    )
    date_hierarchy = "at"
    date_hierarchy_label = gettext_lazy("date")
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["at", "what", "until", "is_refused"]

    @admin.display(description=gettext_lazy("limit"))
    def what(self, attempt: Attempt) -> Text:
        return LIMITS.get(attempt.limit, attempt.limit)

    @admin.display(description=Attempt._meta.get_field("refused_until").verbose_name)
    def until(self, attempt: Attempt) -> str:
        """To the minute, and not before it ends (W13); Django writes no time on a row's page."""
        until = attempt.refused_until
        return display_for_value(until and not_before(until), NOTHING)

    @admin.display(description=gettext_lazy("locked out"), boolean=True)
    def is_refused(self, attempt: Attempt) -> bool:
        return attempt.refused_until is not None and attempt.refused_until > clock.now()

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        typed = canonical_email_or_text(search_term)
        if not typed:
            return queryset, False
        network = network_of(typed)
        if network == UNKNOWN_NETWORK:
            return queryset.of_account(typed), False
        return queryset.of(*(limit.of(network) for limit in BY_NETWORK)), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super(ReadOnlyAdmin, self).has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        log_deletion(obj, request)
        Attempt.objects.filter(limit=obj.limit, subject=obj.subject).delete()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for attempt in queryset:
            self.delete_model(request, attempt)


class MailStateFilter(CasesFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    cases = {
        "waiting": (gettext_lazy("Waiting"), lambda mails, _on: mails.waiting()),
        "sent": (gettext_lazy("Sent"), lambda mails, _on: mails.sent()),
        "given-up": (gettext_lazy("Given up"), lambda mails, _on: mails.given_up()),
    }


@admin.register(Mail)
class MailAdmin(SearchThroughMixin, ReadOnlyAdmin):
    """Emails: waiting, sent or given up.

    Their content cannot be seen.
    """

    list_display = [
        "queued_at",
        "what",
        linked("recipient", gettext_lazy("recipient")),
        "tries",
        "next_try_at",
        "sent_at",
        "gave_up_at",
    ]
    list_filter = [MailStateFilter]
    list_select_related = ["recipient"]
    list_only = (
        "queued_at",
        "kind",
        "recipient__name",
        "recipient__email",
        "tries",
        "next_try_at",
        "sent_at",
        "gave_up_at",
    )
    search_through = ("recipient",)
    search_help_text = gettext_lazy("Recipient, once the mail was sent")
    date_hierarchy = "queued_at"
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    fields = [
        "queued_at",
        "what",
        "recipient",
        "tries",
        "next_try_at",
        "sent_at",
        "gave_up_at",
        "problem",
        "message_id",
    ]

    @admin.display(description=Mail._meta.get_field("kind").verbose_name)
    def what(self, mail: Mail) -> Text:
        return kind_names.get(mail.kind, mail.kind)
