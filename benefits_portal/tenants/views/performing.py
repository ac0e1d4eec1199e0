"""Carry out an action, and report the result."""

from collections.abc import Callable

from django import forms
from django.contrib import messages

from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest


def perform(
    request: PartnerRequest,
    verb: Callable[[], object],
    message: str,
    form: forms.BaseForm | None = None,
    field: str = "",
) -> bool:
    """Call `verb`, and show `message` if it succeeds.

    A refusal becomes an error of `form` at `field`, or a message if there is no form.
    """
    try:
        with repeated_is_done():
            verb()
    except Refusal as refusal:
        if form is None:
            messages.error(request, str(refusal))
        else:
            form.add_error(field or None, str(refusal))
        return False
    messages.success(request, message)
    return True
