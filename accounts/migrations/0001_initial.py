import accounts.models
import core.links
import core.privacy
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0002_initial'),
    ]

    operations = together([
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('role', models.CharField(choices=[('member', 'member'), ('agent', 'customer-service agent'), ('specialist', 'safety specialist'), ('vetting', 'vetting reviewer'), ('adjudicator', 'adjudicator'), ('supervisor', 'supervisor'), ('officer', 'police liaison officer'), ('admin', 'administrator')], default='member', max_length=20, verbose_name='role')),
                ('phone', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='phone')),
                ('phone_index', models.CharField(max_length=64, verbose_name='index of the phone')),
                ('real_name', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='real name')),
                ('id_number', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='ID number')),
                ('document', models.CharField(blank=True, choices=[('resident_id', 'Resident ID card, or residence permit of Hong Kong, Macao or Taiwan'), ('home_permit', 'Mainland travel permit, Hong Kong and Macao'), ('taiwan_permit', 'Mainland travel permit, Taiwan'), ('permanent_resident', 'Permanent-residence ID of foreigners'), ('passport', 'Passport')], max_length=20, verbose_name='kind of document')),
                ('born_on', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='birthday')),
                ('id_index', models.CharField(max_length=64, null=True, verbose_name='index of the document')),
                ('person_index', models.CharField(blank=True, default='', max_length=64, verbose_name='index of the person')),
                ('verified_at', models.DateTimeField(null=True, verbose_name='real name verified')),
                ('language', models.CharField(choices=[('zh-hans', '简体中文'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='language')),
                ('shares_trips', models.BooleanField(default=False, verbose_name='shares trips by itself')),
                ('is_drill', models.BooleanField(default=False, verbose_name='drill account')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('looks_told_until', models.DateTimeField(null=True, verbose_name='looks told until')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
                ('erase_at', models.DateTimeField(null=True, verbose_name='to be erased')),
                ('erased_at', models.DateTimeField(null=True, verbose_name='erased at')),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
                'indexes': [models.Index(fields=['phone_index'], name='account_of_phone'), models.Index(condition=models.Q(('id_index__isnull', False)), fields=['id_index'], name='account_of_document'), models.Index(condition=models.Q(('person_index__gt', '')), fields=['person_index'], name='account_of_person'), models.Index(condition=models.Q(('closed_at__isnull', False), ('erased_at', None)), fields=['erase_at'], name='account_to_erase'), models.Index(condition=models.Q(('is_drill', True)), fields=['id'], name='account_marked')],
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['member', 'agent', 'specialist', 'vetting', 'adjudicator', 'supervisor', 'officer', 'admin'])), name='account_role_is_known'), models.CheckConstraint(condition=models.Q(('verified_at', None), ('id_index__isnull', False), _connector='OR'), name='account_verified_has_document'), models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('phone_index',), name='one_open_account_per_phone'), models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('id_index',), name='one_open_account_per_document'), models.UniqueConstraint(condition=models.Q(('closed_at', None), ('person_index__gt', '')), fields=('person_index',), name='one_open_account_per_person'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('erase_at', None), ('erased_at', None)), models.Q(('closed_at__isnull', False), ('erase_at__isnull', False), ('is_active', False)), _connector='OR'), name='account_closed_is_erased_some_day')],
            },
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restrictions', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('id_index', models.CharField(blank=True, max_length=64, verbose_name='index of the document')),
                ('person_index', models.CharField(blank=True, default='', max_length=64, verbose_name='index of the person')),
                ('phone_index', models.CharField(max_length=64, verbose_name='index of the phone')),
                ('source', models.CharField(max_length=20, unique=True, verbose_name='measure it comes from')),
                ('citation', models.CharField(max_length=60, verbose_name='rule cited')),
                ('since', models.DateTimeField(verbose_name='restricted since')),
                ('until', models.DateTimeField(null=True, verbose_name='restricted until')),
                ('lifted_at', models.DateTimeField(null=True, verbose_name='lifted at')),
            ],
            options={
                'verbose_name': 'restriction',
                'verbose_name_plural': 'restrictions',
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['id_index'], name='restriction_of_document'), models.Index(condition=models.Q(('lifted_at', None), ('person_index__gt', '')), fields=['person_index'], name='restriction_of_person'), models.Index(condition=models.Q(('lifted_at', None)), fields=['phone_index'], name='restriction_of_phone')],
            },
        ),
        migrations.CreateModel(
            name='OneTimeCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=20, verbose_name='purpose')),
                ('phone_index', models.CharField(max_length=64, verbose_name='index of the phone')),
                ('subject', models.CharField(blank=True, max_length=40, verbose_name='about')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('expires_at', models.DateTimeField(verbose_name='valid until')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('asked_by', models.CharField(blank=True, max_length=32, verbose_name='asked for by')),
                ('tries', models.JSONField(default=dict, verbose_name='wrong tries by each')),
                ('used_at', models.DateTimeField(null=True, verbose_name='used at')),
            ],
            options={
                'verbose_name': 'one-time code',
                'verbose_name_plural': 'one-time codes',
                'indexes': [models.Index(fields=['phone_index', 'purpose', 'created_at'], name='one_time_code_of_phone')],
            },
        ),
        migrations.CreateModel(
            name='EmergencyContact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='emergency_contacts', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('name', core.privacy.EncryptedTextField(default='', editable=False, verbose_name="contact's name")),
                ('phone', core.privacy.EncryptedTextField(default='', editable=False, verbose_name="contact's phone")),
                ('phone_index', models.CharField(max_length=64, verbose_name='index of the phone')),
                ('state', models.CharField(choices=[('asked', 'asked, no answer yet'), ('confirmed', 'confirmed'), ('refused', 'refused')], default='asked', max_length=10, verbose_name='state')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('asked_at', models.DateTimeField(null=True, verbose_name='asked at')),
            ],
            options={
                'verbose_name': 'emergency contact',
                'verbose_name_plural': 'emergency contacts',
                'indexes': [models.Index(fields=['phone_index'], name='contact_of_phone')],
                'constraints': [models.UniqueConstraint(fields=('account', 'phone_index'), name='contact_named_once_per_account'), models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'confirmed', 'refused'])), name='contact_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='ContactQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', core.privacy.EncryptedTextField(default=core.links.new_secret, editable=False, verbose_name='secret of its page')),
                ('secret_digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='digest of the secret')),
                ('phone_index', models.CharField(max_length=64, verbose_name='index of the phone')),
                ('asked', models.PositiveSmallIntegerField(default=0, verbose_name='times asked')),
                ('refused_at', models.DateTimeField(null=True, verbose_name='refused at')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contact_questions', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'question to an emergency contact',
                'verbose_name_plural': 'questions to emergency contacts',
                'constraints': [models.UniqueConstraint(fields=('account', 'phone_index'), name='phone_asked_once_by_each_account')],
            },
        ),
        migrations.CreateModel(
            name='Guardianship',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('teen', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guardianships', to=settings.AUTH_USER_MODEL, verbose_name='who is not of age')),
                ('phone_index', models.CharField(max_length=64, verbose_name='index of the phone')),
                ('guardian', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wards', to=settings.AUTH_USER_MODEL, verbose_name='guardian')),
                ('state', models.CharField(choices=[('asked', 'asked, no answer yet'), ('confirmed', 'confirmed'), ('refused', 'refused'), ('ended', 'ended')], default='asked', max_length=10, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered at')),
                ('end_asked_at', models.DateTimeField(null=True, verbose_name='end asked for at')),
                ('end_proposed_by', models.CharField(blank=True, max_length=40, verbose_name='end proposed by')),
                ('end_agreed_by', models.CharField(blank=True, max_length=40, verbose_name='end agreed by')),
                ('end_proposed_at', models.DateTimeField(null=True, verbose_name='end proposed at')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended at')),
                ('ended_by', models.CharField(blank=True, choices=[('teen', 'the one who is not of age'), ('guardian', 'the guardian'), ('staff', 'our staff')], max_length=10, verbose_name='ended by')),
                ('id_index', models.CharField(blank=True, max_length=64, verbose_name='index of the document')),
                ('person_index', models.CharField(blank=True, default='', max_length=64, verbose_name='index of the person')),
            ],
            options={
                'verbose_name': 'guardianship',
                'verbose_name_plural': 'guardianships',
                'indexes': [models.Index(condition=models.Q(('state__in', ['asked', 'confirmed'])), fields=['phone_index'], name='guardianship_of_phone'), models.Index(condition=models.Q(('end_asked_at__isnull', False), ('state', 'confirmed')), fields=['end_asked_at'], name='guardianship_end_asked')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'confirmed', 'refused', 'ended'])), name='guardianship_state_is_known'), models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'confirmed'])), fields=('teen',), name='one_guardian_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), models.Q(('answered_at__isnull', False), ('guardian__isnull', False)), _connector='OR'), name='guardianship_confirmed_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 'ended'), _negated=True), ('ended_at', None), ('ended_by', '')), models.Q(('ended_at__isnull', False), ('ended_by__in', ['teen', 'guardian', 'staff']), ('state', 'ended')), _connector='OR'), name='guardianship_ended_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('end_asked_at', None), ('ended_by', 'staff'), _negated=True), models.Q(models.Q(('end_proposed_by', ''), _negated=True), models.Q(('end_agreed_by', ''), _negated=True), models.Q(('end_proposed_by', models.F('end_agreed_by')), _negated=True)), _connector='OR'), name='guardianship_ended_by_two')],
            },
        ),
        migrations.CreateModel(
            name='RealNameCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='real_name_checks', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('real_name', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='real name')),
                ('id_number', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='ID number')),
                ('document', models.CharField(choices=[('resident_id', 'Resident ID card, or residence permit of Hong Kong, Macao or Taiwan'), ('home_permit', 'Mainland travel permit, Hong Kong and Macao'), ('taiwan_permit', 'Mainland travel permit, Taiwan'), ('permanent_resident', 'Permanent-residence ID of foreigners'), ('passport', 'Passport')], default='resident_id', max_length=20, verbose_name='kind of document')),
                ('state', models.CharField(choices=[('asked', 'the registry is being asked'), ('verified', 'verified'), ('refused', 'not verified')], default='asked', max_length=10, verbose_name='state')),
                ('why', models.CharField(blank=True, max_length=20, verbose_name='why')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('next_at', models.DateTimeField(verbose_name='next try at')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided at')),
            ],
            options={
                'verbose_name': 'real-name check',
                'verbose_name_plural': 'real-name checks',
                'indexes': [models.Index(condition=models.Q(('state', 'asked')), fields=['next_at'], name='real_name_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('account',), name='one_open_real_name_check'), models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'verified', 'refused'])), name='real_name_state_is_known'), models.CheckConstraint(condition=models.Q(('state', 'asked'), ('decided_at__isnull', False), _connector='XOR'), name='real_name_decided_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('first_seen_at', models.DateTimeField(verbose_name='first seen at')),
                ('last_seen_at', models.DateTimeField(verbose_name='last seen at')),
            ],
            options={
                'verbose_name': 'device',
                'verbose_name_plural': 'devices',
                'indexes': [models.Index(fields=['digest'], name='device_on_several_accounts')],
                'constraints': [models.UniqueConstraint(fields=('account', 'digest'), name='device_once_per_account')],
            },
        ),
        migrations.CreateModel(
            name='SignInPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_in_places', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('place', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='place of the sign-in')),
            ],
            options={
                'verbose_name': 'place of a sign-in',
                'verbose_name_plural': 'places of sign-ins',
                'indexes': [models.Index(fields=['at'], name='sign_in_place_age')],
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='digest of the key')),
                ('session_data', models.TextField(verbose_name='data of the session')),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('role', models.CharField(blank=True, choices=[('member', 'member'), ('agent', 'customer-service agent'), ('specialist', 'safety specialist'), ('vetting', 'vetting reviewer'), ('adjudicator', 'adjudicator'), ('supervisor', 'supervisor'), ('officer', 'police liaison officer'), ('admin', 'administrator')], max_length=20, verbose_name='role')),
                ('begun_at', models.DateTimeField(verbose_name='signed in at')),
                ('used_at', models.DateTimeField(verbose_name='last used at')),
                ('expire_date', models.DateTimeField(verbose_name='ends at')),
                ('browser', models.CharField(blank=True, max_length=60, verbose_name='browser')),
                ('network', models.CharField(blank=True, max_length=45, verbose_name='network')),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'indexes': [models.Index(fields=['expire_date'], name='session_over')],
            },
        ),
        migrations.CreateModel(
            name='PushSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('endpoint', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='address at the push service')),
                ('endpoint_index', models.CharField(max_length=64, unique=True, verbose_name='index of the address')),
                ('keys', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='keys of the browser')),
                ('version', models.PositiveSmallIntegerField(verbose_name='our key that it trusts')),
                ('agreed_at', models.DateTimeField(verbose_name='agreed at')),
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='push', to='accounts.session', verbose_name='session')),
            ],
            options={
                'verbose_name': 'screen that is told',
                'verbose_name_plural': 'screens that are told',
            },
        ),
        migrations.CreateModel(
            name='SetUpCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='set_up_code', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('made_at', models.DateTimeField(verbose_name='created at')),
                ('expires_at', models.DateTimeField(verbose_name='valid until')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('used_at', models.DateTimeField(null=True, verbose_name='used at')),
            ],
            options={
                'verbose_name': 'set-up code',
                'verbose_name_plural': 'set-up codes',
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest')),
                ('made_at', models.DateTimeField(verbose_name='created at')),
                ('used_at', models.DateTimeField(null=True, verbose_name='used at')),
            ],
            options={
                'verbose_name': 'recovery code',
                'verbose_name_plural': 'recovery codes',
            },
        ),
        migrations.CreateModel(
            name='Authenticator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('name', models.CharField(max_length=64, verbose_name='name of the device')),
                ('confirmed', models.BooleanField(default=True, verbose_name='digits were shown')),
                ('key', core.privacy.EncryptedTextField(default=accounts.models.new_seed, editable=False, verbose_name='seed')),
                ('drift', models.SmallIntegerField(default=0, verbose_name='drift')),
                ('last_t', models.BigIntegerField(default=-1, verbose_name='last digits used')),
                ('throttling_failure_timestamp', models.DateTimeField(default=None, null=True, verbose_name='last wrong digits at')),
                ('throttling_failure_count', models.PositiveIntegerField(default=0, verbose_name='wrong digits in a row')),
            ],
            options={
                'verbose_name': 'authenticator',
                'verbose_name_plural': 'authenticators',
            },
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('name', models.CharField(max_length=40, verbose_name='name of the passkey')),
                ('confirmed', models.BooleanField(default=True, verbose_name='was shown')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='digest')),
                ('credential', models.BinaryField(verbose_name='public key')),
                ('counter', models.PositiveBigIntegerField(default=0, verbose_name='how often it signed')),
                ('added_at', models.DateTimeField(verbose_name='added at')),
                ('used_at', models.DateTimeField(null=True, verbose_name='last used at')),
            ],
            options={
                'verbose_name': 'passkey',
                'verbose_name_plural': 'passkeys',
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('actor', models.CharField(max_length=40, verbose_name='who looked')),
                ('subject', models.CharField(max_length=40, verbose_name='at whom')),
                ('seen', models.CharField(choices=[('phone', 'phone'), ('real_name', 'name'), ('id_number', 'ID number'), ('caller', 'name and phone of a caller'), ('person', 'person'), ('incident', 'incident'), ('complaint', 'complaint'), ('accident', 'accident'), ('application', 'application'), ('vetting_case', 'vetting case')], max_length=16, verbose_name='what was seen')),
                ('case', models.CharField(blank=True, max_length=40, verbose_name='case')),
                ('reason', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='reason')),
                ('proper', models.BooleanField(null=True, verbose_name='justified')),
                ('words', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='what the supervisor says')),
                ('answered_by', models.CharField(blank=True, max_length=40, verbose_name='answered by')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered at')),
            ],
            options={
                'verbose_name': 'look without a case',
                'verbose_name_plural': 'looks without a case',
                'indexes': [models.Index(fields=['at'], name='look_of_day'), models.Index(condition=models.Q(('answered_by', '')), fields=['actor', 'at'], name='look_unanswered')],
                'constraints': [models.CheckConstraint(condition=models.Q(('seen__in', ['phone', 'real_name', 'id_number', 'caller', 'person', 'incident', 'complaint', 'accident', 'application', 'vetting_case'])), name='look_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('answered_by', ''), ('proper', None)), models.Q(models.Q(('answered_by', ''), _negated=True), ('answered_at__isnull', False), ('proper__isnull', False)), _connector='OR'), name='look_answer_is_whole'), models.CheckConstraint(condition=models.Q(('answered_by', ''), models.Q(models.Q(('actor', ''), _negated=True), models.Q(('answered_by', ''), _negated=True), models.Q(('actor', models.F('answered_by')), _negated=True)), _connector='OR'), name='look_answered_by_a_second_person')],
            },
        ),
        migrations.CreateModel(
            name='DataExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('done', models.PositiveSmallIntegerField(default=0, verbose_name='topics done')),
                ('of', models.PositiveSmallIntegerField(default=0, verbose_name='topics')),
                ('made_at', models.DateTimeField(null=True, verbose_name='made at')),
                ('picture', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.storedpicture', verbose_name='file')),
                ('missing', models.JSONField(default=list, verbose_name='topics that are missing')),
            ],
            options={
                'verbose_name': "copy of one's own data",
                'verbose_name_plural': "copies of people's own data",
                'indexes': [models.Index(condition=models.Q(('made_at', None)), fields=['asked_at'], name='export_to_make')],
                'constraints': [models.CheckConstraint(condition=models.Q(('made_at', None), ('picture__isnull', False), _connector='XOR'), name='export_made_has_a_file')],
            },
        ),
    ])
