"""Positions and trails (R9): coordinate systems, batches, duplicates and late ones, months and their end."""

import json
import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOON
from core import clock, policy
from core.models import PolicyVersion
from core.tests.factories import set_policy
from drivers.selectors import driver_of
from rides import partitions, services
from rides.coordinates import Crs, bd09, gcj02, to_wgs84
from rides.dispatch import cell
from rides.errors import MalformedBatch, PositionTooOld
from rides.geometry import distance
from rides.models import DriverOnDuty, LatestPosition, TrailMinute
from rides.policies import TRAIL_KEPT
from rides.positions import entry_of, read_batch, read_stored
from rides.selectors import believed_trail_of, duty_key, duty_of, trail_of
from rides.services import PhoneFixes
from rides.states import Party
from rides.tests.factories import go_on_duty
from rides.tokens import TripKey, read_key
from rides.trails import Fix, pack, unpack

# Known pairs: Tiananmen as published beside the formulas (EvilTransform's test vectors), to a metre or so.
TIANANMEN = (39.90734, 116.39089)


@given(st.floats(18.2, 53.5), st.floats(73.6, 134.7))
def test_both_systems_come_back_to_the_same_point(latitude, longitude):
    for there, crs in ((gcj02, Crs.GCJ02), (bd09, Crs.BD09)):
        back = to_wgs84(crs, *there(latitude, longitude))
        assert distance(back, (latitude, longitude)) < (0.01 if crs == Crs.GCJ02 else 1.0)


def test_the_shift_is_that_of_chinas_maps():
    shifted = gcj02(*TIANANMEN)
    assert 500 < distance(shifted, TIANANMEN) < 600
    assert shifted == pytest.approx((39.90874, 116.39713), abs=2e-5)
    assert bd09(*TIANANMEN) == pytest.approx((39.91510, 116.40350), abs=3e-4)


def test_abroad_nothing_is_shifted():
    helsinki = (60.17, 24.94)
    assert to_wgs84(Crs.GCJ02, *helsinki) == helsinki


def batch(crs, *pings):
    return msgspec.json.encode({"crs": crs, "pings": [dict(zip(("at", "lat", "lon"), ping, strict=True)) for ping in pings]})  # fmt: skip


@pytest.mark.parametrize("hours", [-30, -3, 3, 30])
def test_a_phone_whose_clock_is_hours_off_is_put_right_by_its_own_word(hours, noon):
    now, key = clock.timestamp(), TripKey("T", Party.DRIVER, "wenzhou")
    theirs = now + hours * 3600
    body = {"crs": "WGS84", "now": theirs, "pings": [{"at": theirs - 10, "lat": 28.2, "lon": 121.0}]}
    stored = read_batch(msgspec.json.encode(body), key).stored
    assert stored.pings[0][0] == pytest.approx(now - 10, abs=2)


def test_a_batch_is_kept_as_wgs84_whatever_it_came_in(db):
    here, now = (28.2127, 121.0260), clock.timestamp()
    key = TripKey("T", Party.DRIVER, "wenzhou")
    for crs, point in (("WGS84", here), ("GCJ02", gcj02(*here)), ("BD09", bd09(*here))):
        stored = read_batch(batch(crs, (now, *point)), key).stored
        _at, latitude, longitude = stored.pings[0]
        assert distance((latitude, longitude), here) < 1.0, crs


def store(trip, *fixes, party=Party.DRIVER, away=False):
    services.store_positions([PhoneFixes(trip.pk, party, list(fixes), away)])


def test_duplicates_and_late_ones_find_their_minute(rides):
    trip, start = rides.accepted(), NOON.timestamp()
    fixes = [Fix(start + second, 28.2 + second * 1e-5, 121.0) for second in range(0, 180, 10)]
    store(trip, *fixes[6:])
    store(trip, *fixes[:6])  # late: the minute before
    store(trip, *fixes)  # the same again
    assert [round(fix.at - start) for fix in trail_of(trip, Party.DRIVER)] == list(range(0, 180, 10))
    assert TrailMinute.objects.count() == 3
    assert LatestPosition.objects.get().at.timestamp() == start + 170


