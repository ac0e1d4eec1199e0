from django.db import migrations, models

from benefits_portal.postgresql.operations import AddIndexWhileInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('benefits', '0005_holders_in_order'),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name='benefit',
            index=models.Index(
                fields=['partner', 'product', 'is_license_based', 'is_used', 'expires_on', 'id'], name='benefit_of_product'
            ),
        ),
    ]
