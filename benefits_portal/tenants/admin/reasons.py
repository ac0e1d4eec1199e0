"""Ask staff for the reason when they change a right, a date, a role or a key (A1)."""

# mypy: disable-error-code="type-arg"

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from benefits_portal.fields import LineFormField
from benefits_portal.key_format import without_keys
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Record
from benefits_portal.typed_text import isolated, tidy

MISSING = _("Enter a reason, which is recorded. Nothing was changed.")
REASON = _("Reason")
ONLY_STAFF = _("Recorded with what was changed. Only staff can read it.")
NO_NAMES = _("Don't include names.")  # a reason is kept for ever, but a person may be erased


def reason_in(request: HttpRequest) -> str:
    """The submitted reason, with keys masked (K3); empty if it is blank.

    Of a form or a confirmation.
    """
    return without_keys(tidy(request.POST.get("reason", "")))[: Record.REASON_LENGTH]


def is_missing(request: HttpRequest) -> bool:
    """Whether a required reason is missing."""
    return "reason" in request.POST and not reason_in(request)


def reason_field(
    *, required: bool = True, label: Any = REASON, help_text: Any = ONLY_STAFF
) -> LineFormField:
    """A form field for the reason, with the advice not to include names."""
    return LineFormField(
        label=label,
        max_length=Record.REASON_LENGTH,
        required=required,
        error_messages={"required": _("Enter a reason.")},
        help_text=format_lazy("{} {}", help_text, NO_NAMES),
    )


def reason_input(help_text: Any, *, is_missing: bool = False) -> Any:
    """The field for forms that a template writes; with an error if it is missing."""

    class ReasonForm(forms.Form):
        reason = reason_field(required=True, help_text=help_text)

    form = ReasonForm({} if is_missing else None, auto_id="id_%s")
    if is_missing:
        form.fields["reason"].widget.attrs["autofocus"] = True
    return form["reason"]


def each(
    model_admin: Any,
    request: HttpRequest,
    rows: Iterable[Any],
    verb: Callable[[Any], object],
    message: str,
) -> None:
    """Call `verb` for each row; a refusal of one does not stop the others."""
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
