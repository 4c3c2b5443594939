"""What the monitor sees in positions: each rule walked step by step, through the compiled detectors."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from rides.geometry import place_on_route
from rides.positions import shard_stream
from rides.selectors import WatchedTrip
from rides.states import Line, Party, TripState
from safety.monitor.memory import MEETING, TOGETHER, Limits, WatchTable
from safety.monitor.plane import project
from safety.monitor.program import distance_to_way
from safety.monitor.rules import RULES
from safety.monitor.rules.signal_lost import SILENCE
from safety.sentences import why
from safety.states import SignalKind

START = 1_535_086_800.0  # 2018-08-24 13:00 in Wenzhou
LIMITS = Limits(
    silence=60,
    silence_away=180,
    off_route_metres=500,
    off_route_seconds=30,
    stop_seconds=300,
    stop_metres=100,
    away_metres=900,
    away_share=0.15,
    overlong_factor=2,
    overlong_seconds=1200,
    remote_metres=3000,
    night_from=22 * 3600,
    night_to=6 * 3600,
    straight_least_metres=3000,
    straight_share=0.75,
    closer_watch=2,
    meeting_metres=100,
    meeting_seconds=90,
    together_metres=200,
    travelled_metres=500,
    after_cancel_metres=300,
    alone_after_cancel_metres=1000,
    after_end_metres=1000,
    leaving_metres=1000,
    coarse_metres=100,
    coarse_seconds=300,
    fastest=70,
    crash_speed=8,
    crash_fall=5,
    crash_braking=3.0,
    crash_stands=60,
)
NORTH = 1 / 111_195  # degrees of latitude in a metre
EAST = NORTH / 0.8829  # a metre of longitude at 28 degrees


@pytest.fixture(autouse=True)
def declared_policies(monkeypatch):
    """No database: the declared curfew holds."""
    from core import policy

    monkeypatch.setattr(policy, "value", lambda by, at=None: by.default)


def trip(state=TripState.IN_PROGRESS, **changes):
    usual = WatchedTrip(
        pk=1,
        code="T-1",
        city="wenzhou",
        line=Line.HITCH,
        state=state,
        driver_state_since=datetime.fromtimestamp(START, tz=UTC),
        route=[(28.0, 121.0), (28.1, 121.0)],
        route_source="valhalla",
        origin=(28.0, 121.0),
        destination=(28.1, 121.0),
        cancelled_at=None,
        met=False,
        planned_seconds=1000,
        places=((28.0, 121.0), (28.1, 121.0)),
    )
    return replace(usual, **changes)


def watch(*args, **changes):
    found = WatchTable(LIMITS)
    assert found.put([trip(*args, **changes)], {}) == {}
    return found


def pings(way):
    """Positions of (seconds, metres north of 28.0, metres east of 121.0, and its accuracy in metres where known)."""
    return [
        (START + second, 28.0 + north * NORTH, 121.0 + east * EAST, *(accuracy or [0.0]))
        for second, north, east, *accuracy in way
    ]


def walk(found, party, way):
    return [seen for _code, seen in found.observe([("T-1", party, False, pings(way))])]


def kinds(seen):
    return [(each.kind, each.detail) for each in seen if each.kind]


def ticked(found, seconds):
    return kinds(seen for _code, seen in found.tick({shard_stream("wenzhou"): START + seconds}))


def lost(seen):
    """Whose phones, where nothing else was found."""
    assert {kind for kind, _detail in seen} <= {SignalKind.SIGNAL_LOST}
    return [detail.split("/")[0] for _kind, detail in seen]


def test_on_the_way_nothing_is_said():
    found = watch()
    assert walk(found, Party.DRIVER, [(t, t * 20, 100) for t in range(0, 400, 5)]) == []


def test_off_the_way_for_long_enough_is_a_finding_once():
    found = watch()
    seen = walk(found, Party.DRIVER, [(t, 1000, 700) for t in range(0, 90, 5)])
    assert kinds(seen) == [(SignalKind.OFF_ROUTE, "")]
    assert seen[0].at == START + 30


def test_off_the_way_for_a_moment_is_none():
    way = [(0, 1000, 700), (20, 1000, 700), (30, 1000, 10), (40, 1000, 700), (65, 1000, 700)]
    assert walk(watch(), Party.DRIVER, way) == []


def test_where_no_router_drew_the_way_the_corridor_is_wide():
    way = [(t, 5000, 900) for t in range(0, 100, 5)]
    assert walk(watch(route_source="great_circle"), Party.DRIVER, way) == []


def test_driving_back_on_the_planned_way_is_driving_away():
    way = [(t, 5000 - t * 11, 0) for t in range(0, 400, 5)]
    seen = kinds(walk(watch(), Party.DRIVER, way))
    assert seen == [(SignalKind.OFF_ROUTE, "away")]


def test_a_planned_way_that_leads_away_first_is_no_signal():
    bend = [(28.0, 121.0), (27.95, 121.0), (27.95, 121.05), (28.1, 121.05), (28.1, 121.0)]
    way = [(t, -t * 20, 0) for t in range(0, 260, 5)]
    assert walk(watch(route=bend), Party.DRIVER, way) == []


def test_a_suspended_line_is_held_to_half():
    way = [(t, 1000, 300) for t in range(0, 60, 5)]
    assert walk(watch(), Party.DRIVER, way) == []
    assert kinds(walk(watch(closer=True), Party.DRIVER, way)) == [(SignalKind.OFF_ROUTE, "")]


def test_a_long_stop_is_said_once_and_the_next_one_again():
    found = watch()
    stand = [(t, 2000, (t % 3) * 10) for t in range(0, 700, 10)]
    first = kinds(walk(found, Party.DRIVER, stand))
    again = kinds(walk(found, Party.DRIVER, [(t, 4000, 0) for t in range(720, 1100, 10)]))
    assert [kind for kind, _detail in first + again] == [SignalKind.LONG_STOP] * 2
    assert first != again


def test_a_wait_at_lights_is_no_stop():
    way = [(t, 2000, 0) for t in range(0, 215, 5)] + [(220, 2300, 0)]
    assert walk(watch(), Party.DRIVER, way) == []


def test_a_repeated_or_older_position_changes_nothing():
    found = watch()
    walk(found, Party.DRIVER, [(100, 0, 0)])
    before = found.saved("T-1")
    assert walk(found, Party.DRIVER, [(100, 0, 5000), (50, 0, 5000)]) == []
    assert found.saved("T-1") == before


def test_positions_out_of_order_within_a_batch_are_taken_by_time():
    found, other = watch(), watch()
    way = [(t, t * 20, 0) for t in range(0, 100, 5)]
    walk(found, Party.DRIVER, way)
    walk(other, Party.DRIVER, way[::-1])
    assert found.saved("T-1") == other.saved("T-1")


def test_a_silent_phone_is_found_by_the_clock_and_once():
    found = watch()
    walk(found, Party.DRIVER, [(0, 0, 0)])
    assert ticked(found, 60) == []
    assert lost(ticked(found, 61)) == ["passenger", "driver"]
    assert ticked(found, 62) == []


def test_each_silence_of_a_phone_is_another_one():
    """What she called fine in a tunnel is not what it means when her phone is switched off later."""
    found = watch()
    walk(found, Party.DRIVER, [(0, 0, 0)])
    walk(found, Party.PASSENGER, [(0, 0, 0)])
    first = [each for each in ticked(found, 61) if each[1].startswith("passenger")]
    walk(found, Party.PASSENGER, [(700, 200, 0)])
    assert ticked(found, 760) == []
    second = [each for each in ticked(found, 761) if each[1].startswith("passenger")]
    assert len(first) == len(second) == 1
    assert first != second
    assert ticked(found, 900) == []


def coarse(seconds, metres=150.0):
    return [(second, second * 10, 0, metres) for second in seconds]


def test_a_phone_whose_positions_are_too_coarse_to_watch_is_told_of():
    found = watch()
    said = []
    for second in range(0, 400, 20):
        for party in Party:
            assert walk(found, party, coarse([second])) == []
        said += ticked(found, second)
        if second == 300:
            assert said == []
    assert [(kind, detail.split("/")[0]) for kind, detail in said] == [
        (SignalKind.TOO_COARSE, "passenger"),
        (SignalKind.TOO_COARSE, "driver"),
    ]


def test_one_good_position_among_coarse_ones_is_watched():
    found = watch()
    for second in range(0, 900, 20):
        for party in Party:
            walk(found, party, [(second, second * 10, 0, 20.0 if second % 200 == 0 else 150.0)])
        assert ticked(found, second) == []


def test_a_silent_phone_is_not_also_too_coarse():
    found = watch()
    for party in Party:
        walk(found, party, [(0, 0, 0)])
    assert {kind for kind, _detail in ticked(found, 2000)} == {SignalKind.SIGNAL_LOST}


def test_a_page_that_said_it_goes_to_the_background_has_longer():
    found = watch()
    found.observe([("T-1", Party.PASSENGER, True, pings([(0, 0, 0)]))])
    walk(found, Party.DRIVER, [(100, 0, 0)])
    assert ticked(found, 120) == []
    assert lost(ticked(found, 161)) == ["driver"]


def test_silence_counts_only_with_somebody_aboard():
    assert ticked(watch(TripState.ACCEPTED), 10_000) == []


def test_longer_than_planned_is_said_by_the_clock():
    found = watch()
    for party in Party:
        walk(found, party, [(3190, 0, 0)])
    assert ticked(found, 3200) == []
    assert ticked(found, 3201) == [(SignalKind.OVERLONG, "")]


def test_running_into_the_curfew_surprises_only_where_it_was_not_planned():
    ten = 9 * 3600  # from 13:00 to 22:00
    begun = {"driver_state_since": datetime.fromtimestamp(START + ten - 1200, tz=UTC)}
    late = [(ten - 1, 0, 0)]
    found = watch(**begun)
    walk(found, Party.PASSENGER, late)
    walk(found, Party.DRIVER, late)
    assert ticked(found, ten - 1) == []
    assert ticked(found, ten) == [(SignalKind.LATE_RUNNING, "")]
    for planned in ({"planned_seconds": 1300}, {"line": Line.EXPRESS}):
        other = watch(**begun, **planned)
        walk(other, Party.PASSENGER, late)
        walk(other, Party.DRIVER, late)
        assert ticked(other, ten) == []


def test_a_remote_area_is_a_signal_at_night_alone():
    def at(hour):
        begun = START + (hour - 13) * 3600
        found = watch(
            driver_state_since=datetime.fromtimestamp(begun, tz=UTC), route_source="great_circle", places=()
        )
        way = [(begun - START + t, 5000, 3100) for t in range(0, 20, 5)]
        return kinds(walk(found, Party.DRIVER, way))

    assert at(14) == []
    assert at(23) == [(SignalKind.REMOTE_AT_NIGHT, "")]


def test_near_a_known_place_nothing_is_remote():
    begun = START + 10 * 3600
    found = watch(
        driver_state_since=datetime.fromtimestamp(begun, tz=UTC),
        route_source="great_circle",
        places=((28.0 + 5000 * NORTH, 121.0 + 4000 * EAST),),
    )
    assert walk(found, Party.DRIVER, [(36_000 + t, 5000, 3100) for t in range(0, 20, 5)]) == []


def test_phones_meet_and_then_travel_together():
    found = watch(TripState.ACCEPTED)
    walk(found, Party.PASSENGER, [(0, 20, 0)])
    walk(found, Party.DRIVER, [(1, 0, 0), (5, 0, 0)])
    assert [each.rule for each in walk(found, Party.PASSENGER, [(6, 20, 0), (10, 20, 0)])] == [MEETING]
    walk(found, Party.DRIVER, [(60, 650, 0)])
    walk(found, Party.PASSENGER, [(62, 690, 0)])
    walk(found, Party.DRIVER, [(63, 695, 0), (64, 700, 0)])
    assert [each.rule for each in walk(found, Party.PASSENGER, [(65, 720, 0)])] == [TOGETHER]


def test_phones_that_spoke_at_different_times_have_not_met():
    found = watch(TripState.ACCEPTED)
    walk(found, Party.DRIVER, [(0, 0, 0)])
    assert walk(found, Party.PASSENGER, [(91, 0, 0)]) == []


def test_both_phones_move_together_after_a_cancel():
    found = watch(TripState.CANCELLED, met=True)
    for second in range(0, 100, 5):
        walk(found, Party.PASSENGER, [(second, second * 3, 0)])
        assert walk(found, Party.DRIVER, [(second, second * 3, 10)]) == []
    walk(found, Party.DRIVER, [(106, 318, 10)])
    walk(found, Party.PASSENGER, [(105, 315, 0), (107, 320, 0)])
    seen = walk(found, Party.DRIVER, [(108, 324, 10)])
    assert kinds(seen) == [(SignalKind.MOVING_AFTER_CANCEL, "")]


def test_the_car_goes_on_while_her_phone_is_silent():
    found = watch(TripState.CANCELLED, met=True)
    walk(found, Party.PASSENGER, [(0, 0, 0)])
    seen = walk(found, Party.DRIVER, [(t, t * 12, 0) for t in range(0, 120, 5)])
    assert kinds(seen) == [(SignalKind.MOVING_AFTER_CANCEL, "")]
    with override("en"):
        assert "silent" in why(seen[0].facts)


def test_the_car_goes_on_while_nobody_knows_where_she_is():
    """Her phone posts, and so coarsely that it may be in the car or at the kerb."""
    found = watch(TripState.CANCELLED, met=True)
    seen = []
    for second in range(0, 120, 5):
        walk(found, Party.PASSENGER, [(second, 0, 0, 800.0)])
        seen += walk(found, Party.DRIVER, [(second, second * 12, 0)])
    assert kinds(seen) == [(SignalKind.MOVING_AFTER_CANCEL, "")]


def goes_past_after_the_cancel(found, aside=0, *, hers_until=160):
    """He comes from 2 km away, stands 25 s beside her, or as far aside, and drives on; she stands where she is."""
    seen = []
    for second in range(0, 440, 5):
        north = -2000 + 15 * second if second < 133 else 15 * max(0, second - 158)
        seen += walk(found, Party.DRIVER, [(second, north, aside)])
        if second <= hers_until:
            seen += walk(found, Party.PASSENGER, [(second + 1, 0, 0)])
    return seen


def test_phones_that_meet_after_his_cancel_have_met_and_the_car_goes_on_with_her_silent():
    """'Not boarded' on the way to her, then he picks her up, and her phone goes into a pocket."""
    seen = goes_past_after_the_cancel(watch(TripState.CANCELLED, by_driver=True))
    assert [each.rule for each in seen] == [MEETING, "moving_alone_after_cancel"]
    assert seen[1].kind == SignalKind.MOVING_AFTER_CANCEL
    # from where they were together, not from where he cancelled
    assert seen[1].at - START > 160 + LIMITS[SILENCE]
    assert 1000 < seen[1].facts["metres"] < 1100


def test_he_cancels_and_passes_at_a_distance_and_nobody_has_met():
    assert goes_past_after_the_cancel(watch(TripState.CANCELLED, by_driver=True), aside=400) == []


def test_she_who_is_heard_where_he_left_her_after_his_cancel_is_not_with_him():
    seen = goes_past_after_the_cancel(watch(TripState.CANCELLED, by_driver=True), hers_until=440)
    assert [each.rule for each in seen] == [MEETING]


def test_after_her_own_cancel_the_car_that_comes_past_has_not_met_her():
    """It was near when she cancelled, and goes on to somebody else."""
    assert goes_past_after_the_cancel(watch(TripState.CANCELLED, by_driver=False)) == []


def test_a_driver_who_never_met_her_may_drive_on():
    found = watch(TripState.CANCELLED, met=False)
    assert walk(found, Party.DRIVER, [(t, t * 12, 0) for t in range(0, 120, 5)]) == []


# --- nobody pressed anything: the car leaves the pick-up ---

LEFT = [(SignalKind.LEAVING_PICKUP, "")]


@pytest.mark.parametrize("step", [12, 1000])
def test_the_car_leaves_the_pickup_and_her_phone_never_spoke(step):
    """She got in without a code, her phone is in the pocket: one position in five seconds, or one in minutes."""
    found = watch(TripState.ARRIVED)
    walk(found, Party.DRIVER, [(0, 0, 0)])
    every = 5 if step == 12 else 60
    seen = walk(found, Party.DRIVER, [(t * every, t * step, 0) for t in range(1, 300)])
    assert kinds(seen) == LEFT
    with override("en"):
        assert "silent" in why(seen[0].facts)
    with override("zh-hans"):
        assert "失联" in why(seen[0].facts)


def test_her_phone_falls_silent_or_coarse_at_the_pickup_and_the_car_leaves():
    for accuracy in ((), (800.0,)):
        found = watch(TripState.ARRIVED, met=True)
        for second in range(0, 60, 5):
            walk(found, Party.PASSENGER, [(second, 10, 0)])
            walk(found, Party.DRIVER, [(second, 0, 0)])
        seen = []
        for second in range(60, 600, 5):
            if accuracy:
                walk(found, Party.PASSENGER, [(second, 10, 0, *accuracy)])
            seen += walk(found, Party.DRIVER, [(second, (second - 60) * 12, 0)])
        assert kinds(seen) == LEFT


def test_before_arrival_a_car_that_met_her_is_followed_too():
    way = [(t, t * 12, 0) for t in range(0, 400, 5)]
    assert kinds(walk(watch(TripState.ACCEPTED, met=True), Party.DRIVER, way)) == LEFT
    assert walk(watch(TripState.ACCEPTED), Party.DRIVER, way) == []


def test_both_phones_leave_the_pickup_that_were_never_seen_to_meet():
    found, seen = watch(TripState.ARRIVED), []
    for second in range(0, 300, 5):
        seen += walk(found, Party.PASSENGER, [(second, second * 12, 150)])
        seen += walk(found, Party.DRIVER, [(second, second * 12, 0)])
    assert kinds(seen) == LEFT
    with override("en"):
        assert "both phones" in why(seen[0].facts)


def test_a_driver_who_circles_the_pickup_leaves_it_not():
    found = watch(TripState.ARRIVED)
    way = [(t, 900 * np.cos(t / 60), 900 * np.sin(t / 60)) for t in range(0, 3600, 5)]
    assert walk(found, Party.DRIVER, [(-60, 0, 0), (-50, 0, 0), (-30, 450, 0), *way]) == []


def test_a_driver_who_said_too_early_that_he_is_there_comes_near():
    found = watch(TripState.ARRIVED)
    way = [(t, 3000 - t * 10, 0) for t in range(0, 305, 5)]
    assert walk(found, Party.DRIVER, way) == []
    assert kinds(walk(found, Party.DRIVER, [(t, (t - 300) * 10, 0) for t in range(305, 500, 5)])) == LEFT


def test_a_car_that_leaves_while_her_phone_stays_has_left_her():
    found = watch(TripState.ARRIVED, met=True)
    for second in range(0, 900, 5):
        walk(found, Party.PASSENGER, [(second, 0, 10)])
        assert walk(found, Party.DRIVER, [(second, second * 12, 0)]) == []


def test_one_bad_position_of_a_car_that_waits_says_nothing():
    for odd in ((5000, 0), (3000, 8000), (-3_000_000, -11_000_000)):
        found = watch(TripState.ARRIVED)
        way = [(t, 0, 0) for t in range(0, 600, 60)]
        assert walk(found, Party.DRIVER, [*way[:5], (way[5][0], *odd), *way[6:]]) == []


def test_one_bad_position_at_the_pickup_says_nothing_of_a_car_that_stands_elsewhere():
    found = watch(TripState.ARRIVED)
    way = [(t, 2500, 0) for t in range(0, 600, 60)]
    assert walk(found, Party.DRIVER, [*way[:5], (way[5][0], 0, 0), *way[6:]]) == []


def test_driving_on_after_she_called_it_fine_is_a_new_fact_as_far_again():
    found = watch(TripState.ARRIVED)
    assert kinds(walk(found, Party.DRIVER, [(t, t * 12, 0) for t in range(0, 150, 5)])) == LEFT
    fine(found)
    assert walk(found, Party.DRIVER, [(t, t * 12, 0) for t in range(150, 220, 5)]) == []
    assert kinds(walk(found, Party.DRIVER, [(t, t * 12, 0) for t in range(220, 320, 5)])) == LEFT


def test_another_driver_of_the_trip_leaves_from_nowhere():
    """What the first one remembered is not the second one's."""
    found = watch(TripState.ARRIVED)
    walk(found, Party.DRIVER, [(t, 0, 0) for t in range(0, 60, 5)])
    assert found.put([trip(TripState.ACCEPTED)], {}) == {}
    walk(found, Party.DRIVER, [(t, 4000 - (t - 300) * 5, 0) for t in range(300, 500, 10)])
    assert found.put([trip(TripState.ARRIVED)], {}) == {}
    assert walk(found, Party.DRIVER, [(t, 3000, 0) for t in range(500, 600, 10)]) == []


