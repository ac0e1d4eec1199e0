import datetime

import benefits_portal.clock
import benefits_portal.derived_fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from benefits_portal.licensing.tally_triggers import KeepTally
from benefits_portal.postgresql.operations import ProveSamePartner


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('benefits', '0001_initial'),
        ('tenants', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('licenses', models.PositiveIntegerField(verbose_name='licenses')),
                ('starts_on', models.DateField(verbose_name='starts on')),
                ('ends_on', models.DateField(verbose_name='ends on')),
                ('carried_license_days', models.PositiveIntegerField(default=0, help_text='What a whole day could not hold; it goes into the next calculation.', verbose_name='carried license-days')),
                ('since', models.DateField(editable=False, help_text='Since when it runs for these licenses and this end date.', verbose_name='unchanged since')),
                ('withdrawn_on', models.DateField(editable=False, help_text='When the key that started it was replaced.', null=True, verbose_name='withdrawn on')),
                ('product_name', models.CharField(editable=False, max_length=120)),
                ('source_name', models.CharField(blank=True, editable=False, max_length=80)),
                ('product_sort_name', benefits_portal.derived_fields.SortKeyField('product_name')),
                ('source_sort_name', benefits_portal.derived_fields.SortKeyField('source_name')),
                ('is_kept', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('withdrawn_on', None)), models.BooleanField()), output_field=models.BooleanField(), serialize=False)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='tenants.partner', verbose_name='partner')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='benefits.product', verbose_name='product')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'subscription',
                'verbose_name_plural': 'subscriptions',
                'ordering': ['product__sort_name', 'pk'],
                'indexes': [models.Index(fields=['partner', 'tenant', 'product', 'ends_on', 'withdrawn_on', 'licenses', 'since'], name='subscription_place_product'), models.Index(fields=['ends_on'], name='subscription_ends'), models.Index(fields=['tenant', 'product_sort_name', 'ends_on', 'id'], name='subscription_by_product'), models.Index(fields=['tenant', 'licenses', 'product_sort_name', 'id'], name='subscription_by_licenses'), models.Index(fields=['tenant', 'is_kept', 'ends_on', 'product_sort_name', 'id'], name='subscription_by_status'), models.Index(fields=['tenant', 'ends_on', 'product_sort_name', 'id'], name='subscription_by_end'), models.Index(fields=['tenant', 'source_sort_name', 'product_sort_name', 'id'], name='subscription_by_source')],
                'constraints': [models.CheckConstraint(condition=models.Q(('licenses__gte', 1)), name='subscription_licenses_positive'), models.CheckConstraint(condition=models.Q(('licenses__lte', 10000000)), name='subscription_licenses_at_most', violation_error_message='A subscription holds at most 10,000,000 licenses.'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='subscription_days_in_order'), models.CheckConstraint(condition=models.Q(('since__gte', models.F('starts_on'))), name='subscription_since_its_start'), models.CheckConstraint(condition=models.Q(('carried_license_days__gte', 0), ('carried_license_days__lt', models.F('licenses'))), name='subscription_carries_less_than_a_day')],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('submission', models.UUIDField(editable=False, unique=True, verbose_name='submission')),
                ('redeemed_on', models.DateField(editable=False, verbose_name='redeemed on')),
                ('redeemed_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='redeemed at')),
                ('partner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='tenants.partner', verbose_name='partner')),
                ('product', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='benefits.product', verbose_name='product')),
                ('redeemed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='redeemed by')),
                ('subscription', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='licensing.subscription', verbose_name='subscription')),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'order',
                'verbose_name_plural': 'orders',
                'ordering': ['-redeemed_at', '-pk'],
                'indexes': [models.Index(fields=['redeemed_on'], name='order_day')],
            },
        ),
        migrations.CreateModel(
            name='Redemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(editable=False, help_text='Its position in the order, counted from 0.', null=True, verbose_name='position')),
                ('way', models.CharField(choices=[('new', 'New subscription'), ('reactivate', 'Reactivation'), ('extend', 'Extend end date'), ('add', 'Add licenses')], editable=False, max_length=10, verbose_name='redeemed for')),
                ('key_licenses', models.PositiveIntegerField(editable=False, verbose_name='licenses of the key')),
                ('redeemed_on', models.DateField(editable=False, verbose_name='redeemed on')),
                ('redeemed_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='redeemed at')),
                ('submission', models.UUIDField(editable=False, unique=True, verbose_name='submission')),
                ('before_licenses', models.PositiveIntegerField(editable=False, null=True, verbose_name='licenses before')),
                ('before_since', models.DateField(editable=False, help_text='The first day of what ran before.', null=True, verbose_name='before that unchanged since')),
                ('before_starts_on', models.DateField(editable=False, null=True, verbose_name='start before')),
                ('before_ends_on', models.DateField(editable=False, null=True, verbose_name='end before')),
                ('before_carried_license_days', models.PositiveIntegerField(editable=False, null=True, verbose_name='carried before')),
                ('after_licenses', models.PositiveIntegerField(editable=False, verbose_name='licenses after')),
                ('after_ends_on', models.DateField(editable=False, verbose_name='end after')),
                ('after_carried_license_days', models.PositiveIntegerField(editable=False, verbose_name='carried after')),
                ('calculation', models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, editable=False, help_text='The calculation made when the key was redeemed.', verbose_name='calculation')),
                ('key', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='redemption', to='benefits.productkey', verbose_name='product key')),
                ('partner', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='tenants.partner', verbose_name='partner')),
                ('redeemed_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='redeemed by')),
                ('tenant', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='tenants.tenant', verbose_name='tenant')),
                ('subscription', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='licensing.subscription', verbose_name='subscription')),
                ('order', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='licensing.order', verbose_name='order')),
            ],
            options={
                'verbose_name': 'redemption',
                'verbose_name_plural': 'redemptions',
                'ordering': ['-redeemed_at', '-pk'],
                'indexes': [models.Index(fields=['subscription', 'redeemed_at', 'id'], name='redemption_of_subscription'), models.Index(fields=['redeemed_on'], name='redemption_day'), models.Index(fields=['tenant', 'redeemed_on', 'before_since'], name='redemption_in_tenant'), models.Index(condition=models.Q(('way__in', ['new', 'add']), _negated=True), fields=['way', 'id'], name='redemption_way')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('before_carried_license_days', None), ('before_ends_on', None), ('before_licenses', None), ('before_since', None), ('before_starts_on', None), ('way', 'new')), models.Q(models.Q(('way', 'new'), _negated=True), ('before_carried_license_days__isnull', False), ('before_ends_on__isnull', False), ('before_licenses__isnull', False), ('before_since__gte', models.F('before_starts_on')), ('before_since__isnull', False), ('before_starts_on__isnull', False)), _connector='OR'), name='redemption_before_unless_new'), models.CheckConstraint(condition=models.Q(('after_carried_license_days__lt', models.F('after_licenses')), ('after_licenses__range', (1, 10000000)), ('key_licenses__range', (1, 1000000))), name='redemption_licenses_in_range'), models.CheckConstraint(condition=models.Q(models.Q(('order', None), ('position', None)), models.Q(('order__isnull', False), ('position__isnull', False), ('position__range', (0, 19))), _connector='OR'), name='redemption_position_in_order'), models.UniqueConstraint(fields=('order', 'position'), name='redemption_one_at_a_position')],
            },
        ),
        migrations.CreateModel(
            name='Reversal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before_since', models.DateField(editable=False, help_text='The first day of what ran before.', verbose_name='before that unchanged since')),
                ('reversed_on', models.DateField(editable=False, verbose_name='reversed on')),
                ('reversed_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='reversed at')),
                ('partner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='tenants.partner', verbose_name='partner')),
                ('redemption', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='licensing.redemption', verbose_name='redemption')),
                ('reversed_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reversed by')),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='tenants.tenant', verbose_name='tenant')),
                ('subscription', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='licensing.subscription', verbose_name='subscription')),
            ],
            options={
                'verbose_name': 'reversal',
                'verbose_name_plural': 'reversals',
                'ordering': ['-reversed_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Replacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(max_length=200, verbose_name='reason')),
                ('asked_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='requested at')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('declined_because', models.CharField(blank=True, max_length=200, verbose_name='declined because')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('key', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacement', to='benefits.productkey', verbose_name='new product key')),
                ('order', models.ForeignKey(blank=True, editable=False, help_text='If it was requested for the whole order.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacements', to='licensing.order', verbose_name='order')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replacements', to='tenants.partner', verbose_name='partner')),
                ('redemption', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='replacement', to='licensing.redemption', verbose_name='redemption')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replacements', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'replacement request',
                'verbose_name_plural': 'replacement requests',
                'ordering': ['-asked_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('declined_because', ''), ('key', None)), models.Q(('decided_at__isnull', False), models.Q(('key', None), ('declined_because', ''), _connector='OR')), _connector='OR'), name='replacement_granted_or_declined', violation_error_message='Grant a request with a key, or decline it with a reason.')],
            },
        ),
        migrations.CreateModel(
            name='LicenseAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_on', models.DateField(verbose_name='assigned on')),
                ('given_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='assigned at')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                ('directory_user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='license_assignments', to='tenants.directoryuser', verbose_name='directory user')),
                ('ended_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by')),
                ('given_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assigned by')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='license_assignments', to='tenants.partner', verbose_name='partner')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='license_assignments', to='benefits.product', verbose_name='product')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='license_assignments', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'license assignment',
                'verbose_name_plural': 'license assignments',
                'ordering': ['-given_at', '-pk'],
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['partner', 'tenant', 'product', 'given_at', 'id', 'directory_user'], name='license_running'), models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['partner', 'tenant', 'product', 'ended_on', 'id', 'given_on'], name='license_ended'), models.Index(fields=['given_on'], name='license_given')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('directory_user', 'product'), name='license_once_per_person', violation_error_message='This person has a license of this product already.'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None), ('ended_on', None)), models.Q(('ended_at__isnull', False), ('ended_on__gte', models.F('given_on')), ('ended_on__isnull', False)), _connector='OR'), name='license_end_all_or_none', violation_error_message="An assignment's end needs a day and a time, and can't be before its start.")],
            },
        ),
        migrations.CreateModel(
            name='LicenseTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('given', models.IntegerField(verbose_name='assigned')),
                ('ended', models.IntegerField(verbose_name='ended')),
                ('gone', models.IntegerField(verbose_name='ended since')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.partner', verbose_name='partner')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='benefits.product', verbose_name='product')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'license tally',
                'verbose_name_plural': 'license tallies',
                'ordering': ['partner', 'tenant', 'product', 'day'],
                'indexes': [models.Index(condition=models.Q(('day', datetime.date(1, 1, 1))), fields=['partner', 'tenant', 'product'], name='license_tally_ever')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'tenant', 'product', 'day'), name='license_tally_of_day')],
            },
        ),
        # Rows that refer to each other belong to one partner (P1, K4).
        ProveSamePartner("subscription", "tenant"),
        ProveSamePartner("order", "subscription", "tenant"),
        ProveSamePartner("redemption", "key", "subscription", "tenant", "order"),
        ProveSamePartner("reversal", "redemption", "subscription", "tenant"),
        ProveSamePartner("replacement", "redemption", "key", "tenant", "order"),
        ProveSamePartner("licenseassignment", "tenant", "directory_user"),
        ProveSamePartner("licensetally", "tenant"),
        KeepTally(),
    ]
