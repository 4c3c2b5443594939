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
    ])
