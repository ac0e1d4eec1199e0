from itertools import batched

from django.db import migrations

from benefits_portal.derived import fill
from benefits_portal.words import search_prefixes, squeezed


def fill_columns(apps, schema_editor):
    for model in ("Partner", "Tenant", "TenantRequest", "User", "DirectoryUser"):
        fill(apps, f"tenants.{model}")


def write_words_again(apps, schema_editor):
    """As they are folded now."""
    Person, Word = (apps.get_model("tenants", name) for name in ("DirectoryUser", "DirectoryUserWord"))
    Word.objects.all().delete()
    words = (
        Word(partner_id=partner, person_id=pk, word=word.encode(), is_whole_name=word == squeezed(name))
        for pk, partner, name, address in Person.objects.values_list(
            "pk", "partner", "display_name", "user_principal_name"
        ).iterator()
        for word in search_prefixes(name, address)
    )
    for some in batched(words, 5_000):
        Word.objects.bulk_create(some)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0013_names_as_people_search_and_sort")]

    operations = [
        migrations.RunPython(fill_columns, migrations.RunPython.noop),
        migrations.RunPython(write_words_again, migrations.RunPython.noop),
    ]
