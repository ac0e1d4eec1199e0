from django.db import migrations

from benefits_portal.derived import fill


def fill_columns(apps, schema_editor):
    for model in ("Product", "Offer", "PackageLine", "ExternalOffer"):
        fill(apps, f"benefits.{model}")


class Migration(migrations.Migration):
    dependencies = [("benefits", "0013_names_as_people_search_and_sort")]

    operations = [migrations.RunPython(fill_columns, migrations.RunPython.noop)]