def test_after_arrival_both_phones_are_silent_and_nobody_knows_where_they_are():
    """He changed to a map that navigates; hers is in the pocket."""
    found = watch(TripState.ARRIVED)
    walk(found, Party.DRIVER, [(0, 0, 0)])
    assert ticked(found, 180) == []
    assert ticked(found, 181) == [(SignalKind.SIGNAL_LOST, "passenger/pickup")]
    assert ticked(found, 5000) == []
    assert ticked(watch(TripState.ARRIVED), 181) == [(SignalKind.SIGNAL_LOST, "passenger/pickup")]
    assert ticked(watch(TripState.ACCEPTED, met=True), 5000) == []


@pytest.mark.parametrize("party", list(Party))
def test_after_arrival_one_phone_that_is_heard_is_enough(party):
    found = watch(TripState.ARRIVED)
    walk(found, Party.DRIVER, [(0, 0, 0)])
    walk(found, party, [(100, 0, 0, 900.0)])
    assert ticked(found, 280) == []
    assert ticked(found, 281) == [(SignalKind.SIGNAL_LOST, "passenger/pickup")]


def test_after_arrival_time_in_which_nobody_could_be_heard_is_no_silence():
    found = watch(TripState.ARRIVED)
    walk(found, Party.DRIVER, [(0, 0, 0)])
    walk(found, Party.PASSENGER, [(20, 0, 0)])
    found.excuse([(START + 50, START + 3600)])
    assert ticked(found, 3600 + 150) == []
    assert ticked(found, 3600 + 151) == [(SignalKind.SIGNAL_LOST, "passenger/pickup")]


