import core.privacy
import django.contrib.postgres.operations
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_restrictions'),
        ('accounts', '__first__'),
        ('complaints', '0001_initial'),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(
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
            name='caller_channel',
            field=models.CharField(default='sms', max_length=10),
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
        migrations.AddField(
            model_name='complaint',
            name='accused_account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
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
    ]
