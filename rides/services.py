"""The only writer of itineraries, trips and positions."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Sum

from accounts.errors import RealNameRequired
from core import audit, clock, events, policy, timeline
from core.actors import MONITOR, Actor
from core.codes import new_code, new_digits
from core.errors import DomainError, NotFound
from core.states import StaleState, move
from core.transactions import begins_transaction, joins_transaction
from drivers import services as driver_services
from drivers.errors import FaceRequired
from drivers.selectors import (
    drivers_vehicle,
    has_covert_hold,
    mismatch_reported,
    plate_key,
    why_not_arrive,
    why_not_eligible,
)
from drivers.states import FacePurpose, ReportSource
from rides import selectors
from rides.errors import (
    CannotCancelAboard,
    CurfewHours,
    LineNotRunning,
    NoLongerAvailable,
    NoSeat,
    NotAlongTheWay,
    OwnRequest,
    PlacesWrong,
    PlateNotCompared,
    TooManyBoardingCodes,
    TripStopped,
    WindowWrong,
    WrongBoardingCode,
)
from rides.events import CancelAttempted, MismatchReported, TripAccepted, TripCancelled, TripEnded
from rides.geometry import Point, distance
from rides.models import City, Itinerary, LatestPosition, LineInCity, TrailMinute, Trip
from rides.policies import CURFEW, in_curfew, lies_along, window_meets_curfew
from rides.states import (
    ABOARD,
    BEFORE_BOARDING,
    TRIP_TRANSITIONS,
    WAITING,
    WITH_DRIVER,
    CancelReason,
    Line,
    LineState,
    Party,
    PlateCheck,
    TripLine,
    TripState,
)
from rides.trails import Fix, PackedMinute, minute_of, pack, unpack

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver
    from drivers.services import PlateOutcome

CODE_TRIES = policy.declare(
    "rides.boarding_code_tries",
    5,
    unit="tries",
    about="Wrong boarding codes before the trip waits for an agent.",
)
SHORTEST_TRIP = 500.0
REPORT_AFTER = policy.declare(
    "rides.mismatch_report_after",
    30 * 86_400,
    unit="seconds",
    about="How long after a trip its passenger can say that driver or car was another one (D5).",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A named point, latitude and longitude in degrees, WGS-84."""

    name: str
    latitude: float
    longitude: float

    @property
    def point(self) -> Point:
        return self.latitude, self.longitude


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt whose refusal must be remembered: committed, then said by the front."""

    trip: Trip
    refusal: DomainError | None = None


def _check_way(city: City, origin: Place, destination: Place, start: datetime, end: datetime) -> None:
    middle = (city.latitude, city.longitude)
    if (
        distance(origin.point, destination.point) < SHORTEST_TRIP
        or max(distance(middle, origin.point), distance(middle, destination.point)) > city.radius
    ):
        raise PlacesWrong
    at = clock.now()
    if not (start <= end <= start + timedelta(hours=3)) or end <= at or start > at + timedelta(days=7):
        raise WindowWrong("window_start")
    if window_meets_curfew(start, end):
        raise CurfewHours("window_start")


# --- Lines ---------------------------------------------------------------------------------------------


@joins_transaction
def set_line(*, actor: Actor, line: Line, city: City, state: LineState, permit_until: datetime) -> None:
    """Set the state of a line in a city."""
    LineInCity.objects.update_or_create(
        line=line,
        city=city,
        defaults={"state": state, "since": clock.now(), "permit_until": permit_until.date()},
    )
    audit.record(actor, "rides.line_set", f"{line}:{city.code}", state=state)


# --- Before the trip -------------------------------------------------------------------------------------


@begins_transaction
def offer_itinerary(
    *,
    driver: "Driver",
    city: City,
    origin: Place,
    destination: Place,
    window_start: datetime,
    window_end: datetime,
    seats: int,
    client_key: str,
    route: list[Point] | None = None,
) -> Itinerary:
    """A hitch owner says which way they go; the same `client_key` says it once.

    `route` is the way that the owner's router drew; without one the straight line stands for it. Requests along the
    way become `matched`. Raises `LineNotRunning`, `PlacesWrong`, `WindowWrong`, `CurfewHours`, or why the driver is not eligible.
    """
    again = Itinerary.objects.filter(client_key=client_key, driver=driver).first()
    if again:
        return again
    if not selectors.line_runs(Line.HITCH, city, clock.now()):
        raise LineNotRunning
    refusal = None if has_covert_hold(driver) else why_not_eligible(driver)
    if refusal:
        raise refusal
    _check_way(city, origin, destination, window_start, window_end)
    itinerary = Itinerary.objects.create(
        code=new_code("W"),
        driver=driver,
        city=city,
        origin_name=origin.name,
        destination_name=destination.name,
        route=[list(point) for point in route or [origin.point, destination.point]],
        route_source="router" if route else "straight",
        window_start=window_start,
        window_end=window_end,
        seats=seats,
        client_key=client_key,
        created_at=clock.now(),
    )
    for trip in selectors.requests_along(itinerary):
        _mark_matched(trip, 1)
    return itinerary


def _mark_matched(trip: Trip, count: int) -> None:
    if trip.state == TripState.REQUESTED and count:
        try:
            move(trip, TRIP_TRANSITIONS, TripState.MATCHED)
        except StaleState:
            return  # somebody was faster; there is nothing left to do
        timeline.add(TripLine.MATCHED, MONITOR, trip=trip.code, count=count)


@begins_transaction
def book_trip(
    *,
    passenger: "Account",
    city: City,
    origin: Place,
    destination: Place,
    window_start: datetime,
    window_end: datetime,
    seats: int,
    client_key: str,
) -> Trip:
    """Ask for a hitch ride; the same `client_key` asks once.

    Raises `RealNameRequired`, `LineNotRunning`, `PlacesWrong`, `WindowWrong`, `CurfewHours`.
    """
    again = Trip.objects.filter(client_key=client_key, passenger=passenger).first()
    if again:
        return again
    if passenger.verified_at is None:
        raise RealNameRequired
    if not selectors.line_runs(Line.HITCH, city, clock.now()):
        raise LineNotRunning
    _check_way(city, origin, destination, window_start, window_end)
    trip = Trip.objects.create(
        code=new_code("T"),
        line=Line.HITCH,
        city=city,
        passenger=passenger,
        client_key=client_key,
        origin_name=origin.name,
        origin_latitude=origin.latitude,
        origin_longitude=origin.longitude,
        destination_name=destination.name,
        destination_latitude=destination.latitude,
        destination_longitude=destination.longitude,
        window_start=window_start,
        window_end=window_end,
        seats=seats,
        boarding_code=new_digits(4),
        requested_at=clock.now(),
    )
    timeline.add(
        TripLine.BOOKED,
        passenger.actor,
        trip=trip.code,
        position=origin.point,
        origin=origin.name,
        destination=destination.name,
    )
    _mark_matched(trip, len(selectors.itineraries_along(trip)))
    return trip


@begins_transaction
def accept_trip(*, driver: "Driver", trip_code: str, itinerary_code: str, face_token: str = "") -> Outcome:
    """A hitch owner accepts a request (R5): line, driver, curfew, face, seat, then the trip, in one transaction.

    `face_token` is that of a passed check for this order; it is used up only by an acceptance that succeeds.

    A refusal is committed to the timeline and returned. Raises `NotFound` for an itinerary that is not the driver's.
    """
    itinerary = (
        Itinerary.objects.select_for_update()
        .select_related("city")
        .filter(driver=driver, code=itinerary_code)
        .first()
    )
    if itinerary is None:
        raise NotFound("itinerary")
    trip = Trip.objects.select_for_update().select_related("city", "passenger").filter(code=trip_code).first()
    if trip is None:
        raise NotFound
    refusal = _why_not_accept(driver, trip, itinerary)
    if refusal is None and not driver_services.consume_face_token(
        driver=driver, purpose=FacePurpose.ACCEPT, subject=trip.code, token=face_token
    ):
        refusal = FaceRequired()
    actor = driver.account.actor
    if refusal:
        timeline.add(TripLine.ACCEPT_REFUSED, actor, trip=trip.code, code=refusal.code)
        audit.record(
            actor,
            "rides.acceptance_refused",
            trip.code,
            code=refusal.code,
            curfew=policy.in_force(CURFEW).citation,
        )
        return Outcome(trip, refusal)
    vehicle = drivers_vehicle(driver)
    assert vehicle is not None  # noqa: S101 - why_not_eligible has just said so
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.ACCEPTED,
        itinerary=itinerary,
        driver=driver,
        vehicle=vehicle,
        plate_registered=vehicle.plate,
        planned_route=itinerary.route,
        route_source=itinerary.route_source,
        accepted_at=clock.now(),
    )
    timeline.add(TripLine.ACCEPTED, actor, trip=trip.code, plate=vehicle.plate)
    audit.record(actor, "rides.accepted", trip.code, itinerary=itinerary.code)
    events.publish(TripAccepted(trip=trip.code))
    return Outcome(trip)


def _why_not_accept(driver: "Driver", trip: Trip, itinerary: Itinerary) -> DomainError | None:
    """The first reason against an acceptance, in the order of R5."""
    at = clock.now()
    if not selectors.line_runs(trip.line, trip.city, at):
        return LineNotRunning()
    if has_covert_hold(driver):
        # Somebody may be in the car: the answer is the one that losing a race gives, and tells nothing (S11).
        return NoLongerAvailable()
    not_eligible = why_not_eligible(driver)
    if not_eligible:
        return not_eligible
    if in_curfew(at) or window_meets_curfew(trip.window_start, trip.window_end):
        return CurfewHours()
    if trip.passenger_id == driver.account_id:
        return OwnRequest()
    if trip.state not in WAITING:
        return NoLongerAvailable()
    if not lies_along(trip, itinerary):
        return NotAlongTheWay()
    taken = (
        Trip.objects.filter(itinerary=itinerary, state__in=WITH_DRIVER).aggregate(seats=Sum("seats"))["seats"]
        or 0
    )
    if taken + trip.seats > itinerary.seats:
        return NoSeat()
    if trip.state == TripState.REQUESTED:
        _mark_matched(trip, 1)
    return None


def check_plate(*, driver: "Driver", trip_code: str, token: str, content: bytes) -> "PlateOutcome":
    """The photo before the pick-up of one's own accepted trip (D11). Raises `NotFound`, and as `send_plate_photo`."""
    trip = Trip.objects.select_related("vehicle").filter(driver=driver, code=trip_code).first()
    if trip is None or trip.vehicle is None or trip.state not in BEFORE_BOARDING:
        raise NotFound
    return driver_services.send_plate_photo(
        driver=driver, vehicle=trip.vehicle, subject=trip.code, token=token, content=content
    )