def fine(found, answers=1):
    found.called_fine({"T-1": answers})


def test_what_she_called_fine_and_goes_on_is_no_new_fact():
    found = watch()
    assert len(walk(found, Party.DRIVER, [(t, 1000, 700) for t in range(0, 60, 5)])) == 1
    fine(found)
    assert walk(found, Party.DRIVER, [(t, 1000, 700 + t) for t in range(60, 250, 5)]) == []


def test_leaving_the_way_again_after_she_called_it_fine_is_a_new_fact():
    found = watch()
    walk(found, Party.DRIVER, [(t, 1000, 700) for t in range(0, 60, 5)])
    fine(found)
    walk(found, Party.DRIVER, [(t, 1000, 0) for t in range(60, 80, 5)])
    again = [(t, 1500, 700) for t in range(80, 140, 5)]
    assert kinds(walk(found, Party.DRIVER, again)) == [(SignalKind.OFF_ROUTE, "")]
    fine(found)  # the same answer, told once more
    walk(found, Party.DRIVER, [(t, 1000, 0) for t in range(140, 160, 5)])
    assert walk(found, Party.DRIVER, [(t, 1500, 700) for t in range(160, 220, 5)]) == []


def test_a_way_that_was_left_and_found_again_before_her_answer_can_be_left_again():
    found = watch()
    walk(found, Party.DRIVER, [(t, 1000, 700) for t in range(0, 60, 5)])
    walk(found, Party.DRIVER, [(60, 1000, 0), (64, 1000, 0)])
    fine(found)
    again = [(t, 1500, 700) for t in range(70, 140, 5)]
    assert kinds(walk(found, Party.DRIVER, again)) == [(SignalKind.OFF_ROUTE, "")]