def test_at_most_one_row_per_trip_phone_and_minute(rides):
    trip = rides.accepted()
    store(trip, Fix(NOON.timestamp(), 28.2, 121.0))
    row = TrailMinute.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        TrailMinute.objects.bulk_create([row])


def months_of_rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, count(*) FROM rides_trail GROUP BY 1 ORDER BY 1")
        return dict(cursor.fetchall())


def immediately():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit


def test_months_are_made_ahead(db):
    for at, months in (
        (datetime(2031, 1, 1, 0, 5, tzinfo=UTC), {"2030_12", "2031_01", "2031_02", "2031_03"}),
        (datetime(2032, 11, 30, 23, 59, tzinfo=UTC), {"2032_11", "2032_12", "2033_01"}),
    ):
        partitions.ensure_months(at=at)
        assert {f"rides_trail_{month}" for month in months} <= set(partitions.months())
        assert partitions.ensure_months(at=at) == 0


def test_a_month_that_was_not_made_loses_no_position(rides):
    trip = rides.accepted()
    minutes = [datetime(2031, 5, 31, 23, 59, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)]
    for minute in minutes:
        store(trip, Fix(minute.timestamp(), 28.2, 121.0))
    assert months_of_rows() == {"rides_trail_rest": 2}
    immediately()
    partitions.ensure_month(2031, 6)
    assert months_of_rows() == {"rides_trail_2031_06": 1, "rides_trail_rest": 1}
    assert [fix.at for fix in trail_of(trip, Party.DRIVER)] == [minute.timestamp() for minute in minutes]


def test_a_month_that_was_made_has_its_own_rows(rides):
    trip = rides.accepted()
    for month in (1, 2, 12):
        partitions.ensure_month(2026, month)
        store(trip, Fix(datetime(2026, month, 1, tzinfo=UTC).timestamp(), 28.2, 121.0))
        store(trip, Fix(datetime(2026, month, 28, 23, 59, 59, tzinfo=UTC).timestamp(), 28.2, 121.0))
        immediately()
    assert months_of_rows() == {f"rides_trail_2026_{month}": 2 for month in ("01", "02", "12")}


def test_months_past_their_time_are_dropped_and_no_others(rides):
    trip = rides.accepted()
    partitions.ensure_month(2022, 3)
    for year in (2020, 2022, 2026):  # one in the partition for all other months
        store(trip, Fix(datetime(year, 3, 2, tzinfo=UTC).timestamp(), 28.2, 121.0))
    immediately()
    assert partitions.drop_expired(at=NOON) == 2  # three years by default
    assert [fix.at for fix in trail_of(trip, Party.DRIVER)] == [datetime(2026, 3, 2, tzinfo=UTC).timestamp()]
    assert partitions.drop_expired(at=NOON) == 0


def test_no_policy_destroys_what_the_law_keeps(rides):
    trip = rides.accepted()
    with pytest.raises(policy.PolicyValueRefused):  # no service writes it
        set_policy(TRAIL_KEPT, 30)
    PolicyVersion.objects.create(  # and a row that is written by hand is not heard
        key=TRAIL_KEPT.key, number=1, value=30, effective_from=NOON - timedelta(days=1), proposed_by="a",
        approved_by="b",
    )  # fmt: skip
    store(trip, Fix(datetime(2025, 3, 2, tzinfo=UTC).timestamp(), 28.2, 121.0))
    assert partitions.drop_expired(at=NOON) == 0
    with connection.cursor() as cursor:  # nor whoever calls the database's function
        cursor.execute("SELECT rides_trail_expire('2200-01-01', '{}')")
        assert cursor.fetchone() == (0,)


def test_who_waits_for_orders_posts_positions_by_a_key_that_opens_no_trip(people, noon):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2127, 121.0260))
    key = read_key(duty_key(duty_of(driver)))
    assert key.trip == "duty:driver"
    services.store_duty_positions({"driver": Fix(NOON.timestamp() + 5, 28.25, 121.0)})
    services.store_duty_positions({"driver": Fix(NOON.timestamp() + 1, 28.30, 121.0)})  # late: not the newest
    row = DriverOnDuty.objects.get()
    assert (row.latitude, row.cell) == (28.25, cell((28.25, 121.0)))
    services.go_off_duty(driver=driver)
    services.store_duty_positions({"driver": Fix(NOON.timestamp() + 9, 28.4, 121.0)})
    assert not DriverOnDuty.objects.exists()


