"""What the monitor cannot take stops only itself: it is set aside, shown, and can be fed back."""

import time

import pytest
from django.db import connection
from django.db.utils import DataError, InterfaceError, InternalError, OperationalError, ProgrammingError

from core import retry
from core.models import FailedWork
from drivers.selectors import driver_of
from rides import positions
from rides.models import LatestPosition, Trip
from rides.positions import StoredBatch
from rides.services import end_trip
from rides.states import Party
from safety.errors import NothingAside, StillUnreadable, StillUnwatchable
from safety.models import Incident, SafetyQuestion, Signal
from safety.monitor import acting, memory, program, quarantine
from safety.monitor.loop import Monitor
from safety.monitor.quarantine import ASIDE, apart
from safety.monitor.rules.signal_lost import CLOSENESS
from safety.monitor.shards import found_of
from safety.tests.streams import STREAM, pending, put, time_of_leases_is_over, turn

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


def open_rows(kind):
    return FailedWork.objects.filter(kind=kind, closed_at=None)


@pytest.mark.parametrize(
    "fields",
    [
        {b"b": b"\xc1 no message pack"},
        {b"b": b"\xc0"},
        {b"something": b"else"},
        {b"v": b"77", b"b": b"of a release to come"},
        {b"v": b"\xff\xfe", b"b": b""},
        {b"v": b"\x00", b"b": b""},
        {b"v": b"1", b"b": b"\x91\x94\xa2\xff\xfe\xa6driver\xc2\x90"},
        {b"v": b"1", b"b": b"\x91" * 5000},
        {b"v": b"1", b"b": positions._pack([["a\0b", "driver", False, []]])},
    ],
    ids=["bytes", "nil", "fields", "version", "no-version", "zero", "utf-8", "deep", "zero-in-code"],
)
def test_an_entry_that_cannot_be_read_stops_no_other(valkey, rides, fields):
    trip = rides.under_way()
    valkey.xadd(STREAM, fields)
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2
    assert pending(valkey) == 0
    assert open_rows("safety.monitor_entry").get().needs_person_at
    assert valkey.xlen(ASIDE) == 1


def test_one_batch_that_cannot_be_read_stops_not_the_others_of_its_entry(valkey, rides):
    trip = rides.under_way()
    good = StoredBatch(trip.code, Party.DRIVER, False, [(time.time(), 28.2, 121.0)])
    valkey.xadd(STREAM, {b"v": b"1", b"b": positions._pack([["?"], good, 7])})
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2
    assert pending(valkey) == 0
    assert open_rows("safety.monitor_entry").count() == 2


@pytest.mark.parametrize("fields", [{}, {b"v": b"1"}], ids=["before-versions", "today"])
def test_entries_of_the_last_release_and_of_this_one_are_read(valkey, rides, fields):
    trip = rides.under_way()
    batch = StoredBatch(trip.code, Party.DRIVER, False, [(time.time(), 28.2, 121.0)])
    valkey.xadd(STREAM, fields | {b"b": positions._pack([batch])})
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2


def test_a_field_that_the_next_release_adds_is_skipped(valkey, rides):
    trip = rides.under_way()
    batch = [trip.code, "driver", False, [(time.time(), 28.2, 121.0)], [], [], "something new"]
    valkey.xadd(STREAM, {b"v": b"1", b"b": positions._pack([batch])})
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2


def test_what_is_written_says_its_version():
    assert positions.entry_of([])[b"v"] == positions.VERSION


def test_entries_of_a_release_to_come_are_read_once_it_is_here(valkey, rides, monkeypatch):
    trip = rides.under_way()
    batch = StoredBatch(trip.code, Party.DRIVER, False, [(time.time(), 28.2, 121.0)])
    for _entry in range(3):
        valkey.xadd(STREAM, {b"v": b"2", b"b": positions._pack([batch])})
    turn(Monitor())
    assert open_rows("safety.monitor_entry").count() == 1  # one for all: a deploy makes no flood of rows
    assert valkey.xlen(ASIDE) == 3
    time_of_leases_is_over(valkey)
    readable = frozenset({b"0", b"1", b"2"})
    monkeypatch.setattr(positions, "READABLE", readable)
    monkeypatch.setattr(quarantine, "READABLE", readable)
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2
    assert not open_rows("safety.monitor_entry").exists()
    assert valkey.xlen(ASIDE) == 0


