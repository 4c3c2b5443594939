"""A car is found, comes near, waits: said once each, to who travels, with what is compared at the kerb."""

import pytest

from core import clock
from core.models import Notification
from drivers.selectors import driver_of
from drivers.tests.factories import ready_for_pickup
from rides.models import LatestPosition, Trip
from rides.services import arrive
from rides.services.coming import COMING_NEAR
from rides.states import Party, RiderKind


def said(what):
    return list(Notification.objects.filter(key__startswith=f"{what}:").order_by("pk"))


def drive_to(trip, latitude, longitude):
    LatestPosition.objects.update_or_create(
        trip=trip,
        party=Party.DRIVER,
        defaults={"at": clock.now(), "latitude": latitude, "longitude": longitude, "away": False},
    )


def near():
    return COMING_NEAR.run(at=clock.now()).total


def test_a_car_is_found(rides, people):
    trip = rides.accepted()
    (message,) = said("found")
    assert trip.plate_registered in message.text
    assert f"/trips/{trip.code}/" in message.text
    assert message.recipient == people("passenger").phone


def test_it_comes_near_once(rides):
    trip = rides.accepted()
    assert near() == 0
    drive_to(trip, trip.origin_latitude + 0.02, trip.origin_longitude)
    assert near() == 0
    drive_to(trip, trip.origin_latitude, trip.origin_longitude + 0.02)
    assert near() == 0
    drive_to(trip, trip.origin_latitude + 0.003, trip.origin_longitude)
    assert (near(), near()) == (1, 0)
    (message,) = said("near")
    assert trip.plate_registered in message.text


def test_where_it_was_long_ago_is_not_near(rides, noon):
    trip = rides.accepted()
    drive_to(trip, trip.origin_latitude, trip.origin_longitude)
    noon.shift(121)
    assert near() == 0


def test_it_waits(rides):
    trip = rides.accepted()
    driver = driver_of(rides.people("driver"))
    ready_for_pickup(driver, trip.code)
    arrive(driver=driver, trip_code=trip.code)
    assert len(said("waits")) == 1
    drive_to(trip, trip.origin_latitude, trip.origin_longitude)
    assert near() == 0


def test_who_travels_is_told_where_somebody_else_booked(rides, people):
    trip = rides.accepted()
    Trip.objects.filter(pk=trip.pk).update(
        rider_kind=RiderKind.OTHER, rider_name="x", rider_phone="+8613911110009"
    )
    drive_to(trip, trip.origin_latitude, trip.origin_longitude)
    assert near() == 1
    assert said("near")[0].recipient == "+8613911110009"


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({}, "A car was found"),
        ({"near_at": "now"}, "Your car comes near"),
        ({"state": "arrived"}, "Your car waits"),
    ],
)
def test_her_page_says_the_stage(rides, signed_in, changes, stage):
    trip = rides.accepted()
    changes = {name: clock.now() if value == "now" else value for name, value in changes.items()}
    Trip.objects.filter(pk=trip.pk).update(**changes)
    page = signed_in("passenger").get(f"/trips/{trip.code}/status/").content.decode()
    assert f'data-says="{stage}"' in page
