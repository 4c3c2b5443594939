"""Silence is judged by what was read, never by a lag, an outage or a wrong clock of our own."""

import asyncio
import json
import time

import pytest
import redis

from core.models import FailedWork
from core.tests.stopwatch import Stopwatch
from rides import door, positions
from rides.errors import StreamDown
from rides.models import LatestPosition
from rides.positions import StoredBatch
from rides.states import Party
from safety.models import Signal
from safety.monitor import outages
from safety.monitor.loop import Monitor
from safety.tests.streams import STREAM, put, time_of_leases_is_over, time_passes, turn, until_done

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


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


@pytest.mark.parametrize("hours", [3, -3])
def test_when_a_trip_began_by_the_clock_of_now_is_saved(valkey, rides, noon, hours):
    """A restart after the step: three hours are much longer than planned, and would be."""
    trip = rides.under_way()
    found = Monitor()
    turn(found)
    noon.shift(hours * 3600)
    found.step()
    for _restart in range(2):
        time_of_leases_is_over(valkey)
        found = Monitor()
        for party in Party:
            put(valkey, trip, [(time.time(), 28.2127, 121.026)], party)
        turn(found)
        assert not Signal.objects.exists()
    time_passes(noon, found, 4 * 3600)
    looks(found)
    assert Signal.objects.filter(kind="overlong").exists()


def test_a_clock_that_went_back_does_not_stop_what_positions_say(valkey, rides, noon):
    trip = rides.under_way()
    found = Monitor()
    put(valkey, trip, [(time.time(), 28.2127, 121.026)])
    turn(found)
    noon.shift(-3600)
    found.step()
    now = time.time()
    put(valkey, trip, [(now + second, 28.4 + second / 10_000, 121.4) for second in range(1, 60, 10)])
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


def last_open(client, seconds):
    """No lane has taken positions since then."""
    client.set(door.OPENED, repr(time.time() - seconds))


def open_again(client, seconds):
    """What the lane says that opens after so many seconds."""
    now = time.time()
    client.zadd(door.GAPS, {f"{now - seconds:.3f} {now:.3f}": now})
    client.set(door.OPENED, repr(client.time()[0]))


def looks(found):
    found.refresh.looked = 0.0
    found.step()


def lost():
    details = Signal.objects.filter(kind="signal_lost").values_list("detail", flat=True)
    return sorted(detail.split("/")[0] for detail in details)


def test_a_time_in_which_the_platform_took_no_positions_is_no_silence(valkey, rides, noon):
    rides.under_way()
    found = Monitor()
    turn(found)
    last_open(valkey, 0)
    time_passes(noon, found, 600)
    looks(found)
    assert not Signal.objects.exists()
    open_again(valkey, 600)
    looks(found)
    time_passes(noon, found, 179)
    looks(found)
    assert not Signal.objects.exists()
    time_of_leases_is_over(valkey)
    heir = Monitor()
    turn(heir)  # whoever takes over knows it too
    assert not Signal.objects.exists()
    time_passes(noon, heir, 2)
    looks(heir)
    assert lost() == ["driver", "passenger"]


def test_a_machine_that_was_off_makes_no_phone_silent(valkey, rides, noon):
    trip = rides.under_way()
    for party in Party:
        put(valkey, trip, [(time.time(), 28.2127, 121.026)], party)
    turn(Monitor())
    last_open(valkey, 0)
    time_of_leases_is_over(valkey)
    noon.shift(3000)
    found = Monitor()  # it is up before the lane is
    turn(found)
    assert not Signal.objects.exists()
    open_again(valkey, 3000)
    looks(found)
    assert not Signal.objects.exists()


def test_who_was_silent_while_it_was_open_is_found_as_soon_as_ever(valkey, rides, noon):
    trip = rides.under_way()
    found = Monitor()
    turn(found)
    time_passes(noon, found, 170)
    put(valkey, trip, [(time.time(), 28.2127, 121.026)])
    looks(found)
    last_open(valkey, 0)
    time_passes(noon, found, 600)
    open_again(valkey, 600)
    looks(found)
    time_passes(noon, found, 9)
    looks(found)
    assert lost() == []
    time_passes(noon, found, 2)
    looks(found)
    assert lost() == ["passenger"]


def test_a_moment_without_a_sign_excuses_nobody(valkey, rides, noon):
    rides.under_way()
    found = Monitor()
    turn(found)
    time_passes(noon, found, 181)
    valkey.set(door.OPENED, repr(valkey.time()[0] - door.GAP + 1))
    looks(found)
    assert lost() == ["driver", "passenger"]


def test_where_nothing_is_known_of_the_door_silence_is_silence_and_staff_are_told(
    valkey, rides, noon, monkeypatch
):
    rides.under_way()
    found = Monitor()
    turn(found)
    time_passes(noon, found, 181)
    monkeypatch.setattr(outages, "UNKNOWN_SECONDS", 0.0)
    looks(found)
    assert lost() == ["driver", "passenger"]
    assert FailedWork.objects.get(kind="safety.monitor_closed").needs_person_at


