"""The trip that the red team asks about (P11): of marked people, cancelled before anybody drove."""

from datetime import timedelta
from typing import TYPE_CHECKING

from core import clock
from core.codes import new_code, new_digits
from core.errors import Forbidden
from core.transactions import begins_transaction
from rides.models import City, Trip
from rides.states import Line, TripState

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver, Vehicle

HOME = "演练·家"
AWAY = 0.05  # degrees of latitude between where it would begin and end


@begins_transaction
def mark_drill_trip(*, passenger: "Account", driver: "Driver", vehicle: "Vehicle", city: City) -> Trip:
    """A trip that is over since now, so that a claim about it is recent. Raises `Forbidden` unless both are marked."""
    if not (passenger.is_drill and driver.account.is_drill):
        raise Forbidden
    at = clock.now()
    return Trip.objects.create(
        code=new_code("T"),
        line=Line.EXPRESS,
        city=city,
        passenger=passenger,
        client_key=new_code("T"),
        state=TripState.CANCELLED,
        origin_name=HOME,
        origin_latitude=city.latitude,
        origin_longitude=city.longitude,
        destination_name=HOME,
        destination_latitude=city.latitude + AWAY,
        destination_longitude=city.longitude,
        window_start=at,
        window_end=at + timedelta(minutes=30),
        driver=driver,
        vehicle=vehicle,
        plate_registered=vehicle.plate,
        boarding_code=new_digits(4),
        requested_at=at - timedelta(minutes=2),
        accepted_at=at - timedelta(minutes=1),
        cancelled_at=at,
        cancelled_by="passenger",
        cancel_reason="changed_plans",
    )
