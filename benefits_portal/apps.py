"""The app of the project itself: registers the checks of its settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register

from benefits_portal import startup_checks


class PortalConfig(AppConfig):
    name = "benefits_portal"

    def ready(self) -> None:
        for check in startup_checks.CHECKS:
            register(as_system_check(check), Tags.security, startup_checks.TAG)


def as_system_check(check: startup_checks.Check) -> Any:
    """Adapt `check`, which takes settings, to Django's system checks."""

    def system_check(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
        return list(check(settings))

    return system_check
