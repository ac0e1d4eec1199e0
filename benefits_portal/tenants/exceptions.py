"""Refusals: what a rule says no to, in words for the person who asked."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A rule said no. `message` is one clear sentence, `advice` what to do next (rule K7).

    Subclasses name the fact (`KeyAlreadyRedeemed`) and write both as properties where they need numbers or names.
    """

    rule: str = ""
    message: str | Promise = ""
    advice: str | Promise = ""

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class NotPermitted(Refusal):
    rule = "P3"
    message = _("Your role lets you look, but not change anything here.")
    advice = _("Ask a Global admin or an MPN partner admin of your organisation.")


class ReasonMissing(Refusal):
    rule = "K8"
    message = _("This change needs a reason.")
    advice = _("Say in one sentence why; it is kept on record.")