def test_a_trip_of_a_day_takes_little_room(rides):
    """One row per minute, six bytes per position and a small head."""
    trip, start = rides.accepted(), NOON.timestamp()
    store(trip, *[Fix(start + second, 28.2, 121.0 + second * 1e-5) for second in range(0, 3600, 5)])
    rows = TrailMinute.objects.values_list("packed", flat=True)
    assert len(rows) == 60
    assert math.isclose(sum(len(row) for row in rows) / 720, 6)


# --- one bad position spoils itself alone ---

WAY = [(2 + 4 * step, 28.2 + 0.0004 * step, 121.02 - 0.0004 * step) for step in range(14)]


def post(*pings, now=None, crs="WGS84"):
    body = {"crs": crs, "pings": list(pings)} | ({} if now is None else {"now": now})
    return read_batch(json.dumps(body).encode(), TripKey("T", Party.DRIVER, "wenzhou"))


def ping(at, lat=28.2, lon=121.0, **more):
    return {"at": at, "lat": lat, "lon": lon, **more}


@pytest.mark.parametrize("place", [0, 7, 13])
def test_a_bad_position_does_not_erase_its_minute(rides, place):
    trip, minute = rides.accepted(), NOON.timestamp()
    at = WAY[place][0] - 1.5
    store(trip, *[Fix(minute + second, lat, lon) for second, lat, lon in WAY], Fix(minute + at, 0.0, 0.0))
    found = trail_of(trip, Party.DRIVER)
    assert len(found) == 15
    assert Fix(minute + at, 0.0, 0.0) in found
    believed = believed_trail_of(trip, Party.DRIVER)
    assert [round(fix.at - minute) for fix in believed] == [second for second, *_where in WAY]
    assert LatestPosition.objects.get().latitude == WAY[-1][1]


def test_positions_of_a_minute_in_several_batches_keep_each_other(rides):
    trip, minute = rides.accepted(), NOON.timestamp()
    store(trip, Fix(minute + 0.5, 0.0, 0.0))
    assert not LatestPosition.objects.exists()  # nobody is shown where no car is
    for second, lat, lon in WAY:
        store(trip, Fix(minute + second, lat, lon, accuracy=8.0, speed=12.5))
    assert len(trail_of(trip, Party.DRIVER)) == 15
    row = LatestPosition.objects.get()
    assert (row.latitude, row.accuracy, row.speed) == (WAY[-1][1], 8.0, 12.5)


def test_a_spike_is_not_where_the_car_is(rides):
    trip, minute = rides.accepted(), NOON.timestamp()
    store(trip, *[Fix(minute + second, lat, lon) for second, lat, lon in WAY[:7]])
    store(trip, Fix(minute + 30, 28.2, 121.1))  # 8 km away
    assert LatestPosition.objects.get().longitude == WAY[6][2]
    store(trip, *[Fix(minute + second, lat, lon) for second, lat, lon in WAY[7:]])
    assert LatestPosition.objects.get().longitude == WAY[-1][2]


def test_a_phone_that_is_elsewhere_and_says_so_again_is_believed(rides):
    trip, minute = rides.accepted(), NOON.timestamp()
    store(trip, Fix(minute, 30.2, 120.2))  # another city, out of the phone's memory
    store(trip, Fix(minute + 5, 28.2, 121.02))
    store(trip, Fix(minute + 10, 28.2003, 121.02))
    assert LatestPosition.objects.get().latitude == 28.2003