def test_staff_are_told_of_a_closed_door_until_phones_had_time_to_be_heard(valkey, rides, noon):
    noon.move_to(valkey.time()[0])
    found = Monitor()
    found.clocks = time.time(), time.monotonic()
    last_open(valkey, 20)
    turn(found)
    row = FailedWork.objects.get(kind="safety.monitor_closed")
    assert (row.closed_at, row.life_safety) == (None, True)
    assert row.needs_person_at
    open_again(valkey, 20)
    looks(found)
    row.refresh_from_db()
    assert row.closed_at is None
    valkey.delete(door.GAPS)
    now = time.time() - 181
    valkey.zadd(door.GAPS, {f"{now - 20:.3f} {now:.3f}": now})
    looks(Monitor())  # another one than the one that told
    row.refresh_from_db()
    assert row.closed_at


def test_gaps_go_with_a_step_of_the_clock(valkey, rides, noon):
    rides.under_way()
    found = Monitor()
    turn(found)
    time_passes(noon, found, 600)
    open_again(valkey, 600)
    looks(found)
    noon.shift(-3600)
    found.step()
    looks(found)
    time_passes(noon, found, 179)
    looks(found)
    assert lost() == []
    time_passes(noon, found, 2)
    looks(found)
    assert lost() == ["driver", "passenger"]


def test_a_door_says_that_it_is_open_and_who_opens_again_writes_down_the_gap(valkey, settings):
    async def story():
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
        first, hung = door.Sign(client), door.Sign(client)
        await first.say()
        await hung.say()
        hung.said -= 600
        await hung.say()  # the other one was open meanwhile
        valkey.set(door.OPENED, repr(door.look(valkey).now - 3600))
        await first.say()  # the clock stepped: this one was open a moment ago
        assert not valkey.exists(door.GAPS)
        valkey.set(door.OPENED, repr(door.look(valkey).now - 700))
        await door.Sign(client).say()  # the first one of a machine that was off
        found = [over - began for began, over in door.look(valkey).gaps.values()]
        assert found == [pytest.approx(700, abs=1)]
        valkey.delete(door.GAPS, door.OPENED)
        first.said -= 500
        await first.say()  # nobody has written down anything: it knows by itself
        found = [over - began for began, over in door.look(valkey).gaps.values()]
        assert found == [pytest.approx(500, abs=1)]
        await client.aclose()

    asyncio.run(story())
    assert float(valkey.get(door.OPENED)) == pytest.approx(valkey.time()[0], abs=60)


def until(true):
    """However slow the machine is today."""
    began = time.monotonic()
    while not true():
        time.sleep(0.05)
        assert time.monotonic() - began < 60


async def until_said(client):
    """Until the lane says again that it is open."""
    client.delete(door.OPENED)
    await asyncio.to_thread(until, lambda: client.exists(door.OPENED))


def test_the_lane_says_that_it_is_open_for_as_long_as_it_is(valkey):
    from config.asgi import application

    async def story():
        asked, answered = asyncio.Queue(), asyncio.Queue()
        asked.put_nowait({"type": "lifespan.startup"})
        serving = asyncio.create_task(application({"type": "lifespan"}, asked.get, answered.put))
        assert (await answered.get())["type"] == "lifespan.startup.complete"
        for _second in range(2):
            await until_said(valkey)
        asked.put_nowait({"type": "lifespan.shutdown"})
        await serving
        valkey.delete(door.OPENED)
        await asyncio.sleep(door.EVERY + 0.5)
        assert not valkey.exists(door.OPENED)

    positions._client.cache_clear()
    asyncio.run(story())
    positions._client.cache_clear()


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
        first = await there.zrange(door.GAPS, 0, -1)
        await there.delete(door.GAPS)
        await positions.append(batch, "wenzhou")
        second = await there.exists(door.GAPS)
        writer.refused = time.monotonic() - 20
        async with door.kept_open(lambda: there, writer.write_down):
            await asyncio.to_thread(until, lambda: valkey.exists(door.GAPS))  # also while nobody posts
        assert writer.refused is None
        await there.aclose()
        return first, second

    first, second = asyncio.run(story())
    ((began, over),) = (map(float, member.split()) for member in first)
    assert began < over == pytest.approx(time.time(), abs=60)
    assert not second


def test_a_process_of_the_lane_ends_although_its_call_took_the_end_for_its_own_time_out():
    class Late:
        """Valkey's client, whose time is just over when it is told to stop."""

        times = 0

        async def eval(self, *_arguments):
            Late.times += 1
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if Late.times == 1:
                    raise TimeoutError from None
                raise

    async def story():
        async with door.kept_open(Late, writes_nothing):
            await asyncio.sleep(0.05)

    async def writes_nothing():
        """Nothing was refused."""

    watch = Stopwatch()
    asyncio.run(asyncio.wait_for(story(), 20))
    assert watch.waited() < 10
    assert Late.times


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


def test_what_came_before_the_first_monitor_is_a_backlog(valkey, rides):
    """A lag or a backlog of nothing would say that all was read, where nobody has ever read."""
    assert positions.backlog("monitor") == 0
    trip = rides.under_way()
    batch = positions._pack([StoredBatch(trip.code, Party.DRIVER, False, [])])
    for number in (2, 1):
        valkey.xadd(STREAM, {b"b": batch}, id=f"{int(time.time() - 90 * number) * 1000}-0")
    assert positions.backlog("monitor") == 2
    assert positions.lag("monitor") == pytest.approx(180, abs=2)
    found = Monitor()
    found.prepare()
    assert positions.backlog("monitor") == 2
    found.step()
    assert positions.backlog("monitor") == 0