@begins_transaction
def arrive(*, driver: "Driver", trip_code: str) -> Trip:
    """The driver is at the pick-up, face and plate checked (D11).

    Raises `NotFound`, `IllegalTransition`, `StaleState`, `PickupCheckNeeded`, `PlatePhotoWaiting`, `PlateDiffers`.
    """
    trip = _drivers_trip(driver, trip_code)
    missing = why_not_arrive(driver, trip_code)
    if missing and trip.state == TripState.ACCEPTED:
        raise missing
    move(trip, TRIP_TRANSITIONS, TripState.ARRIVED, arrived_at=clock.now())
    timeline.add(TripLine.ARRIVED, driver.account.actor, trip=trip.code)
    return trip


def _drivers_trip(driver: "Driver", code: str) -> Trip:
    trip = Trip.objects.select_for_update().filter(driver=driver, code=code).first()
    if trip is None:
        raise NotFound
    return trip


def _passengers_trip(passenger: "Account", code: str) -> Trip:
    trip = Trip.objects.select_for_update().filter(passenger=passenger, code=code).first()
    if trip is None:
        raise NotFound
    return trip


# --- Boarding --------------------------------------------------------------------------------------------


@begins_transaction
def confirm_car(*, passenger: "Account", trip_code: str) -> Trip:
    """'This is my car' (R7): the plate was compared, and the boarding code may be told."""
    trip = _passengers_trip(passenger, trip_code)
    if trip.state not in BEFORE_BOARDING:
        raise StaleState
    if trip.plate_check != PlateCheck.SAME:
        trip.plate_check, trip.plate_seen = PlateCheck.SAME, trip.plate_registered
        trip.save(update_fields=["plate_check", "plate_seen"])
        timeline.add(TripLine.PLATE_SAME, passenger.actor, trip=trip.code, plate=trip.plate_seen)
        audit.record(passenger.actor, "rides.plate_compared", trip.code, seen=trip.plate_seen)
    return trip


