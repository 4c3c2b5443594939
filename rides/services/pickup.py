"""From the pick-up to setting off: checks, plate, code, meeting of phones (D11, R7)."""

from typing import TYPE_CHECKING

from django.db.models import F

from core import audit, clock, events, live, policy, timeline, typed
from core.actors import MONITOR
from core.errors import NotFound
from core.states import StaleState, move
from core.transactions import begins_transaction
from drivers import services as driver_services
from drivers.selectors import (
    why_not_arrive,
)
from rides import selectors
from rides.curfew import in_curfew
from rides.errors import (
    CurfewHours,
    PlateNotCompared,
    TooManyBoardingCodes,
    WrongBoardingCode,
)
from rides.events import BoardingPresumed, MetAfterCancel
from rides.geometry import Point, distance
from rides.models import Trip
from rides.policies import CODE_TRIES
from rides.services.coming import tell_waits
from rides.services.night import check_reminders_read
from rides.services.outcomes import Outcome
from rides.states import (
    BEFORE_BOARDING,
    TRIP_TRANSITIONS,
    Line,
    Party,
    PlateCheck,
    TripLine,
    TripState,
)

if TYPE_CHECKING:
    from accounts.models import Account
    from core.reader.door import Upload
    from drivers.models import Driver
    from drivers.services import PlateOutcome, Whereabouts


def check_plate(*, driver: "Driver", trip_code: str, token: str, content: "Upload | bytes") -> "PlateOutcome":
    """The photo before the pick-up of one's own accepted trip (D11). Raises `NotFound`, and as `send_plate_photo`."""
    trip = Trip.objects.select_related("vehicle").filter(driver=driver, code=trip_code).first()
    if trip is None or trip.vehicle is None or trip.state not in BEFORE_BOARDING:
        raise NotFound
    return driver_services.send_plate_photo(
        driver=driver,
        vehicle=trip.vehicle,
        subject=trip.code,
        token=token,
        content=content,
        where=_whereabouts(trip),
    )


def _whereabouts(trip: Trip) -> "Whereabouts | None":
    """Where the driver's phone is beside the pick-up, by its newest position of this trip."""
    row = selectors.latest_positions(trip).get(Party.DRIVER)
    if row is None:
        return None
    return driver_services.Whereabouts(
        distance((row.latitude, row.longitude), trip.origin), row.at, row.accuracy
    )


@begins_transaction
def arrive(*, driver: "Driver", trip_code: str) -> Trip:
    """The driver is at the pick-up, face and plate checked (D11). Said again it stays as it is.

    Raises `NotFound`, `IllegalTransition`, `StaleState`, `PickupCheckNeeded`, `PlatePhotoWaiting`, `PlateDiffers`.
    """
    trip = drivers_trip(driver, trip_code)
    if trip.went_past("arrived_at"):
        return trip
    missing = why_not_arrive(driver, trip_code)
    if missing and trip.state == TripState.ACCEPTED:
        raise missing
    move(trip, TRIP_TRANSITIONS, TripState.ARRIVED, arrived_at=clock.now())
    timeline.add(TripLine.ARRIVED, driver.account.actor, trip=trip.code)
    tell_waits(trip)
    live.changed_on_commit(f"trip:{trip.code}")
    return trip


def drivers_trip(driver: "Driver", code: str) -> Trip:
    """The driver's own trip, locked; one that was taken away as `taken_away` shows it. Raises `NotFound`."""
    trip = Trip.objects.select_for_update().filter(driver=driver, code=code).first()
    if trip is None:
        trip = next(iter(selectors.taken_away(driver.account, code=code)), None)
    if trip is None:
        raise NotFound
    return trip


def passengers_trip(passenger: "Account", code: str) -> Trip:
    """The passenger's own trip, locked. Raises `NotFound`."""
    trip = Trip.objects.select_for_update().filter(passenger=passenger, code=code).first()
    if trip is None:
        raise NotFound
    return trip


@begins_transaction
def confirm_car(*, passenger: "Account", trip_code: str) -> Trip:
    """'This is my car' (R7): the plate was compared, and the boarding code may be told. Said again it stays as it is.

    She typed no plate, so none is written down as seen. Raises `StaleState`.
    """
    trip = passengers_trip(passenger, trip_code)
    if trip.plate_check == PlateCheck.SAME and trip.went_past("accepted_at"):
        return trip
    if trip.state not in BEFORE_BOARDING:
        raise StaleState
    trip.plate_check = PlateCheck.SAME
    trip.save(update_fields=["plate_check"])
    timeline.add(TripLine.PLATE_SAME, passenger.actor, trip=trip.code, plate=trip.plate_registered)
    audit.record(passenger.actor, "rides.plate_compared", trip.code, registered=trip.plate_registered)
    live.changed_on_commit(f"trip:{trip.code}")
    return trip


