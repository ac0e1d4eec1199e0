"""PostgreSQL proves that rows which refer to each other belong to one partner (P1, K4)."""

from django.db import migrations

from benefits_portal.postgresql.operations import ProveSamePartner


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("tenants", "0018_zeros_in_front_do_not_count"),
    ]

    operations = [
        ProveSamePartner("directoryuser", "tenant"),
        ProveSamePartner("directoryuserword", "person"),
        ProveSamePartner("tenantrequest", "tenant"),
    ]

    accepted = {
        "constraint": "The id alone is unique, so the index refuses nothing; no version wrote rows of two partners.",
    }
