from django.db import migrations, models

from benefits_portal.postgresql.operations import AddIndexWhileInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('tenants', '0014_fill_names_as_people_search_and_sort'),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name='directoryuser',
            index=models.Index(fields=['partner', 'sort_name', 'id'], name='directory_user_by_name'),
        ),
        AddIndexWhileInUse(
            model_name='directoryuser',
            index=models.Index(fields=['partner', 'kind', 'sort_name', 'id'], name='directory_user_by_kind'),
        ),
        AddIndexWhileInUse(
            model_name='directoryuser',
            index=models.Index(fields=['partner', 'is_disabled', 'sort_name', 'id'], name='directory_user_by_status'),
        ),
    ]
