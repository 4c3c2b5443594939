"""The one door through which a trip gets its driver."""

from typing import TYPE_CHECKING, Any

from core import clock
from core.states import move
from core.transactions import joins_transaction
from drivers.selectors import drivers_vehicle, has_covert_hold
from rides.errors import NoLongerAvailable
from rides.models import LostRequest, Trip
from rides.selectors import is_guarded, kept_apart, suits_teen
from rides.services.apart import hold_pair
from rides.states import TRIP_TRANSITIONS, WAITING, TripState

if TYPE_CHECKING:
    from drivers.models import Driver


def is_lost(driver: "Driver", trip: Trip) -> bool:
    """True where a driver comes too late for an order: it waits no more, orders are stopped without a sign (S11, D15), or
    one of both never wants to ride with the other again (R15).

    Who is 14 to 17 has no driver without tenure and score, none in the hours in which they do not ride; nobody who is
    known not to be of age has one while no guardian stands for them (A6, A9).
    All are asked whatever the first says, so that none answers sooner. Until the transaction ends nobody else can bring
    the two together or keep them apart.
    """
    hold_pair(trip.passenger_id, driver.account_id)
    apart = kept_apart(trip.passenger_id, driver.account_id)
    stopped, lost = has_covert_hold(driver), LostRequest.objects.filter(driver=driver, trip=trip).exists()
    kept = not all([not trip.for_teen or suits_teen(trip, driver), is_guarded(trip)])
    return trip.state not in WAITING or stopped or lost or apart or kept


@joins_transaction
def take(trip: Trip, driver: "Driver", **changes: Any) -> None:
    """Give a trip, whose row is locked, to a driver who may have it.

    Raises `NoLongerAvailable` where it is lost to the driver, `StaleState`.
    """
    vehicle = drivers_vehicle(driver)
    if vehicle is None or is_lost(driver, trip):
        raise NoLongerAvailable
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.ACCEPTED,
        driver=driver,
        vehicle=vehicle,
        plate_registered=vehicle.plate,
        accepted_at=clock.now(),
        **changes,
    )


@joins_transaction
def lose(driver: "Driver", trip: Trip) -> None:
    """The order stands no more on this driver's list, as one that somebody else took does not (S11).

    One that was this driver's stands among the driver's trips as cancelled by its passenger, whatever becomes of it.
    """
    until = trip.window_end if trip.driver_id == driver.pk else None
    LostRequest.objects.bulk_create(
        [LostRequest(driver=driver, trip=trip, at=clock.now(), accepted_until=until)], ignore_conflicts=True
    )
