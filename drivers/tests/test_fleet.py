"""Screening the whole fleet (D6): stopped, resumed, repeated, killed; nobody skipped, nobody twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.services import enrol
from core import clock, outside, retry
from core.actors import SYSTEM
from core.errors import Forbidden, InvalidInput
from core.models import FailedWork
from core.permissions import Role
from core.states import IllegalTransition
from drivers.errors import RunGoesOn
from drivers.models import Driver, Hold, Screening, ScreeningChunk, ScreeningRun, VettingCase
from drivers.selectors import driver_of, newest_run, run_progress
from drivers.services import agree, begin_run, pause_run, propose, start_run, wants_worker, work_on_run
from drivers.services import runs as runs_module
from drivers.states import CaseOutcome
from drivers.tests.factories import without_tokens
from governance.checks.drivers import fleet_again

CLEAN = {
    "identity": {"match": True},
    "licence": {
        "match": True,
        "class": "C1",
        "first_issued": "2011-08-02",
        "valid_until": None,
        "status": "normal",
        "points": [0, 0, 0],
    },
    "police": {"records": []},
}


def make_fleet(count):
    with transaction.atomic():
        for number in range(count):
            account = enrol(
                code=f"f{number}", role=Role.MEMBER, phone=f"1380001{number:04d}", real_name=f"司机{number}",
                id_number=f"{number}", password_hash="!", verified_at=clock.now(),
            )  # fmt: skip
            Driver.objects.create(
                account=account, state="vetted", licence_number=f"L{number}", licence_index=f"L{number}",
                licence_class="C1", vetted_at=clock.now(),
            )  # fmt: skip


def begin():
    with transaction.atomic():
        return begin_run(actor=SYSTEM, reason="test")


def finish():
    while work_on_run() is not None:
        pass
    return newest_run()


def everybody_once(run):
    rows = list(Screening.objects.filter(subject=run.code).values_list("driver", flat=True))
    vetted = set(Driver.objects.filter(state="vetted").values_list("pk", flat=True))
    return len(rows) == len(set(rows)) and set(rows) == vetted


@pytest.fixture
def small_chunks(monkeypatch):
    """Stretches of seven drivers, kept by three: many borders in a small fleet."""
    monkeypatch.setattr(runs_module, "CHUNK", 7)
    monkeypatch.setattr(runs_module, "WRITE", 3)


@pytest.mark.django_db(transaction=True)
def test_a_run_reaches_everybody_once_and_reports_itself(registry, small_chunks):
    registry.said = CLEAN
    make_fleet(30)
    run = begin()
    assert wants_worker()
    done = finish()
    assert (done.state, done.finished_at is not None, wants_worker()) == ("done", True, False)
    assert everybody_once(run)
    progress = run_progress(done)
    assert (progress.done, progress.clear, progress.bar) == (30, 30, 0)


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_do_nobody_twice(registry, small_chunks):
    registry.said, registry.pause = CLEAN, 0.01
    make_fleet(40)
    run = begin()

    def work(_number):
        try:
            while work_on_run() is not None:
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert everybody_once(run)
    assert newest_run().state == "done"
    asked = [body["licence_number"] for name, body in registry.asked if name == "licence"]
    assert len(asked) == len(set(asked)) == 40


@pytest.mark.django_db(transaction=True)
def test_pause_stops_after_what_is_in_hand_and_resume_goes_on(registry, small_chunks, people):
    registry.said, registry.pause = CLEAN, 0.02
    make_fleet(30)
    run = begin()
    worker = threading.Thread(target=lambda: (finish(), connection.close()))
    worker.start()
    while not Screening.objects.filter(subject=run.code).exists():
        assert worker.is_alive()
        time.sleep(0.01)
    pause_run(account=people("vetting"), code=run.code, pause=True)
    worker.join()
    before = Screening.objects.filter(subject=run.code).count()
    assert 0 < before < 32
    assert work_on_run() is None
    assert not wants_worker()
    pause_run(account=people("supervisor"), code=run.code, pause=False)
    finish()
    assert everybody_once(run)


KILLED = """
import os, sys, time, django
django.setup()
from django.conf import settings
settings.REGISTRY_URL = sys.argv[1]
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[2]
from drivers.services import runs
runs.CHUNK, runs.WRITE = 7, 3
keep, parts = runs._keep, []

def stands_still_before_the_third_part(chunk, answered):
    parts.append(answered)
    if len(parts) == 3:
        print("half", flush=True)
        time.sleep(60)
    return keep(chunk, answered)

runs._keep = stands_still_before_the_third_part
while runs.work_on_run() is not None:
    pass
