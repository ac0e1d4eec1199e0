import benefits_portal.clock
import benefits_portal.derived_fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models

from benefits_portal.postgresql.operations import ProveSamePartner, RefuseWhileMoved, SetStatistics


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit', models.CharField(editable=False, max_length=40, verbose_name='limit')),
                ('subject', models.CharField(editable=False, max_length=64, verbose_name='who, as a digest')),
                ('account', models.CharField(blank=True, db_index=True, editable=False, max_length=64, verbose_name='account, as a digest')),
                ('at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='time')),
                ('refused_until', models.DateTimeField(db_index=True, editable=False, null=True, verbose_name='refused until')),
            ],
            options={
                'verbose_name': 'counted attempt',
                'verbose_name_plural': 'counted attempts',
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['limit', 'subject', 'at'], name='attempt_limit_subject_at'), models.Index(fields=['at'], name='attempt_at')],
            },
        ),
        migrations.CreateModel(
            name='PracticeWorld',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(verbose_name='date in the story')),
                ('made_at', models.DateTimeField(default=benefits_portal.clock.now, verbose_name='created at')),
                ('one', models.BooleanField(default=True, editable=False, unique=True)),
            ],
            options={
                'verbose_name': 'practice world',
                'verbose_name_plural': 'practice worlds',
            },
        ),
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('mpn_id', models.CharField(max_length=10, unique=True, verbose_name='MPN ID')),
                ('country', models.CharField(max_length=2, verbose_name='country')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('time_zone', models.CharField(default='UTC', max_length=40, verbose_name='time zone')),
                ('is_practice', models.BooleanField(default=False, editable=False, verbose_name='practice partner')),
                ('days_ahead', models.PositiveIntegerField(default=0, editable=False, verbose_name='days ahead')),
                ('moving_until', models.DateTimeField(editable=False, null=True, verbose_name='is being moved until')),
                ('moved_to', models.CharField(blank=True, db_default='', default='', editable=False, max_length=200, verbose_name='moved to')),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('name', 'mpn_id')),
            ],
            options={
                'verbose_name': 'partner',
                'verbose_name_plural': 'partners',
                'ordering': ['sort_name', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('days_ahead', 0), ('is_practice', True), _connector='OR'), name='partner_only_practice_moves_its_calendar', violation_error_message='The date can be changed at practice partners only.'), models.CheckConstraint(condition=models.Q(('mpn_id__regex', '^[1-9][0-9]{3,9}$')), name='partner_mpn_id_of_digits', violation_error_message="An MPN ID has 4 to 10 digits. Leading zeros don't count."), models.CheckConstraint(condition=models.Q(('moved_to', ''), ('moving_until__isnull', False), _connector='OR'), name='partner_closed_before_it_moves', violation_error_message='A partner must be closed before it moves.')],
            },
        ),
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('domain', models.CharField(max_length=120, verbose_name='domain')),
                ('guid', models.UUIDField(default=uuid.uuid4, unique=True, verbose_name='tenant ID')),
                ('is_primary', models.BooleanField(default=False, verbose_name='primary')),
                ('color', models.CharField(choices=[('blue', 'blue'), ('green', 'green'), ('purple', 'purple'), ('orange', 'orange'), ('teal', 'teal'), ('magenta', 'magenta'), ('red', 'red'), ('gray', 'gray')], default='blue', help_text='Shown wherever someone acts in this tenant, so that it is not mistaken for another.', max_length=8, verbose_name='color')),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('name', 'domain', 'guid')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tenants', to='tenants.partner', verbose_name='partner')),
            ],
            options={
                'verbose_name': 'tenant',
                'verbose_name_plural': 'tenants',
                'ordering': ['partner__sort_name', '-is_primary', 'sort_name'],
                'constraints': [models.UniqueConstraint(fields=('domain',), name='tenant_domain_unique', violation_error_message="This domain can't be used. Ask the program team."), models.CheckConstraint(condition=models.Q(('domain', django.db.models.functions.text.Lower('domain'))), name='tenant_domain_in_lowercase', violation_error_message='Enter the domain in lowercase, like contoso.com.'), models.UniqueConstraint(condition=models.Q(('is_primary', True)), fields=('partner',), name='tenant_one_primary_per_partner', violation_error_message='The partner already has a primary tenant.'), models.UniqueConstraint(fields=('partner', 'color'), name='tenant_color_unique_per_partner', violation_error_message='Another tenant of this partner has this color. Choose a different one.')],
            },
        ),
        migrations.CreateModel(
            name='DirectoryUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('display_name', models.CharField(max_length=120, verbose_name='name')),
                ('user_principal_name', models.CharField(max_length=150, verbose_name='user principal name')),
                ('kind', models.CharField(choices=[('member', 'Member'), ('guest', 'Guest')], default='member', max_length=6, verbose_name='kind')),
                ('disabled_at', models.DateTimeField(blank=True, null=True, verbose_name='disabled at')),
                ('is_disabled', models.GeneratedField(db_persist=True, expression=models.ExpressionWrapper(models.Q(('disabled_at__isnull', False)), models.BooleanField()), output_field=models.BooleanField(), serialize=False)),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('display_name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('display_name', 'user_principal_name')),
                ('partner', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.partner')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='directory_users', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'directory user',
                'verbose_name_plural': 'directory users',
                'ordering': ['sort_name', 'pk'],
                'indexes': [models.Index(fields=['partner', 'sort_name', 'id', 'tenant'], name='directory_user_by_name'), models.Index(fields=['partner', 'user_principal_name', 'id'], name='directory_user_by_address'), models.Index(fields=['partner', 'kind', 'sort_name', 'id'], name='directory_user_by_kind'), models.Index(fields=['partner', 'is_disabled', 'sort_name', 'id'], name='directory_user_by_status')],
                'constraints': [models.CheckConstraint(condition=models.Q(('user_principal_name', django.db.models.functions.text.Lower('user_principal_name'))), name='directory_user_name_in_lowercase', violation_error_message='Write the address in lowercase.'), models.UniqueConstraint(fields=('user_principal_name', 'tenant'), name='directory_user_name_unique_in_tenant', violation_error_message='This tenant already has a user with this address.')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.CharField(error_messages={'unique': 'Someone already signs in with this address.'}, max_length=150, unique=True, verbose_name='email address')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('language', models.CharField(blank=True, help_text="A language code, such as nl. Empty for the browser's language.", max_length=8, verbose_name='language')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('is_staff', models.BooleanField(default=False, verbose_name='back-office staff')),
                ('joined_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='joined at')),
                ('sessions_ended_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='signed out everywhere at')),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('name', 'email')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('directory_user', models.OneToOneField(blank=True, help_text='The directory entry this person signs in as; it gives someone without a role a home partner.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='user', to='tenants.directoryuser', verbose_name='directory user')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'ordering': ['email'],
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_in_lowercase', violation_error_message='Write the email address in lowercase.')],
            },
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(editable=False, max_length=40, verbose_name='kind')),
                ('sealed', models.TextField(blank=True, editable=False)),
                ('message_id', models.CharField(editable=False, max_length=250, unique=True, verbose_name='message id')),
                ('queued_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='queued at')),
                ('tries', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='tries')),
                ('next_try_at', models.DateTimeField(db_index=True, editable=False, null=True, verbose_name='next try at')),
                ('sent_at', models.DateTimeField(editable=False, null=True, verbose_name='sent at')),
                ('gave_up_at', models.DateTimeField(editable=False, null=True, verbose_name='given up at')),
                ('problem', models.CharField(blank=True, editable=False, max_length=80, verbose_name='problem')),
                ('recipient', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mails', to=settings.AUTH_USER_MODEL, verbose_name='recipient')),
            ],
            options={
                'verbose_name': 'email',
                'verbose_name_plural': 'emails',
                'ordering': ['-queued_at'],
                'indexes': [models.Index(fields=['queued_at'], name='mail_queued_at'), models.Index(condition=models.Q(('gave_up_at__isnull', False)), fields=['id'], name='mail_given_up')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('gave_up_at', None), ('next_try_at__isnull', False), ('sent_at', None)), models.Q(('gave_up_at', None), ('next_try_at', None), ('sent_at__isnull', False)), models.Q(('gave_up_at__isnull', False), ('next_try_at', None), ('sent_at', None)), _connector='OR'), name='mail_waits_or_is_done')],
            },
        ),
        migrations.CreateModel(
            name='KeyAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(editable=False, max_length=64, verbose_name='digest')),
                ('at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='time')),
                ('user', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='key_attempts', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('partner', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='key_attempts', to='tenants.partner', verbose_name='partner')),
            ],
            options={
                'verbose_name': 'wrong key',
                'verbose_name_plural': 'wrong keys',
                'ordering': ['-at'],
                'indexes': [models.Index(fields=['at'], name='key_attempt_at'), models.Index(fields=['user', 'at'], name='key_attempt_user_at'), models.Index(fields=['partner', 'at'], name='key_attempt_partner_at')],
            },
        ),
        migrations.CreateModel(
            name='DirectoryUserWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('word', models.BinaryField(verbose_name='word')),
                ('is_whole_name', models.BooleanField(default=False, verbose_name='whole name')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='words', to='tenants.directoryuser', verbose_name='directory user')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.partner', verbose_name='partner')),
            ],
            options={
                'verbose_name': 'word of a directory user',
                'verbose_name_plural': 'words of directory users',
                'ordering': ['word', 'person'],
                'indexes': [models.Index(fields=['partner', 'word', 'person'], name='directory_user_word'), models.Index(fields=['word', 'person'], name='directory_user_word_anywhere')],
                'constraints': [models.UniqueConstraint(fields=('person', 'word', 'partner'), name='directory_user_word_once')],
            },
        ),
        migrations.CreateModel(
            name='RoleAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('global-admin', 'Global admin'), ('partner-admin', 'MPN partner admin'), ('member', 'Account member')], max_length=13, verbose_name='role')),
                ('acts_since', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='may act since')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='role_assignments', to='tenants.partner', verbose_name='partner')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='role_assignments', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'role',
                'verbose_name_plural': 'roles',
                'ordering': ['partner__sort_name', 'user__sort_name'],
                'constraints': [models.UniqueConstraint(fields=('user', 'partner'), name='role_one_per_user_and_partner', violation_error_message='This person already holds a role at this partner.')],
            },
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='time')),
                ('how', models.CharField(choices=[('portal', 'portal'), ('back-office', 'back office'), ('command', 'command'), ('trainer', 'trainer')], editable=False, max_length=11, verbose_name='from where')),
                ('reason', models.CharField(blank=True, editable=False, max_length=200, verbose_name='reason')),
                ('action', models.CharField(editable=False, max_length=40, verbose_name='what')),
                ('refused', models.CharField(blank=True, editable=False, max_length=60, verbose_name='refused because')),
                ('params', models.JSONField(blank=True, default=dict, editable=False, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='parameters of the refusal')),
                ('times', models.PositiveIntegerField(db_default=1, default=1, editable=False, verbose_name='times')),
                ('last_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='refused again, last at')),
                ('subject_id', models.BigIntegerField(blank=True, editable=False, null=True, verbose_name='subject')),
                ('before', models.JSONField(default=dict, editable=False, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='before')),
                ('after', models.JSONField(default=dict, editable=False, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name='after')),
                ('actor', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('partner', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='tenants.partner', verbose_name='partner')),
                ('subject_type', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='contenttypes.contenttype', verbose_name='subject type')),
                ('tenant', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'record',
                'verbose_name_plural': 'records',
                'ordering': ['-at', '-pk'],
                'indexes': [models.Index(fields=['partner', '-at', '-id'], name='record_partner_at'), models.Index(fields=['at'], name='record_at'), models.Index(fields=['action'], name='record_action'), models.Index(condition=models.Q(('how', 'portal'), _negated=True), fields=['how', 'id'], name='record_elsewhere'), models.Index(condition=models.Q(('refused', ''), _negated=True), fields=['id'], name='record_refused'), models.Index(fields=['subject_type', 'subject_id', '-at'], name='record_subject_at'), models.Index(django.db.models.fields.json.KeyTransform('person', 'before'), condition=models.Q(('before__has_key', 'person')), name='record_before_person'), models.Index(django.db.models.fields.json.KeyTransform('person', 'after'), condition=models.Q(('after__has_key', 'person')), name='record_after_person')],
            },
        ),
        migrations.CreateModel(
            name='TenantRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('domain', models.CharField(max_length=120, verbose_name='domain')),
                ('asked_at', models.DateTimeField(default=benefits_portal.clock.now, editable=False, verbose_name='requested at')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('sort_name', benefits_portal.derived_fields.SortKeyField('name')),
                ('search_text', benefits_portal.derived_fields.SearchTextField('name', 'domain')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tenant_requests', to='tenants.partner', verbose_name='partner')),
                ('tenant', models.OneToOneField(blank=True, help_text='What it led to; empty if it was declined.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='request', to='tenants.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'request for a tenant',
                'verbose_name_plural': 'requests for tenants',
                'ordering': ['-asked_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('tenant', None)), ('decided_at__isnull', False), _connector='OR'), name='tenant_request_decision_has_a_time', violation_error_message='A decision needs a time.'), models.CheckConstraint(condition=models.Q(('domain', django.db.models.functions.text.Lower('domain'))), name='tenant_request_domain_in_lowercase', violation_error_message='Enter the domain in lowercase, like contoso.com.'), models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('domain', 'partner'), name='tenant_request_once_at_a_time', violation_error_message='The partner waits for this tenant already.')],
            },
        ),
        migrations.CreateModel(
            name='FormerName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('name', 'name'), ('e-mail address', 'email address')], editable=False, max_length=14, verbose_name='kind')),
                ('text', models.CharField(editable=False, max_length=150, verbose_name='name or email address')),
                ('until_at', models.DateTimeField(editable=False, verbose_name='until')),
                ('person', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='former_names', to='tenants.directoryuser', verbose_name='directory user')),
                ('user', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='former_names', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'former name',
                'verbose_name_plural': 'former names',
                'ordering': ['until_at', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('person', None), ('user__isnull', False)), models.Q(('person__isnull', False), ('user', None)), _connector='OR'), name='former_name_of_one')],
            },
        ),
        SetStatistics("directoryuserword", "word", 1000),
        # Rows that refer to each other belong to one partner (P1, K4).
        ProveSamePartner("directoryuser", "tenant"),
        ProveSamePartner("directoryuserword", "person"),
        ProveSamePartner("tenantrequest", "tenant"),
        RefuseWhileMoved("record"),
    ]
