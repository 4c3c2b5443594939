"""A car is found, comes near, waits: who travels is told, also where nobody looks at the page."""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy

from accounts import push
from core import clock, jobs, live, policy, timeline
from core.actors import MONITOR
from core.messages import outbox
from core.messages.catalogue import Message
from core.transactions import begins_transaction, joins_transaction
from rides import messages, selectors
from rides.geometry import distance
from rides.models import LatestPosition, Trip
from rides.policies import NEAR
from rides.states import Party, TripLine, TripState

FRESH = timedelta(minutes=2)  # of an older position nobody knows where the car is now
ON_SCREEN = timedelta(minutes=10)  # what is told later tells her nothing new
DEGREE = 100_000  # metres in a degree of latitude at least


@joins_transaction
def tell_found(trip: Trip) -> None:
    """A car was found: plate and car, to compare."""
    if trip.vehicle is None:
        return
    url = selectors.rider_url(trip) if trip.rider_phone else selectors.trip_url(trip)
    found = messages.CarFound(
        plate=trip.plate_registered, colour=trip.vehicle.colour, model=trip.vehicle.model, url=url
    )
    _tell(trip, "found", found, messages.CarFoundOnScreen(plate=trip.plate_registered))


@joins_transaction
def tell_waits(trip: Trip) -> None:
    """The car waits at the pick-up."""
    waits = messages.CarWaits(plate=trip.plate_registered, origin=trip.origin_name)
    _tell(trip, "waits", waits, messages.CarWaitsOnScreen(plate=trip.plate_registered))


def _tell(trip: Trip, what: str, message: Message, on_screen: Message) -> None:
    """Once for each car: by a text message, and on the screens of who rides themselves where they asked for it."""
    outbox.queue(
        message,
        key=f"{what}:{trip.code}:{trip.driver_id}",
        to=selectors.phone_of_rider(trip),
        language=trip.passenger.language,
        subject=trip.code,
    )
    if not trip.for_another:
        push.tell(
            on_screen,
            account=trip.passenger,
            key=f"{what}:{trip.code}:{trip.driver_id}",
            subject=trip.code,
            until=clock.now() + ON_SCREEN,
        )


def _coming(at: datetime, limit: int) -> list[int]:
    """Accepted trips whose car's newest position lies in a square around the pick-up."""
    degrees = policy.value(NEAR) / DEGREE
    rows = LatestPosition.objects.filter(
        trip__state=TripState.ACCEPTED,
        trip__near_at=None,
        party=Party.DRIVER,
        at__gte=at - FRESH,
        latitude__range=(F("trip__origin_latitude") - degrees, F("trip__origin_latitude") + degrees),
    )
    return [
        row.trip_id
        for row in rows.select_related("trip").order_by("trip_id")[:limit]
        if distance((row.latitude, row.longitude), row.trip.origin) <= policy.value(NEAR)
    ]


@begins_transaction
def _near(pk: int, at: datetime) -> bool:
    rows = Trip.objects.select_for_update(skip_locked=True, of=("self",)).select_related("passenger")
    trip = rows.filter(pk=pk, state=TripState.ACCEPTED, near_at=None).first()
    here = selectors.latest_positions(trip).get(Party.DRIVER) if trip else None
    if trip is None or here is None:
        return False
    metres = round(distance((here.latitude, here.longitude), trip.origin))
    if here.at < at - FRESH or metres > policy.value(NEAR):
        return False
    trip.near_at = clock.now()
    trip.save(update_fields=["near_at"])
    timeline.add(TripLine.NEAR, MONITOR, trip=trip.code, metres=metres)
    near = messages.CarNear(plate=trip.plate_registered, origin=trip.origin_name)
    _tell(trip, "near", near, messages.CarNearOnScreen(plate=trip.plate_registered))
    live.changed_on_commit(f"trip:{trip.code}")
    return True


COMING_NEAR = jobs.rows(
    "rides.coming_near",
    gettext_lazy("telling passengers that their car comes near"),
    due=_coming,
    act=_near,
    key=int,
)
