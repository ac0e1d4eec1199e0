"""The maximums of licenses, kept by the database."""

from django.conf import settings
from django.db import migrations, models

from benefits_portal.postgresql.operations import AddConstraintWhileInUse


class Migration(migrations.Migration):
    atomic = False  # what is there is looked at while everybody goes on writing
    accepted = {"constraint": "Nobody has keys or packages of more than a million licenses, in any version."}  # noqa: RUF012

    dependencies = [
        ("benefits", "0008_license_maximums"),
        ("licensing", "0004_what_lists_sort_by"),
        ("tenants", "0010_how_often_words_begin_alike"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddConstraintWhileInUse(
            model_name="redemption",
            constraint=models.CheckConstraint(condition=models.Q(("after_carried_license_days__lt", models.F("after_licenses")), ("after_licenses__range", (1, 10000000)), ("key_licenses__range", (1, 1000000))), name="redemption_licenses_in_range"),
        ),
        AddConstraintWhileInUse(
            model_name="subscription",
            constraint=models.CheckConstraint(condition=models.Q(("licenses__lte", 10000000)), name="subscription_licenses_at_most", violation_error_message="A subscription holds at most 10,000,000 licenses."),
        ),
    ]
