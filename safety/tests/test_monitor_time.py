"""Silence is judged by what was read, never by a lag, an outage or a wrong clock of our own."""

import asyncio
import json
import time

import pytest
import redis

from core.models import FailedWork
from rides import positions
from rides.errors import StreamDown
from rides.models import LatestPosition
from rides.positions import RESTORED, StoredBatch
from rides.states import Party
from safety.models import Signal
from safety.monitor.loop import Monitor
from safety.tests.streams import STREAM, put, time_of_leases_is_over, turn, until_done

pytestmark = pytest.mark.django_db(transaction=True)


def time_passes(noon, found, seconds):
    """Seconds pass on both clocks of the machine."""
    noon.shift(seconds)
    found.clocks = time.time(), time.monotonic()


def backlog_of(client, trip, count, every):
    """What both phones posted, an entry at a time, from now on; returns when the last one was."""
    began = time.time()
    with client.pipeline(transaction=False) as pipe:
        for number in range(count):
            at = began + number * every
            party = list(Party)[number % 2]
            batch = StoredBatch(trip.code, party, False, [(at, 28.2127, 121.026)])
            pipe.xadd(STREAM, {b"b": positions._pack([batch])}, id=f"{int(at * 1000)}-0")
        pipe.execute()
    return began + count * every


def test_a_monitor_that_comes_back_late_calls_nobody_silent_who_spoke(valkey, rides, noon):
    trip = rides.under_way()
    last = backlog_of(valkey, trip, 1100, 0.8)
    noon.shift(last + 100 - time.time())
    found = Monitor()
    turn(found)  # a thousand entries; what is read ends more than three minutes ago
    lag = FailedWork.objects.get(kind="safety.monitor_lag")
    assert lag.needs_person_at
    assert lag.closed_at is None
    until_done(valkey, found)
    found.step()
    assert not Signal.objects.filter(kind="signal_lost").exists()
    lag.refresh_from_db()
    assert lag.closed_at
    time_passes(noon, found, 100)
    found.step()
    assert Signal.objects.filter(kind="signal_lost").count() == 2


def test_what_a_dead_monitor_left_unfinished_is_no_silence_either(valkey, rides, noon):
    trip = rides.under_way()
    last = backlog_of(valkey, trip, 1100, 0.8)
    dead = Monitor()
    dead.prepare()
    valkey.xreadgroup("monitor", dead.name, {STREAM: ">"}, count=1100)
    noon.shift(last + 100 - time.time())
    heir = Monitor()
    turn(heir)
    until_done(valkey, heir)
    assert not Signal.objects.filter(kind="signal_lost").exists()


@pytest.mark.parametrize("hours", [1, 3, -1, -3])
def test_a_step_of_the_clock_gives_no_trip_points(valkey, rides, noon, hours):
    trip = rides.under_way()
    found = Monitor()
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    put(valkey, trip, [(time.time(), 28.2, 121.0)], Party.PASSENGER)
    turn(found)
    noon.shift(hours * 3600)
    found.step()
    assert not Signal.objects.exists()
    put(valkey, trip, [(time.time() + 1, 28.21, 121.0)])
    found.step()
    assert not Signal.objects.exists()
    assert LatestPosition.objects.get(trip=trip, party="driver").latitude == 28.21
    time_passes(noon, found, 200)
    found.step()
    assert Signal.objects.filter(kind="signal_lost").count() == 2


@pytest.mark.parametrize("hours", [1, -1])
def test_a_step_within_a_turn_gives_no_trip_points_either(valkey, rides, noon, monkeypatch, hours):
    trip = rides.under_way()
    found = Monitor()
    for party in Party:
        put(valkey, trip, [(time.time(), 28.2127, 121.026)], party)
    turn(found)
    read = found._read

    def stepped():
        noon.shift(hours * 3600)
        return read()

    monkeypatch.setattr(found, "_read", stepped)
    found.step()
    monkeypatch.undo()
    found.step()
    assert not Signal.objects.exists()


def test_whoever_takes_over_after_a_step_knows_of_it(valkey, rides, noon):
    trip = rides.under_way()
    found = Monitor()
    for party in Party:
        put(valkey, trip, [(time.time(), 28.2127, 121.026)], party)
    turn(found)
    noon.shift(3600)
    found.step()
    time_of_leases_is_over(valkey)
    turn(Monitor())
    assert not Signal.objects.exists()


