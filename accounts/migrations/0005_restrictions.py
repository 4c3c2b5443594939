import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_trip_sharing'),
    ]

    operations = [
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('id_index', models.CharField(blank=True, max_length=64)),
                ('phone_index', models.CharField(max_length=64)),
                ('source', models.CharField(max_length=20, unique=True)),
                ('citation', models.CharField(max_length=60)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='restrictions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('lifted_at', None)), fields=['id_index'], name='restriction_of_document'), models.Index(condition=models.Q(('lifted_at', None)), fields=['phone_index'], name='restriction_of_phone')],
            },
        ),
    ]
