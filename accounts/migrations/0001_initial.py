import core.privacy
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0002_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('role', models.CharField(choices=[('member', 'member'), ('agent', 'customer-service agent'), ('specialist', 'safety specialist'), ('vetting', 'vetting reviewer'), ('adjudicator', 'adjudicator'), ('supervisor', 'supervisor'), ('officer', 'police liaison officer'), ('admin', 'administrator')], default='member', max_length=20, verbose_name='role')),
                ('phone', core.privacy.EncryptedTextField(default='', editable=False)),
                ('phone_index', models.CharField(max_length=64, unique=True)),
                ('real_name', core.privacy.EncryptedTextField(default='', editable=False)),
                ('id_number', core.privacy.EncryptedTextField(default='', editable=False)),
                ('id_index', models.CharField(max_length=64, null=True, unique=True)),
                ('verified_at', models.DateTimeField(null=True, verbose_name='real name verified')),
                ('language', models.CharField(default='zh-hans', max_length=10)),
                ('shares_trips', models.BooleanField(default=False)),
                ('is_drill', models.BooleanField(default=False)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['member', 'agent', 'specialist', 'vetting', 'adjudicator', 'supervisor', 'officer', 'admin'])), name='account_role_is_known'), models.CheckConstraint(condition=models.Q(('verified_at', None), ('id_index__isnull', False), _connector='OR'), name='account_verified_has_document')],
            },
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restrictions', to=settings.AUTH_USER_MODEL)),
                ('id_index', models.CharField(blank=True, max_length=64)),
                ('phone_index', models.CharField(max_length=64)),
                ('source', models.CharField(max_length=20, unique=True)),
                ('citation', models.CharField(max_length=60)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['id_index'], name='restriction_of_document'), models.Index(condition=models.Q(('lifted_at', None)), fields=['phone_index'], name='restriction_of_phone')],
            },
        ),
        migrations.CreateModel(
            name='OneTimeCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=20)),
                ('phone_index', models.CharField(max_length=64)),
                ('subject', models.CharField(blank=True, max_length=40)),
                ('digest', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['phone_index', 'purpose', 'created_at'], name='one_time_code_of_phone')],
            },
        ),
        migrations.CreateModel(
            name='EmergencyContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='emergency_contacts', to=settings.AUTH_USER_MODEL)),
                ('name', core.privacy.EncryptedTextField(default='', editable=False)),
                ('phone', core.privacy.EncryptedTextField(default='', editable=False)),
                ('phone_index', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('asked', 'asked, no answer yet'), ('confirmed', 'confirmed'), ('refused', 'refused')], default='asked', max_length=10)),
                ('answer_digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('account', 'phone_index'), name='contact_named_once_per_account'), models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'confirmed', 'refused'])), name='contact_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='RealNameCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='real_name_checks', to=settings.AUTH_USER_MODEL)),
                ('real_name', core.privacy.EncryptedTextField(default='', editable=False)),
                ('id_number', core.privacy.EncryptedTextField(default='', editable=False)),
                ('state', models.CharField(choices=[('asked', 'the registry is being asked'), ('verified', 'verified'), ('refused', 'not verified')], default='asked', max_length=10, verbose_name='state')),
                ('why', models.CharField(blank=True, max_length=20)),
                ('asked_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'asked')), fields=['next_at'], name='real_name_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('account',), name='one_open_real_name_check'), models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'verified', 'refused'])), name='real_name_state_is_known'), models.CheckConstraint(condition=models.Q(('state', 'asked'), ('decided_at__isnull', False), _connector='XOR'), name='real_name_decided_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL)),
                ('digest', models.CharField(max_length=64)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['digest'], name='device_on_several_accounts')],
                'constraints': [models.UniqueConstraint(fields=('account', 'digest'), name='device_once_per_account')],
            },
        ),
        migrations.CreateModel(
            name='SignInPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_in_places', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('place', core.privacy.EncryptedTextField(default='', editable=False)),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='sign_in_place_age')],
            },
        ),
    ]
