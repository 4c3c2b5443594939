from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('drivers', '0005_applications'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('licence', 'licence'), ('plate', 'plate')], max_length=10)),
                ('value', models.CharField(max_length=64)),
                ('source', models.CharField(max_length=20)),
                ('since', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='hold',
            name='hold_kind_is_known',
        ),
        migrations.AlterField(
            model_name='hold',
            name='kind',
            field=models.CharField(choices=[('complaint', 'an open severe complaint'), ('mismatch', 'a driver or car that is not the registered one'), ('safety', 'an open safety incident'), ('staff', 'a decision of a member of staff'), ('face', 'face checks that failed'), ('screening', 'what a registry says'), ('sanction', 'a decision about a complaint')], max_length=12, verbose_name='reason'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['complaint', 'mismatch', 'safety', 'staff', 'face', 'screening', 'sanction'])), name='hold_kind_is_known'),
        ),
        migrations.AddIndex(
            model_name='bar',
            index=models.Index(condition=models.Q(('lifted_at', None)), fields=['value'], name='bar_in_force'),
        ),
        migrations.AddConstraint(
            model_name='bar',
            constraint=models.UniqueConstraint(fields=('kind', 'value', 'source'), name='barred_once_by_the_same_decision'),
        ),
    ]
