"""Whether rows still have the name that a product or an offer had before."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("benefits", "0008_license_maximums"),
    ]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="is_name_pending",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="product",
            name="is_name_pending",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
