import core.privacy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0002_initial'),
        ('rides', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('trip', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='rides.trip', verbose_name='trip')),
                ('missing_index', models.CharField(blank=True, max_length=64)),
                ('origin', models.CharField(choices=[('sos', 'SOS'), ('welfare_check', 'welfare check'), ('monitor', 'trip monitor'), ('rule', 'rule')], max_length=20, verbose_name='origin')),
                ('state', models.CharField(choices=[('open', 'nobody has it'), ('taken', 'taken'), ('resolved', 'outcome given, awaits a second person'), ('closed', 'closed')], default='open', max_length=10, verbose_name='state')),
                ('score', models.PositiveSmallIntegerField(default=0, verbose_name='risk')),
                ('has_sos', models.BooleanField(default=False)),
                ('drill', models.BooleanField(default=False)),
                ('silent', models.BooleanField(default=False)),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('opened_by', models.CharField(max_length=40)),
                ('changed_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(null=True, verbose_name='taken')),
                ('taken_by', models.CharField(blank=True, max_length=40, verbose_name='owner')),
                ('offered_to', models.CharField(blank=True, max_length=40)),
                ('high_risk_at', models.DateTimeField(null=True)),
                ('called_back_at', models.DateTimeField(null=True)),
                ('safe_check_at', models.DateTimeField(null=True)),
                ('police_called_at', models.DateTimeField(null=True)),
                ('police_excused_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('safe', 'reached and safe'), ('police', 'handed to the police'), ('false_alarm', 'false alarm in good faith'), ('malicious', 'malicious alarm')], max_length=12, verbose_name='outcome')),
                ('resolved_by', models.CharField(blank=True, max_length=40)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'verbose_name': 'incident',
                'verbose_name_plural': 'incidents',
                'indexes': [models.Index(condition=models.Q(('state', 'closed'), _negated=True), fields=['-score', 'opened_at'], name='incident_burning'), models.Index(condition=models.Q(('drill', False)), fields=['-changed_at'], name='incident_newest_change')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'taken', 'resolved', 'closed'])), name='incident_state_is_known'), models.UniqueConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), ('trip__isnull', False)), fields=('trip',), name='one_live_incident_per_trip'), models.UniqueConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), models.Q(('missing_index', ''), _negated=True)), fields=('missing_index',), name='one_live_incident_per_missing_person'), models.CheckConstraint(condition=models.Q(('state', 'open'), ('taken_at__isnull', False), _connector='XOR'), name='incident_taken_has_a_time'), models.CheckConstraint(condition=models.Q(('taken_at', None), models.Q(('taken_by', ''), _negated=True), _connector='OR'), name='incident_taken_by_somebody'), models.CheckConstraint(condition=models.Q(('state', 'closed'), ('closed_at', None), _connector='XOR'), name='incident_closed_has_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'closed'), _negated=True), models.Q(models.Q(('closed_by', ''), _negated=True), models.Q(('closed_by', models.F('resolved_by')), _negated=True)), _connector='OR'), name='incident_closed_by_a_second_person'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['resolved', 'closed']), _negated=True), models.Q(('outcome', ''), _negated=True), _connector='OR'), name='incident_resolved_has_an_outcome')],
            },
        ),
        migrations.CreateModel(
            name='Signal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trip', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signals', to='rides.trip')),
                ('incident', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signals', to='safety.incident')),
                ('kind', models.CharField(choices=[('off_route', 'off the planned route'), ('long_stop', 'a long stop on the way'), ('overlong', 'longer on the way than planned'), ('late_running', 'still on the way when the night hours began'), ('remote_at_night', 'in a remote area at night'), ('signal_lost', 'a phone went silent'), ('moving_after_cancel', 'both phones move together after a cancel'), ('cancel_aboard', 'somebody tried to cancel after boarding'), ('cancel_after_meeting', 'cancelled after both phones had met'), ('ended_far', 'ended far from the destination'), ('no_answer', 'no answer to the question in 60 seconds'), ('asked_for_help', 'the passenger answered that not all is well'), ('mismatch', 'not the registered car or driver'), ('pickup_late', 'waited for a pick-up in the night and does not answer'), ('welfare_check', 'somebody is worried'), ('repeated_report', 'reported again'), ('distress', 'a message of distress was reported'), ('sos', 'SOS')], max_length=24, verbose_name='kind')),
                ('detail', models.CharField(blank=True, max_length=24)),
                ('score', models.PositiveSmallIntegerField(verbose_name='points')),
                ('why', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'signal',
                'verbose_name_plural': 'signals',
                'constraints': [models.UniqueConstraint(condition=models.Q(('trip__isnull', False)), fields=('trip', 'kind', 'detail'), name='signal_once_per_trip_kind_and_detail'), models.CheckConstraint(condition=models.Q(('kind__in', ['off_route', 'long_stop', 'overlong', 'late_running', 'remote_at_night', 'signal_lost', 'moving_after_cancel', 'cancel_aboard', 'cancel_after_meeting', 'ended_far', 'no_answer', 'asked_for_help', 'mismatch', 'pickup_late', 'welfare_check', 'repeated_report', 'distress', 'sos'])), name='signal_kind_is_known'), models.CheckConstraint(condition=models.Q(('trip__isnull', False), ('incident__isnull', False), _connector='OR'), name='signal_belongs_somewhere')],
            },
        ),
        migrations.CreateModel(
            name='SafetyQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trip', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='safety_questions', to='rides.trip')),
                ('asked_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, choices=[('fine', 'fine'), ('duress', "'fine', under duress"), ('not_well', 'not quite'), ('none', 'no answer')], max_length=10)),
                ('answered_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('answer', '')), fields=['expires_at'], name='question_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('answer', '')), fields=('trip',), name='one_open_question_per_trip'), models.CheckConstraint(condition=models.Q(('answer', ''), ('answered_at__isnull', False), _connector='XOR'), name='question_answered_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='SosCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sos_calls', to='safety.incident')),
                ('party', models.CharField(max_length=10)),
                ('at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['incident', 'party'], name='sos_call_of_side')],
            },
        ),
        migrations.CreateModel(
            name='WelfareCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='report code')),
                ('submission', models.CharField(max_length=64, unique=True)),
                ('secret_digest', models.CharField(max_length=64, unique=True)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='welfare_checks', to='safety.incident', verbose_name='incident')),
                ('missing_phone', core.privacy.EncryptedTextField(default='', editable=False)),
                ('reporter_phone', core.privacy.EncryptedTextField(default='', editable=False)),
                ('reporter_index', models.CharField(max_length=64)),
                ('reporter_name', core.privacy.EncryptedTextField(default='', editable=False)),
                ('relation', core.privacy.EncryptedTextField(default='', editable=False)),
                ('filed_at', models.DateTimeField(verbose_name='filed')),
                ('verified_at', models.DateTimeField(null=True, verbose_name='reporter verified')),
            ],
            options={
                'verbose_name': 'welfare check',
                'verbose_name_plural': 'welfare checks',
            },
        ),
        migrations.CreateModel(
            name='MalicePlea',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('incident', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='plea', to='safety.incident')),
                ('account', models.CharField(max_length=20)),
                ('words', core.privacy.EncryptedTextField(default='', editable=False)),
                ('filed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(blank=True, max_length=40)),
                ('upheld', models.BooleanField(null=True)),
                ('reason', models.CharField(blank=True, max_length=1000)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', ''), ('upheld', None)), models.Q(('decided_at__isnull', False), ('upheld__isnull', False), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='plea_decided_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='RecordingConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trip', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recording_consents', to='rides.trip')),
                ('party', models.CharField(choices=[('passenger', 'passenger'), ('driver', 'driver')], max_length=10)),
                ('version', models.CharField(max_length=60)),
                ('audio', models.BooleanField()),
                ('video', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['trip', 'party', '-id'], name='recording_consent_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('video', False)), name='recording_has_no_video')],
            },
        ),
        migrations.CreateModel(
            name='Recording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('trip', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recordings', to='rides.trip', verbose_name='trip')),
                ('party', models.CharField(choices=[('passenger', 'passenger'), ('driver', 'driver')], max_length=10, verbose_name='side')),
                ('purpose', models.CharField(choices=[('trip', "the whole trip, with both sides' consent"), ('sos', 'a call for help')], max_length=6, verbose_name='purpose')),
                ('mime', models.CharField(max_length=60)),
                ('slice_ms', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('live', 'recording now'), ('ended', 'ended'), ('destroyed', 'destroyed')], default='live', max_length=10, verbose_name='state')),
                ('key_digest', models.CharField(max_length=64)),
                ('begun_at', models.DateTimeField(verbose_name='begun')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('last_chunk_at', models.DateTimeField(null=True)),
                ('last', models.PositiveIntegerField(null=True)),
                ('chunks', models.PositiveIntegerField(default=0, verbose_name='chunks')),
                ('missing', models.PositiveIntegerField(default=0, verbose_name='missing')),
                ('bytes', models.PositiveBigIntegerField(default=0)),
                ('silent_ms', models.PositiveIntegerField(default=0)),
                ('clipped_ms', models.PositiveIntegerField(default=0)),
                ('destroy_at', models.DateTimeField(verbose_name='to be destroyed')),
                ('destroyed_at', models.DateTimeField(null=True, verbose_name='destroyed')),
                ('receipt', models.CharField(blank=True, max_length=20, verbose_name='receipt')),
            ],
            options={
                'verbose_name': 'recording',
                'verbose_name_plural': 'recordings',
                'indexes': [models.Index(fields=['trip'], name='recording_of_trip'), models.Index(condition=models.Q(('state', 'destroyed'), _negated=True), fields=['destroy_at'], name='recording_to_destroy'), models.Index(condition=models.Q(('receipt', ''), _negated=True), fields=['receipt'], name='recording_of_receipt')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['live', 'ended', 'destroyed'])), name='recording_state_is_known'), models.CheckConstraint(condition=models.Q(('purpose__in', ['trip', 'sos'])), name='recording_purpose_is_known'), models.CheckConstraint(condition=models.Q(('state', 'destroyed'), ('destroyed_at', None), _connector='XOR'), name='recording_destroyed_has_a_time'), models.CheckConstraint(condition=models.Q(('destroyed_at', None), models.Q(('receipt', ''), _negated=True), _connector='XOR'), name='recording_destroyed_has_a_receipt')],
            },
        ),
        migrations.CreateModel(
            name='RecordingKey',
            fields=[
                ('recording', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='key', serialize=False, to='safety.recording')),
                ('wrapped_by', models.CharField(max_length=20)),
                ('wrapped', models.BinaryField()),
            ],
            options={
                'indexes': [models.Index(fields=['wrapped_by'], name='recording_key_by_day')],
            },
        ),
        migrations.CreateModel(
            name='RecordingReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('destroyed_at', models.DateTimeField()),
                ('count', models.PositiveIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('erased_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('erased_at', None)), fields=['id'], name='receipt_to_erase')],
            },
        ),
        migrations.CreateModel(
            name='RecordingPlay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recording', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plays', to='safety.recording')),
                ('actor', models.CharField(max_length=40, verbose_name='who')),
                ('case', models.CharField(max_length=20, verbose_name='case')),
                ('reason', models.CharField(max_length=400, verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('told_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('told_at', None)), fields=['at'], name='recording_play_untold')],
            },
        ),
        migrations.CreateModel(
            name='TripShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trip', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='rides.trip')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('token', core.privacy.EncryptedTextField(default='', editable=False)),
                ('party', models.CharField(choices=[('passenger', 'passenger'), ('driver', 'driver')], max_length=10)),
                ('contact_phone', core.privacy.EncryptedTextField(default='', editable=False)),
                ('contact', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('first_seen_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['trip'], name='share_of_trip')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('contact__isnull', False), ('revoked_at', None)), fields=('trip', 'party', 'contact'), name='one_share_per_trip_and_contact')],
            },
        ),
    ]
