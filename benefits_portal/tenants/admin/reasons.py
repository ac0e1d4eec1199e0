"""Why staff change a right, a date, a role or a key by hand (A1).

Asked for, and kept with what was changed.
"""

# mypy: disable-error-code="type-arg"

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import ActionLocation
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from benefits_portal.fields import LineFormField
from benefits_portal.key_format import without_keys
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Record
from benefits_portal.typed import isolated, tidy

MISSING = _("Say why: the reason goes on record. Nothing was changed.")
REASON = _("Reason")
ONLY_STAFF = _("Goes on record with what was changed. Only staff can read it.")
MAX_SHOWN = 20  # of the rows that an action was chosen for
# An action that is run from something's own page
ON_A_FORM = f"{ActionLocation.CHANGE_FORM.value}-reason"


def reason_in(request: HttpRequest) -> str:
    """What was given as the reason, with keys masked (K3); empty for blanks alone.

    On a form, a confirmation or beside an action.
    """
    typed = (tidy(request.POST.get(name, "")) for name in (ON_A_FORM, "reason"))
    return without_keys(next((text for text in typed if text), ""))[: Record.REASON_LENGTH]


def reason_field(
    *, required: bool = True, label: Any = REASON, help_text: Any = ONLY_STAFF
) -> LineFormField:
    return LineFormField(
        label=label, max_length=Record.REASON_LENGTH, required=required, help_text=help_text
    )


class ReasonedActionForm(ActionForm):
    """The choice of an action with the reason for it. `needs_reason` says which actions insist."""

    reason = reason_field(required=False)


def needs_reason(action: Callable[..., Any]) -> Callable[..., Any]:
    """An action that does nothing until somebody says why. Goes below `admin.action`."""

    @wraps(action)
    def asking(model_admin: Any, request: HttpRequest, rows: Any) -> Any:
        if reason_in(request):
            return action(model_admin, request, rows)
        return ask(model_admin, request, rows, asking.short_description)  # type: ignore[attr-defined]

    return asking


def ask(model_admin: Any, request: HttpRequest, rows: Any, title: str) -> TemplateResponse:
    """A page that asks for the reason; what was chosen is sent again with it."""
    messages.error(request, MISSING)
    chosen = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name == ACTION_CHECKBOX_NAME or name.rpartition("-")[2] in ("action", "select_across")
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "rows": Excerpt.of(rows, MAX_SHOWN),
        "chosen": chosen,
        "field": model_admin.action_form(auto_id="id_%s")["reason"],
    }
    return TemplateResponse(request, "admin/ask_reason.html", context)


def each(
    model_admin: Any,
    request: HttpRequest,
    rows: Iterable[Any],
    verb: Callable[[Any], object],
    message: str,
) -> None:
    """Do `verb` to each row for itself: one that is refused does not stand in the others' way."""
    for row in rows:
        try:
            with repeated_is_done():
                verb(row)
        except Refusal as refusal:
            model_admin.message_user(request, f"{isolated(str(row))}: {refusal}", messages.ERROR)
        else:
            model_admin.message_user(
                request, message % {"what": isolated(str(row))}, messages.SUCCESS
            )
