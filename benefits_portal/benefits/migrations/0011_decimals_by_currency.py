"""Amounts have as many decimals as their currency, three at most (W12)."""

import django.core.validators
from django.db import migrations, models
from django.db.models.functions import Cast, Coalesce

import benefits_portal.benefits.money

NEVER_RUN = "No version before this one was released."
DECIMAL = models.DecimalField(decimal_places=3, max_digits=13)
INDEXES = [
    models.Index(fields=["partner", "is_license_based", *fields, "id"], name=name)
    for name, fields in {
        "benefit_by_name": ["product_name", "size"],
        "benefit_by_size": ["size", "product_name"],
        "benefit_by_offer": ["offer_name", "product_name"],
        "benefit_by_type": ["benefit_type", "competency", "product_name"],
        "benefit_by_expiration": ["expires_on", "product_name"],
        "benefit_by_status": ["is_used", "expires_on"],
    }.items()
]
INDEXES.append(models.Index(fields=["partner", "product", "is_license_based", "is_used", "expires_on", "id"], name="benefit_of_product"))


class Migration(migrations.Migration):
    """A generated column is in the way of altering what it is generated from, and its indexes are in its way."""

    accepted = dict.fromkeys(["type", "drop", "index"], NEVER_RUN)
    dependencies = [("benefits", "0010_one_line_texts")]
    operations = [
        *(migrations.RemoveIndex("benefit", index.name) for index in INDEXES),
        migrations.RemoveField("benefit", "size"),
        migrations.RemoveField("benefit", "is_license_based"),
        migrations.AlterField(
            "benefit",
            "credit_amount",
            benefits_portal.benefits.money.AmountField(blank=True, decimal_places=3, max_digits=13, null=True, verbose_name="credit"),
        ),
        migrations.AlterField(
            "creditamount",
            "amount",
            benefits_portal.benefits.money.AmountField(
                decimal_places=3,
                max_digits=13,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="amount",
            ),
        ),
        migrations.AddField(
            "benefit",
            "is_license_based",
            models.GeneratedField(
                expression=models.ExpressionWrapper(models.Q(("credit_amount", None)), models.BooleanField()),
                output_field=models.BooleanField(),
                db_persist=True,
                serialize=False,
            ),
        ),
        migrations.AddField(
            "benefit",
            "size",
            models.GeneratedField(
                expression=Coalesce("credit_amount", Cast("quantity", DECIMAL)),
                output_field=DECIMAL,
                db_persist=True,
                serialize=False,
            ),
        ),
        *(migrations.AddIndex("benefit", index) for index in INDEXES),
    ]
