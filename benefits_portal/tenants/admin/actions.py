"""What the back office puts on record by itself."""

from django.db import models
from django.utils.translation import gettext_lazy

from benefits_portal.tenants.models import Record, recordable


@recordable
class EditAction(models.TextChoices):
    """What a model's own verb does, that verb puts on record."""

    CREATED = "tenants.created", gettext_lazy("Created")
    EDITED = "tenants.edited", gettext_lazy("Edited")
    DELETED = "tenants.deleted", gettext_lazy("Deleted")


Record.attempts.update(
    {
        EditAction.CREATED: gettext_lazy("Create"),
        EditAction.EDITED: gettext_lazy("Edit"),
        EditAction.DELETED: gettext_lazy("Delete"),
    }
)
