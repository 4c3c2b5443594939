import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

from core.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = together([
        migrations.CreateModel(
            name='DrillRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('begun_at', models.DateTimeField(verbose_name='begun')),
                ('seconds', models.FloatField(verbose_name='seconds')),
                ('passed', models.BooleanField(verbose_name='passed')),
                ('build', models.CharField(blank=True, max_length=64, verbose_name='build')),
                ('steps', models.JSONField(verbose_name='steps')),
            ],
            options={
                'verbose_name': 'drill',
                'verbose_name_plural': 'drills',
                'indexes': [models.Index(fields=['-begun_at'], name='drill_newest')],
            },
        ),
        migrations.CreateModel(
            name='MeasureResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(max_length=8, verbose_name='measure')),
                ('status', models.CharField(choices=[('pass', 'kept'), ('fail', 'not kept'), ('progress', 'part done'), ('none', 'no evidence')], max_length=10, verbose_name='state')),
                ('share', models.FloatField(null=True, verbose_name='share done')),
                ('facts', models.JSONField(default=list, verbose_name='evidence')),
                ('checked_at', models.DateTimeField(verbose_name='checked')),
            ],
            options={
                'verbose_name': 'measure result',
                'verbose_name_plural': 'measure results',
                'indexes': [models.Index(fields=['measure', '-checked_at'], name='measure_history')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['pass', 'fail', 'progress', 'none'])), name='measure_status_is_known')],
            },
        ),
        migrations.CreateModel(
            name='MeasureState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(max_length=8, unique=True, verbose_name='measure')),
                ('status', models.CharField(choices=[('pass', 'kept'), ('fail', 'not kept'), ('progress', 'part done'), ('none', 'no evidence')], max_length=10, verbose_name='state')),
                ('share', models.FloatField(null=True, verbose_name='share done')),
                ('facts', models.JSONField(default=list, verbose_name='evidence')),
                ('since', models.DateTimeField(verbose_name='in this state since')),
                ('checked_at', models.DateTimeField(verbose_name='checked')),
                ('seconds', models.FloatField(default=0, verbose_name='seconds')),
                ('breaker', models.CharField(blank=True, choices=[('', 'not tried yet'), ('turned', 'the check turned red'), ('stayed', 'the check stayed as it was'), ('failed', 'it could not be broken')], max_length=10, verbose_name='breaker')),
                ('broken_at', models.DateTimeField(null=True, verbose_name='broken on purpose at')),
                ('breaker_said', models.CharField(blank=True, max_length=80, verbose_name='what stood in its way')),
            ],
            options={
                'verbose_name': 'state of a measure',
                'verbose_name_plural': 'states of measures',
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['pass', 'fail', 'progress', 'none'])), name='measure_state_is_known'), models.CheckConstraint(condition=models.Q(('breaker__in', ['', 'turned', 'stayed', 'failed'])), name='measure_breaker_is_known')],
            },
        ),
        migrations.CreateModel(
            name='RuleChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('key', models.CharField(max_length=60, verbose_name='policy')),
                ('value', models.JSONField(verbose_name='value')),
                ('mode', models.CharField(choices=[('later', 'by two people, from a time on'), ('day', 'urgent: by two people, at once, for one day'), ('alone', 'urgent: stricter at once by one person, until a second looks')], max_length=8, verbose_name='how')),
                ('effective_from', models.DateTimeField(null=True, verbose_name='effective from')),
                ('reason', models.CharField(max_length=500, verbose_name='reason of the change')),
                ('base', models.CharField(max_length=80, verbose_name='version then in force')),
                ('state', models.CharField(choices=[('proposed', 'waits for a second person'), ('approved', 'agreed'), ('withdrawn', 'withdrawn'), ('lapsed', 'its time passed')], default='proposed', max_length=10, verbose_name='state')),
                ('proposed_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('proposed_at', models.DateTimeField(verbose_name='proposed at')),
                ('approved_by', models.CharField(blank=True, max_length=40, verbose_name='approved by')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided at')),
                ('simulated', models.JSONField(null=True, verbose_name='simulated')),
                ('shadowed', models.JSONField(null=True, verbose_name='in shadow')),
                ('signed_digest', models.CharField(blank=True, max_length=64, verbose_name='digest of what was read')),
                ('number', models.PositiveIntegerField(null=True, verbose_name='version number')),
                ('urgent_number', models.PositiveIntegerField(null=True, verbose_name='urgent version')),
                ('effect', models.JSONField(null=True, verbose_name='effect after seven days')),
            ],
            options={
                'verbose_name': 'change of a rule',
                'verbose_name_plural': 'changes of rules',
                'indexes': [models.Index(fields=['key', '-id'], name='rule_change_of_rule'), models.Index(condition=models.Q(('state', 'proposed')), fields=['id'], name='rule_change_waits')],
                'constraints': [models.CheckConstraint(condition=models.Q(('approved_by', ''), models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('approved_by', ''), _negated=True), models.Q(('proposed_by', models.F('approved_by')), _negated=True)), _connector='OR'), name='rule_change_takes_two_people'), models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'withdrawn', 'lapsed']), ('mode__in', ['later', 'day', 'alone'])), name='rule_change_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), models.Q(('approved_by', ''), _negated=True), models.Q(('signed_digest', ''), _negated=True), ('number__isnull', False)), models.Q(models.Q(('state', 'approved'), _negated=True), ('approved_by', ''), ('number', None)), _connector='OR'), name='rule_change_agreed_was_signed'), models.CheckConstraint(condition=models.Q(('mode', 'later'), ('effective_from', None), _connector='XOR'), name='rule_change_later_has_a_time'), models.CheckConstraint(condition=models.Q(('mode', 'alone'), ('urgent_number', None), _connector='XOR'), name='rule_change_alone_holds_already'), models.CheckConstraint(condition=models.Q(('state', 'proposed'), ('decided_at__isnull', False), _connector='XOR'), name='rule_change_decided_has_a_time'), models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'approved'])), fields=('key', 'effective_from'), name='rule_change_one_for_a_moment')],
            },
        ),
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(max_length=8, verbose_name='measure')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('asked_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('agreed_by', models.CharField(max_length=40, verbose_name='agreed by')),
                ('begins_at', models.DateTimeField(verbose_name='begins at')),
                ('ends_at', models.DateTimeField(verbose_name='ends at')),
                ('renews', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, to='governance.waiver', verbose_name='renews')),
            ],
            options={
                'verbose_name': 'waiver',
                'verbose_name_plural': 'waivers',
                'indexes': [models.Index(fields=['measure', '-ends_at'], name='waiver_of_measure')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('asked_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('asked_by', models.F('agreed_by')), _negated=True)), name='waiver_takes_two_people'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='waiver_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='Executive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(choices=[('hitch', 'Hitch'), ('express', 'Express'), ('premier', 'Premier'), ('luxury', 'Luxury')], max_length=10, verbose_name='line')),
                ('name', models.CharField(max_length=60, verbose_name='Name')),
                ('office', models.CharField(max_length=80, verbose_name='Office')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('named_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('agreed_by', models.CharField(max_length=40, verbose_name='agreed by')),
            ],
            options={
                'verbose_name': 'accountable executive',
                'verbose_name_plural': 'accountable executives',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('named_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('named_by', models.F('agreed_by')), _negated=True)), name='executive_takes_two_people')],
            },
        ),
        migrations.CreateModel(
            name='GatePassage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('line', models.CharField(choices=[('hitch', 'Hitch'), ('express', 'Express'), ('premier', 'Premier'), ('luxury', 'Luxury')], max_length=10, verbose_name='line')),
                ('city', models.SlugField(verbose_name='city')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('probation', 'probation'), ('done', 'returned whole'), ('withdrawn', 'withdrawn'), ('lapsed', 'lapsed'), ('fallen', 'suspended again')], default='proposed', max_length=10, verbose_name='state')),
                ('build', models.CharField(max_length=64, verbose_name='build')),
                ('rules', models.CharField(max_length=64, verbose_name='rules in force')),
                ('proposed_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('proposed_role', models.CharField(max_length=20, verbose_name='role of who proposed')),
                ('proposed_at', models.DateTimeField(verbose_name='proposed at')),
                ('agreed_by', models.CharField(blank=True, max_length=40, verbose_name='agreed by')),
                ('agreed_role', models.CharField(blank=True, max_length=20, verbose_name='role of who agreed')),
                ('agreed_at', models.DateTimeField(null=True, verbose_name='agreed at')),
                ('share', models.PositiveSmallIntegerField(default=0, verbose_name='share of people, in per cent')),
                ('share_since', models.DateTimeField(null=True, verbose_name='share since')),
                ('steps', models.JSONField(default=list, verbose_name='steps')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='ended at')),
                ('why', models.JSONField(default=list, verbose_name='why it ended')),
            ],
            options={
                'verbose_name': 'passage of the gate',
                'verbose_name_plural': 'passages of the gate',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'probation', 'done', 'withdrawn', 'lapsed', 'fallen'])), name='passage_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['probation', 'done', 'fallen']), _negated=True), models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('proposed_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='passage_takes_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['probation', 'done', 'fallen']), _negated=True), models.Q(models.Q(('agreed_role', ''), _negated=True), models.Q(('proposed_role', ''), _negated=True), models.Q(('agreed_role', models.F('proposed_role')), _negated=True)), _connector='OR'), name='passage_takes_two_roles'), models.CheckConstraint(condition=models.Q(('share', 0), models.Q(('agreed_at__isnull', False), ('share__lte', 100)), _connector='OR'), name='passage_share_is_agreed'), models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'probation'])), fields=('line', 'city'), name='one_passage_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='Proof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('capacity', 'capacity run'), ('rollback', 'rollback')], max_length=10, verbose_name='kind')),
                ('build', models.CharField(max_length=64, verbose_name='build')),
                ('at', models.DateTimeField(verbose_name='measured at')),
                ('passed', models.BooleanField(verbose_name='passed')),
                ('figures', models.JSONField(default=dict, verbose_name='figures')),
                ('said_by', models.CharField(blank=True, max_length=40, verbose_name='stated by')),
                ('agreed_by', models.CharField(blank=True, max_length=40, verbose_name='agreed by')),
                ('statement', models.CharField(blank=True, max_length=1000, verbose_name='statement')),
                ('file_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 of the file')),
            ],
            options={
                'verbose_name': 'proof',
                'verbose_name_plural': 'proofs',
                'indexes': [models.Index(fields=['kind', 'build', '-at'], name='proof_of_build')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['capacity', 'rollback'])), name='proof_kind_is_known'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('said_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), _connector='OR', _negated=True), models.Q(models.Q(('said_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('said_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='proof_statement_takes_two'), models.CheckConstraint(condition=models.Q(('said_by', ''), models.Q(models.Q(('statement', ''), _negated=True), models.Q(('file_sha256', ''), _negated=True), models.Q(('kind', 'capacity'), _negated=True)), _connector='OR'), name='proof_statement_has_words_and_file')],
            },
        ),
        migrations.CreateModel(
            name='Reassessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(choices=[('hitch', 'Hitch'), ('express', 'Express'), ('premier', 'Premier'), ('luxury', 'Luxury')], max_length=10, verbose_name='line')),
                ('questions', models.TextField(max_length=4000, verbose_name='Questions')),
                ('findings', models.TextField(max_length=4000, verbose_name='Findings')),
                ('decision', models.TextField(max_length=4000, verbose_name='Decision')),
                ('signed_by', models.CharField(max_length=40, verbose_name='signed by')),
                ('agreed_by', models.CharField(max_length=40, verbose_name='and by')),
                ('at', models.DateTimeField(verbose_name='signed at')),
            ],
            options={
                'verbose_name': 'reassessment of a line',
                'verbose_name_plural': 'reassessments of lines',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('signed_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('signed_by', models.F('agreed_by')), _negated=True)), name='reassessment_takes_two_people')],
            },
        ),
        migrations.CreateModel(
            name='TransparencyReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('begins', models.DateField(verbose_name='first day')),
                ('ends', models.DateField(verbose_name='last day')),
                ('figures', models.JSONField(verbose_name='figures')),
                ('digest', models.CharField(max_length=64, verbose_name='SHA-256 of the figures')),
                ('change', models.CharField(blank=True, max_length=500, verbose_name='what changed')),
                ('state', models.CharField(choices=[('proposed', 'waits for a second person'), ('approved', 'agreed'), ('withdrawn', 'withdrawn'), ('lapsed', 'its time passed')], default='proposed', max_length=10, verbose_name='state')),
                ('proposed_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('proposed_at', models.DateTimeField(verbose_name='proposed at')),
                ('agreed_by', models.CharField(blank=True, max_length=40, verbose_name='agreed by')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided at')),
                ('version', models.PositiveSmallIntegerField(null=True, verbose_name='version')),
                ('paper_zh', models.BinaryField(default=b'', verbose_name='PDF in Chinese')),
                ('paper_en', models.BinaryField(default=b'', verbose_name='PDF in English')),
                ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='governance.transparencyreport', verbose_name='corrects')),
            ],
            options={
                'verbose_name': 'transparency report',
                'verbose_name_plural': 'transparency reports',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('proposed_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='report_takes_two_people'), models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'withdrawn', 'lapsed'])), name='report_state_is_known'), models.CheckConstraint(condition=models.Q(('state', 'proposed'), ('decided_at__isnull', False), _connector='XOR'), name='report_decided_has_a_time'), models.CheckConstraint(condition=models.Q(('state', 'approved'), ('version', None), _connector='XOR'), name='report_published_has_a_version'), models.CheckConstraint(condition=models.Q(('ends__gte', models.F('begins'))), name='report_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(('corrects', None), models.Q(('change', ''), _negated=True), _connector='XOR'), name='report_correction_says_what_changed'), models.CheckConstraint(condition=models.Q(('version', None), models.Q(('version', 1), ('corrects__isnull', False), _connector='XOR'), _connector='OR'), name='report_version_follows_another'), models.UniqueConstraint(condition=models.Q(('version__isnull', False)), fields=('begins', 'ends', 'version'), name='report_version_once'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('begins', 'ends'), name='report_proposed_once'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('version', 1)), expressions=[(models.Func(models.F('begins'), models.F('ends'), models.Value('[]'), function='daterange'), '&&')], name='report_periods_share_no_day')],
            },
        ),
    ])
