"""After a test that commits nothing is left for the next one but what migrating made."""

import pytest
from django.db import connection

from core.models import AuditEntry
from core.tests.flush import KEPT, empty_tables
from governance.demo import make_world


def filled():
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as cursor:
        for name in sorted(names):
            cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608 - our own tables
            if count := cursor.fetchone()[0]:
                yield name, count


@pytest.mark.django_db(transaction=True)
def test_all_that_was_committed_is_taken_away_and_permissions_stay():
    before = dict(filled())
    assert set(before) == KEPT
    make_world(password="x")
    last = AuditEntry.objects.latest("pk").pk
    assert len(dict(filled())) > len(KEPT) + 10
    empty_tables()
    assert dict(filled()) == before
    make_world(password="x")
    assert AuditEntry.objects.earliest("pk").pk > last
