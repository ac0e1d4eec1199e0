from typing import ClassVar

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "benefits_portal.tenants"
    verbose_name = _("Tenants")
    by_program: ClassVar = {
        "partner": "add change",
        "tenant": "add change",
        "tenantrequest": "change",  # accepted or declined (P1); its fields cannot be edited
        "directoryuser": "add change",
        "user": "add change",
        "roleassignment": "add change delete",
        "attempt": "delete",  # lifts a lock-out before its time
    }

    def ready(self) -> None:
        from . import decision_mail, signing_in_forms  # noqa: F401 - register who writes their mails
        from .impersonation import end_with_session
        from .staff_permissions import keep_groups

        post_migrate.connect(keep_groups)
        user_logged_out.connect(end_with_session)
