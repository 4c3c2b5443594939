"""How far the car still has to go, and what a driver's day has had until now."""

from datetime import timedelta

import pytest
import time_machine
from django.template.loader import render_to_string
from django.utils import timezone, translation

from conftest import GOAL, NOON, PICKUP, ROUTE
from drivers.selectors import driver_of
from rides import selectors
from rides.geometry import distance
from rides.models import LatestPosition, Trip
from rides.routing import CIRCUITY
from rides.selectors import WayLeft
from rides.states import Party


def car_at(trip, point):
    LatestPosition.objects.update_or_create(
        trip=trip,
        party=Party.DRIVER,
        defaults={"at": timezone.now(), "latitude": point[0], "longitude": point[1]},
    )


def test_before_the_pick_up_it_is_to_the_pick_up(rides):
    trip = rides.accepted()
    assert selectors.way_left(trip) is None  # nobody knows where the car is
    near = (PICKUP.latitude + 0.01, PICKUP.longitude)
    car_at(trip, near)
    left = selectors.way_left(trip)
    assert left.to_pickup
    assert left.metres == pytest.approx(distance(near, PICKUP.point) * CIRCUITY)
    assert 1 <= left.minutes <= 4
    assert selectors.minutes_left(trip) is None  # that is to the end


def test_once_the_car_waits_there_is_nothing_left(rides):
    trip = rides.arrived()
    car_at(trip, PICKUP.point)
    assert selectors.way_left(trip) is None


def test_aboard_it_is_along_the_way_where_one_was_drawn(rides):
    trip = rides.under_way()
    car_at(trip, ROUTE[2])
    left = selectors.way_left(trip)
    assert not left.to_pickup
    Trip.objects.filter(pk=trip.pk).update(route_source="great_circle")
    straight = selectors.way_left(selectors.trip_by_code(trip.code))
    assert straight.metres == pytest.approx(distance(ROUTE[2], GOAL.point) * CIRCUITY)
    car_at(trip, ROUTE[4])
    after = selectors.way_left(trip).metres
    assert 0 < after < left.metres < trip.route_metres
    car_at(trip, (ROUTE[4][0] + 0.2, ROUTE[4][1]))  # far from it: the estimate
    beside = selectors.way_left(trip)
    assert beside.metres == pytest.approx(distance((ROUTE[4][0] + 0.2, ROUTE[4][1]), GOAL.point) * CIRCUITY)


def test_the_drivers_day_has_fares_trips_and_time_with_somebody_aboard(rides, people):
    driver = driver_of(people("driver"))
    assert selectors.day_driven(driver) == selectors.DayDriven(0, 0, 0)
    trip = rides.ended()
    day = selectors.day_driven(driver)
    assert (day.fen, day.trips) == (trip.fare, 1)
    assert day.seconds == pytest.approx((trip.ended_at - trip.boarded_at).total_seconds())
    assert selectors.day_driven(driver_of(people("driver2"))).trips == 0
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert selectors.day_driven(driver).trips == 0


def test_the_drivers_page_says_where_to_drive_and_what_an_order_is_worth(rides, signed_in):
    trip = rides.accepted()
    page = signed_in("driver").get(f"/trips/{trip.code}/").content.decode()
    assert f"geo:{PICKUP.latitude},{PICKUP.longitude}?q=" in page
    assert f"https://uri.amap.com/navigation?to={PICKUP.longitude},{PICKUP.latitude}," in page
    assert "coordinate=wgs84" in page
    assert "Fares today" in signed_in("driver").get("/drive/").content.decode()


@pytest.mark.parametrize("driving", [True, False])
@pytest.mark.parametrize(("to_pickup", "drawn"), [(True, False), (False, True), (False, False)])
def test_one_minute_and_two_minutes_are_left(driving, to_pickup, drawn):
    for minutes, en, zh in ((1, "</span> minute ", "</span> 分钟"), (2, "</span> minutes ", "</span> 分钟")):
        left = WayLeft(700.0, minutes, to_pickup)
        for language, word in (("en", en), ("zh-hans", zh)):
            with translation.override(language):
                page = render_to_string(
                    "rides/_left.html", {"left": left, "driving": driving, "drawn": drawn}
                )
            assert f'<span class="big">{minutes}{word}' in page
