import core.links
import core.privacy
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
            name='Ballot',
            fields=[
                ('receipt', models.CharField(max_length=23, primary_key=True, serialize=False, verbose_name='receipt')),
                ('group', models.CharField(choices=[('passenger', 'passengers'), ('driver', 'drivers'), ('other', 'others')], max_length=10, verbose_name='group')),
                ('beyond', models.BooleanField(verbose_name='one of many from one source')),
            ],
            options={
                'verbose_name': 'ballot',
                'verbose_name_plural': 'ballots',
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
            ],
            options={
                'verbose_name': 'comment on a public question',
                'verbose_name_plural': 'comments on public questions',
            },
        ),
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
            ],
            options={
                'verbose_name': 'answer to a public question',
                'verbose_name_plural': 'answers to public questions',
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
            },
        ),
        migrations.CreateModel(
            name='FeedHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32, verbose_name='interface')),
                ('hour', models.DateTimeField(verbose_name='hour')),
                ('acknowledged', models.PositiveIntegerField(default=0, verbose_name='acknowledged')),
                ('late', models.PositiveIntegerField(default=0, verbose_name='late')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='refused')),
            ],
            options={
                'verbose_name': "hour of the regulator's feed",
                'verbose_name_plural': "hours of the regulator's feed",
            },
        ),
        migrations.CreateModel(
            name='FeedMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40, unique=True, verbose_name='source')),
                ('mark', models.BigIntegerField(verbose_name='read as far as')),
            ],
            options={
                'verbose_name': "mark of the regulator's feed",
                'verbose_name_plural': "marks of the regulator's feed",
            },
        ),
        migrations.CreateModel(
            name='FeedMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32, verbose_name='interface')),
                ('key', models.CharField(max_length=80, verbose_name='what it is')),
                ('subject', models.CharField(blank=True, max_length=20, verbose_name='about')),
                ('rows', models.JSONField(default=dict, verbose_name='rows')),
                ('happened_at', models.DateTimeField(verbose_name='happened at')),
                ('queued_at', models.DateTimeField(verbose_name='seen at')),
                ('next_at', models.DateTimeField(verbose_name='next try at')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('acknowledged_at', models.DateTimeField(null=True, verbose_name='acknowledged at')),
                ('refused_at', models.DateTimeField(null=True, verbose_name='refused at')),
                ('refused_for', models.CharField(blank=True, max_length=110, verbose_name='refused for')),
            ],
            options={
                'verbose_name': 'message to the regulator',
                'verbose_name_plural': 'messages to the regulator',
            },
        ),
        migrations.CreateModel(
            name='FeedPosition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trip', models.BigIntegerField(unique=True, verbose_name='number of the trip')),
                ('at', models.DateTimeField(verbose_name='position of')),
                ('told_at', models.DateTimeField(verbose_name='told at')),
            ],
            options={
                'verbose_name': 'position told to the regulator',
                'verbose_name_plural': 'positions told to the regulator',
            },
        ),
        migrations.CreateModel(
            name='FeedScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('theirs', models.PositiveIntegerField(verbose_name='counted by the regulator')),
                ('ours', models.PositiveIntegerField(verbose_name='acknowledged to us')),
                ('at', models.DateTimeField(verbose_name='asked at')),
            ],
            options={
                'verbose_name': 'day as the regulator counts it',
                'verbose_name_plural': 'days as the regulator counts them',
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
                ('broken_build', models.CharField(blank=True, max_length=64, verbose_name='build that was broken on purpose')),
                ('breaker_said', models.CharField(blank=True, max_length=80, verbose_name='what stood in its way')),
                ('breaker_seen', models.JSONField(default=list, verbose_name='what the breaker showed')),
            ],
            options={
                'verbose_name': 'state of a measure',
                'verbose_name_plural': 'states of measures',
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
            ],
            options={
                'verbose_name': 'answer to choose',
                'verbose_name_plural': 'answers to choose',
                'ordering': ['place'],
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
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('kind', models.CharField(choices=[('death', 'somebody died'), ('injury', 'somebody was severely injured'), ('clock', 'a clock of safety was broken')], max_length=10, verbose_name='kind')),
                ('subject', models.CharField(max_length=20, verbose_name='of what')),
                ('matter', models.CharField(max_length=20, verbose_name='what happened on')),
                ('clock', models.CharField(blank=True, max_length=8, verbose_name='clock')),
                ('happened_at', models.DateTimeField(verbose_name='known since')),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('due_at', models.DateTimeField(verbose_name='due at')),
                ('state', models.CharField(choices=[('open', 'open'), ('done', 'done')], default='open', max_length=10, verbose_name='state')),
                ('facts', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='what happened')),
                ('causes', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='causes')),
                ('warned', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='what had warned before')),
                ('written_by', models.CharField(blank=True, max_length=40, verbose_name='written by')),
                ('done_by', models.CharField(blank=True, max_length=40, verbose_name='agreed by')),
                ('done_at', models.DateTimeField(null=True, verbose_name='done at')),
            ],
            options={
                'verbose_name': 'review of what happened',
                'verbose_name_plural': 'reviews of what happened',
            },
        ),
        migrations.CreateModel(
            name='ReviewAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('words_zh', models.CharField(max_length=200, verbose_name='action, in Chinese')),
                ('words_en', models.CharField(max_length=200, verbose_name='action, in English')),
                ('owner', models.CharField(max_length=20, verbose_name='answers for it')),
                ('due', models.DateField(verbose_name='due on')),
                ('shows', models.CharField(choices=[('measure', 'a measure of the board that is not kept now, kept for seven days'), ('rule', 'a rule that says something else than now')], max_length=10, verbose_name='shown by')),
                ('named', models.CharField(max_length=60, verbose_name='measure or rule')),
                ('target', models.JSONField(null=True, verbose_name='what the rule has to say')),
                ('added_by', models.CharField(max_length=40, verbose_name='added by')),
                ('added_at', models.DateTimeField(verbose_name='added at')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='withdrawn at')),
                ('withdrawn_by', models.CharField(blank=True, max_length=40, verbose_name='proposed by')),
                ('withdrawn_agreed', models.CharField(blank=True, max_length=40, verbose_name='agreed by')),
                ('why_zh', models.CharField(blank=True, max_length=300, verbose_name='why, in Chinese')),
                ('why_en', models.CharField(blank=True, max_length=300, verbose_name='why, in English')),
                ('corrects', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected', to='governance.reviewaction', verbose_name='corrects')),
            ],
            options={
                'verbose_name': 'action of a review',
                'verbose_name_plural': 'actions of reviews',
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
                ('counting_since', models.DateTimeField(null=True, verbose_name='counting since')),
                ('rows_done', models.PositiveIntegerField(default=0, verbose_name='rows done')),
                ('rows_of', models.PositiveIntegerField(default=0, verbose_name='rows in all')),
                ('signed_digest', models.CharField(blank=True, max_length=64, verbose_name='digest of what was read')),
                ('number', models.PositiveIntegerField(null=True, verbose_name='version number')),
                ('urgent_number', models.PositiveIntegerField(null=True, verbose_name='urgent version')),
                ('effect', models.JSONField(null=True, verbose_name='effect after seven days')),
            ],
            options={
                'verbose_name': 'change of a rule',
                'verbose_name_plural': 'changes of rules',
            },
        ),
        migrations.CreateModel(
            name='TransparencyReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('begins', models.DateField(verbose_name='first day')),
                ('ends', models.DateField(verbose_name='last day')),
                ('figures', models.JSONField(null=True, verbose_name='figures')),
                ('digest', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 of the figures')),
                ('tables_done', models.PositiveSmallIntegerField(default=0, verbose_name='tables counted')),
                ('counting_since', models.DateTimeField(null=True, verbose_name='counting since')),
                ('change', models.CharField(blank=True, max_length=500, verbose_name='what changed')),
                ('state', models.CharField(choices=[('proposed', 'waits for a second person'), ('approved', 'agreed'), ('withdrawn', 'withdrawn'), ('lapsed', 'its time passed')], default='proposed', max_length=10, verbose_name='state')),
                ('proposed_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('proposed_at', models.DateTimeField(verbose_name='proposed at')),
                ('agreed_by', models.CharField(blank=True, max_length=40, verbose_name='agreed by')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided at')),
                ('version', models.PositiveSmallIntegerField(null=True, verbose_name='version')),
                ('paper_zh', models.BinaryField(default=b'', verbose_name='PDF in Chinese')),
                ('paper_en', models.BinaryField(default=b'', verbose_name='PDF in English')),
            ],
            options={
                'verbose_name': 'transparency report',
                'verbose_name_plural': 'transparency reports',
            },
        ),
        migrations.CreateModel(
            name='Voter',
            fields=[
                ('mark', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='mark')),
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
            ],
            options={
                'verbose_name': 'waiver',
                'verbose_name_plural': 'waivers',
            },
        ),
        migrations.CreateModel(
            name='Concern',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', core.privacy.EncryptedTextField(default=core.links.new_secret, editable=False, verbose_name='secret of its page')),
                ('secret_digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='digest of the secret')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('state', models.CharField(choices=[('received', 'waits to be looked at'), ('looked', 'is looked into'), ('answered', 'answered')], default='received', max_length=10, verbose_name='state')),
                ('about', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='what it is about')),
                ('asks_back', models.BooleanField(verbose_name='may be asked back')),
                ('barred', models.JSONField(default=list, verbose_name='kept from')),
                ('sealed_who', models.BinaryField(verbose_name='who reported, sealed')),
                ('key_name', models.CharField(max_length=40, verbose_name='name of its key')),
                ('submission', models.CharField(max_length=64, unique=True, verbose_name='key of the form')),
                ('shown_from', models.DateTimeField(verbose_name='shown from')),
                ('look_by', models.DateTimeField(verbose_name='to be looked at by')),
                ('answer_by', models.DateTimeField(verbose_name='to be answered by')),
                ('was_late', models.BooleanField(default=False, verbose_name='a clock was broken')),
                ('looked_by', models.CharField(blank=True, max_length=40, verbose_name='looked at by')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='answered at')),
            ],
            options={
                'verbose_name': 'report in confidence',
                'verbose_name_plural': 'reports in confidence',
                'indexes': [models.Index(condition=models.Q(('state', 'answered'), _negated=True), fields=['look_by'], name='concern_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['received', 'looked', 'answered'])), name='concern_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('state', 'answered')), models.Q(models.Q(('state', 'answered'), _negated=True), ('answered_at', None)), _connector='OR'), name='concern_answered_has_a_time'), models.CheckConstraint(condition=models.Q(('state', 'received'), models.Q(('looked_by', ''), _negated=True), _connector='OR'), name='concern_looked_at_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='ConcernLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('danger', models.CharField(choices=[('severe', 'severe'), ('raised', 'raised'), ('ordinary', 'ordinary')], max_length=10, verbose_name='danger by its words')),
                ('heard', models.JSONField(default=dict, verbose_name='what was read')),
                ('kind', models.CharField(choices=[('report', 'the report'), ('more', 'more from whoever reported'), ('question', 'a question to whoever reported'), ('answer', 'the answer')], max_length=10, verbose_name='kind')),
                ('words', core.privacy.EncryptedTextField(default='', editable=False, verbose_name='words')),
                ('written_by', models.CharField(blank=True, max_length=40, verbose_name='written by')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('taken_in', models.BooleanField(default=False, verbose_name='taken in')),
                ('concern', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='governance.concern', verbose_name='report in confidence')),
            ],
            options={
                'verbose_name': 'words of a report in confidence',
                'verbose_name_plural': 'words of reports in confidence',
            },
        ),
        migrations.CreateModel(
            name='ConcernOpening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_by', models.CharField(max_length=40, verbose_name='proposed by')),
                ('asked_at', models.DateTimeField(verbose_name='proposed at')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('agreed_by', models.CharField(blank=True, max_length=40, verbose_name='agreed by')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='agreed or refused at')),
                ('concern', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='openings', to='governance.concern', verbose_name='report in confidence')),
            ],
            options={
                'verbose_name': 'opening of a report in confidence',
                'verbose_name_plural': 'openings of reports in confidence',
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
        migrations.AddConstraint(
            model_name='consultation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('asked_by', models.F('agreed_by')), _negated=True)), name='consultation_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='consultation',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='consultation_closes_after_it_opens'),
        ),
        migrations.AddConstraint(
            model_name='consultation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('counted_at', None), ('list_sha256', ''), ('result', None)), models.Q(('counted_at__gte', models.F('closes_at')), ('result__isnull', False), models.Q(('list_sha256', ''), _negated=True)), _connector='OR'), name='consultation_counted_once_closed'),
        ),
        migrations.AddConstraint(
            model_name='consultation',
            constraint=models.CheckConstraint(condition=models.Q(('city', ''), models.Q(('line', ''), _negated=True), _connector='OR'), name='consultation_city_has_line'),
        ),
        migrations.AddField(
            model_name='comment',
            name='consultation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='governance.consultation', verbose_name='public question'),
        ),
        migrations.AddField(
            model_name='consultationanswer',
            name='consultation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='governance.consultation', verbose_name='public question'),
        ),
        migrations.AddIndex(
            model_name='drillrun',
            index=models.Index(fields=['-begun_at'], name='drill_newest'),
        ),
        migrations.AddConstraint(
            model_name='executive',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('named_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('named_by', models.F('agreed_by')), _negated=True)), name='executive_takes_two_people'),
        ),
        migrations.AddIndex(
            model_name='feedhour',
            index=models.Index(fields=['hour'], name='feed_hour_by_time'),
        ),
        migrations.AddConstraint(
            model_name='feedhour',
            constraint=models.UniqueConstraint(fields=('kind', 'hour'), name='feed_hour_is_one'),
        ),
        migrations.AddIndex(
            model_name='feedmessage',
            index=models.Index(condition=models.Q(('acknowledged_at', None), ('refused_at', None)), fields=['next_at'], name='feed_message_waits'),
        ),
        migrations.AddIndex(
            model_name='feedmessage',
            index=models.Index(condition=models.Q(('refused_at__isnull', False)), fields=['refused_for'], name='feed_message_refused'),
        ),
        migrations.AddIndex(
            model_name='feedmessage',
            index=models.Index(fields=['acknowledged_at'], name='feed_message_over'),
        ),
        migrations.AddConstraint(
            model_name='feedmessage',
            constraint=models.UniqueConstraint(fields=('kind', 'key'), name='feed_message_is_one'),
        ),
        migrations.AddConstraint(
            model_name='feedmessage',
            constraint=models.CheckConstraint(condition=models.Q(('acknowledged_at', None), ('refused_at', None), _connector='OR'), name='feed_message_has_one_end'),
        ),
        migrations.AddConstraint(
            model_name='feedmessage',
            constraint=models.CheckConstraint(condition=models.Q(('refused_at', None), models.Q(('refused_for', ''), _negated=True), _connector='XOR'), name='feed_message_refused_for_a_reason'),
        ),
        migrations.AddIndex(
            model_name='feedposition',
            index=models.Index(fields=['told_at'], name='feed_position_old'),
        ),
        migrations.AddConstraint(
            model_name='gatepassage',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'probation', 'done', 'withdrawn', 'lapsed', 'fallen'])), name='passage_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='gatepassage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['probation', 'done', 'fallen']), _negated=True), models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('proposed_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='passage_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='gatepassage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['probation', 'done', 'fallen']), _negated=True), models.Q(models.Q(('agreed_role', ''), _negated=True), models.Q(('proposed_role', ''), _negated=True), models.Q(('agreed_role', models.F('proposed_role')), _negated=True)), _connector='OR'), name='passage_takes_two_roles'),
        ),
        migrations.AddConstraint(
            model_name='gatepassage',
            constraint=models.CheckConstraint(condition=models.Q(('share', 0), models.Q(('agreed_at__isnull', False), ('share__lte', 100)), _connector='OR'), name='passage_share_is_agreed'),
        ),
        migrations.AddConstraint(
            model_name='gatepassage',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'probation'])), fields=('line', 'city'), name='one_passage_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='measureresult',
            index=models.Index(fields=['measure', '-checked_at'], name='measure_history'),
        ),
        migrations.AddConstraint(
            model_name='measureresult',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pass', 'fail', 'progress', 'none'])), name='measure_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='measurestate',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pass', 'fail', 'progress', 'none'])), name='measure_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='measurestate',
            constraint=models.CheckConstraint(condition=models.Q(('breaker__in', ['', 'turned', 'stayed', 'failed'])), name='measure_breaker_is_known'),
        ),
        migrations.AddField(
            model_name='option',
            name='consultation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='options', to='governance.consultation', verbose_name='public question'),
        ),
        migrations.AddField(
            model_name='ballot',
            name='option',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='governance.option', verbose_name='choice'),
        ),
        migrations.AddIndex(
            model_name='proof',
            index=models.Index(fields=['kind', 'build', '-at'], name='proof_of_build'),
        ),
        migrations.AddConstraint(
            model_name='proof',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['capacity', 'rollback'])), name='proof_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='proof',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('said_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), _connector='OR', _negated=True), models.Q(models.Q(('said_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('said_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='proof_statement_takes_two'),
        ),
        migrations.AddConstraint(
            model_name='proof',
            constraint=models.CheckConstraint(condition=models.Q(('said_by', ''), models.Q(models.Q(('statement', ''), _negated=True), models.Q(('file_sha256', ''), _negated=True), models.Q(('kind', 'capacity'), _negated=True)), _connector='OR'), name='proof_statement_has_words_and_file'),
        ),
        migrations.AddConstraint(
            model_name='reassessment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('signed_by', models.F('agreed_by')), _negated=True)), name='reassessment_takes_two_people'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['due_at'], name='review_open'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'done']), ('kind__in', ['death', 'injury', 'clock'])), name='review_is_known'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'done'), ('done_at', None), _connector='XOR'), name='review_done_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(models.Q(('written_by', ''), _negated=True), models.Q(('done_by', ''), _negated=True), models.Q(('written_by', models.F('done_by')), _negated=True)), _connector='OR'), name='review_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(fields=('matter', 'kind', 'clock'), name='review_once_of_each'),
        ),
        migrations.AddField(
            model_name='reviewaction',
            name='review',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='governance.review', verbose_name='review of what happened'),
        ),
        migrations.AddIndex(
            model_name='rulechange',
            index=models.Index(fields=['key', '-id'], name='rule_change_of_rule'),
        ),
        migrations.AddIndex(
            model_name='rulechange',
            index=models.Index(condition=models.Q(('state', 'proposed')), fields=['id'], name='rule_change_waits'),
        ),
        migrations.AddConstraint(
            model_name='rulechange',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', ''), models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('approved_by', ''), _negated=True), models.Q(('proposed_by', models.F('approved_by')), _negated=True)), _connector='OR'), name='rule_change_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='rulechange',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'withdrawn', 'lapsed']), ('mode__in', ['later', 'day', 'alone'])), name='rule_change_is_known'),
        ),
        migrations.AddConstraint(
            model_name='rulechange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), models.Q(('approved_by', ''), _negated=True), models.Q(('signed_digest', ''), _negated=True), ('number__isnull', False)), models.Q(models.Q(('state', 'approved'), _negated=True), ('approved_by', ''), ('number', None)), _connector='OR'), name='rule_change_agreed_was_signed'),
        ),
        migrations.AddConstraint(
            model_name='rulechange',
            constraint=models.CheckConstraint(condition=models.Q(('mode', 'later'), ('effective_from', None), _connector='XOR'), name='rule_change_later_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='rulechange',
            constraint=models.CheckConstraint(condition=models.Q(('mode', 'alone'), ('urgent_number', None), _connector='XOR'), name='rule_change_alone_holds_already'),
        ),
        migrations.AddConstraint(
            model_name='rulechange',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'proposed'), ('decided_at__isnull', False), _connector='XOR'), name='rule_change_decided_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='rulechange',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'approved'])), fields=('key', 'effective_from'), name='rule_change_one_for_a_moment'),
        ),
        migrations.AddField(
            model_name='transparencyreport',
            name='corrects',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='governance.transparencyreport', verbose_name='corrects'),
        ),
        migrations.AddField(
            model_name='voter',
            name='consultation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='governance.consultation', verbose_name='public question'),
        ),
        migrations.AddField(
            model_name='waiver',
            name='renews',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, to='governance.waiver', verbose_name='renews'),
        ),
        migrations.AddIndex(
            model_name='concernline',
            index=models.Index(condition=models.Q(('taken_in', False)), fields=['at'], name='concern_line_waits'),
        ),
        migrations.AddConstraint(
            model_name='concernline',
            constraint=models.CheckConstraint(condition=models.Q(('danger__in', ['severe', 'raised', 'ordinary'])), name='concern_words_were_read'),
        ),
        migrations.AddConstraint(
            model_name='concernline',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['report', 'more', 'question', 'answer'])), name='concern_line_is_known'),
        ),
        migrations.AddConstraint(
            model_name='concernline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['report', 'more']), ('written_by', '')), models.Q(('kind__in', ['question', 'answer']), models.Q(('written_by', ''), _negated=True)), _connector='OR'), name='concern_reporter_has_no_name'),
        ),
        migrations.AddConstraint(
            model_name='concernline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['report', 'more']), _negated=True), models.Q(('at__minute', 0), ('at__second', 0)), _connector='OR'), name='concern_reporter_has_no_minute'),
        ),
        migrations.AddConstraint(
            model_name='concernopening',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', ''), models.Q(models.Q(('asked_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('asked_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='concern_opening_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='concernopening',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', ''), ('ended_at__isnull', False), _connector='OR'), name='concern_opening_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='concernopening',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('concern',), name='concern_one_opening_at_a_time'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'appealed'])), fields=['id'], name='comment_to_look_at'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(('danger__in', ['severe', 'raised', 'ordinary'])), name='comment_was_read'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'published', 'removed', 'appealed', 'restored', 'upheld'])), name='comment_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', ''), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), models.Q(('decided_by', ''), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='comment_was_looked_at'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('published', 'restored')), models.Q(('published', ''), _negated=True)), models.Q(models.Q(('state__in', ('published', 'restored')), _negated=True), ('published', '')), _connector='OR'), name='comment_published_by_its_state'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('removed', 'appealed', 'upheld')), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='comment_removed_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['restored', 'upheld']), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('answered_by', ''), _negated=True), models.Q(('decided_by', models.F('answered_by')), _negated=True)), _connector='OR'), name='comment_appeal_takes_another'),
        ),
        migrations.AddConstraint(
            model_name='consultationanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('written_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('written_by', models.F('agreed_by')), _negated=True)), name='consultation_answer_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='consultationanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('rule', ''), ('version', None)), models.Q(models.Q(('rule', ''), _negated=True), ('version__isnull', False)), _connector='OR'), name='consultation_answer_names_a_version'),
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
            model_name='reviewaction',
            constraint=models.CheckConstraint(condition=models.Q(('shows__in', ['measure', 'rule'])), name='review_action_is_shown'),
        ),
        migrations.AddConstraint(
            model_name='reviewaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', False), _negated=True), models.Q(models.Q(('withdrawn_by', ''), _negated=True), models.Q(('withdrawn_agreed', ''), _negated=True), models.Q(('withdrawn_by', models.F('withdrawn_agreed')), _negated=True)), _connector='OR'), name='review_action_withdrawn_by_two'),
        ),
        migrations.AddConstraint(
            model_name='reviewaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('why_en', ''), ('why_zh', ''), ('withdrawn_agreed', ''), ('withdrawn_at', None), ('withdrawn_by', '')), models.Q(('withdrawn_at__isnull', False), models.Q(('why_zh', ''), _negated=True), models.Q(('why_en', ''), _negated=True)), _connector='OR'), name='review_action_withdrawn_says_why'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(models.Q(('proposed_by', ''), _negated=True), models.Q(('agreed_by', ''), _negated=True), models.Q(('proposed_by', models.F('agreed_by')), _negated=True)), _connector='OR'), name='report_takes_two_people'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'withdrawn', 'lapsed'])), name='report_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'proposed'), ('decided_at__isnull', False), _connector='XOR'), name='report_decided_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'approved'), ('version', None), _connector='XOR'), name='report_published_has_a_version'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(('version', None), models.Q(('digest', ''), _negated=True), _connector='OR'), name='report_published_was_counted'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(('ends__gte', models.F('begins'))), name='report_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(('corrects', None), models.Q(('change', ''), _negated=True), _connector='XOR'), name='report_correction_says_what_changed'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.CheckConstraint(condition=models.Q(('version', None), models.Q(('version', 1), ('corrects__isnull', False), _connector='XOR'), _connector='OR'), name='report_version_follows_another'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.UniqueConstraint(condition=models.Q(('version__isnull', False)), fields=('begins', 'ends', 'version'), name='report_version_once'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('begins', 'ends'), name='report_proposed_once'),
        ),
        migrations.AddConstraint(
            model_name='transparencyreport',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('version', 1)), expressions=[(models.Func(models.F('begins'), models.F('ends'), models.Value('[]'), function='daterange'), '&&')], name='report_periods_share_no_day'),
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
