from itertools import batched

from django.db import migrations

from benefits_portal.words import search_prefixes, squeezed


def write_words(apps, schema_editor):
    """Of everybody who was in a directory before there were words."""
    Person, Word = (apps.get_model("tenants", name) for name in ("DirectoryUser", "DirectoryUserWord"))
    words = (
        Word(partner_id=partner, person_id=pk, word=word.encode(), is_whole_name=word == squeezed(name))
        for pk, partner, name, address in Person.objects.values_list(
            "pk", "tenant__partner", "display_name", "user_principal_name"
        ).iterator()
        for word in search_prefixes(name, address)
    )
    for some in batched(words, 5_000):
        Word.objects.bulk_create(some)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_directory_user_words")]

    operations = [migrations.RunPython(write_words, migrations.RunPython.noop)]
