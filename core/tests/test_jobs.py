"""One bad row stops only itself: in the door, in each kind of job, and no task goes round the door."""

import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection, transaction

from core import clock, heartbeat, jobs, pictures, recipients, retry
from core.actors import SYSTEM
from core.models import FailedWork, JobTurn, Notification, StoredPicture


def set_aside(kind):
    return list(FailedWork.objects.filter(kind=kind, closed_at=None).values_list("key", flat=True))


# --- The door ----------------------------------------------------------------------------------------------


def test_every_task_is_made_of_jobs_or_is_about_one_row():
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if not name.startswith("celery.")}
    assert ours == set(jobs.periodic_tasks()) | jobs.pieces()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == set(jobs.periodic_tasks())


def test_what_nobody_began_in_time_is_dropped_before_it_piles_up():
    """After an hour without workers each would else run for every turn that it missed, before anything new."""
    kept = {
        entry["task"]
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if not 0 < entry.get("options", {}).get("expires", 0) <= max(30, entry.get("schedule", 0))
        or not entry.get("schedule")
    }
    assert kept == set(), "its line in CELERY_BEAT_SCHEDULE: a `schedule`, and `expires` below it"


# What runs elsewhere than in a task of beat.
ELSEWHERE = {"rides.services.offers.EXPIRIES"}  # in each turn of the dispatcher


