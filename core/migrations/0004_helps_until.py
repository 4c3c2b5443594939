from datetime import timedelta

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Greatest


def count_from_when_it_leaves(apps, _editor):
    rows = apps.get_model("core", "Notification").objects
    rows.update(helps_until=Greatest(F("created_at"), F("not_before")) + timedelta(hours=24))


class Migration(migrations.Migration):
    dependencies = [("core", "0003_laws")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="helps_until",
            field=models.DateTimeField(null=True, verbose_name="helps until"),
        ),
        migrations.RunPython(count_from_when_it_leaves, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="notification",
            name="helps_until",
            field=models.DateTimeField(verbose_name="helps until"),
        ),
    ]
