"""Between `migrate` and the restart the processes of the release before go on with the tables of this one."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import migrations
from django.db.migrations.loader import MigrationLoader

from core.creation import CreateModels

OURS = {each.label for each in apps.get_app_configs() if Path(each.path).parent == settings.BASE_DIR}
LOADER = MigrationLoader(None)
LATER = sorted(key for key, each in LOADER.disk_migrations.items() if key[0] in OURS and each.dependencies)
# What they read and write would be gone under them; the table or column goes with the release after.
TAKES_AWAY = (
    migrations.DeleteModel,
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def in_the_database(operations):
    """Each operation that the database sees, and the tables that are made beside it, of which nobody knows yet."""
    found, made = [], set()
    for each in operations:
        if isinstance(each, migrations.SeparateDatabaseAndState):
            found += each.database_operations
        elif isinstance(each, CreateModels):
            made |= {table.name.lower() for table in each.tables}
        else:
            found.append(each)
    return [each for each in found if getattr(each, "model_name", "").lower() not in made]


@pytest.mark.parametrize("key", LATER, ids=".".join)
def test_what_a_migration_leaves_is_what_the_release_before_can_write(key):
    for each in in_the_database(LOADER.disk_migrations[key].operations):
        assert not isinstance(each, TAKES_AWAY), each.describe()
        if isinstance(each, migrations.AddField) and not each.field.many_to_many:
            known = each.field.null or each.field.has_db_default()
            assert known, (
                f"{each.describe()}: who does not know it writes none, and has no default of the database"
            )


def test_some_migrations_are_looked_at():
    assert len(LATER) > 10
