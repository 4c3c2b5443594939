"""The smallest valid rows of rides, for tests of other things."""

import random

from django.utils import timezone

from accounts.services import enrol
from core import clock
from core.permissions import Role
from drivers.models import Binding, Driver, OnlineSpell, Vehicle
from drivers.tests.factories import passed_check
from rides import services
from rides.dispatch import cell
from rides.models import City, DriverOnDuty, Itinerary, LatestPosition, Proposal, Trip
from rides.states import Line, OfferState, Party


def go_on_duty(driver: Driver, position: tuple[float, float], line: Line = Line.EXPRESS) -> None:
    """Online on a line that the driver may drive, with the day's face check passed, at a position."""
    Driver.objects.filter(pk=driver.pk).update(lines=[*Line])
    driver.lines = [*Line]
    passed_check(driver, "daily", timezone.localtime(clock.now()).date().isoformat())
    services.go_on_duty(driver=driver, line=line, city=City.objects.get(code="wenzhou"), position=position)


def drivers_phone_at(trip: Trip, *, away: float = 0.0, **told: object) -> None:
    """The driver's phone says where it is: so many degrees north of the pick-up."""
    place = {"latitude": trip.origin_latitude + away, "longitude": trip.origin_longitude}
    said = {"at": clock.now()} | place | told
    LatestPosition.objects.update_or_create(trip=trip, party=Party.DRIVER, defaults=said)


def hold_out(way: str, trip: Trip) -> None:
    """The lot falls on this request, whatever was held out to the owner before."""
    itinerary = Itinerary.objects.get(code=way)
    Proposal.objects.filter(driver=itinerary.driver_id, state=OfferState.OPEN).delete()
    Proposal.objects.create(
        trip=trip,
        itinerary=itinerary,
        driver_id=itinerary.driver_id,
        among=1,
        citation="x",
        made_at=clock.now(),
    )


def make_drivers(count: int) -> None:
    """Vetted express drivers on duty around the middle of Wenzhou, each with a car of their own."""
    city, rng = City.objects.get(code="wenzhou"), random.Random(1)
    for number in range(count):
        account = enrol(
            code=f"x{number}", role=Role.MEMBER, phone=f"1380002{number:04d}", real_name=f"司机{number}",
            id_number=f"x{number}", password_hash="!", verified_at=clock.now(),
        )  # fmt: skip
        driver = Driver.objects.create(
            account=account, state="vetted", licence_number=f"X{number}", licence_index=f"X{number}",
            licence_class="C1", vetted_at=clock.now(), lines=["express"],
        )  # fmt: skip
        car = Vehicle.objects.create(plate=f"浙C·X{number:04d}", model="x", colour="x")
        Binding.objects.create(driver=driver, vehicle=car, bound_at=clock.now())
        check, _token = passed_check(driver, "daily", "2026-03-02")
        OnlineSpell.objects.create(driver=driver, line="express", face_check=check, began_at=clock.now())
        place = (28.1 + rng.uniform(-0.05, 0.05), 120.8 + rng.uniform(-0.05, 0.05))
        DriverOnDuty.objects.create(
            driver=driver, line="express", city=city, latitude=place[0], longitude=place[1],
            cell=cell(place), at=clock.now(),
        )  # fmt: skip
