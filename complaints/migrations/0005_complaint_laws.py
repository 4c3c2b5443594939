import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('complaints', '0004_carry_over'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='complaint',
            name='accused',
        ),
        migrations.RenameField(
            model_name='complaint',
            old_name='accused_account',
            new_name='accused',
        ),
        migrations.AlterField(
            model_name='complaint',
            name='accused',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='complaints_about', to=settings.AUTH_USER_MODEL, verbose_name='complained about'),
        ),
        migrations.RemoveField(
            model_name='complaint',
            name='reason',
        ),
        migrations.RemoveField(
            model_name='complaint',
            name='severe',
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(condition=models.Q(('state__in', ['appealed', 'open', 'proposed'])), fields=['due_at', 'id'], name='complaint_queue_by_limit'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(condition=models.Q(('state__in', ['appealed', 'open', 'proposed'])), fields=['owner', 'due_at'], name='complaint_queue_of_owner'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(condition=models.Q(('owner__isnull', True), ('state__in', ['appealed', 'open', 'proposed'])), fields=['due_at'], name='complaint_queue_of_nobody'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(condition=models.Q(('level', 'severe'), ('state__in', ['open', 'proposed'])), fields=['filed_at'], name='complaint_open_severe'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(fields=['filed_at'], name='complaint_filed'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(fields=['accused', 'finding'], name='complaint_of_accused'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(fields=['complainant', 'finding'], name='complaint_of_complainant'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(condition=models.Q(('caller_index', ''), _negated=True), fields=['caller_index'], name='complaint_of_caller'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['search'], name='complaint_words'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('plates', 'gin_trgm_ops'), name='complaint_plates'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'proposed', 'decided', 'appealed', 'final', 'merged']), ('category__in', ['danger', 'harassment', 'violence', 'mismatch', 'discrimination', 'dispute', 'lost_property', 'other']), ('level__in', ['severe', 'raised', 'ordinary'])), name='complaint_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'proposed', 'merged']), ('decided_at__isnull', False), _connector='XOR'), name='complaint_decided_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'proposed', 'merged']), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('finding', ''), _negated=True)), _connector='OR'), name='complaint_decided_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'merged'), ('merged_into__isnull', True), _connector='XOR'), name='complaint_merged_into_another'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('accused__isnull', True), models.Q(('accused_as', ''), _negated=True), _connector='XOR'), name='complaint_accused_in_a_part'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('owner__isnull', True), ('owned_at__isnull', False), _connector='XOR'), name='complaint_owned_since'),
        ),
    ]
