import django.db.models.functions.comparison
from django.db import migrations, models
from django.db.models import Exists, ExpressionWrapper, OuterRef


def fill(apps, schema_editor):
    """Put on the rows there are what the new columns say."""
    model = {name: apps.get_model("benefits", name).objects for name in ("Benefit", "Product", "Offer", "ProductKey", "Assignment")}
    redeemed = Exists(model["ProductKey"].filter(benefit=OuterRef("pk"), revoked_at=None, redeemed_at__isnull=False))
    assigned = Exists(model["Assignment"].filter(benefit=OuterRef("pk"), ended_at=None))
    model["Benefit"].update(
        product_name=model["Product"].filter(pk=OuterRef("product")).values("name"),
        offer_name=model["Offer"].filter(lines=OuterRef("package_line")).values("name"),
        is_used=ExpressionWrapper(redeemed | assigned, models.BooleanField()),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('benefits', '0003_first_days_and_provisioned_once'),
        ('tenants', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='benefit',
            name='is_license_based',
            field=models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('credit_amount', None)), models.BooleanField()), output_field=models.BooleanField(), serialize=False),
        ),
        migrations.AddField(
            model_name='benefit',
            name='is_used',
            field=models.BooleanField(default=False, editable=False, verbose_name='redeemed or assigned'),
        ),
        migrations.AddField(
            model_name='benefit',
            name='offer_name',
            field=models.CharField(default='', editable=False, max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='benefit',
            name='product_name',
            field=models.CharField(default='', editable=False, max_length=120),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='benefit',
            name='size',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('credit_amount', django.db.models.functions.comparison.Cast('quantity', models.DecimalField(decimal_places=2, max_digits=12))), output_field=models.DecimalField(decimal_places=2, max_digits=12), serialize=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='benefit',
            index=models.Index(fields=['partner', 'is_license_based', 'product_name', 'size', 'id'], name='benefit_by_name'),
        ),
        migrations.AddIndex(
            model_name='benefit',
            index=models.Index(fields=['partner', 'is_license_based', 'size', 'product_name', 'id'], name='benefit_by_size'),
        ),
        migrations.AddIndex(
            model_name='benefit',
            index=models.Index(fields=['partner', 'is_license_based', 'offer_name', 'product_name', 'id'], name='benefit_by_offer'),
        ),
        migrations.AddIndex(
            model_name='benefit',
            index=models.Index(fields=['partner', 'is_license_based', 'benefit_type', 'competency', 'product_name', 'id'], name='benefit_by_type'),
        ),
        migrations.AddIndex(
            model_name='benefit',
            index=models.Index(fields=['partner', 'is_license_based', 'expires_on', 'product_name', 'id'], name='benefit_by_expiration'),
        ),
        migrations.AddIndex(
            model_name='benefit',
            index=models.Index(fields=['partner', 'is_license_based', 'is_used', 'expires_on', 'id'], name='benefit_by_status'),
        ),
        migrations.AddIndex(
            model_name='benefit',
            index=models.Index(fields=['partner', 'package_line', 'expires_on', 'id'], name='benefit_by_line'),
        ),
    ]