"""


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_nothing(registry, small_chunks, settings, monkeypatch):
    registry.said = CLEAN
    make_fleet(30)
    run = begin()
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED, settings.REGISTRY_URL, connection.settings_dict["NAME"]],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
    )
    assert worker.stdout.readline() == b"half\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert Screening.objects.filter(subject=run.code).count() == 6
    # Its stretch is under a lease that nobody renews; until it runs out others do the rest.
    finish()
    assert newest_run().state == "running"
    ScreeningChunk.objects.filter(state="working").update(lease_until=timezone.now() - timedelta(seconds=1))
    assert finish().state == "done"
    assert everybody_once(run)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_lease_writes_nothing(registry, small_chunks):
    registry.said = CLEAN
    make_fleet(5)
    run = begin()
    chunk = runs_module._claim()
    ScreeningChunk.objects.update(lease_until=timezone.now() + timedelta(seconds=600))
    assert runs_module._work(chunk) == 0
    assert not Screening.objects.filter(subject=run.code).exists()


@pytest.mark.django_db(transaction=True)
def test_a_registry_that_is_down_waits_and_is_asked_again(registry, small_chunks):
    registry.said = CLEAN | {"police": 503}
    make_fleet(4)
    run = begin()
    assert work_on_run() == 0
    chunk = ScreeningChunk.objects.get()
    assert (chunk.state, chunk.not_before > timezone.now()) == ("waiting", True)
    assert work_on_run() is None

    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    registry.said = CLEAN
    ScreeningChunk.objects.update(not_before=timezone.now())
    assert finish().state == "done"
    assert everybody_once(run)


@pytest.mark.django_db(transaction=True)
def test_who_is_barred_is_held_with_a_case_and_who_is_unclear_has_a_case(registry, people, deliver):
    registry.said = CLEAN | {
        "police": lambda body: {
            "records": [
                {"category": category, "year": 2014}
                for number, category in (("1", "persons"), ("2", "copyright"))
                if body["id_number"] == number
            ]
        }
    }
    make_fleet(3)
    begin()
    finish()
    cases = {row.driver.account.code: row for row in VettingCase.objects.select_related("driver__account")}
    assert {"f1", "f2"} <= cases.keys()
    assert "f0" not in cases
    hold = Hold.objects.get(driver__account__code="f1")
    assert (hold.kind, hold.source, hold.covert) == ("screening", cases["f1"].code, True)
    assert not Hold.objects.filter(driver__account__code="f2").exists()
    deliver()
    hold.refresh_from_db()
    assert not hold.covert  # nobody is in the car, so the driver may know
    propose(account=people("vetting"), code=hold.source, outcome=CaseOutcome.CLEARED, reason="a namesake")
    agree(account=people("supervisor"), code=hold.source, agrees=True)
    hold.refresh_from_db()
    assert hold.released_at is not None


def test_nothing_shows_on_the_phone_of_a_driver_with_somebody_aboard(registry, rides, people, deliver, signed_in):  # fmt: skip
    rides.under_way()
    client = signed_in("driver")
    before = without_tokens(client.get("/drive/").content)
    registry.said["police"] = lambda body: {
        "records": [{"category": "persons", "year": 2014}] if body["name"] == "钟大勇" else []
    }
    begin()
    finish()
    deliver()
    hold = Hold.objects.get(driver=driver_of(people("driver")))
    assert hold.covert
    assert without_tokens(client.get("/drive/").content) == before


def test_one_run_at_a_time_by_those_who_may(world, people):
    with pytest.raises(Forbidden):
        start_run(account=people("agent"), reason="x")
    with pytest.raises(InvalidInput):
        start_run(account=people("vetting"), reason=" ")
    run = start_run(account=people("vetting"), reason="专项整治")
    with pytest.raises(RunGoesOn):
        start_run(account=people("supervisor"), reason="again")
    pause_run(account=people("supervisor"), code=run.code, pause=True)
    with pytest.raises(IllegalTransition):
        pause_run(account=people("supervisor"), code=run.code, pause=True)
    with pytest.raises(RunGoesOn):
        start_run(account=people("supervisor"), reason="again")
    assert ScreeningRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_driver_whose_answer_cannot_be_kept_keeps_no_other_from_being_screened(
    registry, small_chunks, people, signed_in
):
    def licence(body):
        # PostgreSQL keeps no such character in a JSON column.
        return CLEAN["licence"] | ({"class": "X\0"} if body["licence_number"] == "L3" else {})

    registry.said = CLEAN | {"licence": licence}
    make_fleet(30)
    run = begin()
    finish()
    answered = Screening.objects.filter(subject=run.code, state="answered")
    screened = answered.values_list("driver__account__code", flat=True)
    assert sorted({f"f{number}" for number in range(30)} - set(screened)) == ["f3"]
    # The run ends all the same, and says who it set aside.
    assert newest_run().state == "done"
    failure = FailedWork.objects.get(closed_at=None)
    assert (failure.kind, failure.subject) == ("drivers.screening_of_driver", run.code)
    assert failure.error.startswith("f3: DataError")
    progress = run_progress(newest_run())
    assert (progress.done, progress.aside, progress.bar + progress.review) == (
        31,
        ["f3"],
        0,
    )  # with the two of the cast
    assert fleet_again(clock.now()).status == "progress"  # unknown is not green
    page = signed_in("supervisor").get("/admin/vetting/fleet/").content.decode()
    assert "could not be screened" in page
    assert "tried again by itself: f3." in page
    start_run(account=people("vetting"), reason="the next one can begin")

    registry.said = CLEAN
    assert retry.again(failure.kind, failure.key) is None
    assert run_progress(ScreeningRun.objects.get(pk=run.pk)).aside == []
    assert everybody_once(run)
    assert not FailedWork.objects.filter(closed_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_who_was_set_aside_and_drives_no_more_is_not_waited_for(registry, small_chunks, people):
    registry.said = CLEAN | {"licence": lambda body: CLEAN["licence"] | {"class": "X\0"}}
    make_fleet(1)
    Driver.objects.exclude(account__code="f0").update(state="barred")
    run = begin()
    finish()
    failure = FailedWork.objects.get(closed_at=None)
    assert run_progress(newest_run()).aside == ["f0"]
    Driver.objects.filter(account__code="f0").update(state="barred")
    assert retry.again(failure.kind, failure.key) is None
    assert not Screening.objects.filter(subject=run.code).exists()
