"""What is watched costs by what was changed; leases outlive turns; nothing that is over stays in Valkey."""

import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock, policy
from drivers.selectors import driver_of
from rides import positions
from rides.models import LatestPosition, LineInCity, Trip
from rides.policies import WATCH_AFTER
from rides.services import cancel_trip, end_trip
from rides.states import CancelReason
from safety.monitor import shards
from safety.monitor.loop import Monitor
from safety.monitor.shards import GROUP, lease_of, memory_of
from safety.monitor.watchlist import Watchlist
from safety.tests.streams import STREAM, pending, put, time_of_leases_is_over, turn

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def watchlist(rides):
    found = Watchlist()
    found.take({STREAM})
    return found


@contextmanager
def queries_of_a_look():
    """What is asked beside the policies, which are read once for all of a look."""
    policy.span(WATCH_AFTER)
    with CaptureQueriesContext(connection) as queries:
        yield queries


def test_a_look_reads_what_was_changed_and_nothing_else(rides, watchlist):
    first, second = rides.under_way("passenger"), rides.under_way("passenger2")
    assert {trip.code for trip in watchlist.look().trips} == {first.code, second.code}
    assert watchlist.look().trips == []
    Trip.objects.filter(pk=first.pk).update(route_seconds=1)
    assert [trip.code for trip in watchlist.look().trips] == [first.code]
    with policy.read_once(), queries_of_a_look() as queries:
        assert watchlist.look().trips == []
    assert len(queries) <= 3


def test_a_change_that_was_long_in_committing_is_not_missed(rides, watchlist):
    trip = rides.under_way()
    watchlist.look()
    written, looked = threading.Event(), threading.Event()

    def write_slowly():
        with transaction.atomic():
            Trip.objects.filter(pk=trip.pk).update(route_seconds=77)
            written.set()
            looked.wait(30)
        connection.close()

    thread = threading.Thread(target=write_slowly)
    thread.start()
    written.wait(30)
    Trip.objects.filter(pk=rides.booked("passenger2").pk).update(seats=2)  # a later one commits before
    watchlist.look()
    watchlist.look()
    looked.set()
    thread.join()
    assert [each.planned_seconds for each in watchlist.look().trips] == [77]


def test_who_is_over_leaves_ten_minutes_later(rides, watchlist, people, noon):
    trip = rides.under_way()
    watchlist.look()
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    assert [each.state for each in watchlist.look().trips] == ["ended"]
    noon.shift(599)
    assert not watchlist.look().gone
    noon.shift(2)
    assert watchlist.look().gone == {trip.code: STREAM}
    assert not watchlist.known


def test_who_was_cancelled_is_watched_for_half_an_hour(rides, watchlist, people, noon):
    trip = rides.accepted()
    cancel_trip(account=people("passenger"), trip_code=trip.code, reason=CancelReason.CHANGED_PLANS)
    assert [each.state for each in watchlist.look().trips] == ["cancelled"]
    noon.shift(29 * 60)
    assert not watchlist.look().gone
    noon.shift(2 * 60)
    assert watchlist.look().gone == {trip.code: STREAM}


def test_a_line_that_is_suspended_is_watched_closer_at_the_next_look(rides, watchlist):
    trip = rides.under_way()
    assert [each.closer for each in watchlist.look().trips] == [False]
    LineInCity.objects.filter(line="hitch").update(suspends_at=clock.now() - timedelta(seconds=1))
    assert [(each.code, each.closer) for each in watchlist.look().trips] == [(trip.code, True)]


def test_the_slow_round_finds_what_no_change_told(rides, watchlist):
    trip = rides.under_way()
    watchlist.look()
    del watchlist.known[trip.code]
    watchlist._rounded -= 3600
    found = [watchlist.make_round() for _city in range(4)]
    assert [each.code for changes in found for each in changes.trips] == [trip.code]


def test_a_code_that_nobody_knows_is_asked_for_once(rides, watchlist):
    watchlist.look()
    with policy.read_once(), queries_of_a_look() as queries:
        for _again in range(5):
            assert watchlist.ask(["T-NOBODY", "T-\x00"]).trips == []
    assert len(queries) == 1


def test_the_first_batch_of_a_new_trip_is_kept_before_anybody_looked(valkey, rides):
    found = Monitor()
    turn(found)
    found.refresh.looked = time.monotonic() + 3600
    trip = rides.under_way()
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    found.step()
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2


