import core.privacy
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('complaints', '0001_initial'),
        ('core', '0006_timeline_of_cases'),
        ('rides', '0003_trail_by_month'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('side', models.CharField(choices=[('complainant', 'who complains'), ('accused', 'who is complained about')], max_length=12)),
                ('words', core.privacy.EncryptedTextField(default='', editable=False)),
                ('filed_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reversed', models.BooleanField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, verbose_name='code')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('title_zh', models.CharField(max_length=80, verbose_name='title (Chinese)')),
                ('title_en', models.CharField(max_length=80, verbose_name='title (English)')),
                ('body_zh', models.TextField(verbose_name='text (Chinese)')),
                ('body_en', models.TextField(verbose_name='text (English)')),
                ('category', models.CharField(blank=True, choices=[('danger', 'danger to life'), ('harassment', 'sexual harassment'), ('violence', 'violence or threat'), ('mismatch', 'not the registered car or driver'), ('discrimination', 'discrimination'), ('dispute', 'route or price'), ('lost_property', 'lost property'), ('other', 'other')], max_length=16, verbose_name='category')),
                ('written_by', models.CharField(max_length=40)),
                ('written_at', models.DateTimeField(verbose_name='written')),
                ('current', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name': 'guide',
                'verbose_name_plural': 'knowledge base',
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('number', core.privacy.EncryptedTextField(default='', editable=False)),
                ('number_index', models.CharField(blank=True, max_length=64)),
                ('rang_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('stage', models.CharField(choices=[('first', 'first decision'), ('second', 'second decision'), ('third', 'deciding vote'), ('appeal', 'decision on the appeal')], max_length=8)),
                ('at', models.DateTimeField()),
                ('finding', models.CharField(choices=[('unfounded', 'unfounded: no fault'), ('unproven', 'cannot be proved either way'), ('upheld', 'upheld'), ('false', 'knowingly false')], max_length=10)),
                ('outcomes', models.JSONField(default=list)),
                ('reason', core.privacy.EncryptedTextField(default='', editable=False)),
                ('cites', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('citation', models.CharField(max_length=60)),
                ('in_force', models.BooleanField(default=False)),
                ('told_complainant_at', models.DateTimeField(null=True)),
                ('told_accused_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('picture', 'picture'), ('document', 'document')], max_length=10)),
                ('side', models.CharField(blank=True, choices=[('complainant', 'who complains'), ('accused', 'who is complained about')], max_length=12)),
                ('given_by', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Macro',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('title_zh', models.CharField(max_length=60, verbose_name='title (Chinese)')),
                ('title_en', models.CharField(max_length=60, verbose_name='title (English)')),
                ('body_zh', models.TextField(verbose_name='text (Chinese)')),
                ('body_en', models.TextField(verbose_name='text (English)')),
                ('category', models.CharField(blank=True, choices=[('danger', 'danger to life'), ('harassment', 'sexual harassment'), ('violence', 'violence or threat'), ('mismatch', 'not the registered car or driver'), ('discrimination', 'discrimination'), ('dispute', 'route or price'), ('lost_property', 'lost property'), ('other', 'other')], max_length=16, verbose_name='category')),
                ('changed_by', models.CharField(max_length=40)),
                ('changed_at', models.DateTimeField(verbose_name='changed')),
                ('retired', models.BooleanField(default=False, verbose_name='retired')),
            ],
            options={
                'verbose_name': 'macro',
                'verbose_name_plural': 'macros',
            },
        ),
        migrations.CreateModel(
            name='Measure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('outcome', models.CharField(choices=[('warning', 'warning'), ('training', 'training before the next order'), ('suspension', 'suspension for days'), ('ban', 'ban for good'), ('compensation', 'compensation'), ('refund', 'refund of the fare')], max_length=12)),
                ('person_as', models.CharField(choices=[('driver', 'driver'), ('passenger', 'passenger')], max_length=10)),
                ('days', models.PositiveSmallIntegerField(default=0)),
                ('fen', models.PositiveBigIntegerField(default=0)),
                ('done_at', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('undone_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='OutsideMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('wechat', '微信 WeChat'), ('weibo', '微博 Weibo')], max_length=10, verbose_name='channel')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('sender', core.privacy.EncryptedTextField(default='', editable=False)),
                ('words', core.privacy.EncryptedTextField(default='', editable=False)),
                ('at', models.DateTimeField(verbose_name='came')),
                ('sorted_by', models.CharField(blank=True, max_length=40)),
                ('sorted_at', models.DateTimeField(null=True)),
                ('dismissed', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name': 'message from outside',
                'verbose_name_plural': 'messages from outside',
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('complainant', 'waiting for who complains'), ('accused', "waiting for the other side's statement"), ('outside', 'waiting for somebody outside the company'), ('police', 'the police asked us to wait')], max_length=12)),
                ('by', models.CharField(max_length=40)),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('query', models.CharField(max_length=400)),
                ('shared', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('complainant', 'who complains'), ('accused', 'who is complained about')], max_length=12)),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('asked', 'asked for'), ('given', 'given'), ('missed', 'not given in time')], default='asked', max_length=8)),
                ('question', core.privacy.EncryptedTextField(default='', editable=False)),
                ('words', core.privacy.EncryptedTextField(default='', editable=False)),
                ('asked_by', models.CharField(max_length=40)),
                ('asked_at', models.DateTimeField()),
                ('remind_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('reminded_at', models.DateTimeField(null=True)),
                ('given_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='TeamMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('team', models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name='Timer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('answer', 'first answer'), ('review', 'review of the stop on orders'), ('decide', 'decision')], max_length=10)),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('level', models.CharField(choices=[('severe', 'severe'), ('raised', 'raised'), ('ordinary', 'ordinary')], max_length=10)),
                ('citation', models.CharField(max_length=60)),
                ('hours', models.CharField(choices=[('always', 'always'), ('business', 'business')], max_length=10)),
                ('started_at', models.DateTimeField()),
                ('warn_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('paused_at', models.DateTimeField(null=True)),
                ('pause_reason', models.CharField(blank=True, choices=[('complainant', 'waiting for who complains'), ('accused', "waiting for the other side's statement"), ('outside', 'waiting for somebody outside the company'), ('police', 'the police asked us to wait')], max_length=12)),
                ('left_seconds', models.PositiveIntegerField(null=True)),
                ('met_at', models.DateTimeField(null=True)),
                ('void_at', models.DateTimeField(null=True)),
                ('warned_at', models.DateTimeField(null=True)),
                ('breached_at', models.DateTimeField(null=True)),
                ('escalated', models.PositiveSmallIntegerField(default=0)),
                ('team', models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='complaint',
            name='complaint_state_is_known',
        ),
        migrations.RemoveConstraint(
            model_name='complaint',
            name='complaint_decided_has_a_time',
        ),
        migrations.RemoveConstraint(
            model_name='complaint',
            name='complaint_decided_by_somebody',
        ),
        migrations.RemoveIndex(
            model_name='complaint',
            name='complaint_open_severe',
        ),
        migrations.AddField(
            model_name='complaint',
            name='accused_as',
            field=models.CharField(blank=True, choices=[('driver', 'driver'), ('passenger', 'passenger')], default='', max_length=10),
        ),
        migrations.AddField(
            model_name='complaint',
            name='caller_index',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='complaint',
            name='caller_name',
            field=core.privacy.EncryptedTextField(default='', editable=False),
        ),
        migrations.AddField(
            model_name='complaint',
            name='caller_phone',
            field=core.privacy.EncryptedTextField(default='', editable=False),
        ),
        migrations.AddField(
            model_name='complaint',
            name='caller_verified_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='due_at',
            field=models.DateTimeField(null=True, verbose_name='due'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='level',
            field=models.CharField(choices=[('severe', 'severe'), ('raised', 'raised'), ('ordinary', 'ordinary')], default='ordinary', max_length=10, verbose_name='class'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='complaint',
            name='lifted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='merged_into',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='joined', to='complaints.complaint'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='named_contact',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='named_for', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='complaint',
            name='owned_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='owned_complaints', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='plates',
            field=models.CharField(blank=True, default='', max_length=60, verbose_name='plates'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='round',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='complaint',
            name='search',
            field=django.contrib.postgres.search.SearchVectorField(null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='source',
            field=models.CharField(choices=[('passenger', 'passenger'), ('driver', 'driver'), ('third_party', 'somebody else'), ('phone', 'on the phone'), ('police', 'police'), ('outside', 'e-mail or social network')], default='passenger', max_length=12, verbose_name='source'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='stopped_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='touched_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='complaint',
            name='complainant',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='complaints', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='complaint',
            name='finding',
            field=models.CharField(blank=True, choices=[('unfounded', 'unfounded: no fault'), ('unproven', 'cannot be proved either way'), ('upheld', 'upheld'), ('false', 'knowingly false')], max_length=10, verbose_name='finding'),
        ),
        migrations.AlterField(
            model_name='complaint',
            name='state',
            field=models.CharField(choices=[('open', 'open'), ('proposed', 'waits for a second adjudicator'), ('decided', 'decided'), ('appealed', 'appealed'), ('final', 'decided for good'), ('merged', 'part of another complaint')], default='open', max_length=10, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='complaint',
            name='trip',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='complaints', to='rides.trip', verbose_name='trip'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='complaints.complaint'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.UniqueConstraint(fields=('code', 'number'), name='article_version_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='article',
            constraint=models.UniqueConstraint(condition=models.Q(('current', True)), fields=('code',), name='one_current_version_per_article'),
        ),
        migrations.AddField(
            model_name='assignment',
            name='after',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='assignment',
            name='before',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='assignment',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='complaints.complaint'),
        ),
        migrations.AddField(
            model_name='call',
            name='agent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='decision',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='complaint_decisions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='decision',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='complaints.complaint'),
        ),
        migrations.AddField(
            model_name='evidence',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='complaints.complaint'),
        ),
        migrations.AddField(
            model_name='evidence',
            name='picture',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to='core.storedpicture'),
        ),
        migrations.AddField(
            model_name='measure',
            name='decision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measures', to='complaints.decision'),
        ),
        migrations.AddField(
            model_name='measure',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measures', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='outsidemessage',
            name='complaint',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outside_messages', to='complaints.complaint'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statement',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='complaints.complaint'),
        ),
        migrations.AddField(
            model_name='teammember',
            name='account',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='team_member', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='timer',
            name='complaint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='timers', to='complaints.complaint'),
        ),
        migrations.AddField(
            model_name='timer',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='pause',
            name='timer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='complaints.timer'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.UniqueConstraint(fields=('complaint', 'round'), name='one_appeal_per_round'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('decided_at', None), ('reversed__isnull', False), _connector='XOR'), name='appeal_decided_either_way'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['complaint', '-id'], name='assignment_of_complaint'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(condition=models.Q(('seen_at', None)), fields=['agent', '-rang_at'], name='call_to_show'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(fields=['number_index', '-rang_at'], name='call_of_number'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('in_force', True), models.Q(('told_complainant_at', None), ('told_accused_at', None), _connector='OR')), fields=['id'], name='decision_to_be_told'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('complaint', 'round', 'stage'), name='one_decision_per_stage_and_round'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('complaint', 'round', 'by'), name='nobody_decides_twice_in_a_round'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(condition=models.Q(('in_force', True)), fields=('complaint',), name='one_decision_in_force'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ['first', 'second', 'third', 'appeal']), ('finding__in', ['unfounded', 'unproven', 'upheld', 'false'])), name='decision_finding_is_known'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('cites', []), _negated=True), name='decision_cites_something'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['picture', 'document'])), name='evidence_kind_is_known'),
        ),
        migrations.AddIndex(
            model_name='measure',
            index=models.Index(condition=models.Q(('ended_at', None), ('until__isnull', False)), fields=['until'], name='measure_to_end'),
        ),
        migrations.AddConstraint(
            model_name='measure',
            constraint=models.UniqueConstraint(fields=('decision', 'outcome', 'person'), name='a_decision_does_each_thing_once'),
        ),
        migrations.AddConstraint(
            model_name='measure',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['warning', 'training', 'suspension', 'ban', 'compensation', 'refund'])), name='measure_is_known'),
        ),
        migrations.AddConstraint(
            model_name='measure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'suspension'), _negated=True), ('days__gt', 0), _connector='OR'), name='suspension_has_days'),
        ),
        migrations.AddConstraint(
            model_name='measure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['compensation', 'refund']), _negated=True), ('fen__gt', 0), _connector='OR'), name='money_has_an_amount'),
        ),
        migrations.AddIndex(
            model_name='outsidemessage',
            index=models.Index(condition=models.Q(('sorted_at', None)), fields=['at'], name='outside_message_waits'),
        ),
        migrations.AddConstraint(
            model_name='outsidemessage',
            constraint=models.CheckConstraint(condition=models.Q(('sorted_at', None), models.Q(('dismissed', ''), _negated=True), ('complaint__isnull', False), _connector='OR'), name='outside_message_sorted_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('owner', 'name'), name='view_named_once_per_owner'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(condition=models.Q(('state', 'asked')), fields=['due_at'], name='statement_waited_for'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('complaint', 'side', 'round'), name='one_statement_per_side_and_round'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'given', 'missed']), ('side__in', ['complainant', 'accused'])), name='statement_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'given'), ('given_at', None), _connector='XOR'), name='statement_given_has_a_time'),
        ),
        migrations.AddIndex(
            model_name='timer',
            index=models.Index(condition=models.Q(('breached_at', None), ('met_at', None), ('paused_at', None), ('void_at', None), ('warned_at', None)), fields=['warn_at'], name='timer_to_warn'),
        ),
        migrations.AddIndex(
            model_name='timer',
            index=models.Index(condition=models.Q(('met_at', None), ('paused_at', None), ('void_at', None)), fields=['due_at'], name='timer_running'),
        ),
        migrations.AddIndex(
            model_name='timer',
            index=models.Index(fields=['due_at', 'kind'], name='timer_by_due'),
        ),
        migrations.AddConstraint(
            model_name='timer',
            constraint=models.UniqueConstraint(condition=models.Q(('void_at', None)), fields=('complaint', 'kind', 'round'), name='one_timer_of_a_kind_and_round'),
        ),
        migrations.AddConstraint(
            model_name='timer',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['answer', 'review', 'decide'])), name='timer_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='timer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paused_at', None), ('left_seconds', None), ('pause_reason', '')), models.Q(('paused_at__isnull', False), ('left_seconds__isnull', False), models.Q(('pause_reason', ''), _negated=True)), _connector='OR'), name='timer_paused_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='timer',
            constraint=models.CheckConstraint(condition=models.Q(('paused_at', None), models.Q(('met_at', None), ('void_at', None)), _connector='OR'), name='timer_met_is_not_paused'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('timer',), name='one_open_pause_per_timer'),
        ),
        migrations.AddField(
            model_name='complaint',
            name='accused_account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='complained about'),
        ),
    ]