def test_driving_on_from_where_she_called_it_fine_is_a_new_fact_as_far_again():
    found = watch()
    away = [(t, 9000 - t * 11, 0) for t in range(0, 400, 5)]
    first = [each for t in range(80) for each in walk(found, Party.DRIVER, away[t : t + 1])]
    assert kinds(first) == [(SignalKind.OFF_ROUTE, "away")]
    fine(found)
    farther = [(t, 9000 - t * 11, 0) for t in range(400, 800, 5)]
    seen = walk(found, Party.DRIVER, farther)
    assert kinds(seen) == [(SignalKind.OFF_ROUTE, "away")]
    assert seen[0].facts["metres"] < 2000


def test_a_remote_area_is_entered_again():
    begun = START + 10 * 3600
    found = watch(
        driver_state_since=datetime.fromtimestamp(begun, tz=UTC), route_source="great_circle", places=()
    )

    def drive(first, east):
        return kinds(walk(found, Party.DRIVER, [(36_000 + first + t, 5000, east) for t in range(0, 40, 5)]))

    there = [(SignalKind.REMOTE_AT_NIGHT, "")]
    assert drive(0, 3100) == there
    fine(found)
    assert drive(40, 3100) == []
    assert drive(80, 2900) == []
    assert drive(120, 3100) == there


