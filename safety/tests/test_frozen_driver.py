"""A driver whose account freezes after failed face checks arrives nowhere: who waits is told, and gets another car (D4)."""

import pytest
from django.db import transaction

from core import clock
from core.actors import SYSTEM
from core.models import Notification
from drivers.selectors import driver_of, drivers_vehicle
from drivers.services import hold_driver
from drivers.states import HoldKind
from rides.models import LostRequest, Trip
from rides.services import end_trip, give_to_others


def freeze(people):
    with transaction.atomic():
        hold_driver(
            actor=SYSTEM,
            driver=driver_of(people("driver")),
            kind=HoldKind.FACE,
            source="V-1",
            citation="x",
            covert=False,
        )


def warned():
    return Notification.objects.filter(message="rides.driver_unproved")


def test_who_waits_for_a_frozen_driver_is_warned_and_gets_another(rides, people, deliver):
    trip = rides.accepted()
    plate = trip.plate_registered
    freeze(people)
    deliver()
    trip.refresh_from_db()
    assert trip.state in {"requested", "matched"}
    assert trip.driver is None
    told = warned().get()
    assert told.recipient == trip.passenger.phone
    assert "请不要上车" in told.text
    assert plate.replace("·", "") in told.text.replace("·", "")
    deliver()
    assert warned().count() == 1


def test_the_page_of_who_waits_warns_until_they_are_in_another_car(rides, people, deliver, signed_in):
    """Whoever stands before that car looks at the page, not for a message: it says which car."""
    trip = rides.accepted()
    plate = trip.plate_registered
    browser = signed_in("passenger")
    warning = f"Do not get into {plate}."
    assert warning not in browser.get(f"/trips/{trip.code}/").content.decode()
    freeze(people)
    deliver()
    page = browser.get(f"/trips/{trip.code}/").content.decode()
    assert warning in page
    assert f'data-stage="avoid-{plate}" data-says="Do not get in"' in page
    other = driver_of(people("driver2"))
    Trip.objects.filter(pk=trip.pk).update(
        state="accepted",
        driver=other,
        vehicle=drivers_vehicle(other),
        plate_registered=drivers_vehicle(other).plate,
    )
    assert warning in browser.get(f"/trips/{trip.code}/").content.decode()
    Trip.objects.filter(pk=trip.pk).update(state="cancelled", cancelled_at=clock.now())
    assert warning not in browser.get(f"/trips/{trip.code}/").content.decode()


def test_who_waits_reads_that_we_took_the_trip_from_a_driver_held_for_another_reason(
    rides, people, deliver, signed_in
):
    """The page that named a car goes back to none: it says that this car does not come, and accuses nobody."""
    trip, browser = rides.accepted(), signed_in("passenger")
    english = {"accept-language": "en"}
    said = "We took this trip from the driver who had it"
    assert said not in browser.get(f"/trips/{trip.code}/", headers=english).content.decode()
    give_to_others(actor=SYSTEM, driver=driver_of(people("driver")))
    page = browser.get(f"/trips/{trip.code}/", headers=english).content.decode()
    assert said in page
    assert "Do not get into" not in page
    assert 'data-stage="taken" data-says="Your car does not come"' in page
    other = driver_of(people("driver2"))
    Trip.objects.filter(pk=trip.pk).update(
        state="accepted",
        driver=other,
        vehicle=drivers_vehicle(other),
        plate_registered=drivers_vehicle(other).plate,
    )
    assert said not in browser.get(f"/trips/{trip.code}/", headers=english).content.decode()


def test_a_request_that_nobody_had_says_nothing_of_a_car(rides, people, signed_in):
    trip = rides.accepted()
    LostRequest.objects.create(driver=driver_of(people("driver2")), trip=trip, at=clock.now())
    Trip.objects.filter(pk=trip.pk).update(state="requested", driver=None, vehicle=None, plate_registered="")
    page = signed_in("passenger").get(f"/trips/{trip.code}/", headers={"accept-language": "en"})
    assert "We took this trip from" not in page.content.decode()


def test_nothing_changes_while_somebody_is_aboard(rides, people, deliver):
    trip = rides.under_way()
    freeze(people)
    deliver()
    trip.refresh_from_db()
    assert trip.driver is not None
    assert not warned().exists()
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    trip.refresh_from_db()
    assert trip.state == "ended"


@pytest.mark.parametrize("kind", [HoldKind.STAFF, HoldKind.COMPLAINT])
def test_other_holds_that_the_driver_knows_take_nothing_away(rides, people, deliver, kind):
    trip = rides.accepted()
    with transaction.atomic():
        hold_driver(
            actor=SYSTEM,
            driver=driver_of(people("driver")),
            kind=kind,
            source="V-1",
            citation="x",
            covert=False,
        )
    deliver()
    trip.refresh_from_db()
    assert trip.state == "accepted"