def test_a_shard_that_is_taken_over_is_read_once_all_its_trips_are(valkey, rides, monkeypatch):
    from safety.monitor import watchlist as module

    monkeypatch.setattr(module, "SLICE", 1)
    trips = [rides.under_way("passenger"), rides.under_way("passenger2")]
    for trip in trips:
        put(valkey, trip, [(time.time(), 28.2, 121.0)])
    found = Monitor()
    turn(found)
    assert not LatestPosition.objects.exists()
    found.step()
    assert LatestPosition.objects.count() == 2
    assert pending(valkey) == 0


def test_what_is_remembered_of_trips_that_ended_unwatched_is_forgotten(valkey, rides, people, noon):
    trip = rides.under_way()
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    turn(Monitor())
    assert valkey.hexists(memory_of(STREAM), trip.code)
    time_of_leases_is_over(valkey)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    noon.shift(601)
    turn(Monitor())
    assert not valkey.hexists(memory_of(STREAM), trip.code)


def test_what_is_remembered_of_a_trip_that_ends_is_forgotten(valkey, rides, people, noon):
    trip = rides.under_way()
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    found = Monitor()
    turn(found)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    noon.shift(601)
    found.refresh.looked = -float("inf")
    found.step()
    assert not valkey.hexists(memory_of(STREAM), trip.code)


def test_finished_entries_do_not_stay_on_the_stream(valkey, rides):
    trip = rides.under_way()
    for second in range(300):
        put(valkey, trip, [(time.time() + second / 10, 28.2, 121.0)])
    turn(Monitor())
    assert valkey.xlen(STREAM) == 0


def test_what_another_group_has_not_finished_stays_on_the_stream(valkey, rides):
    trip = rides.under_way()
    found = Monitor()
    turn(found)
    valkey.xgroup_create(STREAM, "another", id="0")
    for second in range(4):
        put(valkey, trip, [(time.time() + second, 28.2, 121.0)])
    read = valkey.xreadgroup("another", "somebody", {STREAM: ">"}, count=2)
    first, second = [row[0] for row in positions_of(read)]
    valkey.xack(STREAM, "another", first)
    found.trimmed = 0.0
    found.step()
    assert next(row[0] for row in valkey.xrange(STREAM)) == second
    assert valkey.xlen(STREAM) == 3
    assert pending(valkey) == 0


def test_consumers_of_monitors_that_are_gone_do_not_stay_in_the_group(valkey, rides, monkeypatch):
    trip = rides.under_way()
    for _start in range(3):  # each process has a name of its own
        put(valkey, trip, [(time.time(), 28.2, 121.0)])
        found = Monitor()
        turn(found)
        found.shards.let_go()
        valkey.delete(lease_of(STREAM))
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    valkey.xreadgroup(GROUP, "unfinished", {STREAM: ">"})
    last = Monitor()
    turn(last)
    names = {row["name"].decode() for row in valkey.xinfo_consumers(STREAM, GROUP)}
    assert len(names) == 5
    time.sleep(0.02)
    monkeypatch.setattr("safety.monitor.shards.CONSUMER_SILENT_MS", 10)
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    valkey.xreadgroup(GROUP, "unfinished", {STREAM: ">"})
    time.sleep(0.02)
    assert last.shards.trim(STREAM) >= 0
    names = {row["name"].decode() for row in valkey.xinfo_consumers(STREAM, GROUP)}
    assert names == {last.name, "unfinished"}


def positions_of(answer):
    from safety.monitor.intake import by_stream

    return [row for _stream, rows in by_stream(answer) for row in rows]


def test_a_monitor_that_lost_its_lease_trims_and_forgets_nothing(valkey, rides):
    trip = rides.under_way()
    found = Monitor()
    turn(found)
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    found.step()
    time_of_leases_is_over(valkey)
    assert found.shards.trim(STREAM) == -1
    found.shards.forget(STREAM, [trip.code])
    assert valkey.hexists(memory_of(STREAM), trip.code)


def test_leases_outlive_a_turn_however_long(valkey, rides, monkeypatch):
    monkeypatch.setattr(shards, "LEASE_MS", 1500)
    monkeypatch.setattr(shards, "LEASE_EVERY", 0.2)
    found = Monitor()
    turn(found)
    with found.shards.kept_alive():
        time.sleep(3)
        assert valkey.get(lease_of(STREAM)).decode() == found.name
    valkey.delete(lease_of(STREAM))
    found.step()