def test_every_job_is_part_of_a_task():
    """One that was made and given to no task would never run, and nobody would miss it."""
    current_app.loader.import_default_modules()
    given = {id(job) for found in jobs.periodic_tasks().values() for job in found}
    ours = {app.name for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    idle = {
        f"{module}.{name}"
        for module, loaded in list(sys.modules.items())
        if module.split(".")[0] in ours and ".tests." not in module
        for name, value in vars(loaded).items()
        if isinstance(value, jobs.Job | jobs.Walk | jobs.QueueJob) and id(value) not in given
    }
    assert idle == ELSEWHERE


def test_every_job_has_words_for_staff_and_can_be_tried_again():
    found = [job for each in jobs.periodic_tasks().values() for job in each]
    assert len(found) > 25
    for job in found:
        assert str(job.work.label)
        assert job.work.again is not None
        assert retry.of_kind(job.work.kind) == job.work


def test_a_person_can_have_the_reading_of_every_job_tried_again(world):
    current_app.loader.import_default_modules()
    found = {job.work for each in jobs.periodic_tasks().values() for job in each}
    own = [work for work in found if work.again.__module__ == "core.jobs"]
    assert len(own) > 20
    for work in own:
        retry.failed(work, jobs.READING, "x")
        assert retry.again(work.kind, jobs.READING) is None, work.kind


@pytest.fixture
def numbers():
    """A job on the numbers that are left; 3 cannot be done."""
    left, done = list(range(1, 11)), []

    def act(key, _at):
        if key == 3:
            raise ValueError("three")
        done.append(key)
        left.remove(key)

    job = jobs.rows("test.numbers", "numbers", due=lambda _at, limit: left[:limit], act=act, key=int, batch=2)
    yield job, left, done
    retry._declared.pop("test.numbers")


def test_the_rows_behind_a_bad_one_are_done_and_it_is_written_down(db, noon, numbers):
    job, left, done = numbers
    ran = job.run(at=clock.now())
    assert (ran.done, ran.failed, left) == (9, 1, [3])
    assert done == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    row = FailedWork.objects.get(kind="test.numbers")
    assert (row.key, row.attempts, row.error) == ("3", 1, "ValueError: three")
    assert job.run(at=clock.now()).resting == 1  # not again at once
    noon.shift(timedelta(seconds=3))
    assert job.run(at=clock.now()).failed == 1
    row.refresh_from_db()
    assert row.attempts == 2


def test_as_many_bad_rows_as_a_batch_holds_do_not_stand_in_the_way_of_the_others(db, noon):
    left = list(range(10))

    def act(key, _at):
        if key < 6:
            raise ValueError(key)
        left.remove(key)

    job = jobs.rows("test.wall", "x", due=lambda _at, limit: left[:limit], act=act, key=int, batch=2)
    job.run(at=clock.now())
    assert left == [0, 1, 2, 3, 4, 5]
    left.append(11)
    job.run(at=clock.now())
    assert 11 not in left
    retry._declared.pop("test.wall")


def test_more_than_a_batch_is_done_in_one_run_until_the_time_is_up(db, numbers):
    job, left, _done = numbers
    assert job.run(at=clock.now()).done == 9
    left[:] = list(range(100, 200))
    hurried = jobs.Job(job.work, job.due, job.act, 20, 0.0, False)
    ran = hurried.run(at=clock.now())
    assert (ran.done, ran.left) == (1, True)  # it stops at the next row's border
    assert len(left) == 99


def test_a_job_that_cannot_read_its_rows_does_not_stop_the_next_one(db):
    def broken(_at, _limit):
        raise DatabaseError("no such column")

    seen = []
    bad = jobs.rows("test.bad", "x", due=broken, act=lambda key, at: None, key=int)
    good = jobs.whole("test.good", "x", lambda at: seen.append(at))
    task = jobs.periodic("test.tasks.both", bad, good)
    try:
        task()
        assert len(seen) == 1
        assert set_aside("test.bad") == [jobs.READING]
    finally:
        jobs._periodic.pop("test.tasks.both")
        current_app.tasks.pop("test.tasks.both", None)
        retry._declared.pop("test.bad")
        retry._declared.pop("test.good")


# --- A task's turn ------------------------------------------------------------------------------------------------


@pytest.fixture
def tasks(monkeypatch):
    """Makes periodic tasks of a test, and forgets them; what they queue on is in `queued`."""
    made, queued = [], []
    monkeypatch.setattr(
        current_app.amqp, "send_task_message", lambda _producer, name, *_args, **_more: queued.append(name)
    )

    def make(name, *found):
        made.append((name, found))
        return jobs.periodic(name, *found)

    yield make, queued
    for name, found in made:
        jobs._periodic.pop(name)
        current_app.tasks.pop(name, None)
        for job in found:
            retry._declared.pop(job.work.kind)


def test_every_periodic_task_has_a_turn_below_the_time_after_which_the_broker_gives_it_to_another():
    visible = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert jobs.TURN <= 40 <= visible * 2 / 3
    current_app.loader.import_default_modules()
    for name, found in jobs.periodic_tasks().items():
        assert current_app.tasks[name].run.__module__ == "core.jobs", name
        for job in found:
            assert isinstance(job, jobs.Job | jobs.Walk | jobs.QueueJob), name
            assert getattr(job, "seconds", jobs.SECONDS) <= jobs.TURN, name
            # Whatever the broker repeats meanwhile: one at a time, row by row claimed, or rows that a life depends on.
            assert job.alone or job.life_safety or isinstance(job, jobs.QueueJob), name
            assert job.lease.total_seconds() > jobs.TURN, name
        assert jobs.queue_of(name) in set(heartbeat.QUEUES)


def test_no_job_may_be_declared_that_works_longer_than_a_turn():
    with pytest.raises(ValueError, match="turn"):
        jobs.rows(
            "test.long", "x", due=lambda _at, _limit: [], act=lambda _k, _at: None, key=int, seconds=120
        )
    assert retry.of_kind("test.long") is None


@pytest.mark.valkey
def test_a_task_stops_when_its_turn_is_over_gives_each_job_its_part_and_queues_itself_on(
    db, tasks, monkeypatch
):
    make, queued = tasks
    first, second = list(range(100)), list(range(100))

    def slowly(left):
        def act(key, _at):
            time.sleep(0.02)
            left.remove(key)

        return act

    found = [
        jobs.rows(
            f"test.{name}", "x", due=lambda _at, limit, left=left: left[:limit], act=slowly(left), key=int
        )
        for name, left in (("first", first), ("second", second))
    ]
    task = make("test.tasks.turn", *found)
    monkeypatch.setattr(jobs, "TURN", 0.4)
    task()
    assert 0 < len(first) < 100
    assert 0 < len(second) < 100
    done = 200 - len(first) - len(second)
    assert done * 0.02 <= jobs.TURN + 2 * 0.02, "each job ends what it is at, and no more"
    assert queued == ["test.tasks.turn"]
    first.clear()
    second.clear()
    task()
    assert queued == ["test.tasks.turn"]  # nothing is left: nothing is queued


def test_one_long_row_stops_at_its_own_borders_too(db):
    parts = list(range(100))

    def act(_at):
        while parts:
            parts.pop()
            time.sleep(0.01)
            if not jobs.go_on():
                return

    job = jobs.whole("test.piece", "x", act)
    assert job.run(at=clock.now(), seconds=0.05).left
    assert 50 < len(parts) < 100
    assert not job.run(at=clock.now()).left
    assert not parts
    assert jobs.go_on()  # outside of a job nothing ends
    retry._declared.pop("test.piece")


@pytest.mark.valkey
def test_a_walk_goes_on_where_the_last_turn_stopped_and_then_begins_anew(db, tasks, monkeypatch):
    make, queued = tasks
    monkeypatch.setattr(jobs, "TURN", 0.1)
    seen = []

    def act(key, _at):
        time.sleep(0.03)
        seen.append(key)
        if key == 2:
            raise ValueError("two")

    job = jobs.walk(
        "test.walk",
        "x",
        behind=lambda _at, last, limit: [k for k in range(1, 11) if k > (last or 0)][:limit],
        act=act,
        key=int,
        batch=3,
    )
    task = make("test.tasks.walk", job)
    for _turn in range(20):
        task()
        if len(seen) >= 10:
            break
    assert seen == list(range(1, 11))
    assert len(queued) >= 2
    assert set_aside("test.walk") == ["2"]
    task()
    assert seen[10] == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_under_way_in_one_worker_is_not_begun_by_another(tasks):
    make, _queued = tasks
    begun, goes_on, count = threading.Event(), threading.Event(), []

    def act(_at):
        count.append(1)
        begun.set()
        goes_on.wait(120)

    slow = jobs.whole("test.alone", "x", act)
    life = jobs.whole("test.life", "x", lambda _at: count.append(100), life_safety=True)
    task = make("test.tasks.alone", slow, life)

    def run():
        try:
            task()
        finally:
            connection.close()

    worker = threading.Thread(target=run)
    worker.start()
    assert begun.wait(120)
    task()
    assert sum(count) == 101  # what a life may depend on waits for nobody
    JobTurn.objects.filter(job="test.alone").update(until=clock.now() - timedelta(seconds=1))
    goes_on.set()
    task()  # the first was killed, as far as anybody knows: its lease ran out
    worker.join()
    assert sum(count) == 302
    assert JobTurn.objects.get(job="test.alone").until is None


def test_what_fails_in_a_row_is_undone_with_it(world, poison, people):
    """A transaction that breaks half way leaves nothing of its row, and the next row's is whole."""
    first, second = people("passenger"), people("passenger2")
    poison(first)

    @transaction.atomic
    def act(key, _at):
        Notification.objects.create(
            key=f"t:{key}",
            channel="sms",
            created_at=clock.now(),
            not_before=clock.now(),
            helps_until=clock.now(),
        )
        type(first).objects.filter(pk=key).update(language="en")

    job = jobs.rows("test.undo", "x", due=lambda _at, _limit: [first.pk, second.pk], act=act, key=int)
    job.run(at=clock.now())
    assert set_aside("test.undo") == [str(first.pk)]
    assert list(Notification.objects.filter(key__startswith="t:").values_list("key", flat=True)) == [
        f"t:{second.pk}"
    ]
    retry._declared.pop("test.undo")


# --- A value that does not open ------------------------------------------------------------------------------


def scribble(row, column):
    """What a value is after its bytes were damaged."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {type(row)._meta.db_table} SET {column} = '\\x000100112233'::bytea WHERE id = %s",  # noqa: S608 - names of our own
            [row.pk],
        )


def test_a_list_is_not_lost_with_one_value_that_does_not_open(people):
    from accounts.models import Account

    scribble(people("passenger"), "phone")
    rows = {row.code: row for row in Account.objects.all()}
    assert rows["passenger2"].phone
    with pytest.raises((InvalidTag, KeyError, ValueError)):
        _ = rows["passenger"].phone
    assert rows["passenger"].real_name
    with pytest.raises((InvalidTag, KeyError, ValueError)):
        rows["passenger"].save()  # what does not open is not written over


def test_the_contacts_of_an_sos_are_told_but_for_the_one_whose_number_does_not_open(rides, people, deliver):
    from accounts.models import EmergencyContact
    from accounts.services import add_emergency_contact
    from rides.states import Party
    from rides.tokens import TripKey
    from safety.services import raise_sos

    person = people("passenger")
    EmergencyContact.objects.filter(account=person).delete()
    for number in (1, 2, 3):
        add_emergency_contact(account=person, name=f"friend {number}", phone=f"1390000001{number}")
    second = EmergencyContact.objects.filter(account=person).order_by("pk")[1]
    trip = rides.under_way()
    scribble(second, "phone")
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    deliver()
    told = Notification.objects.filter(key__startswith="sos:")
    assert {row.recipient for row in told} == {"+8613900000011", "+8613900000013"}
    (key,) = set_aside("safety.alert_contacts")
    assert key.endswith(f":{second.pk}")
    assert FailedWork.objects.get(key=key).needs_person_at is not None


# --- Each kind of job ------------------------------------------------------------------------------------------


def test_pictures_are_destroyed_behind_one_whose_row_does_not_move(world, poison, noon):
    with transaction.atomic():
        kept = [
            pictures.attach(pictures.store(b"x"), purpose="t", subject="t", keep_for=timedelta(1))
            for _number in range(3)
        ]
    noon.shift(timedelta(days=2))
    poison(kept[1])
    assert pictures.sweep(at=clock.now()) == 2
    assert StoredPicture.objects.get(destroyed_at=None).pk == kept[1].pk
    assert set_aside("core.pictures") == [str(kept[1].pk)]


def test_questions_expire_behind_one_that_cannot(rides, noon, poison):
    from safety.models import SafetyQuestion
    from safety.services import expire_questions, report_finding
    from safety.states import SignalKind

    trips = [rides.under_way(), rides.under_way("passenger2", "driver2")]
    for trip in trips:
        report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    first, second = SafetyQuestion.objects.order_by("pk")
    poison(first)
    noon.shift(timedelta(minutes=5))
    assert expire_questions(at=clock.now()) == 1
    second.refresh_from_db()
    assert second.answer == "none"
    row = FailedWork.objects.get(kind="safety.expire_questions")
    assert (row.key, row.life_safety) == (str(first.pk), True)
    noon.shift(timedelta(minutes=2))
    expire_questions(at=clock.now())
    row.refresh_from_db()
    assert row.needs_person_at is not None  # after a minute a person hears of it
    noon.shift(timedelta(seconds=12))
    expire_questions(at=clock.now())
    row.refresh_from_db()
    assert row.attempts == 3  # and it is tried all the same


def test_requests_are_closed_behind_one_that_cannot_be(rides, noon, poison):
    from rides.services import close_unanswered

    bad, good = rides.booked(), rides.booked("passenger2")
    poison(bad)
    noon.shift(timedelta(hours=2))
    assert close_unanswered(at=clock.now()) == 1
    good.refresh_from_db()
    assert good.state == "cancelled"
    assert set_aside("rides.close_unanswered") == [str(bad.pk)]


def test_a_line_stops_although_one_of_its_trips_cannot_be_closed(rides, people, poison):
    from rides.models import LineSuspension
    from rides.services import decide_suspension, propose_suspension
    from rides.states import Line

    bad, good = rides.booked(), rides.booked("passenger2")
    poison(bad)
    row = propose_suspension(
        account=people("supervisor"), line=Line.HITCH, city=None, at=None, reason="a passenger was killed"
    )
    decide_suspension(account=people("specialist"), code=row.code, agrees=True)
    good.refresh_from_db()
    assert good.state == "cancelled"
    assert LineSuspension.objects.get().state == "carried_out"
    assert set_aside("rides.close_suspended") == [f"{row.code}:{bad.code}"]
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER poisoned ON rides_trip")
    again = retry.of_kind("rides.close_suspended")
    again.again(f"{row.code}:{bad.code}")
    bad.refresh_from_db()
    assert bad.state == "cancelled"


def test_a_check_that_breaks_is_logged_is_not_green_and_does_not_stop_the_board(world):
    from django.utils.translation import override

    from governance import measures, services
    from governance.models import MeasureResult

    first, second = [each for each in measures.measures() if measures.has_check(each.id)][:2]
    usual = measures._checks[first.id]

    def breaks(_at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")

    measures._checks[first.id] = breaks
    try:
        services.check_board()
    finally:
        measures._checks[first.id] = usual
    row = MeasureResult.objects.get(measure=first.id)
    assert row.status == "fail"
    with override("en"):
        assert row.evidence == "It could not be checked: ProgrammingError. The log says where."
    with override("zh-hans"):
        assert row.evidence.startswith("无法核查")
    assert MeasureResult.objects.filter(measure=second.id).exists()


def test_values_and_pictures_turn_to_a_new_key_behind_one_that_does_not_open(world, people, settings):
    from core import privacy, rotation

    with transaction.atomic():
        bad, good = (
            pictures.attach(pictures.store(b"x"), purpose="t", subject="t", keep_for=timedelta(1))
            for _ in "12"
        )
    storages["pictures"].delete(bad.name)
    storages["pictures"].save(bad.name, ContentFile(b"\x00\x01noise"))
    scribble(people("passenger"), "phone")
    old = settings.FIELD_KEYS[-1]
    version = old.partition(":")[0]
    settings.FIELD_KEYS = [old, f"{int(version) + 1}:{_other_key()}"]
    privacy._keys.cache_clear()
    try:
        list(rotation.rotate_columns(batch=2))
        assert rotation.rotate_pictures() >= 1
        settings.FIELD_KEYS = settings.FIELD_KEYS[1:]
        privacy._keys.cache_clear()
        assert people("passenger2").phone
        assert pictures.read(actor=SYSTEM, code=good.code) == b"x"
    finally:
        settings.FIELD_KEYS = [old]
        privacy._keys.cache_clear()
    assert set_aside("core.rotate_values") == [f"accounts_account.phone:{people('passenger').pk}"]
    assert set_aside("core.rotate_pictures") == [str(bad.pk)]


def _other_key():
    import base64
    import os

    return base64.b64encode(os.urandom(32)).decode()


def test_one_of_several_recipients_does_not_cost_the_others(world, people):
    said = []

    def write(person):
        if person.code == "passenger":
            raise ValueError("no number")
        said.append(person.code)

    with transaction.atomic():
        reached = recipients.write_to_each(
            [people("passenger"), people("passenger2"), people("agent")], write, about="t"
        )
    assert (reached, said) == (2, ["passenger2", "agent"])


def test_a_queue_takes_no_more_threads_than_it_was_given(db):
    """Others in the same worker have the rest of them, also while whoever is asked is slow."""
    begun, ends = threading.Semaphore(0), threading.Event()

    class Slow:
        def work_off(self, *, seconds):
            begun.release()
            ends.wait(30)
            return True

    job = jobs.QueueJob(Slow(), places=threading.Semaphore(2))
    ran = []
    both = [threading.Thread(target=lambda: ran.append(job.run(at=clock.now()).left)) for _each in range(2)]
    for each in both:
        each.start()
        assert begun.acquire(timeout=30)
    assert job.run(at=clock.now()) == jobs.Ran()
    ends.set()
    for each in both:
        each.join()
    assert ran == [True, True]
    assert job.run(at=clock.now()).left
