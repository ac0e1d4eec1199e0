"""The actions that this app records (A1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import Record, recordable


@recordable
class BenefitAction(models.TextChoices):
    """The actions that this app records."""

    PROVISIONED = "benefits.provisioned", _("Provisioned benefits")
    ENDED = "benefits.membership-ended", _("Ended a membership early")
    KEY_ISSUED = "benefits.key-issued", _("Issued a product key")
    KEY_REVEALED = "benefits.key-revealed", _("Revealed a product key")
    KEY_REVOKED = "benefits.key-revoked", _("Revoked a product key")
    KEY_LOOKED_UP = "benefits.key-looked-up", _("Looked up a product key")
    KEY_TRIED = "benefits.key-tried", _("Entered a product key")
    ASSIGNED = "benefits.assigned", _("Assigned credit")
    REMOVED = "benefits.removed", _("Removed credit")
    TRANSFERRED = "benefits.transferred", _("Transferred credit")


Record.attempts.update(
    {
        BenefitAction.PROVISIONED: _("Provision benefits"),
        BenefitAction.ENDED: _("End a membership early"),
        BenefitAction.KEY_ISSUED: _("Issue a product key"),
        BenefitAction.KEY_REVEALED: _("Reveal a product key"),
        BenefitAction.KEY_REVOKED: _("Revoke a product key"),
        BenefitAction.KEY_LOOKED_UP: _("Look up a product key"),
        BenefitAction.KEY_TRIED: _("Enter a product key"),
        BenefitAction.ASSIGNED: _("Assign credit"),
        BenefitAction.REMOVED: _("Remove credit"),
        BenefitAction.TRANSFERRED: _("Transfer credit"),
    }
)
