from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0005_datahold'),
    ]

    operations = [
        migrations.AddField(
            model_name='timelineentry',
            name='case',
            field=models.CharField(blank=True, default='', max_length=20),
        ),
        migrations.AddIndex(
            model_name='timelineentry',
            index=models.Index(condition=models.Q(('case', ''), _negated=True), fields=['case', 'at'], name='timeline_of_case'),
        ),
        migrations.AddIndex(
            model_name="timelineentry",
            index=models.Index(
                condition=models.Q(("case", ""), _negated=True), fields=["-id"], name="timeline_newest_of_cases"
            ),
        ),
    ]