def test_one_entry_of_a_version_that_stays_unreadable_is_left_and_the_monitor_starts(
    valkey, rides, monkeypatch
):
    trip = rides.under_way()
    batch = StoredBatch(trip.code, Party.DRIVER, False, [(time.time(), 28.2, 121.0)])
    for body in (b"\xc1", positions._pack([batch])):
        valkey.xadd(STREAM, {b"v": b"2", b"b": body})
    turn(Monitor())
    time_of_leases_is_over(valkey)
    readable = frozenset({b"0", b"1", b"2"})
    monkeypatch.setattr(positions, "READABLE", readable)
    monkeypatch.setattr(quarantine, "READABLE", readable)
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2
    assert open_rows("safety.monitor_entry").exists()
    assert valkey.xlen(ASIDE) == 1


def test_a_flood_of_bad_entries_makes_no_flood_of_rows(valkey, rides):
    for _entry in range(200):
        valkey.xadd(STREAM, {b"b": b"\xc1"})
    turn(Monitor())
    assert pending(valkey) == 0
    assert open_rows("safety.monitor_entry").count() == quarantine.ROWS_AT_ONCE + 1
    assert valkey.xlen(ASIDE) == 200


def test_what_was_set_aside_is_fed_back_by_its_key(valkey, rides):
    trip = rides.under_way()
    put(valkey, trip, [(float("nan"), 28.2, 121.0)])
    turn(Monitor())
    key = open_rows("safety.monitor_entry").get().key
    work = retry.of_kind("safety.monitor_entry")
    assert work.again(key) == 1
    assert not open_rows("safety.monitor_entry").exists()
    time_of_leases_is_over(valkey)
    turn(Monitor())  # it is as bad as it was: set aside anew, under its own name
    assert open_rows("safety.monitor_entry").get().key != key
    with pytest.raises(NothingAside):
        work.again(key)


def test_what_still_cannot_be_read_stays_aside(valkey, rides):
    valkey.xadd(STREAM, {b"b": b"\xc1"})
    turn(Monitor())
    row = open_rows("safety.monitor_entry").get()
    with pytest.raises(StillUnreadable):
        retry.of_kind("safety.monitor_entry").again(row.key)
    assert valkey.xlen(ASIDE) == 1
    assert open_rows("safety.monitor_entry").exists()


@pytest.mark.parametrize(
    "ping",
    [(float("nan"), 28.2, 121.0), (1e300, 28.2, 121.0), (1.0e9, float("inf"), 121.0)],
    ids=["no-time", "no-year", "no-place"],
)
def test_a_batch_that_cannot_be_stored_stops_no_other(valkey, rides, ping):
    trips = [rides.under_way("passenger"), rides.under_way("passenger2")]
    now = time.time()
    for _round in range(4):
        for trip in trips:
            put(valkey, trip, [(now, 28.2, 121.0)])
    put(valkey, trips[0], [ping])
    put(valkey, trips[1], [(now + 1, 28.2005, 121.0)])
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trips[1]).latitude == 28.2005
    assert LatestPosition.objects.get(trip=trips[0]).latitude == 28.2
    assert pending(valkey) == 0
    assert open_rows("safety.monitor_entry").count() == 1


def test_a_trip_without_a_way_stops_no_other_and_is_watched_by_the_straight_line(valkey, rides, noon):
    broken, trip = rides.under_way("passenger"), rides.under_way("passenger2")
    Trip.objects.filter(pk=broken.pk).update(planned_route=[], route_source="valhalla")
    noon.shift(3600)
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    found = Monitor()
    turn(found)
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2
    row = open_rows("safety.monitor_trip").get()
    assert (row.key, row.life_safety) == (broken.code, True)
    assert row.needs_person_at
    assert Signal.objects.filter(trip=broken, kind="signal_lost").count() == 2
    with pytest.raises(StillUnwatchable):
        retry.of_kind("safety.monitor_trip").again(broken.code)
    Trip.objects.filter(pk=broken.pk).update(planned_route=trip.planned_route)
    retry.of_kind("safety.monitor_trip").again(broken.code)
    found.refresh.looked = 0.0
    found.step()
    assert not open_rows("safety.monitor_trip").exists()