def test_accuracy_is_kept_with_each_position(rides):
    trip, minute = rides.accepted(), NOON.timestamp()
    told = [None, 1.0, 5.0, 30.0, 100.0, 1500.0, 50_000.0]
    fixes = [Fix(minute + 5 * n, 28.2, 121.0, accuracy=each) for n, each in enumerate(told)]
    store(trip, *fixes, Fix(minute + 50, 35.0, 110.0, accuracy=65.0))
    found = [fix.accuracy for fix in trail_of(trip, Party.DRIVER)]
    assert found[0] is None
    assert found[1:] == pytest.approx([*told[1:], 65.0], rel=0.03)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ping(-619_315_200.0), "position_too_old"),
        (ping(86_400.0), "position_from_future"),
        (ping(100.0), "position_from_future"),
        (ping(-1.0, lat=91), "position_out_of_range"),
        (ping(-1.0, lon=1e9), "position_out_of_range"),
        (ping(-1.0, lat=float("nan")), "position_unreadable"),
        (ping(float("inf")), "position_unreadable"),
        ({"at": None, "lat": 28.2, "lon": 121.0}, "position_unreadable"),
        ({"lat": 28.2}, "position_unreadable"),
        ("here", "position_unreadable"),
    ],
)
@pytest.mark.parametrize("says_now", [True, False])
@pytest.mark.parametrize("place", [0, 10])
def test_one_bad_position_refuses_no_batch(bad, reason, says_now, place, noon):
    now = clock.timestamp()
    if isinstance(bad, dict) and isinstance(bad.get("at"), float):
        bad = bad | {"at": now + bad["at"]}
    good = [ping(now - 10 + second) for second in range(10)]
    found = post(*good[:place], bad, *good[place:], now=now if says_now else None)
    assert [fix.at for fix in found.stored.fixes()] == pytest.approx([each["at"] for each in good], abs=0.5)
    assert found.aside == [(place, reason)]


def test_a_batch_of_nothing_that_can_be_taken_is_refused_with_its_reason():
    with pytest.raises(PositionTooOld):
        post(ping(1.0), ping(2.0))
    for none in ({"at": "x"}, "here"):
        with pytest.raises(MalformedBatch):
            post(none)


def test_accuracy_and_speed_travel_with_each_position(noon):
    now = clock.timestamp()
    found = post(
        ping(now - 3, accuracy=12.0, speed=8.5),
        ping(now - 2),
        ping(now - 1, accuracy=5000, speed=None),
        now=now,
    )
    assert [(fix.accuracy, fix.speed) for fix in found.stored.fixes()] == [
        (12.0, 8.5),
        (None, None),
        (5000.0, None),
    ]
    (again,), bad = read_stored(entry_of([found.stored]))
    assert (again, bad) == (found.stored, [])
    assert [each[3] for each in again.measured()] == [12.0, 0.0, 5000.0]
    odd = post(ping(now - 1, accuracy=-3, speed=-1), ping(now, accuracy=1e300, speed=1e300), now=now)
    assert [(fix.accuracy, fix.speed) for fix in odd.stored.fixes()] == [(None, None)] * 2


@pytest.mark.parametrize("ahead", [0.5, 20, 110, 600, -600, -86_400 * 400])
def test_a_clock_that_is_set_within_a_trip_costs_nothing(ahead, noon):
    """The page measures ages by a clock that nobody sets, and says what the other one shows when it sends."""
    now = clock.timestamp()
    theirs = now + ahead
    found = post(*[ping(theirs - age) for age in (20, 10, 0)], now=theirs)
    assert [fix.at for fix in found.stored.fixes()] == pytest.approx([now - 20, now - 10, now], abs=1)
    assert found.aside == []


def test_a_phone_that_is_ahead_and_does_not_say_so_is_not_from_the_future(noon):
    """What comes after it would be called older until our clock has reached it."""
    now = clock.timestamp()
    found = post(*[ping(now + 110 - age) for age in (20, 10, 0)])
    assert [fix.at for fix in found.stored.fixes()] == pytest.approx([now - 20, now - 10, now], abs=1)


fixes_of_a_minute = st.lists(
    st.tuples(st.floats(0, 59.9), st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=30
)


@given(fixes_of_a_minute)
def test_a_minute_keeps_all_that_it_was_given(found):
    minute = NOON.timestamp()
    fixes = {int(2 * (minute + at)): Fix(minute + at, lat, lon) for at, lat, lon in found}
    back = unpack(pack(fixes.values()))
    assert len(back) == len(fixes)
    for fix, kept in zip(sorted(fixes.values()), back, strict=True):
        assert kept.at == pytest.approx(fix.at, abs=0.001)
        assert kept.point == pytest.approx(fix.point, abs=1.1e-5)
