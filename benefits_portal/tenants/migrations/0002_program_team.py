from typing import Any

from django.db import migrations, models

OLD, NEW = "Programme", "Program"


def rename(apps: Any, before: str, after: str) -> None:
    """The group keeps its people; where there is one of the new name already, both stay."""
    groups = apps.get_model("auth", "Group").objects
    if not groups.filter(name=after).exists():
        groups.filter(name=before).update(name=after)


def forwards(apps: Any, schema_editor: Any) -> None:
    rename(apps, OLD, NEW)


def backwards(apps: Any, schema_editor: Any) -> None:
    rename(apps, NEW, OLD)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(forwards, backwards),
        migrations.AlterConstraint(
            model_name="tenant",
            name="tenant_domain_unique",
            constraint=models.UniqueConstraint(
                fields=("domain",),
                name="tenant_domain_unique",
                violation_error_message="This domain cannot be used. Ask the program team.",
            ),
        ),
    ]