def test_what_she_called_fine_is_remembered_by_who_takes_over():
    first, second = watch(), WatchTable(LIMITS)
    walk(first, Party.DRIVER, [(t, 1000, 700) for t in range(0, 60, 5)])
    fine(first)
    second.put([trip()], {"T-1": first.saved("T-1")})
    fine(second)
    assert second.saved("T-1") == first.saved("T-1")


@pytest.mark.parametrize("cut", [1, 7, 33, 60])
def test_who_takes_over_goes_on_to_the_last_bit(cut):
    way = [(t, 2000 + (t if t < 300 else 300), 600 if t > 500 else 0) for t in range(0, 1200, 10)]
    whole, first, second = watch(), watch(), WatchTable(LIMITS)
    expected = walk(whole, Party.DRIVER, way)
    seen = walk(first, Party.DRIVER, way[:cut])
    second.put([trip()], {"T-1": first.saved("T-1")})
    seen += walk(second, Party.DRIVER, way[cut:])
    assert seen == expected
    assert expected
    assert second.saved("T-1") == whole.saved("T-1")


def test_what_was_saved_in_another_form_is_not_taken_up():
    found = WatchTable(LIMITS)
    found.put([trip()], {"T-1": b"of another version"})
    assert found.nothing_known("T-1")


def test_trips_beside_each_other_do_not_mix():
    found = WatchTable(LIMITS)
    found.put([trip(), trip(code="T-2", destination=(28.3, 121.3), route=[(28.2, 121.3), (28.3, 121.3)])], {})
    off = pings([(t, 1000, 700) for t in range(0, 40, 5)])
    seen = found.observe(
        [("T-1", Party.DRIVER, False, off), ("T-2", Party.DRIVER, False, [(START, 28.2, 121.3, 0.0)])]
    )
    assert {code for code, _each in seen} == {"T-1"}
    found.drop(["T-1"])
    assert "T-1" not in found
    assert not found.nothing_known("T-2")


