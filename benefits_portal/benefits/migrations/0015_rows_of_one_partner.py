"""PostgreSQL proves that rows which refer to each other belong to one partner (P1, K4)."""

from django.db import migrations

from benefits_portal.postgresql.operations import ProveSamePartner


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("benefits", "0014_fill_names_as_people_search_and_sort"),
        ("tenants", "0019_rows_of_one_partner"),
    ]

    operations = [
        ProveSamePartner("benefit", "membership"),
        ProveSamePartner("productkey", "benefit", "redeemed_in"),
        ProveSamePartner("assignment", "benefit", "directory_user", "transferred_from"),
        ProveSamePartner("heldoffer", "directory_user"),
    ]

    accepted = {
        "constraint": "The id alone is unique, so the index refuses nothing; no version wrote rows of two partners.",
    }
