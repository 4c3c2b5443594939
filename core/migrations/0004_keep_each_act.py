from django.db import migrations, models

from core.creation import together


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_laws'),
    ]

    operations = together([
        migrations.CreateModel(
            name='DoneAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('row', models.CharField(max_length=60, verbose_name='code')),
                ('act_digest', models.CharField(max_length=64, verbose_name='digest of the act')),
                ('at', models.DateTimeField(verbose_name='time')),
            ],
            options={
                'verbose_name': 'act',
                'verbose_name_plural': 'acts',
                'indexes': [
                    models.Index(fields=['kind', 'row'], name='acts_with_a_row'),
                    models.Index(fields=['at'], name='act_at'),
                ],
            },
        ),
        # The table stays while the release before writes to it, until the restart; the one after drops it.
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='LastAct')]),
    ])