@begins_transaction
def report_mismatch(
    *, passenger: "Account", trip_code: str, what: PlateCheck, plate_seen: str = "", words: str = ""
) -> Trip:
    """'Not this car' or 'not this driver' (D5), once for each trip.

    Before boarding the trip stops here. Aboard nothing changes on the driver's phone, and the hold acts when she is
    safe (S11). Afterwards, for a while, it can be said too. `plate_seen` is kept beside the registered one, and the
    driver's other trips that have not begun go to others. Raises `NotFound`, `StaleState`.
    """
    trip = _passengers_trip(passenger, trip_code)
    if mismatch_reported(trip.code):
        return trip
    if trip.driver is None or trip.state in WAITING:
        raise StaleState
    source = _report_source(trip)
    at, driver = clock.now(), trip.driver
    seen = plate_seen.strip().upper()[:10]
    if seen and "·" not in seen and plate_key(seen) == plate_key(trip.plate_registered):
        seen = trip.plate_registered
    # She, or another passenger, may be in this car: then nothing shows until nobody is (S11).
    covert = source != ReportSource.BEFORE or selectors.aboard(driver.account.code) is not None
    if source == ReportSource.BEFORE:
        move(
            trip,
            TRIP_TRANSITIONS,
            TripState.CANCELLED,
            plate_check=what,
            plate_seen=seen,
            cancelled_at=at,
            cancelled_by=Party.PASSENGER,
            cancel_reason=CancelReason.MISMATCH,
        )
    elif seen:
        Trip.objects.filter(pk=trip.pk).update(plate_seen=seen)
        trip.plate_seen = seen
    actor = passenger.actor
    timeline.add(TripLine.MISMATCH, actor, trip=trip.code, registered=trip.plate_registered, seen=seen or "—")
    audit.record(
        actor,
        "rides.mismatch_reported",
        trip.code,
        what=what,
        seen=seen,
        registered=trip.plate_registered,
        source=source,
    )
    driver_services.report_mismatch(
        actor=actor,
        driver=driver,
        source=source,
        seen=driver_services.Seen(str(what), seen, words, trip.code),
        submission=f"trip:{trip.code}",
        covert=covert,
        reporter=passenger.code,
    )
    if not covert:
        give_to_others(actor=actor, driver=driver)
    if source != ReportSource.AFTER:
        events.publish(MismatchReported(trip=trip.code, what=what))
    return trip


