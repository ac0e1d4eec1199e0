from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CellsConfig(AppConfig):
    name = "benefits_portal.cells"

    def ready(self) -> None:
        from .ids import keep_to_range

        post_migrate.connect(keep_to_range, sender=self)
