from django.db import migrations, models

from core.creation import together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0002_initial'),
    ]

    operations = together([
        migrations.CreateModel(
            name='MeasureResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(max_length=8, verbose_name='measure')),
                ('status', models.CharField(choices=[('pass', 'holds'), ('fail', 'does not hold'), ('progress', 'under way')], max_length=10, verbose_name='state')),
                ('share', models.FloatField(null=True, verbose_name='share done')),
                ('evidence_zh', models.TextField(verbose_name='evidence in Chinese')),
                ('evidence_en', models.TextField(verbose_name='evidence in English')),
                ('checked_at', models.DateTimeField(verbose_name='checked')),
            ],
            options={
                'verbose_name': 'measure result',
                'verbose_name_plural': 'measure results',
                'indexes': [models.Index(fields=['measure', '-checked_at'], name='measure_history')],
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['pass', 'fail', 'progress'])), name='measure_status_is_known')],
            },
        ),
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
    ])