def _report_source(trip: Trip) -> ReportSource:
    if trip.state in BEFORE_BOARDING:
        return ReportSource.BEFORE
    if trip.state in ABOARD:
        return ReportSource.DURING
    over = trip.ended_at or trip.cancelled_at
    if over is None or clock.now() - over > timedelta(seconds=policy.value(REPORT_AFTER)):
        raise StaleState
    return ReportSource.AFTER


@joins_transaction
def give_to_others(*, actor: Actor, driver: "Driver") -> int:
    """Trips of this driver that have not begun look for another driver; returns how many."""
    given = 0
    for trip in (
        Trip.objects.select_for_update().filter(driver=driver, state__in=BEFORE_BOARDING).order_by("pk")
    ):
        move(
            trip,
            TRIP_TRANSITIONS,
            TripState.REQUESTED,
            driver=None,
            vehicle=None,
            itinerary=None,
            plate_registered="",
            plate_seen="",
            plate_check="",
            accepted_at=None,
            arrived_at=None,
            phones_met_at=None,
        )
        timeline.add(TripLine.GIVEN_TO_OTHERS, actor, trip=trip.code)
        _mark_matched(
            trip, len([way for way in selectors.itineraries_along(trip) if way.driver_id != driver.pk])
        )
        given += 1
    return given