def test_a_trip_whose_changed_row_cannot_be_watched_keeps_what_is_remembered(valkey, rides, noon):
    trip = rides.under_way()
    found = Monitor()
    turn(found)
    noon.shift(3600)
    found.clocks = time.time(), time.monotonic()
    for party in Party:
        put(valkey, trip, [(time.time(), 28.2127, 121.026)], party)
    found.step()
    Trip.objects.filter(pk=trip.pk).update(planned_route=[], route_source="valhalla")
    found.refresh.looked = 0.0
    found.step()
    found.step()
    assert open_rows("safety.monitor_trip").get().key == trip.code
    assert not found.table.nothing_known(trip.code)
    assert not Signal.objects.filter(kind="signal_lost").exists()


@pytest.mark.parametrize("way", [[[1, 2, 3]], {"a": 1}, ["x"], 5], ids=str)
def test_a_trip_whose_row_cannot_be_read_keeps_its_positions(valkey, rides, way):
    broken, trip = rides.under_way("passenger"), rides.under_way("passenger2")
    Trip.objects.filter(pk=broken.pk).update(planned_route=way, route_source="valhalla")
    for each in (broken, trip):
        put(valkey, each, [(time.time(), 28.2, 121.0)])
    turn(Monitor())
    assert LatestPosition.objects.filter(trip__in=[broken, trip]).count() == 2
    assert open_rows("safety.monitor_trip").get().key == broken.code
    assert pending(valkey) == 0


def test_the_row_of_an_unwatchable_trip_is_closed_when_the_trip_is_over(valkey, rides, people, noon):
    broken = rides.under_way()
    Trip.objects.filter(pk=broken.pk).update(planned_route=[], route_source="valhalla")
    found = Monitor()
    turn(found)
    assert open_rows("safety.monitor_trip").exists()
    end_trip(driver=driver_of(people("driver")), trip_code=broken.code)
    noon.shift(601)  # so long a trip is watched after its end
    found.refresh.looked = -float("inf")
    found.step()
    assert not open_rows("safety.monitor_trip").exists()