# --- what one bad position says ---


def along(count, odd, *, every=10):
    """Positions along the way, 150 m apart, of which one is another."""
    way = [(t * every, t * 150, 0) for t in range(count)]
    return [*way[: odd[0]], (way[odd[0]][0], *odd[1:]), *way[odd[0] + 1 :]]


@pytest.mark.parametrize(
    "odd",
    [
        (20, 3000, 8000),  # 8 km beside the way
        (20, -3_000_000, -11_000_000),  # 0, 0
        (0, 300_000, 500_000),  # an old city, first of all
        (39, 3000, 8000),  # the last one
        (20, -6000, 0),  # far back
        (20, 16_000, 0),  # far beyond the destination
    ],
)
@pytest.mark.parametrize("state", [TripState.IN_PROGRESS, TripState.ACCEPTED, TripState.CANCELLED])
@pytest.mark.parametrize("every", [10, 60, 120])
def test_one_bad_position_says_nothing(state, odd, every):
    found = watch(state, driver_state_since=datetime.fromtimestamp(START + 10 * 3600, tz=UTC))
    assert walk(found, Party.DRIVER, along(40, odd, every=every)) == []


def test_a_bad_position_that_the_page_repeats_says_nothing():
    way = [(t, t * 15, 0) for t in range(0, 200, 10)]
    stands = [(200, 3000, 8000), (221, 3000, 8000), (242, 3000, 8000)]
    found = watch()
    assert walk(found, Party.DRIVER, [*way, *stands, *[(t, t * 15, 0) for t in range(250, 400, 10)]]) == []


def test_one_bad_position_ends_no_stop():
    stand = [(t, 2000, 0) for t in range(0, 400, 10)]
    stand[20] = (200, 2000, 450)  # not so far that no car could have been there
    assert kinds(walk(watch(), Party.DRIVER, stand))[0][0] == SignalKind.LONG_STOP


@pytest.mark.parametrize("state", [TripState.ACCEPTED, TripState.CANCELLED])
@pytest.mark.parametrize("every", [5, 30, 85])
def test_phones_meet_by_no_single_position(state, every):
    """Hers jumps to his for one position; his are many meanwhile."""
    found = watch(state, met=False)
    for second in range(0, 600, 5):
        assert walk(found, Party.DRIVER, [(second, 2000 + second * 5, 0)]) == []
        if second % every == 0:
            at = (2000 + second * 5, 0) if second == 6 * every else (0, 300)
            assert walk(found, Party.PASSENGER, [(second, *at)]) == []


