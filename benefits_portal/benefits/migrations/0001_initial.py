import benefits_portal.clock
import benefits_portal.derived_fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

from benefits_portal.postgresql.operations import ProveSamePartner


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tenants', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('is_competency', models.BooleanField(default=True, help_text='Products that were discontinued are left out of competency packages.', verbose_name='competency')),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Order in lists.', verbose_name='position')),
                ('is_name_pending', models.BooleanField(db_default=False, default=False, editable=False)),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('name')),
            ],
            options={
                'verbose_name': 'offer',
                'verbose_name_plural': 'offers',
                'ordering': ['position', 'sort_name'],
            },
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('kind', models.CharField(choices=[('monthly-credit', 'Azure monthly credit'), ('bulk-credit', 'Azure bulk (yearly) credit'), ('licenses', 'Licenses')], default='licenses', max_length=14, verbose_name='kind')),
                ('discontinued_on', models.DateField(blank=True, help_text='From this day on, competency packages leave the product out.', null=True, verbose_name='discontinued on')),
                ('is_name_pending', models.BooleanField(db_default=False, default=False, editable=False)),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('name')),
                ('replaced_by', models.ManyToManyField(blank=True, related_name='replaces', to='benefits.product', verbose_name='replaced by')),
            ],
            options={
                'verbose_name': 'product',
                'verbose_name_plural': 'products',
                'ordering': ['sort_name', 'kind'],
                'constraints': [models.UniqueConstraint(fields=('name', 'kind'), name='product_once_per_kind', violation_error_message='There is a product of this name and kind already.')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='starts on')),
                ('ends_on', models.DateField(editable=False, verbose_name='ends on')),
                ('benefits_expire_on', models.DateField(editable=False, verbose_name='benefits expire on')),
                ('is_renewal', models.BooleanField(db_default=False, default=False, editable=False, help_text='It follows a year in the same offer, and ends 365 days after the last day of that year.', verbose_name='renewal')),
                ('provisioned_at', models.DateTimeField(editable=False, help_text="After that, changes to the package don't affect it.", null=True, verbose_name='provisioned at')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='tenants.partner', verbose_name='partner')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='benefits.offer', verbose_name='offer')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
                'ordering': ['-starts_on', 'offer__position'],
                'indexes': [models.Index(fields=['starts_on'], name='membership_starts'), models.Index(fields=['ends_on'], name='membership_ends'), models.Index(fields=['partner', 'ends_on', 'id'], name='membership_of_partner')],
                'constraints': [models.UniqueConstraint(fields=('partner', 'offer', 'starts_on'), name='membership_once_per_start', violation_error_message='This partner is already enrolled in this offer from that day.'), models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on')), ('benefits_expire_on__gt', models.F('ends_on'))), name='membership_days_in_order', violation_error_message='A membership must start before it ends, and its benefits must expire after that.')],
            },
        ),
        migrations.CreateModel(
            name='PackageLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('benefit_type', models.CharField(choices=[('core', 'Core'), ('incremental', 'Incremental')], default='core', max_length=11, verbose_name='benefit type')),
                ('competency', models.CharField(blank=True, max_length=80, verbose_name='competency')),
                ('quantity', models.PositiveIntegerField(blank=True, help_text='For licenses; credit has an amount for each currency instead.', null=True, verbose_name='licenses')),
                ('withdrawn_on', models.DateField(blank=True, null=True, verbose_name='withdrawn on')),
                ('sort_competency', benefits_portal.derived_fields.SortKeyField('competency')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('competency')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='benefits.offer', verbose_name='offer')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='benefits.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'package line',
                'verbose_name_plural': 'package lines',
                'ordering': ['offer__position', 'benefit_type', 'product__sort_name'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('benefit_type', 'core'), ('competency', '')), models.Q(('benefit_type', 'incremental'), models.Q(('competency', ''), _negated=True)), _connector='OR'), name='package_line_competency_if_incremental', violation_error_message='Name the competency of an incremental benefit, and of no other.'), models.CheckConstraint(condition=models.Q(('quantity', None), ('quantity__gte', 1), _connector='OR'), name='package_line_quantity_positive', violation_error_message='A package must hold at least one license.'), models.CheckConstraint(condition=models.Q(('quantity', None), ('quantity__lte', 1000000), _connector='OR'), name='package_line_quantity_at_most', violation_error_message='A package line holds at most 1,000,000 licenses.'), models.UniqueConstraint(condition=models.Q(('withdrawn_on', None)), fields=('offer', 'product', 'competency'), name='package_line_once_per_offer', violation_error_message='The package already holds this product for this competency.')],
            },
        ),
        migrations.CreateModel(
            name='CreditAmount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('amount', models.DecimalField(decimal_places=3, max_digits=13, validators=[django.core.validators.MinValueValidator(1)], verbose_name='amount')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credit_amounts', to='benefits.packageline', verbose_name='package line')),
            ],
            options={
                'verbose_name': 'credit amount',
                'verbose_name_plural': 'credit amounts',
                'ordering': ['currency'],
                'constraints': [models.UniqueConstraint(fields=('line', 'currency'), name='credit_amount_once_per_currency', violation_error_message='There is an amount in this currency already.'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='credit_amount_positive', violation_error_message='The amount must be more than zero.')],
            },
        ),
        migrations.CreateModel(
            name='ExternalOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('name')),
                ('excludes', models.ManyToManyField(blank=True, limit_choices_to=models.Q(('kind', 'licenses'), _negated=True), related_name='excluded_by', to='benefits.product', verbose_name='cannot be combined with')),
            ],
            options={
                'verbose_name': 'external offer',
                'verbose_name_plural': 'external offers',
                'ordering': ['sort_name'],
            },
        ),
        migrations.CreateModel(
            name='Benefit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('benefit_type', models.CharField(choices=[('core', 'Core'), ('incremental', 'Incremental')], max_length=11, verbose_name='benefit type')),
                ('competency', models.CharField(blank=True, max_length=80, verbose_name='competency')),
                ('quantity', models.PositiveIntegerField(blank=True, null=True, verbose_name='licenses')),
                ('credit_amount', models.DecimalField(blank=True, decimal_places=3, max_digits=13, null=True, verbose_name='credit')),
                ('currency', models.CharField(blank=True, max_length=3, verbose_name='currency')),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('expires_on', models.DateField(verbose_name='expiration date')),
                ('is_used', models.BooleanField(default=False, editable=False, verbose_name='redeemed or assigned')),
                ('product_name', models.CharField(editable=False, max_length=120)),
                ('offer_name', models.CharField(editable=False, max_length=80)),
                ('product_sort_name', benefits_portal.derived_fields.SortKeyField('product_name')),
                ('offer_sort_name', benefits_portal.derived_fields.SortKeyField('offer_name')),
                ('sort_competency', benefits_portal.derived_fields.SortKeyField('competency')),
                ('is_license_based', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('credit_amount', None)), models.BooleanField()), output_field=models.BooleanField(), serialize=False)),
                ('size', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('credit_amount', django.db.models.functions.comparison.Cast('quantity', models.DecimalField(decimal_places=3, max_digits=13))), output_field=models.DecimalField(decimal_places=3, max_digits=13), serialize=False)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='tenants.partner', verbose_name='partner')),
                ('membership', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='benefits.membership', verbose_name='membership')),
                ('package_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='benefits.packageline', verbose_name='package line')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='benefits.product', verbose_name='product')),
            ],
            options={
                'verbose_name': 'benefit',
                'verbose_name_plural': 'benefits',
                'ordering': ['product__sort_name', 'pk'],
                'indexes': [models.Index(fields=['partner', 'expires_on', 'starts_on'], name='benefit_partner_expires'), models.Index(fields=['expires_on'], name='benefit_expires'), models.Index(fields=['partner', 'starts_on'], name='benefit_partner_starts'), models.Index(fields=['partner', 'is_license_based', 'product_sort_name', 'size', 'id'], name='benefit_by_name'), models.Index(fields=['partner', 'is_license_based', 'size', 'product_sort_name', 'id'], name='benefit_by_size'), models.Index(fields=['partner', 'is_license_based', 'offer_sort_name', 'product_sort_name', 'id'], name='benefit_by_offer'), models.Index(fields=['partner', 'is_license_based', 'benefit_type', 'sort_competency', 'product_sort_name', 'id'], name='benefit_by_type'), models.Index(fields=['partner', 'is_license_based', 'expires_on', 'product_sort_name', 'id'], name='benefit_by_expiration'), models.Index(fields=['partner', 'is_license_based', 'is_used', 'expires_on', 'id'], name='benefit_by_status'), models.Index(fields=['partner', 'package_line', 'expires_on', 'id'], name='benefit_by_line'), models.Index(condition=models.Q(('is_license_based', True), ('is_used', False)), fields=['partner', 'product', 'expires_on', 'id'], name='benefit_of_product')],
                'constraints': [models.UniqueConstraint(fields=('membership', 'package_line'), name='benefit_once_per_package_line', violation_error_message='This membership already has this benefit.'), models.CheckConstraint(condition=models.Q(models.Q(('credit_amount', None), ('currency', ''), ('quantity__gte', 1), ('quantity__isnull', False)), models.Q(('credit_amount__gt', 0), ('credit_amount__isnull', False), ('quantity', None), models.Q(('currency', ''), _negated=True)), _connector='OR'), name='benefit_quantity_or_credit', violation_error_message='A benefit has a number of licenses, or an amount of credit with its currency.'), models.CheckConstraint(condition=models.Q(('quantity', None), ('quantity__lte', 1000000), _connector='OR'), name='benefit_quantity_at_most', violation_error_message='A benefit holds at most 1,000,000 licenses.'), models.CheckConstraint(condition=models.Q(('expires_on__gt', models.F('starts_on'))), name='benefit_days_in_order', violation_error_message='A benefit must start before it expires.')],
            },
        ),
        migrations.CreateModel(
            name='ProductKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('licenses', models.PositiveIntegerField(verbose_name='licenses')),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('ciphertext', models.TextField(editable=False)),
                ('last_five', models.CharField(editable=False, max_length=5, verbose_name='last five characters')),
                ('issued_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='issued at')),
                ('redeemed_at', models.DateTimeField(editable=False, null=True, verbose_name='redeemed at')),
                ('redeemed_on', models.DateField(editable=False, null=True, verbose_name='redeemed on')),
                ('revoked_at', models.DateTimeField(editable=False, null=True, verbose_name='revoked at')),
                ('revoked_why', models.CharField(blank=True, editable=False, max_length=200, verbose_name='revoked because')),
                ('benefit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='benefits.benefit', verbose_name='benefit')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='product_keys', to='tenants.partner', verbose_name='partner')),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='benefits.product', verbose_name='product')),
                ('redeemed_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='redeemed by')),
                ('redeemed_in', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='redeemed_keys', to='tenants.tenant', verbose_name='redeemed in')),
                ('revoked_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='revoked by')),
            ],
            options={
                'verbose_name': 'product key',
                'verbose_name_plural': 'product keys',
                'ordering': ['-issued_at', '-pk'],
                'indexes': [models.Index(fields=['issued_at'], name='product_key_issued'), models.Index(fields=['partner', 'last_five'], name='product_key_ending'), models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['id'], name='product_key_revoked')],
                'constraints': [models.CheckConstraint(condition=models.Q(('licenses__gte', 1)), name='product_key_licenses_positive'), models.CheckConstraint(condition=models.Q(('licenses__lte', 1000000)), name='product_key_licenses_at_most', violation_error_message='A product key stands for at most 1,000,000 licenses.'), models.CheckConstraint(condition=models.Q(models.Q(('redeemed_at', None), ('redeemed_by', None), ('redeemed_in', None), ('redeemed_on', None)), models.Q(('redeemed_at__isnull', False), ('redeemed_in__isnull', False), ('redeemed_on__isnull', False)), _connector='OR'), name='product_key_redeemed_all_or_none'), models.CheckConstraint(condition=models.Q(models.Q(('revoked_at', None), ('revoked_by', None), ('revoked_why', '')), models.Q(('revoked_at__isnull', False), models.Q(('revoked_why', ''), _negated=True)), _connector='OR'), name='product_key_revoked_all_or_none'), models.UniqueConstraint(fields=('digest',), name='product_key_digest'), models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('benefit',), name='product_key_one_live_per_benefit', violation_error_message='This benefit has a live key already. Revoke it first.')],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_exclusive', models.BooleanField(default=False, help_text='Bulk credit has one holder at a time.', verbose_name='only one at a time')),
                ('assigned_on', models.DateField(verbose_name='assigned on')),
                ('assigned_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='assigned at')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                ('assigned_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='assigned by')),
                ('directory_user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='tenants.directoryuser', verbose_name='directory user')),
                ('ended_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='ended by')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='tenants.partner', verbose_name='partner')),
                ('transferred_from', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='transferred_to', to='benefits.assignment', verbose_name='transferred from')),
                ('benefit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='benefits.benefit', verbose_name='benefit')),
            ],
            options={
                'verbose_name': 'assignment',
                'verbose_name_plural': 'assignments',
                'ordering': ['-assigned_at'],
                'indexes': [models.Index(fields=['assigned_on'], name='assignment_day'), models.Index(fields=['benefit', '-ended_at', 'assigned_at', 'id'], name='assignment_in_order'), models.Index(fields=['benefit', 'assigned_at', 'id'], name='assignment_by_time')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('benefit', 'directory_user'), name='assignment_once_per_person', violation_error_message='This person holds this credit already.'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('is_exclusive', True)), fields=('benefit',), name='assignment_one_holder_of_bulk_credit', violation_error_message='Bulk credit has one holder at a time.'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None), ('ended_on', None)), models.Q(('ended_at__isnull', False), ('ended_on__gte', models.F('assigned_on')), ('ended_on__isnull', False)), _connector='OR'), name='assignment_end_all_or_none', violation_error_message="An assignment's end needs a day and a time, and can't be before its start.")],
            },
        ),
        migrations.CreateModel(
            name='HeldOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateField(verbose_name='since')),
                ('until', models.DateField(blank=True, help_text='The last day, included.', null=True, verbose_name='until')),
                ('directory_user', models.ForeignKey(blank=True, help_text='Empty: the whole partner holds it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='held_offers', to='tenants.directoryuser', verbose_name='directory user')),
                ('external_offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holders', to='benefits.externaloffer', verbose_name='external offer')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='held_offers', to='tenants.partner', verbose_name='partner')),
            ],
            options={
                'verbose_name': 'held offer',
                'verbose_name_plural': 'held offers',
                'ordering': ['partner__sort_name', 'external_offer__sort_name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='held_offer_days_in_order', violation_error_message="An offer can't end before it began."), models.UniqueConstraint(fields=('external_offer', 'directory_user', 'since'), name='held_offer_once_per_person', violation_error_message='This is on record already.'), models.UniqueConstraint(condition=models.Q(('directory_user', None)), fields=('external_offer', 'partner', 'since'), name='held_offer_once_per_partner', violation_error_message='This is on record already.')],
            },
        ),
        # Rows that refer to each other belong to one partner (P1, K4).
        ProveSamePartner("benefit", "membership"),
        ProveSamePartner("productkey", "benefit", "redeemed_in"),
        ProveSamePartner("assignment", "benefit", "directory_user", "transferred_from"),
        ProveSamePartner("heldoffer", "directory_user"),
    ]
