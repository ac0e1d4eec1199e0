from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class CellsConfig(AppConfig):
    name = "benefits_portal.cells"

    def ready(self) -> None:
        from .ids import keep_to_range

        # Django sends the signal only for apps with models; any one of them will do
        post_migrate.connect(keep_to_range, sender=apps.get_app_config("tenants"))
