from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensingConfig(AppConfig):
    name = "benefits_portal.licensing"
    verbose_name = _("Licensing")
    # Replacements are decided (K8), and a file can give licenses (L12); all else is read-only
    by_program: ClassVar[dict[str, str]] = {"replacement": "change", "licenseassignment": "add"}

    def ready(self) -> None:
        from . import (
            decision_mail,  # noqa: F401 - registers who writes its mails
            key_ledger,  # noqa: F401 - registers what tells which keys counted on a day
            license_holdings,  # noqa: F401 - registers what people hold
        )
