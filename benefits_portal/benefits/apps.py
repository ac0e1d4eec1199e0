from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BenefitsConfig(AppConfig):
    name = "benefits_portal.benefits"
    verbose_name = _("Benefits")
    by_program: ClassVar = {
        "offer": "add change",
        "product": "add change",
        "packageline": "add change delete",
        "creditamount": "add change delete",
        "membership": "add change",
        "externaloffer": "add change",
        "heldoffer": "add change delete",
        "productkey": "change",  # revoked and replaced (K8); its fields cannot be edited
    }

    def ready(self) -> None:
        """Register the provider of what people hold in this app."""
        from . import holder_display  # noqa: F401 - models can be imported only now