@begins_transaction
def board_trip(*, driver: "Driver", trip_code: str, code: str) -> Outcome:
    """The driver enters the passenger's code. Wrong ones are counted and kept; the refusal is returned."""
    trip = _drivers_trip(driver, trip_code)
    if trip.state not in BEFORE_BOARDING:
        raise StaleState
    actor = driver.account.actor
    if trip.wrong_codes >= policy.value(CODE_TRIES):
        return Outcome(trip, TooManyBoardingCodes())
    if trip.plate_check != PlateCheck.SAME:
        return Outcome(trip, PlateNotCompared())
    if in_curfew(clock.now()):
        return Outcome(trip, CurfewHours())
    if code.strip() != trip.boarding_code:
        Trip.objects.filter(pk=trip.pk).update(wrong_codes=F("wrong_codes") + 1)
        timeline.add(TripLine.WRONG_CODE, actor, trip=trip.code)
        return Outcome(trip, WrongBoardingCode("code"))
    move(trip, TRIP_TRANSITIONS, TripState.BOARDED, boarded_at=clock.now())
    timeline.add(TripLine.BOARDED, actor, trip=trip.code)
    audit.record(actor, "rides.boarded", trip.code)
    return Outcome(trip)


@begins_transaction
def record_meeting(*, trip_code: str, position: Point) -> None:
    """The monitor saw both phones at one place before boarding."""
    if Trip.objects.filter(code=trip_code, phones_met_at=None).update(phones_met_at=clock.now()):
        timeline.add(TripLine.MET, MONITOR, trip=trip_code, position=position)


@begins_transaction
def presume_boarded(*, trip_code: str, position: Point) -> None:
    """No code was entered, but the phones travel together: counts as boarded (R7)."""
    trip = Trip.objects.select_for_update().filter(code=trip_code, state__in=BEFORE_BOARDING).first()
    if trip is None:
        return
    move(trip, TRIP_TRANSITIONS, TripState.BOARDED, boarded_at=clock.now(), presumed_boarded=True)
    timeline.add(TripLine.PRESUMED_BOARDED, MONITOR, trip=trip.code, position=position)
    audit.record(MONITOR, "rides.presumed_boarded", trip.code)


@begins_transaction
def depart(*, driver: "Driver", trip_code: str) -> Trip:
    """The car sets off."""
    trip = _drivers_trip(driver, trip_code)
    move(trip, TRIP_TRANSITIONS, TripState.IN_PROGRESS, departed_at=clock.now())
    timeline.add(TripLine.DEPARTED, driver.account.actor, trip=trip.code)
    return trip


# --- The end ---------------------------------------------------------------------------------------------


@begins_transaction
def end_trip(*, driver: "Driver", trip_code: str) -> Trip:
    """The driver ends the trip. How far from the destination that is goes to the safety desk, not to the driver."""
    trip = _drivers_trip(driver, trip_code)
    here = LatestPosition.objects.filter(trip=trip, party=Party.DRIVER).first()
    metres = round(distance((here.latitude, here.longitude), trip.destination)) if here else -1
    move(trip, TRIP_TRANSITIONS, TripState.ENDED, ended_at=clock.now())
    actor = driver.account.actor
    timeline.add(TripLine.ENDED, actor, trip=trip.code, metres=metres if here else "?")
    audit.record(actor, "rides.ended", trip.code, metres=metres)
    events.publish(TripEnded(trip=trip.code, metres=metres))
    return trip


