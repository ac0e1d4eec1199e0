"""PostgreSQL proves that rows which refer to each other belong to one partner (P1, K4)."""

from django.db import migrations

from benefits_portal.postgresql.operations import ProveSamePartner


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("licensing", "0007_redemption_calculation"),
        ("benefits", "0015_rows_of_one_partner"),
        ("tenants", "0019_rows_of_one_partner"),
    ]

    operations = [
        ProveSamePartner("subscription", "tenant"),
        ProveSamePartner("redemption", "key", "subscription", "tenant"),
        ProveSamePartner("reversal", "redemption", "subscription", "tenant"),
        ProveSamePartner("replacement", "redemption", "key", "tenant"),
    ]

    accepted = {
        "constraint": "The id alone is unique, so the index refuses nothing; no version wrote rows of two partners.",
    }
