"""What is put back is what was made: same rows, same keys, and the database's own laws still apply."""

import pytest
from django.apps import apps
from django.db import connection, transaction

from core import clock
from core.models import AuditEntry, PolicyVersion
from core.tests.factories import set_policy
from core.tests.replay import Replay, said_by_the_database
from governance.demo import make_world

pytestmark = pytest.mark.xdist_group("replay")  # what one test leaves in this process is for the next

MADE = []


def make():
    MADE.append(1)
    make_world(password="x")


WORLD = Replay(make)


def contents():
    """Every table of every model, but for which transaction wrote a row."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        given = {field.name for field in model._meta.local_concrete_fields if said_by_the_database(field)}
        names = [field.attname for field in model._meta.local_concrete_fields if field.name not in given]
        found[model._meta.label] = sorted(map(repr, model._base_manager.values_list(*names)))
    return found


@pytest.fixture(scope="module")
def first_time():
    return {}


@pytest.mark.parametrize("again", range(3))
def test_rows_come_back_as_they_were_made_and_are_made_once(db, noon, first_time, again):
    WORLD()
    found = contents()
    assert len(MADE) == 1
    assert found["accounts.Account"] and found["drivers.FaceTemplate"] and found["core.AuditEntry"]
    assert first_time.setdefault("found", found) == found


def test_the_database_says_which_transaction_wrote_a_row(db, noon):
    WORLD()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (now,) = cursor.fetchone()
    assert set(AuditEntry.objects.values_list("transaction_id", flat=True)) == {now}


def test_new_rows_have_keys_of_their_own(db, noon):
    WORLD()
    before = set(PolicyVersion.objects.values_list("pk", flat=True))
    set_policy("rides.hitch_daily_trips", 5)
    assert PolicyVersion.objects.exclude(pk__in=before).count() == 1


def test_rows_that_stood_there_are_changed_again(db):
    set_policy("rides.hitch_daily_trips", 5)
    before = list(PolicyVersion.objects.values())
    change = Replay(lambda: PolicyVersion.objects.update(reason="'; changed %s"))
    for _twice in range(2):
        with transaction.atomic():
            change()
            assert list(PolicyVersion.objects.values()) == [before[0] | {"reason": "'; changed %s"}]
            transaction.set_rollback(True)
        assert list(PolicyVersion.objects.values()) == before


def test_what_takes_rows_away_that_stood_there_is_refused(db):
    set_policy("rides.hitch_daily_trips", 5)
    with pytest.raises(RuntimeError, match="PolicyVersion"):
        Replay(lambda: PolicyVersion.objects.all().delete())()


@pytest.mark.parametrize(("wakes", "times"), [(False, 1), (True, 2)])
def test_what_wakes_somebody_when_it_is_committed_is_really_made_there(transactional_db, wakes, times):
    made = []

    def policy():
        made.append(1)
        PolicyVersion.objects.create(
            key="x", number=1, value=5, effective_from=clock.now(), proposed_by="a", approved_by="b"
        )
        if wakes:
            transaction.on_commit(lambda: None)

    again = Replay(policy)
    with transaction.atomic():
        again()
        transaction.set_rollback(True)
    again()
    assert (len(made), PolicyVersion.objects.count()) == (times, 1)
