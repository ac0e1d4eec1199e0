"""The actions that are recorded when licenses are given to people, taken or moved (A1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import Product
from benefits_portal.tenants.audit.labels import REFERENCES
from benefits_portal.tenants.models import Record, recordable

REFERENCES["product"] = Product  # the other product of a move


@recordable
class LicenseAction(models.TextChoices):
    """The subject is a product; of a move, there is one record for each of the two products."""

    GIVEN = "licensing.license-given", _("Assigned a license")
    TAKEN = "licensing.license-taken", _("Removed a license")
    MOVED = "licensing.license-moved", _("Moved a license here")
    MOVED_AWAY = "licensing.license-moved-away", _("Moved a license away")


Record.attempts.update(
    {
        LicenseAction.GIVEN: _("Assign a license"),
        LicenseAction.TAKEN: _("Remove a license"),
        LicenseAction.MOVED: _("Move a license to another product"),
        LicenseAction.MOVED_AWAY: _("Move a license to another product"),
    }
)
