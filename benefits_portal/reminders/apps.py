from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    name = "benefits_portal.reminders"
    verbose_name = _("Reminders")
    by_program: ClassVar[dict[str, str]] = {}  # the program team changes nothing here

    def ready(self) -> None:
        """Send waiting reminders together with the outbox, within seconds (R6)."""
        from benefits_portal.tenants import outbox

        from .sending import send_waiting

        outbox.senders.append(lambda: send_waiting().sent)
