from django.db import migrations, models

# The journal says who took a call down; whose it is now may be somebody else, to whom it was given.
TAKEN_DOWN = """
UPDATE police_policerequest AS asked SET taken_down_by = coalesce(
    (SELECT written.actor FROM core_auditentry AS written
     WHERE written.action = 'police.asked' AND written.subject = asked.code ORDER BY written.id LIMIT 1),
    nullif(asked.owned_by, ''),
    'system'
) WHERE asked.channel <> 'form'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_keep_each_act'),
        ('police', '0005_inspection_names_what_it_may'),
        ('rides', '0002_laws'),
    ]

    operations = [
        migrations.AddField(
            model_name='policerequest',
            name='taken_down_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=40, verbose_name='taken down by'),
        ),
        migrations.AddField(
            model_name='policerequest',
            name='part',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name='which trip of the question'),
        ),
        migrations.AddIndex(
            model_name='policerequest',
            index=models.Index(condition=models.Q(('papers_unusual', []), _negated=True), fields=['papers_at'], name='request_papers_came_before'),
        ),
        migrations.RunSQL(TAKEN_DOWN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='policerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('channel', 'form'), _negated=True), ('taken_down_by', ''), _connector='OR'), name='request_by_form_taken_down_by_nobody'),
        ),
    ]