def test_a_coarse_position_raises_nothing_and_the_phone_was_heard():
    found = watch()
    way = [(t, 1000, 700, 1500.0) for t in range(0, 200, 5)]
    assert walk(found, Party.DRIVER, way) == []
    assert lost(ticked(found, 250)) == ["passenger"]
    assert kinds(walk(watch(), Party.DRIVER, [(*each[:3], 100.0) for each in way])) == [
        (SignalKind.OFF_ROUTE, "")
    ]


def test_a_coarse_position_meets_nobody():
    found = watch(TripState.ACCEPTED)
    for second in range(0, 100, 5):
        walk(found, Party.DRIVER, [(second, 0, 0)])
        assert walk(found, Party.PASSENGER, [(second + 1, 20, 0, 400.0)]) == []


def test_a_phone_that_comes_out_of_a_tunnel_elsewhere_is_believed():
    """Its positions stood still in there; what it says afterwards it says again and again."""
    way = [(t, 0, 0) for t in range(0, 60, 5)] + [(t, 6000 + t * 15, 700) for t in range(60, 120, 5)]
    assert kinds(walk(watch(), Party.DRIVER, way)) == [(SignalKind.OFF_ROUTE, "")]


# --- no rule is deaf ---


def on_the_way(seconds, north, east=0):
    """Positions every five seconds, each so far on from the last."""
    return [(t, t * north, t * east) for t in range(0, seconds, 5)]


def heard(table, *parts):
    """All that is found in what the phones of a trip post, in this order, and then when the clock is looked at."""
    return [seen for party, way in parts for seen in walk(table, party, way)]


def at_the_clock(table, seconds):
    return [seen for _code, seen in table.tick({shard_stream("wenzhou"): START + seconds})]


def at_night():
    begun = datetime.fromtimestamp(START + 10 * 3600, tz=UTC)
    table = watch(driver_state_since=begun, route_source="great_circle", places=())
    return heard(table, (Party.DRIVER, [(36_000 + t, 5000, 3100) for t in range(0, 20, 5)]))


def into_the_curfew():
    begun = datetime.fromtimestamp(START + 9 * 3600 - 1200, tz=UTC)
    return at_the_clock(watch(driver_state_since=begun), 9 * 3600)


def too_coarse():
    table = watch()
    walk(table, Party.PASSENGER, coarse([270]))
    return at_the_clock(table, 301)


# What makes each rule speak, by its key: a rule that is not here, or does not speak, is one that nobody has tried.
# --- a car that stands still at once (S12) ---


def drives_then_stands(speed, *, brakes=0.0, stands=90, every=2):
    """North at `speed` m/s for a minute, then to a stop: at once, or with so many m/s² of braking; then a little wander."""
    way, at, north = [], 0.0, 0.0
    while at < 60:
        way.append((at, north, 0))
        at, north = at + every, north + speed * every
    begin, place = way[-1][0] + every / 2, way[-1][1] + speed * every / 2
    last = begin
    while brakes and at < begin + speed / brakes:
        t = at - begin
        way.append((at, place + speed * t - brakes * t * t / 2, 0))
        at += every
    end = place + (speed * speed / brakes / 2 if brakes else 0)
    last = at
    while at < last + stands:
        way.append((at, end + 0.5 * (len(way) % 3), 0))
        at += every
    return way


@pytest.mark.parametrize("speed", [10, 15, 25])
def test_a_car_that_stands_at_once_is_asked_about_once(speed):
    seen = walk(watch(), Party.DRIVER, drives_then_stands(speed, stands=200))
    assert [each.rule for each in seen] == ["crash"]
    with override("en"):
        assert f"from {speed * 3.6:.0f} km/h to standing at once" in why(seen[0].facts)


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize("speed", [9, 14, 20])
def test_a_car_that_brakes_for_a_light_has_not_crashed(speed, every):
    for brakes in (1.0, 1.25, 1.5):
        assert walk(watch(), Party.DRIVER, drives_then_stands(speed, brakes=brakes, every=every)) == []


def test_a_car_that_drives_on_within_a_minute_has_not_crashed():
    way = drives_then_stands(15, stands=50)
    way += [(way[-1][0] + 2 * n, way[-1][1] + 20 * n, 0) for n in range(1, 20)]
    assert walk(watch(), Party.DRIVER, way) == []


def test_a_walk_that_stops_is_no_crash():
    assert walk(watch(), Party.DRIVER, drives_then_stands(7)) == []


def test_a_phone_that_repeats_its_last_place_in_a_tunnel_has_not_crashed():
    way = [(t, t * 20, 0) for t in range(0, 60, 2)]
    assert walk(watch(), Party.DRIVER, way + [(t, 1160, 0) for t in range(60, 240, 2)]) == []


def test_a_gap_says_nothing_of_how_a_car_came_to_stand():
    way = [(t, t * 20, 0) for t in range(0, 60, 2)]
    assert walk(watch(), Party.DRIVER, way + [(t, 1500, t % 3) for t in range(90, 240, 2)]) == []