def test_a_clock_that_went_back_does_not_stop_what_positions_say(valkey, rides, noon):
    trip = rides.under_way()
    found = Monitor()
    put(valkey, trip, [(time.time(), 28.2127, 121.026)])
    turn(found)
    noon.shift(-3600)
    found.step()
    now = time.time()
    put(valkey, trip, [(now + second, 28.4, 121.4) for second in range(1, 60, 10)])
    found.step()
    assert Signal.objects.filter(kind="off_route").exists()


def test_the_clock_of_a_drill_is_meant(valkey, rides, settings, tmp_path, noon):
    trip = rides.under_way()
    found = Monitor()
    turn(found)
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    shift = {"real": time.time(), "shown": time.time() + 600, "rate": 1.0}
    (tmp_path / "clock.json").write_text(json.dumps(shift))
    found.step()
    assert Signal.objects.filter(trip=trip, kind="signal_lost").count() == 2


def test_a_time_in_which_the_stream_was_down_is_no_silence(valkey, rides, noon):
    rides.under_way()
    found = Monitor()
    turn(found)
    found.turned -= 600
    found.wait(redis.ConnectionError())
    time_passes(noon, found, 600)
    found.step()
    assert not Signal.objects.exists()
    time_of_leases_is_over(valkey)
    heir = Monitor()
    turn(heir)  # whoever takes over knows it too
    assert not Signal.objects.exists()
    time_passes(noon, heir, 200)
    heir.step()
    assert Signal.objects.filter(kind="signal_lost").count() == 2


def test_a_moment_in_which_the_stream_was_down_excuses_nobody(valkey, rides, noon):
    rides.under_way()
    found = Monitor()
    turn(found)
    found.wait(redis.ConnectionError())
    time_passes(noon, found, 600)
    found.step()
    assert Signal.objects.filter(kind="signal_lost").count() == 2


def test_a_time_in_which_phones_were_refused_is_no_silence(valkey, rides, noon):
    rides.under_way()
    found = Monitor()
    turn(found)
    time_passes(noon, found, 600)
    valkey.set(RESTORED, repr(time.time()))
    found.refresh.looked = 0.0
    found.step()
    assert not Signal.objects.exists()
    time_passes(noon, found, 200)
    found.step()
    assert Signal.objects.filter(kind="signal_lost").count() == 2


def test_who_had_to_refuse_phones_writes_down_since_when_they_can_send(valkey, settings, monkeypatch):
    nowhere = redis.asyncio.Redis(port=1, socket_connect_timeout=0.5)
    batch = StoredBatch("T-1", Party.DRIVER, False, [])

    async def story():
        writer = positions._Writer()
        monkeypatch.setattr(positions, "_writer", writer)
        monkeypatch.setattr(positions, "_client", lambda: nowhere)
        with pytest.raises(StreamDown):
            await positions.append(batch, "wenzhou")
        there = redis.asyncio.Redis.from_url(settings.REDIS_URL)
        monkeypatch.setattr(positions, "_client", lambda: there)
        await positions.append(batch, "wenzhou")
        first = await there.get(RESTORED)
        await there.delete(RESTORED)
        await positions.append(batch, "wenzhou")
        second = await there.get(RESTORED)
        await there.aclose()
        return first, second

    first, second = asyncio.run(story())
    assert float(first) == pytest.approx(time.time(), abs=60)
    assert second is None


def test_the_lag_is_that_of_the_oldest_entry_that_nobody_finished(valkey, rides):
    assert positions.lag("monitor") == 0
    found = Monitor()
    found.prepare()
    trip = rides.under_way()
    real = valkey.time()[0]
    batch = positions._pack([StoredBatch(trip.code, Party.DRIVER, False, [])])
    valkey.xadd(STREAM, {b"b": batch}, id=f"{int(time.time() - 90) * 1000}-0")
    assert positions.lag("monitor") == pytest.approx(90, abs=2)
    valkey.xreadgroup("monitor", "somebody", {STREAM: ">"})
    assert positions.lag("monitor") == pytest.approx(90, abs=2)
    assert real
    time_of_leases_is_over(valkey)
    found.step()
    assert positions.lag("monitor") == 0
