"""A benefit's first day (B1), and when a membership was provisioned, once (B2)."""

from typing import Any

from django.db import migrations, models
from django.db.models import F, OuterRef, Q, Subquery

from benefits_portal import clock


def tell(apps: Any, schema_editor: Any) -> None:
    """A benefit begins with its membership; whatever has benefits was provisioned, nobody knows when."""
    membership, benefit = apps.get_model("benefits", "Membership"), apps.get_model("benefits", "Benefit")
    starts_on = membership.objects.filter(pk=OuterRef("membership")).values("starts_on")[:1]
    benefit.objects.update(starts_on=Subquery(starts_on))
    membership.objects.exclude(benefits=None).update(provisioned_at=clock.now())


class Migration(migrations.Migration):
    dependencies = [("benefits", "0002_indexes_by_day")]

    operations = [
        migrations.AddField("benefit", "starts_on", models.DateField(null=True, verbose_name="first day")),
        migrations.AddField(
            "membership",
            "provisioned_at",
            models.DateTimeField(
                editable=False,
                help_text="From then on a changed package changes nothing here.",
                null=True,
                verbose_name="provisioned at",
            ),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop),
        migrations.AlterField("benefit", "starts_on", models.DateField(verbose_name="first day")),
        migrations.AddConstraint(
            "benefit",
            models.CheckConstraint(
                condition=Q(expires_on__gt=F("starts_on")),
                name="benefit_days_in_order",
                violation_error_message="A benefit begins before it expires.",
            ),
        ),
    ]
