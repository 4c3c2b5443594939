"""Who watches the watchers: what is late is said, with its cause alone, and a clock that was shifted says nothing."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models.functions import Now

from core import heartbeat
from core.models import Heartbeat


def all_alive():
    for watcher in heartbeat.declared():
        heartbeat.write(watcher.name, **({"delay": 0.1} if watcher.name.startswith("queue:") else {}))


def silent_for(name, seconds):
    Heartbeat.objects.filter(name=name).update(at=Now() - timedelta(seconds=seconds))


def late():
    return [sign.watcher.name for sign in heartbeat.late()]


def test_everything_that_runs_has_to_show_signs_of_life():
    names = {watcher.name for watcher in heartbeat.declared()}
    queues = {"life_safety", "life_messages", "life_centre", "live", "default", "bulk"}
    assert names >= {"beat", "monitor", "dispatcher"}
    assert names >= {f"worker:{queue}" for queue in queues} | {f"queue:{queue}" for queue in queues}
    assert all(str(watcher.meanwhile) for watcher in heartbeat.declared())


def test_what_was_never_seen_is_late(db):
    assert late()[0] == "beat"
    all_alive()
    assert late() == []


def test_where_beat_is_down_the_queues_are_not_blamed(db):
    all_alive()
    silent_for("beat", 80)
    for queue in heartbeat.QUEUES:
        silent_for(f"queue:{queue}", 700)
    assert late() == ["beat"]


def test_where_a_worker_is_down_its_queue_is_not_named_beside_it(db):
    all_alive()
    silent_for("worker:life_safety", 80)
    silent_for("queue:life_safety", 80)
    assert late() == ["worker:life_safety"]


def test_a_queue_that_moves_too_slowly_is_late_although_its_probes_come_through(db):
    all_alive()
    heartbeat.write("queue:default", delay=heartbeat.LONG_QUEUE + 1)
    (sign,) = heartbeat.late()
    assert (sign.watcher.name, sign.long, sign.silent) == ("queue:default", True, False)


def test_one_of_several_is_enough_and_who_was_replaced_is_forgotten(db):
    all_alive()
    heartbeat.write("monitor", instance="a:1")
    Heartbeat.objects.filter(instance="a:1").update(at=Now() - timedelta(hours=2))
    assert late() == []
    heartbeat.write("monitor", instance="b:1")
    assert not Heartbeat.objects.filter(instance="a:1").exists()


def test_a_machine_whose_clock_is_an_hour_wrong_makes_nobody_look_dead(db):
    all_alive()
    with time_machine.travel(timedelta(hours=1)):
        assert late() == []
    with time_machine.travel(timedelta(hours=-1)):
        all_alive()
    assert late() == []


@pytest.mark.django_db(transaction=True)
def test_a_mark_is_written_by_a_thread_and_the_loop_goes_on():
    with transaction.atomic(), connection.cursor() as cursor:
        # Nobody else writes a mark meanwhile: a loop that waited for its own would go on no more.
        cursor.execute(f"LOCK TABLE {Heartbeat._meta.db_table}")
        heartbeat.beat("monitor", turn=1)
        assert not Heartbeat.objects.filter(name="monitor").exists()
    until = time.monotonic() + 60
    while not Heartbeat.objects.filter(name="monitor").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert Heartbeat.objects.get(name="monitor").facts == {"turn": 1}
    heartbeat.stop()


def test_the_first_page_says_who_is_late_and_what_does_not_happen_meanwhile(people, signed_in):
    all_alive()
    agent = signed_in("agent")
    assert "late-processes" not in agent.get("/admin/").content.decode()
    silent_for("beat", 80)
    page = agent.get("/admin/").content.decode()
    assert "late-processes" in page
    assert "Nothing runs out by itself" in page
    agent.cookies["django_language"] = "zh-hans"
    assert (
        "一切到期都不会自动处理"
        in agent.get("/admin/due/", headers={"accept-language": "zh-hans"}).content.decode()
    )
