import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef

import benefits_portal.tenants.models.directory_user


def fill(apps, schema_editor):
    """Put on the rows there are the partner of their tenant."""
    tenant = apps.get_model("tenants", "Tenant").objects.filter(pk=OuterRef("tenant"))
    apps.get_model("tenants", "DirectoryUser").objects.update(partner_id=tenant.values("partner"))


class Migration(migrations.Migration):

    dependencies = [("tenants", "0007_sessions_end")]

    operations = [
        migrations.AddField(
            model_name="directoryuser",
            name="partner",
            field=benefits_portal.tenants.models.directory_user.PartnerOfTenant(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.partner",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