@begins_transaction
def board_trip(*, driver: "Driver", trip_code: str, code: str) -> Outcome:
    """The driver enters the passenger's code. Wrong ones are counted and kept; the refusal is returned. Once she is
    aboard it stays as it is.

    A code opens no second door past face and plate (D11): who has not come to `arrived` is asked the same here, and
    the code is not looked at. Raises `StaleState`.
    """
    trip = drivers_trip(driver, trip_code)
    if trip.went_past("boarded_at"):
        return Outcome(trip)
    if trip.state not in BEFORE_BOARDING:
        raise StaleState
    if trip.state == TripState.ACCEPTED and (missing := why_not_arrive(driver, trip_code)):
        return Outcome(trip, missing)
    actor = driver.account.actor
    if trip.wrong_codes >= policy.value(CODE_TRIES):
        return Outcome(trip, TooManyBoardingCodes())
    if trip.plate_check != PlateCheck.SAME:
        return Outcome(trip, PlateNotCompared())
    if trip.line == Line.HITCH and in_curfew(clock.now()):
        return Outcome(trip, CurfewHours())
    if typed.code.digits(code, 4) != trip.boarding_code:
        Trip.objects.filter(pk=trip.pk).update(wrong_codes=F("wrong_codes") + 1)
        timeline.add(TripLine.WRONG_CODE, actor, trip=trip.code)
        return Outcome(trip, WrongBoardingCode("code"))
    move(trip, TRIP_TRANSITIONS, TripState.BOARDED, boarded_at=clock.now())
    timeline.add(TripLine.BOARDED, actor, trip=trip.code)
    audit.record(actor, "rides.boarded", trip.code)
    live.changed_on_commit(f"trip:{trip.code}")
    return Outcome(trip)


@begins_transaction
def record_meeting(*, trip_code: str, position: Point) -> None:
    """The monitor saw both phones at one place before boarding, or after the driver said that there is none (R6)."""
    trip = Trip.objects.select_for_update().filter(code=trip_code, phones_met_at=None).first()
    if trip is None:
        return
    believed = trip.was_cancelled_by_driver and not trip.cancel_is_doubted
    trip.phones_met_at = clock.now()
    trip.save(update_fields=["phones_met_at"])
    timeline.add(TripLine.MET, MONITOR, trip=trip_code, position=position)
    if believed:
        events.publish(MetAfterCancel(trip=trip.code, party=trip.cancelled_by, reason=trip.cancel_reason))
        live.changed_on_commit(f"trip:{trip.code}")


@begins_transaction
def presume_boarded(*, trip_code: str, position: Point) -> None:
    """No code was entered, but the phones travel together: counts as boarded (R7)."""
    trip = Trip.objects.select_for_update().filter(code=trip_code, state__in=BEFORE_BOARDING).first()
    if trip is None:
        return
    move(trip, TRIP_TRANSITIONS, TripState.BOARDED, boarded_at=clock.now(), presumed_boarded=True)
    timeline.add(TripLine.PRESUMED_BOARDED, MONITOR, trip=trip.code, position=position)
    audit.record(MONITOR, "rides.presumed_boarded", trip.code)
    events.publish(BoardingPresumed(trip=trip.code, compared=trip.plate_check == PlateCheck.SAME))
    live.changed_on_commit(f"trip:{trip.code}")


@begins_transaction
def depart(*, driver: "Driver", trip_code: str) -> Trip:
    """The car sets off. Said again it stays as it is. Raises `NotFound`, `ReminderUnread`, `IllegalTransition`, `StaleState`."""
    trip = drivers_trip(driver, trip_code)
    if trip.went_past("departed_at"):
        return trip
    check_reminders_read(trip)
    move(trip, TRIP_TRANSITIONS, TripState.IN_PROGRESS, departed_at=clock.now())
    timeline.add(TripLine.DEPARTED, driver.account.actor, trip=trip.code)
    live.changed_on_commit(f"trip:{trip.code}")
    return trip
