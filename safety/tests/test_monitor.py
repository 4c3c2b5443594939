"""The monitor on a real stream: what is acknowledged is in the database, and a monitor that dies loses nothing."""

import time

import pytest
import redis

from core import clock
from drivers.selectors import driver_of
from rides import positions
from rides.models import LatestPosition, TrailMinute, Trip
from rides.selectors import trail_of
from rides.services import cancel_trip, confirm_car, end_trip
from rides.states import CancelReason, Party
from rides.tokens import TripKey
from rides.trails import unpack
from safety.models import Incident, SafetyQuestion, Signal
from safety.monitor import intake as module
from safety.monitor.loop import Monitor
from safety.services import answer_question, expire_questions, raise_sos
from safety.states import Answer
from safety.tests.streams import pending, put, time_of_leases_is_over, time_passes, turn, until_done

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_positions_are_kept_and_then_acknowledged(valkey, rides):
    trip = rides.under_way()
    now = time.time()
    put(valkey, trip, [(now, 28.2, 121.0), (now + 1, 28.2003, 121.0003)])
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2003
    assert pending(valkey) == 0


def test_a_batch_that_came_twice_is_kept_once(valkey, rides):
    trip = rides.under_way()
    now = time.time()
    for _again in range(2):
        put(valkey, trip, [(now, 28.2, 121.0)])
    turn(Monitor())
    assert len(unpack(TrailMinute.objects.get(trip=trip))) == 1


def test_what_a_dead_monitor_had_read_is_taken_over(valkey, rides, monkeypatch):
    trip = rides.under_way()
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    dead = Monitor()
    dead.prepare()
    monkeypatch.setattr(dead, "_store", lambda entries: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        dead.step()
    assert (pending(valkey), LatestPosition.objects.count()) == (1, 0)
    monkeypatch.setattr(module, "CLAIM_AFTER_MS", 0)
    time_of_leases_is_over(valkey)
    turn(Monitor())
    assert (pending(valkey), LatestPosition.objects.count()) == (0, 1)


def test_signals_are_raised_once_by_two_monitors(valkey, rides, noon):
    trip = rides.under_way()
    noon.shift(3600)
    for _monitor in range(2):
        turn(Monitor())
    seen = sorted(Signal.objects.values_list("kind", "detail"))
    assert [(kind, detail.split("/")[0]) for kind, detail in seen] == [
        ("signal_lost", "driver"),
        ("signal_lost", "passenger"),
    ]
    assert trip.code


def test_a_second_silence_of_her_phone_asks_again(valkey, rides, noon):
    """A tunnel, and she is well; later her phone is off."""
    trip = rides.under_way()
    found = Monitor()
    turn(found)

    def speak(party):
        put(valkey, trip, [(time.time(), 28.2127, 121.026)], party)
        found.step()

    def her_phone_is_silent():
        speak(Party.PASSENGER)
        for _minute in range(4):
            time_passes(noon, found, 60)
            speak(Party.DRIVER)

    her_phone_is_silent()
    answer_question(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), answer=Answer.FINE)
    her_phone_is_silent()
    assert SafetyQuestion.objects.filter(trip=trip, answer="").count() == 1
    hers = Signal.objects.filter(trip=trip, kind="signal_lost", detail__startswith="passenger")
    assert hers.count() == 2


def test_leaving_the_way_again_after_she_called_it_fine_asks_again(valkey, rides, noon):
    trip = rides.under_way()
    Trip.objects.filter(pk=trip.pk).update(route_source="valhalla")
    found = Monitor()
    turn(found)

    def drive(latitude):
        for _position in range(8):
            time_passes(noon, found, 10)
            for party in Party:
                put(valkey, trip, [(time.time(), latitude, 121.026)], party)
            found.refresh.looked = 0.0
            found.step()

    drive(28.2127)
    drive(28.2190)
    answer_question(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), answer=Answer.FINE)
    drive(28.2190)
    assert not SafetyQuestion.objects.filter(trip=trip, answer="").exists()
    drive(28.2127)
    drive(28.2190)
    assert SafetyQuestion.objects.filter(trip=trip, answer="").count() == 1


def end(trip, people):
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)


