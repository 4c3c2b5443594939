"""Two cars of one driver (D11+): they say which one, and card, photo and pack have that one."""

import pytest
from django.db import transaction

from core.actors import SYSTEM
from core.errors import NotFound
from drivers.errors import WhichVehicle
from drivers.models import Driver, Vehicle
from drivers.selectors import driver_of, drivers_vehicle
from drivers.services import bind_vehicle, end_binding, say_vehicle
from drivers.tests.factories import face_token
from drivers.vision.plates import spot_of
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent
from rides.models import Trip
from rides.selectors import driver_card
from rides.services import accept_trip, check_plate
from rides.tests.factories import drivers_phone_at, hold_out
from sandbox.plates import photo

FIRST, SECOND = "川A·H0001", "粤B·D12345"


@pytest.fixture
def driver(world, db, people, noon):
    found = driver_of(people("driver"))
    car = Vehicle.objects.create(plate=SECOND, model="比亚迪汉", colour="黑色", vin="")
    with transaction.atomic():
        bind_vehicle(actor=SYSTEM, driver=found, vehicle=car)
    return found


def accept(rides, driver):
    way, trip = rides.itinerary("driver"), rides.booked("passenger")
    hold_out(way, trip)
    token = face_token(driver, trip.code)
    return trip, accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token)


def test_with_two_cars_nothing_is_offered_or_accepted_before_one_is_named(rides, driver):
    assert drivers_vehicle(driver) is None
    with pytest.raises(WhichVehicle):
        rides.itinerary("driver")
    say_vehicle(driver=driver, plate=FIRST)
    way, trip = rides.itinerary("driver"), rides.booked("passenger")
    hold_out(way, trip)
    Driver.objects.update(driving=None, driving_since=None)
    token = face_token(driver, trip.code)
    outcome = accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token)
    assert outcome.refusal.code == "which_vehicle"
    assert Trip.objects.get(pk=trip.pk).vehicle is None


@pytest.mark.parametrize("plate", [FIRST, SECOND])
def test_card_photo_and_pack_have_the_car_that_was_named(rides, people, driver, plate):
    say_vehicle(driver=driver, plate=plate.replace("·", " ").lower())
    trip, outcome = accept(rides, driver)
    assert outcome.refusal is None
    trip.refresh_from_db()
    assert (trip.plate_registered, driver_card(trip).car.plate) == (plate, plate)
    # Saying another one later changes nothing of this order.
    say_vehicle(driver=driver, plate=next(each for each in (FIRST, SECOND) if each != plate))
    drivers_phone_at(trip)
    for shown, state in (
        (plate, "same"),
        (next(each for each in (FIRST, SECOND) if each != plate), "differs"),
    ):
        token = face_token(driver, trip.code, "pickup")
        content = photo(shown, spot=spot_of(token), moment=len(shown))
        found = check_plate(driver=driver, trip_code=trip.code, token=token, content=content)
        assert found.photo.state == state
    asked = ask_by_form(account=people("officer"), question=urgent(Query.TRIP, trip.code), submission="s")
    assert f'"plate_registered":"{plate}"' in asked.release.pack


def test_what_was_said_counts_for_a_day_and_for_a_bound_car(driver, noon):
    say_vehicle(driver=driver, plate=SECOND)
    assert drivers_vehicle(driver).plate == SECOND
    noon.shift(86_401)
    assert drivers_vehicle(driver) is None
    say_vehicle(driver=driver, plate=SECOND)
    with transaction.atomic():
        end_binding(actor=SYSTEM, driver=driver, plate=SECOND)
    assert drivers_vehicle(driver).plate == FIRST
    with pytest.raises(NotFound):
        say_vehicle(driver=driver, plate=SECOND)
    with pytest.raises(NotFound):
        say_vehicle(driver=driver, plate="浙C·D0002")


def test_the_page_asks_which(driver, signed_in):
    client = signed_in("driver")
    assert "Which car do you drive now?" in client.get("/drive/").content.decode()
    assert client.post("/drive/vehicle/", {"plate": SECOND}).status_code == 302
    assert drivers_vehicle(driver).plate == SECOND
    client.post("/api/v1/driver/vehicle/", {"plate": FIRST}, content_type="application/json")
    assert drivers_vehicle(driver).plate == FIRST
