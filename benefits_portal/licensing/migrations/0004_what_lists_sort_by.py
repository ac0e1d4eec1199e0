from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    """Put on the rows there are what the new columns say."""
    model = {name: apps.get_model("licensing", name).objects for name in ("Subscription", "Redemption")}
    latest = model["Redemption"].filter(subscription=OuterRef("pk"), reversal=None).order_by("-redeemed_at", "-pk")
    model["Subscription"].update(
        product_name=apps.get_model("benefits", "Product").objects.filter(pk=OuterRef("product")).values("name"),
        source_name=Coalesce(Subquery(latest.values("key__benefit__membership__offer__name")[:1]), Value("")),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('benefits', '0004_what_lists_sort_by'),
        ('licensing', '0003_replacements'),
        ('tenants', '0007_sessions_end'),
    ]

    operations = [
        migrations.AddField(
            model_name='subscription',
            name='is_kept',
            field=models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('withdrawn_on', None)), models.BooleanField()), output_field=models.BooleanField(), serialize=False),
        ),
        migrations.AddField(
            model_name='subscription',
            name='product_name',
            field=models.CharField(default='', editable=False, max_length=120),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='subscription',
            name='source_name',
            field=models.CharField(blank=True, editable=False, max_length=80),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['tenant', 'product_name', 'ends_on', 'id'], name='subscription_by_product'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['tenant', 'licenses', 'product_name', 'id'], name='subscription_by_licenses'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['tenant', 'is_kept', 'ends_on', 'product_name', 'id'], name='subscription_by_status'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['tenant', 'ends_on', 'product_name', 'id'], name='subscription_by_end'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['tenant', 'source_name', 'product_name', 'id'], name='subscription_by_source'),
        ),
    ]
