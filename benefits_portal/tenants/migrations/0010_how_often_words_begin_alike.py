"""How well PostgreSQL knows the words of names. From a hundred of them it takes one of twenty people for one of two hundred,
and reads the whole directory to find them.
"""

from django.db import migrations


def set_statistics(target):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            table = schema_editor.quote_name(apps.get_model("tenants.DirectoryUserWord")._meta.db_table)
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN word SET STATISTICS {target}")

    return run


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0009_what_the_directory_sorts_by"),
    ]

    operations = [
        migrations.RunPython(set_statistics(1000), set_statistics(-1)),
    ]
