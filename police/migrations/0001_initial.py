import core.privacy
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0003_laws'),
        ('rides', '0002_laws'),
        ('safety', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = together([
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('submission', models.CharField(max_length=64, unique=True, verbose_name='submission key')),
                ('filled', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='what was filled in')),
                ('begun_at', models.DateTimeField(verbose_name='begun at')),
                ('saved_at', models.DateTimeField(verbose_name='saved at')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent at')),
                ('number_index', models.CharField(blank=True, default='', max_length=64, verbose_name="digest of the letter's number")),
            ],
            options={
                'verbose_name': 'notice of an ordinary request',
                'verbose_name_plural': 'notices of ordinary requests',
                'indexes': [models.Index(condition=models.Q(('number_index', ''), _negated=True), fields=['number_index'], name='notice_of_the_same_letter')],
            },
        ),
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True, verbose_name='code')),
                ('name_zh', models.CharField(max_length=80, verbose_name='name')),
                ('name_en', models.CharField(max_length=80, verbose_name='name in English')),
                ('published_phone', models.CharField(max_length=20, verbose_name='published number')),
                ('registered_email', models.EmailField(max_length=254, verbose_name='registered address')),
                ('country', models.CharField(default='CN', max_length=2, verbose_name='country')),
                ('kind', models.CharField(choices=[('police', 'police station'), ('transport', 'transport authority')], default='police', max_length=10, verbose_name='kind')),
                ('coming_phone', models.CharField(blank=True, max_length=20, verbose_name='coming number')),
                ('coming_email', models.EmailField(blank=True, max_length=254, verbose_name='coming address')),
                ('coming_at', models.DateTimeField(null=True, verbose_name='counts from')),
                ('search', models.CharField(default='', max_length=600, verbose_name='words to find it by')),
            ],
            options={
                'verbose_name': 'police station',
                'verbose_name_plural': 'police stations',
                'indexes': [django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('search', 'gin_trgm_ops'), name='agency_words'), models.Index(condition=models.Q(('coming_at__isnull', False)), fields=['coming_at'], name='agency_changes')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['police', 'transport'])), name='agency_kind_is_known'), models.CheckConstraint(condition=models.Q(('coming_at__isnull', True), models.Q(models.Q(('coming_phone', ''), _negated=True), models.Q(('coming_email', ''), _negated=True), _connector='OR'), _connector='XOR'), name='agency_change_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='NoticeFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('paper', models.CharField(choices=[('letter', 'The notice or letter'), ('certificate_1', 'Certificate of the first officer'), ('certificate_2', 'Certificate of the second officer')], max_length=20, verbose_name='which paper')),
                ('is_document', models.BooleanField(default=False, verbose_name='document, not a picture')),
                ('lines', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='shapes of its lines')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='police.notice', verbose_name='notice')),
                ('picture', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='notice_file', to='core.storedpicture', verbose_name='picture')),
            ],
            options={
                'verbose_name': 'file of a notice',
                'verbose_name_plural': 'files of notices',
            },
        ),
        migrations.CreateModel(
            name='Officer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('badge_number', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='badge number')),
                ('state', models.CharField(choices=[('active', 'active'), ('suspended', 'suspended')], default='active', max_length=10, verbose_name='state')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('tier', models.PositiveSmallIntegerField(choices=[(1, '1: mailbox of the station'), (2, '2: reached at the published number'), (3, '3: confirmed by the head of the station')], default=1, verbose_name='tier')),
                ('called_back_at', models.DateTimeField(null=True, verbose_name='called back at')),
                ('called_back_by', models.CharField(blank=True, max_length=40, verbose_name='called back by')),
                ('called_back_number', models.CharField(blank=True, max_length=20, verbose_name='number called back')),
                ('head_confirmed_at', models.DateTimeField(null=True, verbose_name='confirmed by the head at')),
                ('head', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='name of the head')),
                ('reinstate_by', models.CharField(blank=True, default='', max_length=40, verbose_name='reinstating proposed by')),
                ('reinstate_reason', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='reason for reinstating')),
                ('reinstated_by', models.CharField(blank=True, default='', max_length=40, verbose_name='reinstated by')),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='officer', to=settings.AUTH_USER_MODEL, verbose_name="officer's account")),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='officers', to='police.agency', verbose_name='police station')),
            ],
            options={
                'verbose_name': 'officer',
                'verbose_name_plural': 'officers',
            },
        ),
        migrations.AddField(
            model_name='notice',
            name='officer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='police.officer', verbose_name='officer'),
        ),
        migrations.CreateModel(
            name='PoliceRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('submission', models.CharField(max_length=64, unique=True, verbose_name='submission key')),
                ('badge_number', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='badge number')),
                ('agency_kind', models.CharField(choices=[('police', 'police station'), ('transport', 'transport authority')], default='police', max_length=10, verbose_name='kind of agency')),
                ('officer_tier', models.PositiveSmallIntegerField(default=0, verbose_name="officer's tier")),
                ('channel', models.CharField(choices=[('form', 'form'), ('phone', 'officer on the phone'), ('outbound', 'we called the station')], max_length=10, verbose_name='channel')),
                ('urgency', models.CharField(choices=[('emergency', 'danger to life'), ('ordinary', 'ordinary'), ('reference', "with the person's own code")], max_length=10, verbose_name='urgency')),
                ('query', models.CharField(choices=[('trip', 'trip code'), ('report', 'report code of a welfare check'), ('plate', 'plate'), ('phone', 'phone of a passenger, driver, rider or emergency contact'), ('place', 'place (latitude, longitude)')], max_length=10, verbose_name='asked by')),
                ('query_value', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='query value')),
                ('about', models.DateTimeField(verbose_name='time asked about')),
                ('phone_index', models.CharField(blank=True, default='', max_length=64, verbose_name='index of the phone asked by')),
                ('unusual', models.JSONField(blank=True, default=list, verbose_name='what is unusual')),
                ('number', models.PositiveSmallIntegerField(default=1, verbose_name='question of the notice')),
                ('wanted', models.JSONField(blank=True, default=list, verbose_name='categories asked for')),
                ('span_from', models.DateTimeField(null=True, verbose_name='of the time from')),
                ('span_to', models.DateTimeField(null=True, verbose_name='of the time until')),
                ('left_out', models.JSONField(blank=True, default=dict, verbose_name='left out')),
                ('about_until', models.DateTimeField(null=True, verbose_name='asked about until')),
                ('danger', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='who is in danger')),
                ('why_not_written', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='why not in writing')),
                ('supervisor_name', core.privacy.EncryptedTextField(default='', editable=False, verbose_name="supervisor's name")),
                ('supervisor_phone', core.privacy.EncryptedTextField(default='', editable=False, verbose_name="supervisor's number")),
                ('declared', models.BooleanField(default=False, verbose_name='danger to life declared')),
                ('legal_basis', models.CharField(blank=True, max_length=200, verbose_name='legal basis')),
                ('report_code', models.CharField(blank=True, max_length=20, verbose_name='report code')),
                ('trips_found', models.PositiveSmallIntegerField(default=0, verbose_name='trips found')),
                ('one_of_many', models.BooleanField(default=False, verbose_name='many of one officer')),
                ('state', models.CharField(choices=[('asked', 'asked'), ('called_back', 'called back, awaits a second person'), ('escalated', 'escalated'), ('released', 'released'), ('refused', 'refused')], default='asked', max_length=12, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('owned_at', models.DateTimeField(null=True, verbose_name='owned')),
                ('owned_by', models.CharField(blank=True, max_length=40, verbose_name='owned by')),
                ('called_back_at', models.DateTimeField(null=True, verbose_name='called back at')),
                ('escalated_at', models.DateTimeField(null=True, verbose_name='escalated at')),
                ('executive_called_at', models.DateTimeField(null=True, verbose_name='executive called at')),
                ('trip_found_by', models.CharField(blank=True, default='', max_length=40, verbose_name='trip found by')),
                ('proposed_by', models.CharField(blank=True, default='', max_length=40, verbose_name='release proposed by')),
                ('by_rule', models.BooleanField(default=False, verbose_name='released by rule')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('decided_by', models.CharField(blank=True, max_length=40, verbose_name='decided by')),
                ('refusal', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='reason of refusal')),
                ('refused_for', models.CharField(blank=True, choices=[('incomplete', 'the papers are incomplete'), ('error', 'manifest error in the letter'), ('cannot_find', 'it does not lead to one trip or person'), ('no_data', 'we hold no such data'), ('beyond', 'beyond what the letter covers'), ('other_law', 'another law forbids it'), ('foreign', 'an authority of another country asks'), ('impossible', 'it is technically impossible'), ('her_number', "by a passenger's number we tell nothing about the passenger")], default='', max_length=12, verbose_name='code of the refusal')),
                ('refuse_by', models.CharField(blank=True, default='', max_length=40, verbose_name='refusal proposed by')),
                ('papers_due_at', models.DateTimeField(null=True, verbose_name='paperwork due at')),
                ('papers_at', models.DateTimeField(null=True, verbose_name='paperwork received at')),
                ('letter_number', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='letter number')),
                ('certificates', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='certificates')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='police.agency', verbose_name='police station')),
                ('notice', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='police.notice', verbose_name='notice')),
                ('officer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='police.officer', verbose_name='officer')),
                ('trip', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='police_requests', to='rides.trip', verbose_name='trip')),
            ],
            options={
                'verbose_name': 'police request',
                'verbose_name_plural': 'police requests',
            },
        ),
        migrations.CreateModel(
            name='Preservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('submission', models.CharField(max_length=64, unique=True, verbose_name='submission key')),
                ('letter_number', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='letter number')),
                ('legal_basis', models.CharField(max_length=200, verbose_name='legal basis')),
                ('query', models.CharField(choices=[('trip', 'trip code'), ('report', 'report code of a welfare check'), ('plate', 'plate'), ('phone', 'phone of a passenger, driver, rider or emergency contact'), ('place', 'place (latitude, longitude)')], max_length=10, verbose_name='asked by')),
                ('query_value', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='query value')),
                ('span_from', models.DateTimeField(verbose_name='of the time from')),
                ('span_to', models.DateTimeField(verbose_name='of the time until')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('until', models.DateTimeField(verbose_name='kept until')),
                ('renewal_by', models.CharField(blank=True, default='', max_length=40, verbose_name='renewal proposed by')),
                ('renewal_reason', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='reason of the authority')),
                ('renewed_first_by', models.CharField(blank=True, default='', max_length=40, verbose_name='renewed by, first')),
                ('renewed_by', models.CharField(blank=True, default='', max_length=40, verbose_name='renewed by, second')),
                ('renewals', models.PositiveSmallIntegerField(default=0, verbose_name='renewals')),
                ('walked_at', models.DateTimeField(null=True, verbose_name='gone through at')),
                ('missed_at', models.DateTimeField(null=True, verbose_name='found something not held at')),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='preservations', to='police.officer', verbose_name='officer')),
            ],
            options={
                'verbose_name': 'preservation request',
                'verbose_name_plural': 'preservation requests',
            },
        ),
        migrations.CreateModel(
            name='ReferenceCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('digest', models.CharField(blank=True, max_length=64, null=True, unique=True, verbose_name='digest')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('until', models.DateTimeField(verbose_name='valid until')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='revoked at')),
                ('used_at', models.DateTimeField(null=True, verbose_name='used at')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='police_codes', to=settings.AUTH_USER_MODEL, verbose_name='whose it is')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='police_codes', to='safety.incident', verbose_name='incident')),
                ('request', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reference', to='police.policerequest', verbose_name='police request')),
            ],
            options={
                'verbose_name': 'code for the police',
                'verbose_name_plural': 'codes for the police',
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pack', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='minimum pack')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('released_at', models.DateTimeField(verbose_name='handed over at')),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('link_digest', models.CharField(blank=True, max_length=64, verbose_name='digest of the link')),
                ('spoken_code', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='spoken code')),
                ('wrong_codes', models.PositiveSmallIntegerField(default=0, verbose_name='wrong codes entered')),
                ('opened_at', models.DateTimeField(null=True, verbose_name='opened at')),
                ('grade', models.CharField(choices=[('nothing', 'nothing'), ('car', 'car part'), ('whole', 'car part and identity part')], default='whole', max_length=8, verbose_name='what went out')),
                ('reason', models.CharField(choices=[('no_officer', 'Who asks is no active, verified officer.'), ('not_declared', 'Nobody declared that a life is in danger.'), ('unusual', 'Something about this request is unusual, so we call the station first.'), ('trip_over', 'The trip has been over for more than a day, so we call the station first.'), ('nothing_seen', 'Our own data show no sign of danger on this trip yet, so we call the station first.'), ('borne_out', 'Our own data bear the claim out.'), ('called_back', 'The station was called back, and two people released it.'), ('on_papers', 'Two people released it on its papers.'), ('her_code', 'The person concerned handed over a code of her own.')], max_length=12, verbose_name='reason of the grade')),
                ('signs', models.JSONField(blank=True, default=list, verbose_name='what bears it out')),
                ('disowned_at', models.DateTimeField(null=True, verbose_name='disowned at')),
                ('has_plates', models.BooleanField(default=False, verbose_name='says both plates')),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='police.policerequest', verbose_name='police request')),
            ],
            options={
                'verbose_name': 'release',
                'verbose_name_plural': 'releases',
            },
        ),
        migrations.CreateModel(
            name='IdentityPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waits for a call-back'), ('called_back', 'called back, awaits a second person'), ('released', 'released'), ('refused', 'refused'), ('disowned', "closed: not the station's, or improper")], default='waiting', max_length=12, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('due_at', models.DateTimeField(verbose_name='due at')),
                ('called_back_at', models.DateTimeField(null=True, verbose_name='called back at')),
                ('called_back_by', models.CharField(blank=True, default='', max_length=40, verbose_name='called back by')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('decided_by', models.CharField(blank=True, default='', max_length=40, verbose_name='decided by')),
                ('refusal', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='reason of refusal')),
                ('pack', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='minimum pack')),
                ('digest', models.CharField(blank=True, default='', max_length=64, verbose_name='digest')),
                ('release', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='identity', to='police.release', verbose_name='release')),
            ],
            options={
                'verbose_name': 'identity part',
                'verbose_name_plural': 'identity parts',
            },
        ),
        migrations.CreateModel(
            name='ReleaseCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=8, unique=True, verbose_name='code')),
                ('reader', models.CharField(blank=True, max_length=40, verbose_name='read by')),
                ('kind', models.CharField(choices=[('page', 'page'), ('pdf', 'PDF'), ('json', 'JSON'), ('proof', 'proof document'), ('link', 'one-time link'), ('api', 'interface'), ('hand', 'read out at a terminal'), ('sound', 'sound'), ('live', 'followed live')], max_length=8, verbose_name='kind')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256')),
                ('sm3', models.CharField(blank=True, max_length=64, verbose_name='SM3')),
                ('size', models.PositiveIntegerField(default=0, verbose_name='bytes')),
                ('blocks', models.TextField(blank=True, verbose_name='digests of blocks')),
                ('content', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='file')),
                ('stamp', models.CharField(choices=[('none', 'none'), ('waiting', 'follows'), ('stamped', 'stamped')], default='none', max_length=8, verbose_name='time stamp')),
                ('stamped_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 with the time stamp')),
                ('stamped_sm3', models.CharField(blank=True, max_length=64, verbose_name='SM3 with the time stamp')),
                ('stamped_blocks', models.TextField(blank=True, verbose_name='digests of blocks with the time stamp')),
                ('next_at', models.DateTimeField(null=True, verbose_name='stamped next at')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='police.release', verbose_name='release')),
            ],
            options={
                'verbose_name': 'copy of a release',
                'verbose_name_plural': 'copies of releases',
            },
        ),
        migrations.CreateModel(
            name='ReleaseError',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('kind', models.CharField(choices=[('wrong_person', 'about the wrong person or trip'), ('too_much', 'more than was to be given'), ('papers_late', 'papers late or never'), ('call_back', 'call-back skipped')], max_length=12, verbose_name='what went wrong')),
                ('found_at', models.DateTimeField(verbose_name='found at')),
                ('cause', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='cause')),
                ('remedy', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='remedy')),
                ('noted_by', models.CharField(blank=True, default='', max_length=40, verbose_name='noted by')),
                ('agreed_by', models.CharField(blank=True, default='', max_length=40, verbose_name='agreed by')),
                ('agreed_at', models.DateTimeField(null=True, verbose_name='agreed at')),
                ('was_none', models.BooleanField(default=False, verbose_name='there was no error')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='errors', to='police.policerequest', verbose_name='police request')),
            ],
            options={
                'verbose_name': 'error of a release',
                'verbose_name_plural': 'errors of releases',
            },
        ),
        migrations.CreateModel(
            name='ReleaseNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('due_at', models.DateTimeField(verbose_name='told on')),
                ('told_at', models.DateTimeField(null=True, verbose_name='told at')),
                ('later_at', models.DateTimeField(null=True, verbose_name='new day')),
                ('later_reason', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='reason of the authority')),
                ('later_by', models.CharField(blank=True, default='', max_length=40, verbose_name='putting off proposed by')),
                ('later_agreed_by', models.CharField(blank=True, default='', max_length=40, verbose_name='putting off agreed by')),
                ('put_off', models.PositiveSmallIntegerField(default=0, verbose_name='times put off')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='police.release', verbose_name='release')),
            ],
            options={
                'verbose_name': 'notice of a release',
                'verbose_name_plural': 'notices of releases',
            },
        ),
        migrations.CreateModel(
            name='ReleaseReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reviewer', models.CharField(max_length=40, verbose_name='reviewer')),
                ('proper', models.BooleanField(verbose_name='proper')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='police.release', verbose_name='release')),
            ],
            options={
                'verbose_name': 'review of a release',
                'verbose_name_plural': 'reviews of releases',
            },
        ),
        migrations.CreateModel(
            name='StationAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked', models.CharField(choices=[('station', 'registered address of the station'), ('supervisor', 'the supervisor who was named')], max_length=10, verbose_name='who is asked')),
                ('link_digest', models.CharField(max_length=64, unique=True, verbose_name='digest of the link')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('answer', models.CharField(blank=True, choices=[('yes', 'Yes, this was ours'), ('no', 'No, this was not ours')], default='', max_length=3, verbose_name='answer')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered at')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='police.release', verbose_name='release')),
            ],
            options={
                'verbose_name': "station's answer",
                'verbose_name_plural': "stations' answers",
            },
        ),
        migrations.AddConstraint(
            model_name='officer',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['active', 'suspended'])), name='officer_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='officer',
            constraint=models.CheckConstraint(condition=models.Q(('tier__in', [1, 2, 3])), name='officer_tier_is_known'),
        ),
        migrations.AddConstraint(
            model_name='officer',
            constraint=models.CheckConstraint(condition=models.Q(('tier', 1), models.Q(('called_back_at__isnull', False), models.Q(('called_back_by', ''), _negated=True), models.Q(('called_back_number', ''), _negated=True)), _connector='OR'), name='officer_of_tier_two_was_called_back'),
        ),
        migrations.AddConstraint(
            model_name='officer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('tier', 3), _negated=True), ('head_confirmed_at__isnull', False), _connector='OR'), name='officer_of_tier_three_was_confirmed'),
        ),
        migrations.AddConstraint(
            model_name='officer',
            constraint=models.CheckConstraint(condition=models.Q(('reinstated_by', ''), models.Q(models.Q(('reinstate_by', ''), _negated=True), models.Q(('reinstated_by', ''), _negated=True), models.Q(('reinstate_by', models.F('reinstated_by')), _negated=True)), _connector='OR'), name='officer_reinstated_by_two'),
        ),
        migrations.AddIndex(
            model_name='policerequest',
            index=models.Index(fields=['trip', 'id'], name='request_of_trip'),
        ),
        migrations.AddIndex(
            model_name='policerequest',
            index=models.Index(condition=models.Q(('state__in', ['asked', 'called_back', 'escalated'])), fields=['asked_at'], name='request_undecided'),
        ),
        migrations.AddIndex(
            model_name='policerequest',
            index=models.Index(fields=['phone_index', 'asked_at'], name='request_about_phone'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'called_back', 'escalated', 'released', 'refused'])), name='request_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'called_back', 'escalated']), ('decided_at__isnull', False), _connector='XOR'), name='request_decided_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'released'), _negated=True), ('trip__isnull', False), _connector='OR'), name='request_released_for_one_trip'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('by_rule', False), ('state', 'released'), _negated=True), models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('proposed_by', models.F('decided_by')), _negated=True)), _connector='OR'), name='police_release_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'released'), _negated=True), ('trip_found_by', ''), models.Q(('decided_by', models.F('trip_found_by')), _negated=True), _connector='OR'), name='request_trip_found_by_somebody_else'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(('by_rule', False), models.Q(('channel', 'form'), ('urgency__in', ['emergency', 'reference'])), _connector='OR'), name='request_by_rule_is_an_emergency_by_the_form'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(('by_rule', False), ('officer_tier__gte', 2), _connector='OR'), name='request_by_rule_only_to_who_was_called_back'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agency_kind', 'transport'), _negated=True), ('urgency', 'ordinary'), _connector='OR'), name='request_of_inspection_is_no_emergency'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(('channel', 'form'), models.Q(('state', 'released'), _negated=True), ('called_back_at__isnull', False), _connector='OR'), name='request_by_phone_released_after_call_back'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('notice__isnull', False), ('state__in', ['refused']), _negated=True), models.Q(models.Q(('refuse_by', ''), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('refuse_by', models.F('decided_by')), _negated=True)), _connector='OR'), name='question_of_a_letter_refused_by_two'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), ('notice__isnull', True), models.Q(('refused_for', ''), _negated=True), _connector='OR'), name='question_refused_with_a_code'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('urgency', 'ordinary'), _negated=True), models.Q(('notice__isnull', False), models.Q(('wanted', []), _negated=True)), _connector='OR'), name='request_ordinary_has_a_notice'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.UniqueConstraint(fields=('notice', 'number'), name='one_question_of_a_number_on_a_notice'),
        ),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'released'), ('urgency', 'ordinary'), _negated=True), models.Q(('papers_at__isnull', False), models.Q(('legal_basis', ''), _negated=True)), _connector='OR'), name='request_ordinary_released_on_its_papers'),
        ),
        migrations.AddIndex(
            model_name='preservation',
            index=models.Index(fields=['until'], name='preservation_kept'),
        ),
        migrations.AddConstraint(
            model_name='preservation',
            constraint=models.CheckConstraint(condition=models.Q(('span_to__gt', models.F('span_from'))), name='preservation_has_a_span'),
        ),
        migrations.AddConstraint(
            model_name='preservation',
            constraint=models.CheckConstraint(condition=models.Q(('renewed_by', ''), models.Q(models.Q(('renewed_first_by', ''), _negated=True), models.Q(('renewed_by', ''), _negated=True), models.Q(('renewed_first_by', models.F('renewed_by')), _negated=True)), _connector='OR'), name='preservation_renewed_by_two'),
        ),
        migrations.AddConstraint(
            model_name='referencecode',
            constraint=models.CheckConstraint(condition=models.Q(('used_at__isnull', True), ('request__isnull', False), _connector='XOR'), name='reference_used_has_a_request'),
        ),
        migrations.AddConstraint(
            model_name='referencecode',
            constraint=models.CheckConstraint(condition=models.Q(('used_at__isnull', True), ('revoked_at__isnull', True), _connector='OR'), name='reference_used_or_revoked'),
        ),
        migrations.AddConstraint(
            model_name='referencecode',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True), ('used_at__isnull', True)), fields=('incident',), name='one_open_reference_of_an_incident'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(('grade__in', ['car', 'whole']), ('reason__in', ['no_officer', 'not_declared', 'unusual', 'trip_over', 'nothing_seen', 'borne_out', 'called_back', 'on_papers', 'her_code'])), name='release_grade_is_known'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('grade', 'whole'), _negated=True), ('reason__in', ['borne_out', 'called_back', 'on_papers', 'her_code']), _connector='OR'), name='release_of_identity_is_borne_out'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.UniqueConstraint(condition=models.Q(('link_digest', ''), _negated=True), fields=('link_digest',), name='release_link_is_unique'),
        ),
        migrations.AddIndex(
            model_name='identitypart',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'called_back'])), fields=['due_at'], name='identity_waits'),
        ),
        migrations.AddConstraint(
            model_name='identitypart',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'called_back', 'released', 'refused', 'disowned'])), name='identity_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='identitypart',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'released'), _negated=True), models.Q(models.Q(('called_back_by', ''), _negated=True), models.Q(('decided_by', ''), _negated=True), models.Q(('called_back_by', models.F('decided_by')), _negated=True)), _connector='OR'), name='identity_part_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='identitypart',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['called_back', 'released']), _negated=True), ('called_back_at__isnull', False), _connector='OR'), name='identity_part_after_a_call_back'),
        ),
        migrations.AddConstraint(
            model_name='identitypart',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'called_back']), ('decided_at__isnull', False), _connector='XOR'), name='identity_decided_has_a_time'),
        ),
        migrations.AddIndex(
            model_name='releasecopy',
            index=models.Index(condition=models.Q(('sha256', ''), _negated=True), fields=['sha256'], name='release_copy_sha256'),
        ),
        migrations.AddIndex(
            model_name='releasecopy',
            index=models.Index(condition=models.Q(('sm3', ''), _negated=True), fields=['sm3'], name='release_copy_sm3'),
        ),
        migrations.AddIndex(
            model_name='releasecopy',
            index=models.Index(condition=models.Q(('stamped_sha256', ''), _negated=True), fields=['stamped_sha256'], name='release_copy_stamped_sha256'),
        ),
        migrations.AddIndex(
            model_name='releasecopy',
            index=models.Index(condition=models.Q(('stamped_sm3', ''), _negated=True), fields=['stamped_sm3'], name='release_copy_stamped_sm3'),
        ),
        migrations.AddIndex(
            model_name='releasecopy',
            index=models.Index(condition=models.Q(('stamp', 'waiting')), fields=['next_at'], name='release_copy_unstamped'),
        ),
        migrations.AddConstraint(
            model_name='releasecopy',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['page', 'pdf', 'json', 'proof', 'link', 'api', 'hand', 'sound', 'live'])), name='release_copy_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='releasecopy',
            constraint=models.CheckConstraint(condition=models.Q(('stamp__in', ['none', 'waiting', 'stamped'])), name='release_copy_stamp_is_known'),
        ),
        migrations.AddConstraint(
            model_name='releasecopy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stamp', 'waiting'), _negated=True), ('next_at__isnull', False), _connector='OR'), name='release_copy_waits_until'),
        ),
        migrations.AddIndex(
            model_name='releaseerror',
            index=models.Index(fields=['found_at'], name='release_error_found'),
        ),
        migrations.AddConstraint(
            model_name='releaseerror',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['wrong_person', 'too_much', 'papers_late', 'call_back'])), name='release_error_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='releaseerror',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', ''), models.Q(models.Q(('noted_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('noted_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='release_error_closed_by_two'),
        ),
        migrations.AddConstraint(
            model_name='releaseerror',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', ''), ('agreed_at__isnull', False), _connector='XOR'), name='release_error_agreed_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='releaseerror',
            constraint=models.UniqueConstraint(condition=models.Q(('agreed_by', '')), fields=('request',), name='one_open_error_of_a_request'),
        ),
        migrations.AddIndex(
            model_name='releasenotice',
            index=models.Index(condition=models.Q(('told_at', None)), fields=['due_at'], name='release_notice_untold'),
        ),
        migrations.AddConstraint(
            model_name='releasenotice',
            constraint=models.UniqueConstraint(fields=('release', 'person'), name='release_notice_once_for_each'),
        ),
        migrations.AddConstraint(
            model_name='releasenotice',
            constraint=models.CheckConstraint(condition=models.Q(('later_agreed_by', ''), models.Q(models.Q(('later_by', ''), _negated=True), models.Q(('later_agreed_by', ''), _negated=True), models.Q(('later_by', models.F('later_agreed_by')), _negated=True)), _connector='OR'), name='release_notice_put_off_by_two'),
        ),
        migrations.AddConstraint(
            model_name='releasereview',
            constraint=models.UniqueConstraint(fields=('release', 'reviewer'), name='release_reviewed_once_by_each'),
        ),
        migrations.AddConstraint(
            model_name='stationanswer',
            constraint=models.UniqueConstraint(fields=('release', 'asked'), name='station_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='stationanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None)), models.Q(('answer__in', ['yes', 'no']), ('answered_at__isnull', False)), _connector='OR'), name='station_answer_has_a_time'),
        ),
    ])
