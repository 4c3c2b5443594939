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
                ('name', models.CharField(max_length=80)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('payload', models.JSONField()),
                ('queue', models.CharField(max_length=20)),
                ('created_at', models.DateTimeField()),
                ('not_before', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('delivered_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('delivered_at', None)), fields=['not_before'], name='outbox_undelivered')],
            },
        ),
        migrations.CreateModel(
            name='HandlerRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='core.outboxevent')),
                ('handler', models.CharField(max_length=120)),
                ('at', models.DateTimeField()),
            ],
            options={
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
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=40)),
                ('role', models.CharField(max_length=20)),
                ('action', models.CharField(max_length=60)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('case', models.CharField(blank=True, max_length=40)),
                ('reason', models.TextField(blank=True)),
                ('facts', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
                ('transaction_id', models.BigIntegerField(db_default=django.db.models.expressions.RawSQL('pg_current_xact_id()::text::bigint', []), editable=False)),
            ],
            options={
                'verbose_name': 'journal entry',
                'verbose_name_plural': 'journal',
                'indexes': [models.Index(fields=['transaction_id', 'id'], name='audit_sealing_order'), models.Index(fields=['subject', 'id'], name='audit_of_subject'), models.Index(fields=['action', 'at'], name='audit_of_action')],
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('up_to_transaction', models.BigIntegerField()),
                ('row_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('row_digests', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None)),
                ('previous', models.CharField(blank=True, max_length=64)),
                ('seal', models.CharField(max_length=64, unique=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('previous',), name='audit_seals_form_one_chain')],
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60)),
                ('number', models.PositiveIntegerField()),
                ('value', models.JSONField()),
                ('effective_from', models.DateTimeField()),
                ('proposed_by', models.CharField(max_length=40)),
                ('approved_by', models.CharField(max_length=40)),
                ('reason', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'policy version',
                'verbose_name_plural': 'policies',
                'ordering': ['key', '-number'],
                'constraints': [models.UniqueConstraint(fields=('key', 'number'), name='policy_version_number_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='TimelineEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('kind', models.CharField(max_length=60)),
                ('trip', models.CharField(blank=True, max_length=20)),
                ('incident', models.CharField(blank=True, max_length=20)),
                ('case', models.CharField(blank=True, default='', max_length=20)),
                ('person', models.CharField(blank=True, max_length=20)),
                ('actor', models.CharField(max_length=40)),
                ('role', models.CharField(max_length=20)),
                ('latitude', models.FloatField(null=True)),
                ('longitude', models.FloatField(null=True)),
                ('facts', models.JSONField(default=dict)),
                ('words', core.privacy.EncryptedTextField(default='', editable=False)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('trip', ''), _negated=True), fields=['trip', 'at'], name='timeline_of_trip'), models.Index(condition=models.Q(('incident', ''), _negated=True), fields=['incident', 'at'], name='timeline_of_incident'), models.Index(condition=models.Q(('case', ''), _negated=True), fields=['case', 'at'], name='timeline_of_case'), models.Index(condition=models.Q(('case', ''), _negated=True), fields=['-id'], name='timeline_newest_of_cases')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('channel', models.CharField(max_length=10)),
                ('recipient', core.privacy.EncryptedTextField(default='', editable=False)),
                ('text', core.privacy.EncryptedTextField(default='', editable=False)),
                ('life_safety', models.BooleanField(default=False)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('state', models.CharField(choices=[('queued', 'waiting to be sent'), ('sending', 'being sent'), ('sent', 'sent'), ('needs_person', 'could not be sent; needs a person')], default='queued', max_length=20)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('not_before', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
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
                ('code', models.CharField(max_length=20, unique=True)),
                ('purpose', models.CharField(max_length=20)),
                ('subject', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=80, unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('kept_at', models.DateTimeField()),
                ('keep_until', models.DateTimeField()),
                ('destroyed_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('destroyed_at', None)), fields=['keep_until'], name='picture_due'), models.Index(fields=['subject'], name='picture_of_subject')],
            },
        ),
        migrations.CreateModel(
            name='LedgerTransfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80, unique=True)),
                ('subject', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=40)),
                ('citation', models.CharField(blank=True, max_length=60)),
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
                ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='core.ledgertransfer')),
                ('account', models.CharField(max_length=60)),
                ('fen', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['account'], name='ledger_of_account')],
                'constraints': [models.CheckConstraint(condition=models.Q(('fen', 0), _negated=True), name='ledger_entry_moves_something')],
            },
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=70, unique=True)),
                ('payee', models.CharField(max_length=40)),
                ('fen', models.PositiveBigIntegerField()),
                ('subject', models.CharField(max_length=40)),
                ('account', models.CharField(max_length=60)),
                ('state', models.CharField(choices=[('due', 'due'), ('paid', 'paid')], default='due', max_length=10)),
                ('due_at', models.DateTimeField()),
                ('next_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('paid_at', models.DateTimeField(null=True)),
                ('reference', models.CharField(blank=True, max_length=80)),
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
                ('code', models.CharField(max_length=20, unique=True)),
                ('subject', models.CharField(max_length=20)),
                ('source', models.CharField(max_length=20, verbose_name='because of')),
                ('case', models.CharField(max_length=20, verbose_name='case')),
                ('placed_at', models.DateTimeField(verbose_name='since')),
                ('placed_by', models.CharField(max_length=40)),
                ('until', models.DateTimeField(verbose_name='lapses')),
                ('renewal_by', models.CharField(blank=True, max_length=40)),
                ('released_at', models.DateTimeField(null=True)),
                ('released_by', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'verbose_name': 'data hold',
                'verbose_name_plural': 'data holds',
                'indexes': [models.Index(condition=models.Q(('released_at', None)), fields=['subject'], name='data_hold_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('subject', 'source', 'case'), name='one_open_hold_per_subject_source_and_case'), models.CheckConstraint(condition=models.Q(('released_at', None), models.Q(('released_by', ''), _negated=True), _connector='XOR'), name='data_hold_released_by_somebody')],
            },
        ),
    ]