def test_one_position_that_lies_wrong_is_neither_speed_nor_standing():
    stands = [(t, 0.5 * (t % 3), 0) for t in range(0, 300, 2)]
    stands[50] = (100, 80, 0)
    assert [each for each in walk(watch(), Party.DRIVER, stands[:140]) if each.rule == "crash"] == []
    crash = drives_then_stands(15)
    crash[-10] = (crash[-10][0], crash[-10][1] + 90, 0)
    assert [each.rule for each in walk(watch(), Party.DRIVER, crash)] == ["crash"]


def test_where_the_other_phone_drives_on_one_has_lost_its_place():
    found, seen = watch(), []
    for at, north, _east in drives_then_stands(15):
        seen += walk(found, Party.PASSENGER, [(at, at * 15, 0)])
        seen += walk(found, Party.DRIVER, [(at + 0.5, north, 0)])
    assert [each for each in seen if each.rule == "crash"] == []


SPEAKS = {
    "crash": lambda: heard(watch(), (Party.DRIVER, drives_then_stands(15))),
    "driving_away": lambda: heard(watch(), (Party.DRIVER, [(t, 5000 - t * 11, 0) for t in range(0, 400, 5)])),
    "late_running": into_the_curfew,
    "leaving_pickup": lambda: heard(watch(TripState.ARRIVED), (Party.DRIVER, on_the_way(300, 12))),
    "leaving_pickup_together": lambda: heard(
        watch(TripState.ARRIVED),
        (Party.PASSENGER, [(0, 0, 150)]),
        (Party.DRIVER, [(0, 0, 0), (1, 0, 0), (100, 1100, 0)]),
        (Party.PASSENGER, [(101, 1110, 150), (103, 1120, 150)]),
        (Party.DRIVER, [(105, 1130, 0), (107, 1150, 0)]),
    ),
    "long_stop": lambda: heard(watch(), (Party.DRIVER, on_the_way(400, 0))),
    "meeting": lambda: heard(
        watch(TripState.ACCEPTED),
        (Party.PASSENGER, [(0, 20, 0)]),
        (Party.DRIVER, [(1, 0, 0), (5, 0, 0)]),
        (Party.PASSENGER, [(6, 20, 0), (9, 20, 0)]),
    ),
    "moving_alone_after_cancel": lambda: heard(
        watch(TripState.CANCELLED, met=True), (Party.DRIVER, on_the_way(120, 12))
    ),
    "moving_together_after_cancel": lambda: heard(
        watch(TripState.CANCELLED, met=True),
        (Party.PASSENGER, [(0, 0, 0), (100, 400, 0)]),
        (Party.DRIVER, [(0, 0, 10), (101, 400, 10), (105, 410, 10)]),
        (Party.PASSENGER, [(106, 410, 0), (110, 420, 0)]),
    ),
    "moving_after_end": lambda: heard(
        watch(TripState.ENDED),
        (Party.PASSENGER, [(0, 0, 0), (100, 1100, 0)]),
        (Party.DRIVER, [(0, 0, 10), (101, 1100, 10), (105, 1200, 10)]),
        (Party.PASSENGER, [(106, 1210, 0), (110, 1250, 0)]),
    ),
    "off_route": lambda: heard(watch(), (Party.DRIVER, [(t, 1000, 700) for t in range(0, 60, 5)])),
    "overlong": lambda: at_the_clock(watch(), 3201),
    "remote_at_night": at_night,
    "silent_at_pickup": lambda: at_the_clock(watch(TripState.ARRIVED), 181),
    "signal_lost": lambda: at_the_clock(watch(), 61),
    "together": lambda: heard(
        watch(TripState.ACCEPTED),
        (Party.PASSENGER, [(0, 20, 0)]),
        (Party.DRIVER, [(1, 0, 0), (5, 0, 0)]),
        (Party.PASSENGER, [(6, 20, 0), (10, 20, 0)]),
        (Party.DRIVER, [(60, 700, 0)]),
        (Party.PASSENGER, [(61, 705, 0)]),
        (Party.DRIVER, [(62, 710, 0), (63, 715, 0)]),
        (Party.PASSENGER, [(65, 720, 0)]),
    ),
    "too_coarse": too_coarse,
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_every_rule_is_heard_to_speak(rule):
    assert rule.key in SPEAKS, f"{rule.key}: say in SPEAKS of this file what makes it speak"
    seen = [each for each in SPEAKS[rule.key]() if each.rule == rule.key]
    assert seen, f"{rule.key} says nothing where it should"
    assert {each.kind for each in seen} == {SignalKind(rule.kind.value) if rule.kind else None}


def test_what_speaks_is_a_rule_of_today():
    assert SPEAKS.keys() == {rule.key for rule in RULES}


near = st.tuples(st.floats(27.9, 28.2), st.floats(120.9, 121.1))


@settings(max_examples=60)
@given(st.lists(near, min_size=2, max_size=12), near)
def test_the_compiled_distance_is_that_of_the_plain_one(route, point):
    way = project(np.array(route), point)
    found = distance_to_way(0.0, 0.0, way, 0, len(way))
    assert found == pytest.approx(place_on_route(point, route)[0], abs=0.01)