def test_a_loop_that_hangs_for_good_loses_its_leases(valkey, rides, monkeypatch):
    monkeypatch.setattr(shards, "LEASE_MS", 1500)
    monkeypatch.setattr(shards, "LEASE_EVERY", 0.2)
    monkeypatch.setattr(shards, "HUNG_SECONDS", 0.5)
    found = Monitor()
    turn(found)
    with found.shards.kept_alive():
        began = time.monotonic()
        while valkey.exists(lease_of(STREAM)):
            time.sleep(0.1)
            assert time.monotonic() - began < 60


def test_a_monitor_goes_on_at_once_after_something_was_down(valkey, rides):
    import redis

    trip = rides.under_way()
    found = Monitor()
    turn(found)
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    found.wait(redis.ConnectionError())
    found.step()
    assert LatestPosition.objects.filter(trip=trip).exists()
    assert pending(valkey) == 0


def test_many_trips_are_settled_in_several_steps(valkey, rides, monkeypatch):
    monkeypatch.setattr(shards, "AT_ONCE", 2)
    found = Monitor()
    turn(found)
    put(valkey, rides.under_way(), [(time.time(), 28.2, 121.0)])
    rows = valkey.xreadgroup(GROUP, found.name, {STREAM: ">"})
    ids = [row[0] for row in positions_of(rows)]
    remembered = {f"T-{number}": b"x" for number in range(5)}
    assert found.shards.settle(STREAM, remembered=remembered, found={"a": b"1"}, acted=[], entries=ids)
    assert valkey.hlen(memory_of(STREAM)) == 5
    assert pending(valkey) == 0
    assert positions.lag(GROUP) == 0


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_monitors_whose_clocks_differ_share_the_shards(valkey, rides, noon, ahead):
    """Who lives is said by Valkey's clock, not by each machine's."""
    here, there = noon.move_to, valkey.time()[0]
    here(there)
    one, other = Monitor(), Monitor()
    turn(one)
    for _turn in range(3):
        here(there + ahead)
        other.clocks = time.time(), time.monotonic()
        other.shards.leased = 0.0
        turn(other)
        here(there)
        one.clocks = time.time(), time.monotonic()
        one.shards.leased = 0.0
        turn(one)
        time.sleep(0.01)
    assert (len(one.owned), len(other.owned)) == (4, 4)
    valkey.zrem(shards.MONITORS, other.name)
    time_of_leases_is_over(valkey)
    one.shards.leased = 0.0
    one.step()
    assert len(one.owned) == 8


def test_one_that_lived_before_valkeys_clock_stepped_back_does_not_count(valkey, rides):
    valkey.zadd(shards.MONITORS, {"of the hour to come": valkey.time()[0] + 3600})
    found = Monitor()
    valkey.set(lease_of(STREAM), "of the hour to come", px=3_600_000)
    turn(found)
    assert len(found.owned) == 7
    assert valkey.pttl(lease_of(STREAM)) <= shards.LEASE_MS


def test_a_shard_that_nobody_takes_is_taken_by_whoever_lives(valkey, rides, monkeypatch):
    monkeypatch.setattr(shards, "FREE_SECONDS", 0.3)
    found = Monitor()
    began = time.monotonic()
    while len(found.owned) < 8:
        valkey.zadd(shards.MONITORS, {"lives and takes nothing": valkey.time()[0]})
        found.shards.leased = 0.0
        turn(found)
        assert time.monotonic() - began < 60
    for _turn in range(3):  # they are kept: nobody else wants them
        valkey.zadd(shards.MONITORS, {"lives and takes nothing": valkey.time()[0]})
        found.shards.leased = 0.0
        found.step()
        assert len(found.owned) == 8
    other = Monitor()
    turn(other)  # says that it wants its part
    found.shards.leased = other.shards.leased = 0.0
    found.step()
    time.sleep(0.01)
    other.step()
    assert len(other.owned) >= 2
    assert not found.owned & other.owned


def test_who_cannot_reach_the_database_holds_no_shard(valkey, rides, monkeypatch):
    from django.db import OperationalError

    found = Monitor()
    turn(found)
    found.wait(OperationalError())
    monkeypatch.setattr(found, "begin_anew", lambda: (_ for _ in ()).throw(OperationalError()))
    time_of_leases_is_over(valkey)
    with pytest.raises(OperationalError):
        found.step()
    assert not valkey.exists(lease_of(STREAM))
    monkeypatch.undo()
    found.step()
    assert found.owned
