"""Tables of a first migration are made together, in the order in which they stand."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from core.creation import CreateModels, together


def test_runs_of_tables_become_one_and_the_order_stays():
    first, second, third = (migrations.CreateModel(name, []) for name in ("A", "B", "C"))
    field = migrations.AddField("a", "b", models.ForeignKey("core.B", models.PROTECT))
    of_another = migrations.AddField("d", "b", models.ForeignKey("core.B", models.PROTECT))
    between = migrations.RunSQL("SELECT 1")
    made = together([first, second, field, of_another, between, third])
    assert [type(each) for each in made] == [
        CreateModels,
        migrations.AddField,
        migrations.RunSQL,
        CreateModels,
    ]
    assert (made[0].parts, made[0].tables, made[3].parts) == (
        [first, second, field],
        [first, second],
        [third],
    )


OURS = [each.label for each in apps.get_app_configs() if Path(each.path).parent == settings.BASE_DIR]


@pytest.mark.parametrize("app", OURS)
def test_no_first_migration_makes_its_tables_one_by_one(app):
    """Each would have Django render all models of the platform anew: the first start took twice as long."""
    loader = MigrationLoader(None)
    for (label, name), migration in loader.disk_migrations.items():
        if label == app:
            assert not [each for each in migration.operations if type(each) is migrations.CreateModel], name
