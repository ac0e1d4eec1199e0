"""Write search texts and sort keys again.

After names were written in SQL, or by an older version.
"""

from typing import Any

from django.apps import apps

from benefits_portal.commands import PortalCommand
from benefits_portal.consistency import BATCH
from benefits_portal.derived_fields import derived_columns, refresh, stale_rows
from benefits_portal.tenants.consistency import people_not_found
from benefits_portal.tenants.models import DirectoryUser, DirectoryUserWord


class Command(PortalCommand):
    help = (
        "Writes the search texts, sort keys and words of rows whose names say otherwise. "
        "Can be run again at any time."
    )

    def handle(self, **options: Any) -> None:
        for model in apps.get_models():
            stale = list(stale_rows(model)) if derived_columns(model) else []
            for start in range(0, len(stale), BATCH):
                refresh(model._base_manager.filter(pk__in=stale[start : start + BATCH]))
            if stale:
                self.stdout.write(f"{model._meta.label_lower}: {len(stale):,} folded")
        people = list(people_not_found())
        for start in range(0, len(people), BATCH):
            DirectoryUserWord.objects.write_all(
                list(DirectoryUser.objects.filter(pk__in=people[start : start + BATCH]))
            )
        if people:
            self.stdout.write(f"tenants.directoryuserword: those of {len(people):,} people written")