@pytest.fixture
def refused():
    """Signals of one trip are refused by the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'refused for a test'; END $$"
        )

    def refuse(trip):
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON safety_signal"
                f" FOR EACH ROW WHEN (NEW.trip_id = {trip.pk}) EXECUTE FUNCTION refuse()"
            )

    def allow():
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER IF EXISTS refuse ON safety_signal")

    yield refuse, allow
    allow()
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse")


def test_a_finding_that_is_refused_stops_no_other_and_is_tried_again(valkey, rides, noon, refused):
    refuse, allow = refused
    first, second = rides.under_way("passenger"), rides.under_way("passenger2")
    refuse(first)
    noon.shift(3600)
    put(valkey, second, [(time.time() - 3000, 28.2, 121.0)])
    found = Monitor()
    turn(found)
    assert Signal.objects.filter(trip=second, kind="signal_lost").count() == 2
    assert pending(valkey) == 0
    rows = open_rows("safety.monitor_finding")
    assert {row.life_safety for row in rows} == {True}
    assert rows.count() == 2
    time_of_leases_is_over(valkey)
    allow()
    turn(Monitor())  # the first one is dead, and with it all that it had in memory
    assert Signal.objects.filter(trip=first, kind="signal_lost").count() == 2
    assert not open_rows("safety.monitor_finding").exists()
    assert not valkey.hlen(found_of(STREAM))


def test_a_refused_finding_is_tried_again_by_the_same_monitor(valkey, rides, noon, refused):
    refuse, allow = refused
    trip = rides.under_way()
    refuse(trip)
    noon.shift(3600)
    found = Monitor()
    turn(found)
    allow()
    began = time.monotonic()
    while open_rows("safety.monitor_finding").exists():
        found.step()
        assert time.monotonic() - began < 60
    assert Signal.objects.filter(trip=trip, kind="signal_lost").count() == 2
    assert not valkey.hlen(found_of(STREAM))


def test_a_person_can_have_a_finding_acted_on(valkey, rides, noon, refused):
    refuse, allow = refused
    trip = rides.under_way()
    refuse(trip)
    noon.shift(3600)
    turn(Monitor())
    allow()
    for row in open_rows("safety.monitor_finding"):
        retry.of_kind(row.kind).again(row.key)
    assert Signal.objects.filter(trip=trip, kind="signal_lost").count() == 2
    assert not valkey.hlen(found_of(STREAM))


def test_what_was_found_and_not_acted_on_outlives_the_monitor_once(valkey, rides, noon, monkeypatch):
    trip = rides.under_way()
    noon.shift(3600)
    monkeypatch.setattr(acting, "ACT_SECONDS", 0.0)  # a mass of findings: the turn's time is over
    put(valkey, trip, [(time.time() - 3000, 28.2, 121.0)])
    turn(Monitor())
    assert (pending(valkey), Signal.objects.count()) == (0, 0)
    time_of_leases_is_over(valkey)
    monkeypatch.undo()
    for _heir in range(2):
        turn(Monitor())
        time_of_leases_is_over(valkey)
    assert Signal.objects.filter(trip=trip, kind="signal_lost").count() == 2
    assert not valkey.hlen(found_of(STREAM))


def test_positions_are_read_while_a_mass_of_findings_waits(valkey, rides, noon, monkeypatch):
    trip = rides.under_way()
    noon.shift(3600)
    monkeypatch.setattr(acting, "ACT_SECONDS", 0.0)
    found = Monitor()
    turn(found)
    put(valkey, trip, [(time.time(), 28.2, 121.0)])
    found.step()
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2
    assert not Signal.objects.exists()
    monkeypatch.undo()
    found.step()
    assert Signal.objects.filter(kind="signal_lost").count() == 2


def test_the_guilty_ones_are_found_and_the_others_done_once():
    done, refused = [], []

    def act(part):
        if 7 in part:
            raise DataError("seven")
        done.extend(part)

    kept = apart(list(range(20)), act, lambda item, _why: refused.append(item))
    assert (sorted(done), refused) == (kept, [7])
    assert kept == [item for item in range(20) if item != 7]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, ProgrammingError, InternalError])
def test_trouble_of_the_database_as_such_is_nobodys_fault(error):
    def act(part):
        raise error("the connection is lost, a column is missing, nothing can be written")

    with pytest.raises(error):
        apart([1], act, lambda *_args: pytest.fail("set aside"))


def test_a_rule_that_raises_for_one_trip_is_told_and_the_others_are_heard(
    valkey, rides, people, noon, monkeypatch
):
    broken, trip = rides.under_way("passenger"), rides.under_way("passenger2")
    noon.shift(3600)
    make = memory._detection

    def raise_for_one(of, rule, *rest):
        if of.code == broken.code and rule.key == "signal_lost":
            raise ZeroDivisionError("for a test")
        return make(of, rule, *rest)

    monkeypatch.setattr(memory, "_detection", raise_for_one)
    found = Monitor()
    turn(found)
    assert Signal.objects.filter(trip=trip, kind="signal_lost").count() == 2
    row = open_rows("safety.monitor_rules").get()
    assert (row.key, row.subject, row.life_safety) == (f"signal_lost/{broken.code}", broken.code, True)
    monkeypatch.undo()
    end_trip(driver=driver_of(people("driver")), trip_code=broken.code)
    noon.shift(601)  # so long a trip is watched after its end
    found.refresh.looked = -float("inf")
    found.step()
    assert not open_rows("safety.monitor_rules").exists()


def test_a_rule_that_raises_at_the_clock_is_told_until_it_does_not(valkey, rides, noon, monkeypatch):
    trip = rides.under_way()
    noon.shift(3600)
    whole = program.tick

    def fail(*arguments):
        raise ZeroDivisionError("for a test")

    found = Monitor()
    found.prepare()
    monkeypatch.setattr(program, "tick", fail)
    put(valkey, trip, [(time.time() - 3000, 28.2, 121.0)])
    found.step()
    assert LatestPosition.objects.get(trip=trip).latitude == 28.2
    assert f"tick/{STREAM}" in {row.key for row in open_rows("safety.monitor_rules")}
    monkeypatch.setattr(program, "tick", whole)
    found.step()
    assert not open_rows("safety.monitor_rules").exists()
    assert Signal.objects.filter(kind="signal_lost").exists()


def test_a_trip_that_a_rule_raises_for_at_the_clock_is_told_until_it_does_not(valkey, rides, noon):
    broken, trip = rides.under_way("passenger"), rides.under_way("passenger2")
    found = Monitor()
    turn(found)
    found.table._trip[found.table._rows[broken.code], CLOSENESS] = 0.0
    noon.shift(3600)
    found.clocks = time.time(), time.monotonic()
    found.step()
    assert Signal.objects.filter(trip=trip, kind="signal_lost").count() == 2
    row = open_rows("safety.monitor_rules").get()
    assert (row.key, row.subject) == (f"tick/{broken.code}", broken.code)
    found.table._trip[found.table._rows[broken.code], CLOSENESS] = 1.0
    found.step()
    assert Signal.objects.filter(trip=broken, kind="signal_lost").count() == 2
    assert not open_rows("safety.monitor_rules").exists()


def test_a_flood_of_entries_of_a_release_to_come_is_fed_back_whole(valkey, rides, monkeypatch):
    """More than have rows of their own, behind others that are bad: in a turn in which all rows are taken."""
    trip = rides.under_way()
    now = time.time()
    for number in range(quarantine.ROWS_AT_ONCE + 10):
        valkey.xadd(STREAM, {b"b": b"\xc1"})
        for version in (b"2", b"3"):
            batch = StoredBatch(trip.code, Party.DRIVER, False, [(now + number, 28.2, 121.0)])
            valkey.xadd(STREAM, {b"v": version, b"b": positions._pack([batch])})
    valkey.xadd(STREAM, {b"v": b"4", b"b": b"stays"})
    turn(Monitor())
    time_of_leases_is_over(valkey)
    readable = frozenset({b"0", b"1", b"2", b"3"})
    monkeypatch.setattr(positions, "READABLE", readable)
    monkeypatch.setattr(quarantine, "READABLE", readable)
    turn(Monitor())
    assert LatestPosition.objects.get(trip=trip).at.timestamp() == pytest.approx(
        now + quarantine.ROWS_AT_ONCE + 9, abs=0.01
    )
    assert valkey.xlen(ASIDE) == quarantine.ROWS_AT_ONCE + 11
    keys = set(open_rows("safety.monitor_entry").values_list("key", flat=True))
    assert not {f"{STREAM}/version 2", f"{STREAM}/version 3"} & keys
    assert f"{STREAM}/more" in keys  # the others that share it are as bad as they were


def test_rows_of_trips_that_ended_while_nobody_watched_are_closed(valkey, rides, people, noon, monkeypatch):
    broken, trip = rides.under_way("passenger"), rides.under_way("passenger2")
    Trip.objects.filter(pk=broken.pk).update(planned_route=[], route_source="valhalla")
    noon.shift(3600)
    found = Monitor()
    found.prepare()
    monkeypatch.setattr(memory, "_detection", lambda *_args: 1 / 0)
    found.step()
    assert open_rows("safety.monitor_trip").count() == 1
    assert open_rows("safety.monitor_rules").count() == 2
    monkeypatch.undo()
    end_trip(driver=driver_of(people("driver")), trip_code=broken.code)
    noon.shift(601)
    time_of_leases_is_over(valkey)
    turn(Monitor())
    assert not open_rows("safety.monitor_trip").exists()
    subjects = set(open_rows("safety.monitor_rules").values_list("subject", flat=True))
    assert subjects == {trip.code}  # it is watched still: what was not said of it stays unsaid
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    SafetyQuestion.objects.all().delete()  # what was asked meanwhile would go on being followed
    Incident.objects.all().delete()
    noon.shift(601)
    time_of_leases_is_over(valkey)
    turn(Monitor())
    assert not open_rows("safety.monitor_rules").exists()


def test_rows_of_what_is_well_again_are_closed_by_the_next_monitor(valkey, rides, noon, monkeypatch):
    broken = rides.under_way()
    Trip.objects.filter(pk=broken.pk).update(planned_route=[], route_source="valhalla")
    found = Monitor()
    found.prepare()
    monkeypatch.setattr(program, "tick", lambda *_args: 1 / 0)
    found.step()
    assert open_rows("safety.monitor_trip").count() == 1
    assert f"tick/{STREAM}" in {row.key for row in open_rows("safety.monitor_rules")}
    monkeypatch.undo()
    Trip.objects.filter(pk=broken.pk).update(planned_route=[[28.2, 121.0], [28.1, 120.7]])
    time_of_leases_is_over(valkey)
    turn(Monitor())
    assert not open_rows("safety.monitor_trip").exists()
    assert not open_rows("safety.monitor_rules").exists()
