import core.privacy
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_extensions'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutboxEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='event name')),
                ('version', models.PositiveSmallIntegerField(default=1, verbose_name='version')),
                ('payload', models.JSONField(verbose_name='payload')),
                ('queue', models.CharField(max_length=20, verbose_name='queue')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('not_before', models.DateTimeField(verbose_name='not before')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('delivered_at', models.DateTimeField(null=True, verbose_name='delivered at')),
            ],
            options={
                'verbose_name': 'event to be delivered',
                'verbose_name_plural': 'events to be delivered',
                'indexes': [models.Index(condition=models.Q(('delivered_at', None)), fields=['not_before'], name='outbox_undelivered')],
            },
        ),
        migrations.CreateModel(
            name='HandlerRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='core.outboxevent', verbose_name='event')),
                ('handler', models.CharField(max_length=120, verbose_name='handler')),
                ('at', models.DateTimeField(verbose_name='handled at')),
            ],
            options={
                'verbose_name': 'handling of an event',
                'verbose_name_plural': 'handlings of events',
                'constraints': [models.UniqueConstraint(fields=('event', 'handler'), name='handler_runs_once_per_event')],
            },
        ),
        migrations.CreateModel(
            name='FailedWork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60, verbose_name='kind of work')),
                ('key', models.CharField(max_length=120, verbose_name='key')),
                ('subject', models.CharField(blank=True, max_length=80, verbose_name='about')),
                ('life_safety', models.BooleanField(default=False, verbose_name='a life may depend on it')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('first_at', models.DateTimeField(verbose_name='failed first')),
                ('last_at', models.DateTimeField(verbose_name='failed last')),
                ('next_at', models.DateTimeField(verbose_name='next try')),
                ('error', models.CharField(blank=True, max_length=300, verbose_name='what the machine said')),
                ('needs_person_at', models.DateTimeField(null=True, verbose_name='needs a person since')),
                ('rests', models.BooleanField(default=False, verbose_name='not tried again by itself')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed at')),
            ],
            options={
                'verbose_name': 'failed work',
                'verbose_name_plural': 'failed work',
                'indexes': [models.Index(condition=models.Q(('closed_at', None), ('needs_person_at__isnull', False)), fields=['first_at'], name='failed_work_needs_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('kind', 'key'), name='one_open_failure_per_piece_of_work')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('actor', models.CharField(max_length=40, verbose_name='actor')),
                ('role', models.CharField(max_length=20, verbose_name='role')),
                ('action', models.CharField(max_length=60, verbose_name='action')),
                ('subject', models.CharField(blank=True, max_length=80, verbose_name='about')),
                ('case', models.CharField(blank=True, max_length=40, verbose_name='case')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('facts', models.JSONField(default=dict, verbose_name='facts')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('transaction_id', models.BigIntegerField(db_default=django.db.models.expressions.RawSQL('pg_current_xact_id()::text::bigint', []), editable=False, verbose_name='transaction')),
                ('epoch', models.BigIntegerField(db_default=django.db.models.expressions.RawSQL('(pg_control_system()).system_identifier', []), editable=False, verbose_name='database cluster')),
            ],
            options={
                'verbose_name': 'journal entry',
                'verbose_name_plural': 'journal',
                'indexes': [models.Index(fields=['epoch', 'transaction_id', 'id'], name='audit_sealing_order'), models.Index(fields=['subject', 'id'], name='audit_of_subject'), models.Index(fields=['action', 'at'], name='audit_of_action')],
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('epoch', models.BigIntegerField(verbose_name='database cluster')),
                ('up_to_transaction', models.BigIntegerField(verbose_name='up to transaction')),
                ('row_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None, verbose_name='rows sealed')),
                ('row_digests', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None, verbose_name='digests of the rows')),
                ('previous', models.CharField(blank=True, max_length=64, verbose_name='seal before')),
                ('seal', models.CharField(max_length=64, unique=True, verbose_name='seal')),
            ],
            options={
                'verbose_name': 'seal of the journal',
                'verbose_name_plural': 'seals of the journal',
                'constraints': [models.UniqueConstraint(fields=('previous',), name='audit_seals_form_one_chain')],
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, verbose_name='policy')),
                ('number', models.PositiveIntegerField(verbose_name='version number')),
                ('value', models.JSONField(verbose_name='value')),
                ('effective_from', models.DateTimeField(verbose_name='effective from')),
                ('proposed_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('approved_by', models.CharField(max_length=40, verbose_name='approved by')),
                ('reason', models.TextField(blank=True, verbose_name='reason of the change')),
            ],
            options={
                'verbose_name': 'policy version',
                'verbose_name_plural': 'policies',
                'ordering': ['key', '-number'],
                'constraints': [models.UniqueConstraint(fields=('key', 'number'), name='policy_version_number_is_unique'), models.CheckConstraint(condition=models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('approved_by', ''), _negated=True), models.Q(('proposed_by', models.F('approved_by')), _negated=True)), name='policy_version_takes_two_people')],
            },
        ),
        migrations.CreateModel(
            name='TimelineEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('kind', models.CharField(max_length=60, verbose_name='kind')),
                ('trip', models.CharField(blank=True, max_length=20, verbose_name='trip')),
                ('incident', models.CharField(blank=True, max_length=20, verbose_name='incident')),
                ('case', models.CharField(blank=True, default='', max_length=20, verbose_name='case')),
                ('person', models.CharField(blank=True, max_length=20, verbose_name='person')),
                ('actor', models.CharField(max_length=40, verbose_name='actor')),
                ('role', models.CharField(max_length=20, verbose_name='role')),
                ('latitude', models.FloatField(null=True, verbose_name='latitude')),
                ('longitude', models.FloatField(null=True, verbose_name='longitude')),
                ('facts', models.JSONField(default=dict, verbose_name='facts')),
                ('words', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='words')),
            ],
            options={
                'verbose_name': 'line of the timeline',
                'verbose_name_plural': 'lines of the timeline',
                'indexes': [models.Index(condition=models.Q(('trip', ''), _negated=True), fields=['trip', 'at'], name='timeline_of_trip'), models.Index(condition=models.Q(('incident', ''), _negated=True), fields=['incident', 'at'], name='timeline_of_incident'), models.Index(condition=models.Q(('case', ''), _negated=True), fields=['case', 'at'], name='timeline_of_case')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True, verbose_name='message key')),
                ('channel', models.CharField(choices=[('sms', 'text message'), ('email', 'e-mail'), ('wechat', 'WeChat'), ('weibo', 'Weibo')], max_length=10, verbose_name='channel')),
                ('recipient', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='recipient')),
                ('text', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='text')),
                ('life_safety', models.BooleanField(default=False, verbose_name='life safety')),
                ('subject', models.CharField(blank=True, max_length=80, verbose_name='about')),
                ('state', models.CharField(choices=[('queued', 'waiting to be sent'), ('sending', 'being sent'), ('sent', 'sent'), ('needs_person', 'could not be sent; needs a person')], default='queued', max_length=20, verbose_name='state')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('not_before', models.DateTimeField(verbose_name='not before')),
                ('lease_until', models.DateTimeField(null=True, verbose_name='lease until')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent at')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'indexes': [models.Index(condition=models.Q(('state__in', ['queued', 'sending'])), fields=['not_before'], name='notification_unsent'), models.Index(fields=['subject'], name='notification_of_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'sending', 'sent', 'needs_person'])), name='notification_state_is_known'), models.CheckConstraint(condition=models.Q(('state', 'sent'), ('sent_at', None), _connector='XOR'), name='notification_sent_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='StoredPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('purpose', models.CharField(max_length=20, verbose_name='purpose')),
                ('subject', models.CharField(max_length=20, verbose_name='subject')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='storage name')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('size', models.PositiveIntegerField(verbose_name='size in bytes')),
                ('kept_at', models.DateTimeField(verbose_name='kept at')),
                ('keep_until', models.DateTimeField(verbose_name='keep until')),
                ('destroyed_at', models.DateTimeField(null=True, verbose_name='destroyed at')),
            ],
            options={
                'verbose_name': 'stored picture',
                'verbose_name_plural': 'stored pictures',
                'indexes': [models.Index(condition=models.Q(('destroyed_at', None)), fields=['keep_until'], name='picture_due'), models.Index(fields=['subject'], name='picture_of_subject')],
            },
        ),
        migrations.CreateModel(
            name='LedgerTransfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80, unique=True, verbose_name='transfer key')),
                ('subject', models.CharField(max_length=40, verbose_name='about')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('actor', models.CharField(max_length=40, verbose_name='actor')),
                ('citation', models.CharField(blank=True, max_length=60, verbose_name='rule cited')),
            ],
            options={
                'verbose_name': 'transfer',
                'verbose_name_plural': 'ledger',
                'indexes': [models.Index(fields=['subject'], name='transfer_of_subject')],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='core.ledgertransfer', verbose_name='transfer')),
                ('account', models.CharField(max_length=60, verbose_name='ledger account')),
                ('fen', models.BigIntegerField(verbose_name='amount in fen')),
            ],
            options={
                'verbose_name': 'ledger entry',
                'verbose_name_plural': 'ledger entries',
                'indexes': [models.Index(fields=['account'], name='ledger_of_account')],
                'constraints': [models.CheckConstraint(condition=models.Q(('fen', 0), _negated=True), name='ledger_entry_moves_something')],
            },
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=70, unique=True, verbose_name='payout key')),
                ('payee', models.CharField(max_length=40, verbose_name='payee')),
                ('fen', models.PositiveBigIntegerField(verbose_name='amount in fen')),
                ('subject', models.CharField(max_length=40, verbose_name='about')),
                ('account', models.CharField(max_length=60, verbose_name='ledger account')),
                ('state', models.CharField(choices=[('due', 'due'), ('paid', 'paid')], default='due', max_length=10, verbose_name='state')),
                ('due_at', models.DateTimeField(verbose_name='due at')),
                ('next_at', models.DateTimeField(verbose_name='next try at')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('paid_at', models.DateTimeField(null=True, verbose_name='paid at')),
                ('reference', models.CharField(blank=True, max_length=80, verbose_name="provider's reference")),
            ],
            options={
                'verbose_name': 'payout',
                'verbose_name_plural': 'payouts',
                'indexes': [models.Index(condition=models.Q(('state', 'due')), fields=['next_at'], name='payout_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['due', 'paid']), ('fen__gt', 0)), name='payout_state_is_known'), models.CheckConstraint(condition=models.Q(('state', 'due'), ('paid_at__isnull', False), _connector='XOR'), name='payout_paid_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='DataHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('subject', models.CharField(max_length=20, verbose_name='what is held')),
                ('source', models.CharField(choices=[('passenger', 'the passenger asked for it'), ('sos', 'call for help'), ('police', 'police request'), ('complaint', 'complaint')], max_length=20, verbose_name='because of')),
                ('case', models.CharField(max_length=20, verbose_name='case')),
                ('placed_at', models.DateTimeField(verbose_name='since')),
                ('placed_by', models.CharField(max_length=40, verbose_name='placed by')),
                ('until', models.DateTimeField(verbose_name='lapses')),
                ('renewal_by', models.CharField(blank=True, max_length=40, verbose_name='renewal proposed by')),
                ('renewed_by', models.CharField(blank=True, default='', max_length=40, verbose_name='renewal agreed to by')),
                ('renewed_at', models.DateTimeField(null=True, verbose_name='renewed at')),
                ('released_at', models.DateTimeField(null=True, verbose_name='released at')),
                ('released_by', models.CharField(blank=True, max_length=40, verbose_name='released by')),
            ],
            options={
                'verbose_name': 'data hold',
                'verbose_name_plural': 'data holds',
                'indexes': [models.Index(condition=models.Q(('released_at', None)), fields=['subject'], name='data_hold_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('subject', 'source', 'case'), name='one_open_hold_per_subject_source_and_case'), models.CheckConstraint(condition=models.Q(('released_at', None), models.Q(('released_by', ''), _negated=True), _connector='XOR'), name='data_hold_released_by_somebody'), models.CheckConstraint(condition=models.Q(('renewed_by', ''), models.Q(models.Q(('renewal_by', ''), _negated=True), models.Q(('renewed_by', ''), _negated=True), models.Q(('renewal_by', models.F('renewed_by')), _negated=True)), _connector='OR'), name='data_hold_renewed_by_two_people')],
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, verbose_name='process')),
                ('instance', models.CharField(blank=True, default='', max_length=80, verbose_name='host and process')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('facts', models.JSONField(default=dict, verbose_name='facts')),
            ],
            options={
                'verbose_name': 'sign of life',
                'verbose_name_plural': 'signs of life',
                'constraints': [models.UniqueConstraint(fields=('name', 'instance'), name='one_heartbeat_of_each_process')],
            },
        ),
    ]
