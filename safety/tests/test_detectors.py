"""What the monitor sees in positions: pure functions, so that each rule can be walked step by step."""

from datetime import UTC, datetime

import pytest

from rides.selectors import WatchedTrip
from rides.states import Party, TripState
from rides.trails import Fix
from safety.detectors import Finding, Limits, Meeting, TravelTogether, Watch
from safety.states import SignalKind

START = 1_535_086_800.0
LIMITS = Limits(silence=60, silence_away=180, off_route_metres=500, off_route_seconds=30)
NORTH = 1 / 111_195  # degrees of latitude in a metre


def watch(state, *, met=False, source="valhalla"):
    trip = WatchedTrip(
        pk=1,
        code="T-1",
        state=state,
        driver_state_since=datetime.fromtimestamp(START, tz=UTC),
        route=[(28.0, 121.0), (28.1, 121.0)],
        route_source=source,
        destination=(28.1, 121.0),
        cancelled_at=None,
        met=met,
    )
    return Watch(trip)


def walk(found, party, fixes):
    """All that is seen on a way of (seconds, metres north of 28.0, metres east of 121.0)."""
    east = NORTH / 0.8829  # a metre of longitude at 28 degrees
    return [
        seen
        for second, north, right in fixes
        for seen in found.observe(
            party, Fix(START + second, 28.0 + north * NORTH, 121.0 + right * east), LIMITS
        )
    ]


def test_on_the_way_nothing_is_said():
    assert (
        walk(watch(TripState.IN_PROGRESS), Party.DRIVER, [(t, t * 20, 100) for t in range(0, 400, 5)]) == []
    )


def test_off_the_way_for_long_enough_is_a_finding():
    seen = walk(watch(TripState.IN_PROGRESS), Party.DRIVER, [(t, 1000, 900) for t in range(0, 40, 5)])
    assert {each.kind for each in seen} == {SignalKind.OFF_ROUTE}


def test_off_the_way_for_a_moment_is_none():
    way = [(0, 1000, 900), (20, 1000, 900), (25, 1000, 10), (30, 1000, 900), (55, 1000, 900)]
    assert walk(watch(TripState.IN_PROGRESS), Party.DRIVER, way) == []


def test_where_no_router_drew_the_way_the_corridor_is_wide():
    way = [(t, 5000, 900) for t in range(0, 100, 5)]
    assert walk(watch(TripState.IN_PROGRESS, source="great_circle"), Party.DRIVER, way) == []


def test_a_repeated_or_older_position_changes_nothing():
    found = watch(TripState.IN_PROGRESS)
    walk(found, Party.DRIVER, [(100, 0, 0)])
    assert walk(found, Party.DRIVER, [(100, 0, 5000), (50, 0, 5000)]) == []
    assert found.last[Party.DRIVER].at == START + 100


@pytest.mark.parametrize(
    ("silent", "away", "parties"), [(59, False, 0), (61, False, 2), (61, True, 1), (181, True, 2)]
)
def test_silence_is_a_finding_after_its_time(silent, away, parties):
    found = watch(TripState.IN_PROGRESS)
    found.away[Party.PASSENGER] = away
    assert len(list(found.tick(START + silent, LIMITS))) == parties


def test_nobody_asks_a_phone_before_boarding():
    assert list(watch(TripState.ACCEPTED).tick(START + 9999, LIMITS)) == []


def test_phones_that_meet_and_travel_together_without_a_code_are_boarded():
    found = watch(TripState.ARRIVED)
    seen = []
    for step in range(10):
        seen += walk(found, Party.PASSENGER, [(step * 10, step * 100, 0)])
        seen += walk(found, Party.DRIVER, [(step * 10, step * 100, 20)])
    assert isinstance(seen[0], Meeting)
    assert any(isinstance(each, TravelTogether) for each in seen)


def test_phones_that_pass_each_other_are_not_boarded():
    found = watch(TripState.ARRIVED)
    seen = walk(found, Party.PASSENGER, [(0, 0, 0)]) + walk(found, Party.DRIVER, [(0, 0, 20), (60, 2000, 20)])
    seen += walk(found, Party.PASSENGER, [(60, 0, 0)])
    assert [type(each) for each in seen] == [Meeting]


def test_two_phones_that_move_on_together_after_a_cancel():
    found = watch(TripState.CANCELLED, met=True)
    seen = []
    for step in range(5):
        seen += walk(found, Party.PASSENGER, [(step * 10, step * 100, 0)])
        seen += walk(found, Party.DRIVER, [(step * 10, step * 100, 20)])
    assert {each.kind for each in seen} == {SignalKind.MOVING_AFTER_CANCEL}


def test_a_silent_phone_is_no_proof_that_she_left():
    found = watch(TripState.CANCELLED, met=True)
    walk(found, Party.PASSENGER, [(0, 0, 0)])
    seen = walk(found, Party.DRIVER, [(0, 0, 0), (100, 900, 0), (120, 1100, 0)])
    assert [type(each) for each in seen] == [Finding]
    assert "silent" in seen[0].why


def test_a_phone_that_stays_at_the_kerb_is_fine():
    found = watch(TripState.CANCELLED, met=True)
    seen = []
    for step in range(20):
        seen += walk(found, Party.PASSENGER, [(step * 10, 0, 0)])
        seen += walk(found, Party.DRIVER, [(step * 10, step * 150, 0)])
    assert seen == []
