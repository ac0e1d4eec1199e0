from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core.checks import register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PracticeConfig(AppConfig):
    name = "benefits_portal.practice"
    verbose_name = _("Practice")

    def ready(self) -> None:
        from benefits_portal.tenants import access, impersonation, naming
        from benefits_portal.tenants.pruning import PRUNERS

        from .exercises.reading import faults
        from .middleware import keep_in_room
        from .pruning import ROOMS
        from .trainers import keep_group, may_look, names_of_trainer, own_page

        if settings.DEMO:
            register(lambda app_configs, **kwargs: faults())
        post_migrate.connect(keep_group, sender=self)
        user_logged_in.connect(keep_in_room)
        impersonation.ALSO.append(may_look)
        naming.ALSO.append(names_of_trainer)
        access.FIRST_PAGES.append(own_page)
        PRUNERS.append(ROOMS)
