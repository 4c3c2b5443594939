"""Positions and trails (R9): coordinate systems, batches, duplicates and late ones, months and their end."""

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
from rides.geometry import distance
from rides.models import DriverOnDuty, LatestPosition, TrailMinute
from rides.policies import TRAIL_KEPT
from rides.positions import read_batch
from rides.selectors import duty_key, duty_of, trail_of
from rides.services import PhoneFixes
from rides.states import Party
from rides.tests.factories import go_on_duty
from rides.tokens import TripKey, read_key
from rides.trails import Fix

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
def test_a_phone_whose_clock_is_hours_off_is_put_right_by_its_own_word(hours):
    now, key = clock.timestamp(), TripKey("T", Party.DRIVER, "wenzhou")
    theirs = now + hours * 3600
    body = {"crs": "WGS84", "now": theirs, "pings": [{"at": theirs - 10, "lat": 28.2, "lon": 121.0}]}
    stored = read_batch(msgspec.json.encode(body), key)
    assert stored.pings[0][0] == pytest.approx(now - 10, abs=2)


def test_a_batch_is_kept_as_wgs84_whatever_it_came_in(db):
    here, now = (28.2127, 121.0260), clock.timestamp()
    key = TripKey("T", Party.DRIVER, "wenzhou")
    for crs, point in (("WGS84", here), ("GCJ02", gcj02(*here)), ("BD09", bd09(*here))):
        stored = read_batch(batch(crs, (now, *point)), key)
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


def test_a_month_has_its_partition_before_its_first_row(rides):
    trip = rides.accepted()
    for month in (1, 2, 12):
        store(trip, Fix(datetime(2026, month, 1, tzinfo=UTC).timestamp(), 28.2, 121.0))
        store(trip, Fix(datetime(2026, month, 28, 23, 59, 59, tzinfo=UTC).timestamp(), 28.2, 121.0))
    assert {"rides_trail_2026_01", "rides_trail_2026_02", "rides_trail_2026_12"} <= set(partitions.months())
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, count(*) FROM rides_trail GROUP BY 1 ORDER BY 1")
        assert dict(cursor.fetchall()) == {
            "rides_trail_2026_01": 2,
            "rides_trail_2026_02": 2,
            "rides_trail_2026_12": 2,
        }


def test_months_past_their_time_are_dropped_and_no_others(rides):
    trip = rides.accepted()
    for year in (2020, 2022, 2026):
        store(trip, Fix(datetime(year, 3, 2, tzinfo=UTC).timestamp(), 28.2, 121.0))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit
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
        cursor.execute("SELECT rides_trail_expire('2200-01-01')")
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
