"""The maximums of licenses, kept by the database."""

from django.conf import settings
from django.db import migrations, models

from benefits_portal.postgresql.operations import AddConstraintWhileInUse


class Migration(migrations.Migration):
    atomic = False  # what is there is looked at while everybody goes on writing
    accepted = {"constraint": "Nobody has keys or packages of more than a million licenses, in any version."}  # noqa: RUF012

    dependencies = [
        ("benefits", "0007_no_index_of_the_partner_alone"),
        ("tenants", "0010_how_often_words_begin_alike"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddConstraintWhileInUse(
            model_name="benefit",
            constraint=models.CheckConstraint(condition=models.Q(("quantity", None), ("quantity__lte", 1000000), _connector="OR"), name="benefit_quantity_at_most", violation_error_message="A benefit holds at most 1,000,000 licenses."),
        ),
        AddConstraintWhileInUse(
            model_name="packageline",
            constraint=models.CheckConstraint(condition=models.Q(("quantity", None), ("quantity__lte", 1000000), _connector="OR"), name="package_line_quantity_at_most", violation_error_message="A package line holds at most 1,000,000 licenses."),
        ),
        AddConstraintWhileInUse(
            model_name="productkey",
            constraint=models.CheckConstraint(condition=models.Q(("licenses__lte", 1000000)), name="product_key_licenses_at_most", violation_error_message="A product key stands for at most 1,000,000 licenses."),
        ),
    ]