@begins_transaction
def cancel_trip(*, account: "Account", trip_code: str, reason: CancelReason) -> Outcome:
    """Cancel before boarding. After it nobody can (R6): the attempt is kept, raises an alert, and is refused.

    `reason` is what somebody said, not what was true.
    """
    trip = Trip.objects.select_for_update().filter(code=trip_code).first()
    if trip is None or account.pk not in (trip.passenger_id, trip.driver.account_id if trip.driver else None):
        raise NotFound
    party = Party.PASSENGER if trip.passenger_id == account.pk else Party.DRIVER
    if trip.state in ABOARD:
        timeline.add(TripLine.CANCEL_REFUSED, account.actor, trip=trip.code, party=party, reason=reason)
        audit.record(account.actor, "rides.cancel_refused", trip.code, said=reason)
        events.publish(CancelAttempted(trip=trip.code, party=party, reason=reason))
        return Outcome(trip, CannotCancelAboard())
    if trip.state in {TripState.ENDED, TripState.CANCELLED}:
        return Outcome(trip, TripStopped())
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.CANCELLED,
        cancelled_at=clock.now(),
        cancelled_by=party,
        cancel_reason=reason,
    )
    timeline.add(TripLine.CANCELLED, account.actor, trip=trip.code, party=party, reason=reason)
    audit.record(account.actor, "rides.cancelled", trip.code, said=reason)
    events.publish(
        TripCancelled(trip=trip.code, party=party, reason=reason, phones_met=trip.phones_met_at is not None)
    )
    return Outcome(trip)


# --- Positions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PhoneFixes:
    """New positions of one phone."""

    trip_id: int
    party: Party
    fixes: list[Fix]
    away: bool


@begins_transaction
def store_positions(batches: Iterable[PhoneFixes]) -> None:
    """Write trails and latest positions in bulk. The same positions again change nothing; late ones find their minute."""
    minutes: dict[tuple[int, Party, datetime], list[Fix]] = defaultdict(list)
    newest: dict[tuple[int, Party], tuple[Fix, bool]] = {}
    for batch in batches:
        for fix in batch.fixes:
            minutes[batch.trip_id, batch.party, minute_of(fix.at)].append(fix)
        if batch.fixes:
            last = max(batch.fixes)
            known = newest.get((batch.trip_id, batch.party))
            newest[batch.trip_id, batch.party] = (max(last, known[0]) if known else last, batch.away)
        elif (batch.trip_id, batch.party) in newest:
            newest[batch.trip_id, batch.party] = (newest[batch.trip_id, batch.party][0], batch.away)
    _store_minutes(minutes)
    _store_newest(newest)


def _store_minutes(minutes: dict[tuple[int, Party, datetime], list[Fix]]) -> None:
    wanted = {(trip, minute) for trip, _party, minute in minutes}
    there = TrailMinute.objects.filter(
        trip__in={trip for trip, _ in wanted}, minute__in={minute for _, minute in wanted}
    )
    before = {(row.trip_id, Party(row.party), row.minute): row for row in there.select_for_update()}
    rows = []
    for (trip, party, minute), fixes in sorted(
        minutes.items(), key=lambda item: (item[0][0], item[0][1], item[0][2])
    ):
        old = before.get((trip, party, minute))
        known = unpack(PackedMinute(old.minute, old.latitude, old.longitude, old.packed)) if old else []
        packed = pack([*known, *fixes])
        rows.append(
            TrailMinute(
                trip_id=trip,
                party=party,
                minute=minute,
                latitude=packed.latitude,
                longitude=packed.longitude,
                packed=packed.packed,
            )
        )
    TrailMinute.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["trip", "party", "minute"],
        update_fields=["latitude", "longitude", "packed"],
    )


def _store_newest(newest: dict[tuple[int, Party], tuple[Fix, bool]]) -> None:
    for (trip, party), (fix, away) in sorted(newest.items()):
        at = datetime.fromtimestamp(fix.at, tz=clock.now().tzinfo)
        values = {"at": at, "latitude": fix.latitude, "longitude": fix.longitude, "away": away}
        row, new = LatestPosition.objects.get_or_create(trip_id=trip, party=party, defaults=values)
        if not new and at >= row.at:
            LatestPosition.objects.filter(pk=row.pk, at__lte=at).update(**values)
