import core.privacy
import django.db.models.deletion
from django.db import migrations, models

from core.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = together([
        migrations.CreateModel(
            name='Consultation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=40, unique=True, verbose_name='address')),
                ('title_zh', models.CharField(max_length=200, verbose_name='question in Chinese')),
                ('title_en', models.CharField(max_length=200, verbose_name='question in English')),
                ('background_zh', models.TextField(max_length=6000, verbose_name='background in Chinese')),
                ('background_en', models.TextField(max_length=6000, verbose_name='background in English')),
                ('opens_at', models.DateTimeField(verbose_name='opens at')),
                ('closes_at', models.DateTimeField(verbose_name='closes at')),
                ('line', models.CharField(blank=True, choices=[('hitch', 'Hitch'), ('express', 'Express'), ('premier', 'Premier'), ('luxury', 'Luxury')], max_length=10, verbose_name='line')),
                ('city', models.SlugField(blank=True, verbose_name='city')),
                ('asked_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('agreed_by', models.CharField(max_length=40, verbose_name='agreed by')),
                ('counted_at', models.DateTimeField(null=True, verbose_name='counted at')),
                ('list_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 of the list')),
                ('result', models.JSONField(null=True, verbose_name='result')),
            ],
            options={
                'verbose_name': 'public question',
                'verbose_name_plural': 'public questions',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('asked_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('asked_by', models.F('agreed_by')), _negated=True)), name='consultation_takes_two_people'), models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='consultation_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(models.Q(('counted_at', None), ('list_sha256', ''), ('result', None)), models.Q(('counted_at__gte', models.F('closes_at')), ('result__isnull', False), models.Q(('list_sha256', ''), _negated=True)), _connector='OR'), name='consultation_counted_once_closed'), models.CheckConstraint(condition=models.Q(('city', ''), models.Q(('line', ''), _negated=True), _connector='OR'), name='consultation_city_has_line')],
            },
        ),
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
            name='Option',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=20, verbose_name='name in the list')),
                ('zh', models.CharField(max_length=200, verbose_name='in Chinese')),
                ('en', models.CharField(max_length=200, verbose_name='in English')),
                ('place', models.PositiveSmallIntegerField(verbose_name='place')),
                ('consultation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='options', to='governance.consultation', verbose_name='public question')),
            ],
            options={
                'verbose_name': 'answer to choose',
                'verbose_name_plural': 'answers to choose',
                'ordering': ['place'],
            },
        ),
        migrations.CreateModel(
            name='Ballot',
            fields=[
                ('receipt', models.CharField(max_length=23, primary_key=True, serialize=False, verbose_name='receipt')),
                ('group', models.CharField(choices=[('passenger', 'passengers'), ('driver', 'drivers'), ('other', 'others')], max_length=10, verbose_name='group')),
                ('beyond', models.BooleanField(verbose_name='one of many from one source')),
                ('option', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='governance.option', verbose_name='choice')),
            ],
            options={
                'verbose_name': 'ballot',
                'verbose_name_plural': 'ballots',
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
            name='Voter',
            fields=[
                ('mark', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='mark')),
                ('consultation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='governance.consultation', verbose_name='public question')),
            ],
            options={
                'verbose_name': 'voter',
                'verbose_name_plural': 'voters',
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
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('danger', models.CharField(choices=[('severe', 'severe'), ('raised', 'raised'), ('ordinary', 'ordinary')], max_length=10, verbose_name='danger by its words')),
                ('heard', models.JSONField(default=dict, verbose_name='what was read')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('writer', models.CharField(max_length=64, unique=True, verbose_name="author's mark")),
                ('words', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='words')),
                ('salt', models.CharField(max_length=32, verbose_name='salt')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('sent_at', models.DateTimeField(verbose_name='sent at')),
                ('state', models.CharField(choices=[('waiting', 'waits to be looked at'), ('published', 'published'), ('removed', 'not published'), ('appealed', 'somebody else looks at it'), ('restored', 'published after an appeal'), ('upheld', 'not published, by two people')], default='waiting', max_length=10, verbose_name='state')),
                ('published', models.TextField(blank=True, max_length=1000, verbose_name='as it is published')),
                ('reason', models.CharField(blank=True, choices=[('personal', 'it tells who somebody is'), ('insult', 'it insults or threatens somebody'), ('unlawful', 'law forbids it'), ('advert', 'it advertises'), ('elsewhere', 'it is about something else')], max_length=10, verbose_name='reason')),
                ('decided_by', models.CharField(blank=True, max_length=40, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('answered_by', models.CharField(blank=True, max_length=40, verbose_name='appeal answered by')),
                ('consultation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='governance.consultation', verbose_name='public question')),
            ],
            options={
                'verbose_name': 'comment on a public question',
                'verbose_name_plural': 'comments on public questions',
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'appealed'])), fields=['id'], name='comment_to_look_at')],
                'constraints': [models.CheckConstraint(condition=models.Q(('danger__in', ['severe', 'raised', 'ordinary'])), name='comment_was_read'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'published', 'removed', 'appealed', 'restored', 'upheld'])), name='comment_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', ''), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), models.Q(('decided_by', ''), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='comment_was_looked_at'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('published', 'restored')), models.Q(('published', ''), _negated=True)), models.Q(models.Q(('state__in', ('published', 'restored')), _negated=True), ('published', '')), _connector='OR'), name='comment_published_by_its_state'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('removed', 'appealed', 'upheld')), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='comment_removed_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['restored', 'upheld']), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('answered_by', ''), _negated=True), models.Q(('decided_by', models.F('answered_by')), _negated=True)), _connector='OR'), name='comment_appeal_takes_another')],
            },
        ),
        migrations.CreateModel(
            name='VoteList',
            fields=[
                ('consultation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='governance.consultation', verbose_name='public question')),
                ('content', models.BinaryField(verbose_name='content')),
            ],
            options={
                'verbose_name': 'list of votes',
                'verbose_name_plural': 'lists of votes',
            },
        ),
        migrations.CreateModel(
            name='ConsultationAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision_zh', models.TextField(max_length=4000, verbose_name='what was decided, in Chinese')),
                ('decision_en', models.TextField(max_length=4000, verbose_name='what was decided, in English')),
                ('why_zh', models.TextField(max_length=4000, verbose_name='why, in Chinese')),
                ('why_en', models.TextField(max_length=4000, verbose_name='why, in English')),
                ('rule', models.CharField(blank=True, max_length=60, verbose_name='policy')),
                ('version', models.PositiveIntegerField(null=True, verbose_name='version number')),
                ('written_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('agreed_by', models.CharField(max_length=40, verbose_name='agreed by')),
                ('at', models.DateTimeField(verbose_name='published at')),
                ('consultation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='governance.consultation', verbose_name='public question')),
            ],
            options={
                'verbose_name': 'answer to a public question',
                'verbose_name_plural': 'answers to public questions',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('written_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('written_by', models.F('agreed_by')), _negated=True)), name='consultation_answer_takes_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('rule', ''), ('version', None)), models.Q(models.Q(('rule', ''), _negated=True), ('version__isnull', False)), _connector='OR'), name='consultation_answer_names_a_version')],
            },
        ),
        migrations.AddConstraint(
            model_name='option',
            constraint=models.UniqueConstraint(fields=('consultation', 'key'), name='option_named_once'),
        ),
        migrations.AddConstraint(
            model_name='option',
            constraint=models.UniqueConstraint(fields=('consultation', 'place'), name='option_has_its_place'),
        ),
        migrations.AddConstraint(
            model_name='ballot',
            constraint=models.CheckConstraint(condition=models.Q(('group__in', ['passenger', 'driver', 'other'])), name='ballot_group_is_known'),
        ),
        migrations.AddConstraint(
            model_name='ballot',
            constraint=models.CheckConstraint(condition=models.Q(('receipt__regex', '^[A-Z2-7]{5}(-[A-Z2-7]{5}){3}$')), name='ballot_has_a_receipt'),
        ),
        migrations.AddConstraint(
            model_name='voter',
            constraint=models.CheckConstraint(condition=models.Q(('mark__regex', '^[0-9a-f]{64}$')), name='voter_is_a_digest'),
        ),
        migrations.AddIndex(
            model_name='waiver',
            index=models.Index(fields=['measure', '-ends_at'], name='waiver_of_measure'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('asked_by', models.F('agreed_by')), _negated=True)), name='waiver_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='waiver',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='waiver_ends_after_it_begins'),
        ),
    ])