def test_this_is_my_car_says_for_the_monitor_too_that_they_met(valkey, rides, people, noon):
    """Without any position of hers: the plate was compared, he cancels, and the car goes on (R6)."""
    trip, found = rides.arrived(), Monitor()
    confirm_car(passenger=people("passenger"), trip_code=trip.code)
    cancel_trip(account=people("driver"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    turn(found)
    for step in range(12):
        time_passes(noon, found, 60)
        put(valkey, trip, [(time.time(), trip.origin_latitude - 0.004 * step, trip.origin_longitude)])
        found.step()
    assert [each.kind for each in Signal.objects.filter(trip=trip)] == ["moving_after_cancel"]
    assert Incident.objects.get(trip=trip).high_risk_at


def test_he_cancels_on_the_way_then_picks_her_up_and_her_phone_falls_silent(
    valkey, rides, people, noon, deliver
):
    """Both phones stand together after the cancel; hers stops, and the car drives on (R6)."""
    trip, found = rides.accepted(), Monitor()
    cancel_trip(account=people("driver"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    deliver()
    turn(found)

    def drive(metres, *parties):
        time_passes(noon, found, 10)
        for party in parties:
            away = metres if party == Party.DRIVER else 0
            place = (trip.origin_latitude - away / 111_195, trip.origin_longitude)
            put(valkey, trip, [(time.time(), *place)], party)
        found.step()

    for metres in (-2000, -1500, -1000, -500, 0, 10, 10):
        drive(metres, Party.PASSENGER, Party.DRIVER)
    deliver()
    trip.refresh_from_db()
    assert trip.phones_met_at and SafetyQuestion.objects.get(trip=trip).answer == ""
    assert not Incident.objects.exists()
    for step in range(1, 30):
        drive(150 * step, Party.DRIVER)
    assert {each.kind for each in Signal.objects.filter(trip=trip)} == {
        "cancel_after_meeting",
        "moving_after_cancel",
    }
    assert Incident.objects.get(trip=trip).high_risk_at


def test_he_arrives_nobody_presses_anything_and_the_car_leaves(valkey, rides, noon):
    """No code, no cancel, her phone in the pocket: she is asked, and silence opens an incident (R6)."""
    trip, found = rides.arrived(), Monitor()
    turn(found)
    for step in range(12):
        time_passes(noon, found, 60)
        place = (trip.origin_latitude - 0.004 * step, trip.origin_longitude)
        put(valkey, trip, [(time.time(), *place)])
        found.step()
    assert [each.kind for each in Signal.objects.filter(trip=trip)] == ["leaving_pickup"]
    assert SafetyQuestion.objects.get(trip=trip).answer == ""
    noon.shift(61)
    expire_questions(at=clock.now())
    assert Incident.objects.get(trip=trip).high_risk_at


def test_what_was_acknowledged_is_kept_also_when_its_trip_is_over(valkey, rides, people, noon):
    """Phones send until they hear of the end, and what was measured before it may come late."""
    trip, begun = rides.under_way(), time.time()
    found = Monitor()
    turn(found)
    noon.shift(3600)
    end(trip, people)
    noon.shift(3600)
    put(valkey, trip, [(begun + 10, 28.2, 121.0), (begun + 20, 28.2003, 121.0)])
    put(valkey, trip, [(time.time(), 28.21, 121.0)], party=Party.PASSENGER)
    until_done(valkey, found)
    assert [fix.at for fix in trail_of(trip, Party.DRIVER)] == pytest.approx(
        [begun + 10, begun + 20], abs=0.01
    )
    assert LatestPosition.objects.get(party=Party.PASSENGER).latitude == 28.21
    assert pending(valkey) == 0


def test_positions_before_a_car_is_found_are_kept(valkey, rides):
    """An SOS of a passenger who waits in the street has a place."""
    trip = rides.booked()
    put(valkey, trip, [(time.time(), 28.2, 121.0)], party=Party.PASSENGER)
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2


def test_a_trip_is_watched_after_its_end_and_while_an_incident_lives(valkey, rides, people, noon):
    def watched(found, trip):
        found.refresh.looked = -float("inf")
        found.refresh.watchlist._rounded = -float("inf")
        for _part in range(3):
            found.refresh.look_around()
        found.refresh.watchlist._strangers.clear()
        found.refresh.look_for([trip.code])
        return trip.code in found.table

    plain, danger = rides.under_way(), rides.under_way("passenger2")
    found = Monitor()
    turn(found)
    end(plain, people)
    end(danger, people)
    noon.shift(540)
    assert [watched(found, plain), watched(found, danger)] == [True, True]
    incident = raise_sos(key=TripKey(danger.code, Party.PASSENGER, "wenzhou"))
    noon.shift(3600)
    assert [watched(found, plain), watched(found, danger)] == [False, True]
    noon.shift(24 * 3600)
    assert watched(found, danger)
    Incident.objects.filter(pk=incident.pk).update(
        state="closed", outcome="false_alarm", harm="none", harm_at=clock.now(), taken_at=clock.now(), taken_by="agent",
        resolved_by="agent", closed_by="specialist", closed_at=clock.now(),
    )  # fmt: skip
    assert not watched(found, danger)


def test_she_who_is_still_in_the_car_after_the_end_is_seen(valkey, rides, people):
    trip, began = rides.under_way(), time.time() - 120
    end(trip, people)
    for step in range(24):
        for party in Party:
            fix = (began + 5 * step + (party == Party.DRIVER), 28.2 + step * 0.0006, 121.0)
            put(valkey, trip, [fix], party=party)
    found = Monitor()
    found.prepare()
    until_done(valkey, found)
    assert "moving_after_end" in Signal.objects.filter(trip=trip).values_list("kind", flat=True)
    assert Incident.objects.filter(trip=trip).exists()


def test_a_valkey_that_began_anew_is_prepared_again(valkey, rides):
    found = Monitor()
    turn(found)
    valkey.flushdb()
    with pytest.raises(redis.ResponseError):
        found.step()
    turn(found)


def test_two_monitors_share_the_shards(valkey):
    one, other = Monitor(), Monitor()
    turn(one)
    assert len(one.owned) == 8
    turn(other)
    one.shards.leased = 0.0
    one.step()
    other.shards.leased = 0.0
    time.sleep(0.01)  # what is given back ends within a millisecond
    other.step()
    assert (len(one.owned), len(other.owned)) == (4, 4)
    assert not one.owned & other.owned


def off_the_way(trip, seconds):
    """Far beside the planned way, a position every ten seconds."""
    now = time.time()
    return [(now + second, trip.origin_latitude + 0.02, trip.origin_longitude + 0.02) for second in seconds]


def test_what_was_half_seen_is_seen_to_the_end_by_the_next_one_and_once(valkey, rides, monkeypatch):
    trip = rides.under_way()
    way = off_the_way(trip, range(0, 60, 10))
    put(valkey, trip, way[:2])
    turn(Monitor())
    assert not Signal.objects.exists()
    time_of_leases_is_over(valkey)
    put(valkey, trip, way[2:])
    heir = Monitor()
    monkeypatch.setattr(heir, "_finish", lambda *_args: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        turn(heir)  # it raised the signal and died before it saved
    assert Signal.objects.filter(kind="off_route").count() == 1
    time_of_leases_is_over(valkey)
    last = Monitor()
    turn(last)
    assert Signal.objects.filter(kind="off_route").count() == 1
    assert pending(valkey) == 0


def test_a_monitor_that_lost_its_shard_neither_saves_nor_acknowledges(valkey, rides, monkeypatch):
    trip = rides.under_way()
    slow, quick = Monitor(), Monitor()
    turn(slow)
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    meanwhile = slow._store

    def stall(entries):
        kept = meanwhile(entries)
        time_of_leases_is_over(valkey)
        turn(quick)
        return kept

    monkeypatch.setattr(slow, "_store", stall)
    slow.step()
    assert positions.shard_stream("wenzhou") not in slow.owned
    assert pending(valkey) == 1 or not quick.table.nothing_known(trip.code)


def test_a_long_turn_does_not_cost_the_shard(valkey, rides, monkeypatch):
    trip = rides.under_way()
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    slow = Monitor()
    slow.prepare()
    meanwhile = slow._store

    def stall(entries):
        kept = meanwhile(entries)
        slow.shards.leased -= 3600  # as if it had taken long, but for the lease's own clock
        valkey.pexpire(f"monitor:lease:{positions.shard_stream('wenzhou')}", 200)
        return kept

    monkeypatch.setattr(slow, "_store", stall)
    slow.step()
    assert pending(valkey) == 0
    assert valkey.pttl(f"monitor:lease:{positions.shard_stream('wenzhou')}") > 1000


def test_a_shard_that_came_back_is_read_from_what_others_saved(valkey, rides):
    trip = rides.under_way()
    now = time.time()
    put(valkey, trip, [(now, 28.2, 121.0)])
    first, second = Monitor(), Monitor()
    turn(first)
    time_of_leases_is_over(valkey)
    put(valkey, trip, [(now + 5, 28.21, 121.01)])
    turn(second)
    time_of_leases_is_over(valkey)
    first.shards.leased = 0.0
    first.step()  # its lease is gone: it lets go, and takes the shard again
    first.shards.leased = 0.0
    first.step()
    assert first.table.saved(trip.code) == second.table.saved(trip.code)


def test_a_million_positions_of_one_trip_are_taken(valkey, rides):
    trip = rides.under_way()
    now = time.time() - 3600
    pings = [(now + step * 0.0036, 28.2, 121.0) for step in range(1_000_000)]
    for start in range(0, len(pings), 50_000):
        put(valkey, trip, pings[start : start + 50_000])
    found = Monitor()
    found.prepare()
    with found.shards.kept_alive():
        until_done(valkey, found)
    kept = TrailMinute.objects.filter(trip=trip)
    assert 60 <= kept.count() <= 62
    assert max(len(unpack(row)) for row in kept) <= 120
