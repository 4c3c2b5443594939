import core.privacy
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('core', '0002_initial'),
        ('rides', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True, verbose_name='code')),
                ('name_zh', models.CharField(max_length=80, verbose_name='name')),
                ('name_en', models.CharField(max_length=80)),
                ('published_phone', models.CharField(max_length=20, verbose_name='published number')),
                ('registered_email', models.EmailField(max_length=254, verbose_name='registered address')),
                ('country', models.CharField(default='CN', max_length=2, verbose_name='country')),
            ],
            options={
                'verbose_name': 'police station',
                'verbose_name_plural': 'police stations',
            },
        ),
        migrations.CreateModel(
            name='Officer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='officer', to=settings.AUTH_USER_MODEL)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='officers', to='police.agency', verbose_name='police station')),
                ('badge_number', core.privacy.EncryptedTextField(default='', editable=False)),
                ('state', models.CharField(choices=[('active', 'active'), ('suspended', 'suspended')], default='active', max_length=10, verbose_name='state')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
            ],
            options={
                'verbose_name': 'officer',
                'verbose_name_plural': 'officers',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['active', 'suspended'])), name='officer_state_is_known')],
            },
        ),
        migrations.CreateModel(
            name='PoliceRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('submission', models.CharField(max_length=64, unique=True)),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='police.agency', verbose_name='police station')),
                ('officer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='police.officer', verbose_name='officer')),
                ('badge_number', core.privacy.EncryptedTextField(default='', editable=False)),
                ('channel', models.CharField(choices=[('form', 'form'), ('phone', 'officer on the phone'), ('outbound', 'we called the station')], max_length=10, verbose_name='channel')),
                ('urgency', models.CharField(choices=[('emergency', 'danger to life'), ('ordinary', 'ordinary')], max_length=10, verbose_name='urgency')),
                ('query', models.CharField(choices=[('trip', 'trip code'), ('report', 'report code of a welfare check'), ('plate', 'plate'), ('phone', "passenger's or driver's phone"), ('place', 'place (latitude, longitude)')], max_length=10, verbose_name='asked by')),
                ('query_value', core.privacy.EncryptedTextField(default='', editable=False)),
                ('about', models.DateTimeField()),
                ('legal_basis', models.CharField(blank=True, max_length=200)),
                ('report_code', models.CharField(blank=True, max_length=20, verbose_name='report code')),
                ('trip', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='police_requests', to='rides.trip', verbose_name='trip')),
                ('trips_found', models.PositiveSmallIntegerField(default=0, verbose_name='trips found')),
                ('state', models.CharField(choices=[('asked', 'asked'), ('called_back', 'called back, awaits a second person'), ('escalated', 'escalated'), ('released', 'released'), ('refused', 'refused')], default='asked', max_length=12, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('owned_at', models.DateTimeField(null=True, verbose_name='owned')),
                ('owned_by', models.CharField(blank=True, max_length=40)),
                ('called_back_at', models.DateTimeField(null=True)),
                ('escalated_at', models.DateTimeField(null=True)),
                ('executive_called_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('decided_by', models.CharField(blank=True, max_length=40)),
                ('refusal', core.privacy.EncryptedTextField(default='', editable=False)),
                ('papers_due_at', models.DateTimeField(null=True)),
                ('papers_at', models.DateTimeField(null=True)),
                ('letter_number', core.privacy.EncryptedTextField(default='', editable=False)),
                ('certificates', core.privacy.EncryptedTextField(default='', editable=False)),
            ],
            options={
                'verbose_name': 'police request',
                'verbose_name_plural': 'police requests',
                'indexes': [models.Index(fields=['trip', 'id'], name='request_of_trip'), models.Index(condition=models.Q(('state__in', ['asked', 'called_back', 'escalated'])), fields=['asked_at'], name='request_undecided')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'called_back', 'escalated', 'released', 'refused'])), name='request_state_is_known'), models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'called_back', 'escalated']), ('decided_at__isnull', False), _connector='XOR'), name='request_decided_has_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'released'), _negated=True), ('trip__isnull', False), _connector='OR'), name='request_released_for_one_trip'), models.CheckConstraint(condition=models.Q(('channel', 'form'), models.Q(('state', 'released'), _negated=True), models.Q(('called_back_at__isnull', False), models.Q(('decided_by', models.F('owned_by')), _negated=True)), _connector='OR'), name='request_by_phone_released_by_two_people_after_call_back')],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='release', to='police.policerequest')),
                ('pack', core.privacy.EncryptedTextField(default='', editable=False)),
                ('digest', models.CharField(max_length=64)),
                ('released_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('link_digest', models.CharField(blank=True, max_length=64)),
                ('spoken_code', core.privacy.EncryptedTextField(default='', editable=False)),
                ('wrong_codes', models.PositiveSmallIntegerField(default=0)),
                ('opened_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'release',
                'verbose_name_plural': 'releases',
                'constraints': [models.UniqueConstraint(condition=models.Q(('link_digest', ''), _negated=True), fields=('link_digest',), name='release_link_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='ReleaseReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='police.release')),
                ('reviewer', models.CharField(max_length=40)),
                ('proper', models.BooleanField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('release', 'reviewer'), name='release_reviewed_once_by_each')],
            },
        ),
    ]
