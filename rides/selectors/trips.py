"""Reads about trips. What a person may see of a trip is decided here, by side (A3)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.selectors import account_by_phone, people_who_named
from core import clock, idempotency, policy
from core.errors import NotFound
from core.models import TimelineEntry
from core.privacy import phone_index
from core.reads import Read, part
from core.rehearsal import Statement, rehearse
from drivers.selectors import VehicleCard, card_of
from rides.errors import PositionToken
from rides.geometry import distance, place_on_route
from rides.models import (
    DriverOnDuty,
    LatePickup,
    LatestPosition,
    LostRequest,
    Message,
    Offer,
    Payment,
    Rating,
    Reminder,
    Score,
    TrailMinute,
    Trip,
    TripQuerySet,
)
from rides.policies import LEAST_RATINGS, PHONE_LIMITS, TARIFF, WATCH_AFTER, Rates
from rides.reconcile import Truth, reconcile_phones
from rides.routing import CIRCUITY, SPEED, follows_roads
from rides.states import ABOARD, WITH_DRIVER, CancelReason, OfferState, Party, RiderKind, TripLine, TripState
from rides.tokens import DUTY, TripKey, make_key, read_key
from rides.trails import Fix, believable, is_coarse, unpack

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver


CARD_AFTER = timedelta(days=1)
ON_WAY = 800.0  # metres beside the planned way within which a car is on it


@dataclass(frozen=True, slots=True)
class DriverCard:
    """What the passenger sees of driver and car from acceptance until a day after the trip (A3)."""

    name: str
    badge: str
    car: VehicleCard


def all_trips() -> TripQuerySet:
    return Trip.objects.select_related("passenger", "driver__account", "vehicle", "city", "itinerary")


_TRIP = Read(lambda code: all_trips().filter(code=code), str)
_OWN_TRIP = Read(
    lambda account, code: all_trips().filter(
        Q(passenger_id=account) | Q(driver__account_id=account), code=code
    ),
    int,
    str,
)
_MAYBE_ABOARD = Read(
    lambda account, since: Trip.objects.filter(
        Q(state__in=sorted(WITH_DRIVER)) | Q(state=TripState.CANCELLED, cancelled_at__gt=since),
        driver__account__code=account,
    ).order_by("-pk"),
    str,
    datetime,
)


def trips_to_report(numbers: Collection[int]) -> list[Trip]:
    """Trips with their city and payment, without anybody's name or phone, as the law has them reported."""
    rows = Trip.objects.filter(pk__in=numbers).select_related("city", "payment")
    return list(rows.defer("rider_name", "rider_phone", "planned_route"))


def tariff_to_report() -> tuple[Mapping[str, Rates], datetime | None]:
    """The tariff in force, and since when; None for the original one, of which nobody said that."""
    row = policy.standing()(TARIFF).row
    return policy.value(TARIFF), row.effective_from if row else None


def trip_by_code(code: str) -> Trip:
    """Any trip, for staff services and handlers. Raises `NotFound`."""
    return _TRIP.the(code)


def lock_trip(trip: Trip) -> None:
    """Whoever decides by what this trip has had until now comes one after the other, until the transaction ends.

    Asked before any row of a trip's incident is locked. Rows that only name the trip can be written meanwhile.
    """
    list(Trip.objects.select_for_update(no_key=True).filter(pk=trip.pk).values_list("pk"))


_PERSON = ("id", "code", "role", "is_drill")
_FOR_HELP = """
SELECT t.id, t.code, t.state, t.passenger_id, t.driver_id,
    p.id, p.code, p.role, p.is_drill, d.id, d.account_id, a.id, a.code, a.role, a.is_drill
FROM rides_trip t
JOIN accounts_account p ON p.id = t.passenger_id
LEFT JOIN drivers_driver d ON d.id = t.driver_id
LEFT JOIN accounts_account a ON a.id = d.account_id
WHERE t.code = %s
FOR NO KEY UPDATE OF t
"""


@rehearse
def _nobodys_help() -> Statement:
    return _FOR_HELP, [""]


def lock_trip_for_help(code: str) -> Trip:
    """A trip with who travels and who drives, and no more than an SOS needs: no route, nothing encrypted, one plain question.

    Locked as by `lock_trip`. Raises `NotFound`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FOR_HELP, [code])
        found = cursor.fetchone()
    if found is None:
        raise NotFound
    trip = part(Trip, ("id", "code", "state", "passenger_id", "driver_id"), found[:5])
    account: type[Account] = apps.get_model("accounts", "Account")
    trip.passenger = part(account, _PERSON, found[5:9])
    if trip.driver_id:
        driver: Driver = part(apps.get_model("drivers", "Driver"), ("id", "account_id"), found[9:11])
        driver.account = part(account, _PERSON, found[11:])
        trip.driver = driver
    return trip


def trip_of(account: "Account", code: str) -> tuple[Trip, Party]:
    """A trip and the side that the account has in it; another's trip is not found. Raises `NotFound`.

    One that was taken from its driver is, for this driver, as `taken_away` shows it.
    """
    trip = _OWN_TRIP.first(account.pk, code)
    if trip is None:
        trip = next(iter(taken_away(account, code=code)), None)
    if trip is None:
        raise NotFound
    return trip, Party.PASSENGER if trip.passenger_id == account.pk else Party.DRIVER


def trips_as_passenger(account: "Account", *, limit: int = 20) -> list[Trip]:
    return list(all_trips().filter(passenger=account).order_by("-pk")[:limit])


def has_ridden(account: "Account") -> bool:
    """Whether a trip of theirs as a passenger ever ended."""
    return all_trips().filter(passenger=account, state=TripState.ENDED).exists()


def trips_with_driver_of(account: "Account") -> list[tuple[Trip, Party]]:
    """Trips of this account that have a driver and are not over, each with the account's side."""
    rows = all_trips().filter(Q(passenger=account) | Q(driver__account=account), state__in=WITH_DRIVER)
    return [
        (row, Party.PASSENGER if row.passenger_id == account.pk else Party.DRIVER)
        for row in rows.order_by("pk")
    ]


def trips_as_driver(driver: "Driver", *, limit: int = 20) -> list[Trip]:
    """The driver's newest trips, and among them what was taken away, as `taken_away` shows it."""
    mine = [*all_trips().filter(driver=driver).order_by("-pk")[:limit], *taken_away(driver.account)]
    return sorted(mine, key=lambda trip: -trip.pk)[:limit]


@dataclass(frozen=True, slots=True)
class DayDriven:
    """What a driver's day has had until now: fares of trips that ended, in fen, how many, and seconds with somebody aboard."""

    fen: int
    trips: int
    seconds: float


def day_driven(driver: "Driver") -> DayDriven:
    """The local day of now, by the moments at which its trips ended."""
    begun = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Trip.objects.filter(driver=driver, ended_at__gte=begun)
    ended = list(rows.values_list("fare", "boarded_at", "ended_at"))
    aboard = ((at - max(boarded, begun)).total_seconds() for _fare, boarded, at in ended if boarded and at)
    return DayDriven(sum(fare or 0 for fare, _boarded, _at in ended), len(ended), sum(aboard, 0.0))


def taken_away(account: "Account", *, code: str = "") -> list[Trip]:
    """Trips that were taken from this driver and offered to others, as if their passengers had cancelled them then.

    A row that vanished, or that goes on with somebody else, would tell its driver of a hold (S11). They are no rows to
    be written: no trip can be moved out of this state.
    """
    rows = LostRequest.objects.filter(driver__account=account, accepted_until__isnull=False)
    rows = rows.filter(trip__code=code) if code else rows
    trips = {trip.pk: trip for trip in all_trips().filter(pk__in=rows.values("trip"))}
    found = []
    for row in rows.select_related("driver__account").order_by("-trip"):
        trip = trips[row.trip_id]
        trip.driver, trip.vehicle, trip.itinerary = row.driver, None, None
        trip.state, trip.window_end = TripState.CANCELLED, row.accepted_until or trip.window_end
        trip.cancelled_at, trip.cancelled_by = row.at, Party.PASSENGER
        trip.cancel_reason = CancelReason.CHANGED_PLANS
        trip.near_at = trip.arrived_at = trip.boarded_at = trip.departed_at = trip.ended_at = None
        trip.phones_met_at = trip.fare = None
        trip.plate_check = trip.plate_seen = trip.plate_registered = ""
        found.append(trip)
    return found


def was_taken_back(trip: Trip) -> bool:
    """Whether we took this trip from a driver who had accepted it, as its passenger may know and that driver may not."""
    return LostRequest.objects.filter(trip=trip, accepted_until__isnull=False).exists()


def driver_card(trip: Trip) -> DriverCard | None:
    """Driver and car as the passenger may see them now; None outside the time in which she may."""
    if trip.driver is None or trip.vehicle is None:
        return None
    over = trip.ended_at or trip.cancelled_at
    if over and clock.now() > over + CARD_AFTER:
        return None
    return DriverCard(trip.driver.account.real_name, trip.driver.badge, card_of(trip.vehicle))


def position_key(trip: Trip, party: Party) -> str:
    """The key with which this side's phone posts positions and calls for help."""
    driver = trip.driver.account.code if party == Party.DRIVER and trip.driver else ""
    return make_key(TripKey(trip.code, party, trip.city.code, driver))


def key_for_account(trip: Trip, party: Party) -> str:
    """The key of this side for the account that has it; empty where it booked for somebody else, whose key it is (A6)."""
    return "" if party == Party.PASSENGER and trip.for_another else position_key(trip, party)


KEY_AFTER = timedelta(minutes=60)  # S16


def check_key(key: TripKey) -> None:
    """Refuse a driver's key once somebody else has the trip, or it is over and help is not needed any more (R6, S16).

    The passenger's goes on: it opens her own page, and her call for help. Raises `PositionToken`.
    """
    if void_keys([key]):
        raise PositionToken


def void_keys(keys: Iterable[TripKey]) -> set[TripKey]:
    """Those of these keys that open nothing any more; one query for all of them."""
    asked = [key for key in keys if key.party == Party.DRIVER and not key.trip.startswith(DUTY)]
    if not asked:
        return set()
    rows = Trip.objects.filter(code__in={key.trip for key in asked})
    known = {
        code: (driver or "", ended or cancelled)
        for code, driver, ended, cancelled in rows.values_list(
            "code", "driver__account__code", "ended_at", "cancelled_at"
        )
    }
    at = clock.now()

    def is_void(key: TripKey) -> bool:
        driver, over = known.get(key.trip, (key.driver, None))
        return driver != key.driver or (over is not None and at > over + KEY_AFTER)

    return {key for key in asked if is_void(key)}


def driver_of_trip(code: str) -> str:
    """The account's code of who drives a trip; empty where nobody does."""
    found = Trip.objects.filter(code=code).values_list("driver__account__code", flat=True).first()
    return found or ""


def aboard(account_code: str, *, other_than: str = "") -> Trip | None:
    """The trip in which a driver may have somebody in the car, if any (S11)."""
    rows = _MAYBE_ABOARD.all(account_code, clock.now() - policy.span(WATCH_AFTER))
    return next((trip for trip in rows if trip.code != other_than and trip.somebody_may_be_aboard), None)


def trip_meant(account: "Account", at: datetime) -> Trip | None:
    """The passenger's trip that a worried friend most likely means: one under way, else the newest within a day."""
    mine = all_trips().filter(passenger=account)
    under_way = mine.filter(state__in=WITH_DRIVER).order_by("-pk").first()
    if under_way:
        return under_way
    return (
        mine.filter(requested_at__lte=at)
        .filter(Q(ended_at__gte=at - timedelta(days=1)) | Q(cancelled_at__gte=at - timedelta(days=1)))
        .order_by("-pk")
        .first()
    )


_LATEST = Read(lambda trip: LatestPosition.objects.filter(trip_id=trip), int)


def latest_positions(trip: Trip) -> dict[str, LatestPosition]:
    """The newest position of each side."""
    return {row.party: row for row in _LATEST.all(trip.pk)}


_TRAIL = Read(
    lambda pk, party: TrailMinute.objects.filter(trip_id=pk, party=party).order_by("minute"), int, str
)


def trail_of(trip: Trip, party: Party) -> list[Fix]:
    """All positions of one side that were taken, by time, also those that cannot be."""
    rows = _TRAIL.all(trip.pk, party.value)
    return [fix for row in rows for fix in unpack(row.minute_packed)]


def believed_trail_of(trip: Trip, party: Party) -> list[Fix]:
    """The trail of one side, by time, without what no car can have been at (`rides.trails.believable`)."""
    return believable(trail_of(trip, party))


def precise_trail_of(trip: Trip, party: Party) -> list[Fix]:
    """The same without coarse positions: what something may follow from."""
    return believable([fix for fix in trail_of(trip, party) if not is_coarse(fix)])


def instead_of(trip: Trip) -> str:
    """The client's key of the order that a passenger asks for instead of a trip that 'not this car' stopped."""
    return f"again:{trip.code}"


def asked_instead_of(trip: Trip) -> Trip | None:
    """That order, where it was really placed."""
    key = idempotency.key_of("rides.trip", str(trip.passenger_id), instead_of(trip))
    return Trip.objects.filter(client_key=key).first()


def trip_url(trip: Trip) -> str:
    """The address of a trip's page."""
    return f"{settings.PUBLIC_URL}/trips/{trip.code}/"


def rider_url(trip: Trip) -> str:
    """The address that somebody gets for whom a trip was booked: its key opens this trip's page and nothing else."""
    return f"{settings.PUBLIC_URL}/ride/{position_key(trip, Party.PASSENGER)}/"


def trip_of_rider(key: str) -> Trip:
    """The trip that was booked for somebody, by the key that she got (A6). Raises `PositionToken`, `NotFound`."""
    opened = read_key(key)
    trip = trip_by_code(opened.trip)
    if opened.party != Party.PASSENGER or trip.rider_kind == RiderKind.SELF:
        raise NotFound
    return trip


def was_mended(trip: Trip) -> bool:
    """Whether the number of who travels was put right by another ride: somebody else may have this one's key (A6)."""
    lines = TimelineEntry.objects.filter(trip=trip.code, kind=TripLine.RIDER_MENDED)
    return trip.is_over and bool(trip.rider_phone) and lines.exists()


def phone_of_rider(trip: Trip) -> str:
    """The phone of who travels: the person it was booked for, else the account's own (A6)."""
    return str(trip.rider_phone or trip.passenger.phone)


def name_of_rider(trip: Trip) -> str:
    """The name of who travels."""
    return str(trip.rider_name or trip.passenger.real_name)


def _meant(index: str) -> TripQuerySet:
    return all_trips().filter(rider_phone_index=index).order_by("-pk")


_MEANT_NOW = Read(lambda index: _meant(index).filter(state__in=WITH_DRIVER)[:1], str)
_UNDER_WAY = Read(
    lambda person: all_trips().filter(Q(passenger=person) | Q(driver__account=person), state__in=WITH_DRIVER)[
        :1
    ],
    int,
)
_MEANT_OF_LATE = Read(
    lambda index, since, at: _meant(index).filter(requested_at__gte=since, requested_at__lte=at)[:1],
    str,
    datetime,
    datetime,
)


def trip_meant_by_phone(index: str, at: datetime) -> Trip | None:
    """The trip that was booked for the person with this phone, by `core.privacy.phone_index` (A6)."""
    return _MEANT_NOW.first(index) or _MEANT_OF_LATE.first(index, at - timedelta(days=1), at)


def trip_under_way_by_contact(phone: str) -> str:
    """The code of the trip that somebody is on now who named this phone as their emergency contact; empty where there is none."""
    named = people_who_named(phone)
    if not named:
        return ""
    trips = all_trips().filter(Q(passenger__in=named) | Q(driver__account__in=named), state__in=WITH_DRIVER)
    return trips.order_by("-pk").values_list("code", flat=True).first() or ""


def phone_of_who_named(code: str, contact: str) -> str:
    """The phone of who on a trip named this one as emergency contact: of the driver, where he alone did, else of who travels.
    Raises `NotFound`."""
    trip, named = trip_by_code(code), people_who_named(contact)
    if trip.driver and trip.driver.account_id in named and trip.passenger_id not in named:
        return str(trip.driver.account.phone)
    return phone_of_rider(trip)


def trip_under_way_by_phone(phone: str) -> str:
    """The code of the trip that somebody with this phone is on now, as who travels or drives; empty where there is none."""
    if not phone:
        return ""
    person = account_by_phone(phone)
    trip = _MEANT_NOW.first(phone_index(phone)) or (_UNDER_WAY.first(person.pk) if person else None)
    return trip.code if trip else ""


@dataclass(frozen=True, slots=True)
class ScoreShown:
    """A number with its count (R8); no number where there are too few ratings."""

    average: float | None
    count: int


def score_of(account: "Account") -> ScoreShown:
    """What others gave somebody."""
    row = Score.objects.filter(account=account).first()
    if row is None or row.count < policy.value(LEAST_RATINGS):
        return ScoreShown(None, row.count if row else 0)
    return ScoreShown(round(row.stars / row.count, 1), row.count)


def least_score(account: "Account") -> int:
    """The least score in tenths that somebody wishes to ride with; 0 is no wish."""
    return Score.objects.filter(account=account).values_list("least", flat=True).first() or 0


def rating_by(trip: Trip, party: Party) -> Rating | None:
    """The number that one side gave."""
    return Rating.objects.filter(trip=trip, party=party).first()


def messages_of(trip: Trip) -> list[Message]:
    """Phrases of a trip until it was cancelled, oldest first."""
    rows = Message.objects.filter(trip=trip).order_by("pk")
    return list(rows.filter(at__lte=trip.cancelled_at) if trip.cancelled_at else rows)


def reminder_of(trip: Trip, party: Party) -> Reminder | None:
    """The safety reminder of one side, if the trip may run into the night (R4)."""
    return Reminder.objects.filter(trip=trip, party=party).first()


def late_pickup_of(trip: Trip) -> LatePickup | None:
    """The care for a pick-up that slipped into the night, while it lasts."""
    return LatePickup.objects.filter(trip=trip, closed_at=None).first()


def payment_of(trip: Trip) -> Payment | None:
    return Payment.objects.filter(trip=trip).first()


def offer_to(driver: "Driver") -> Offer | None:
    """The order that the dispatcher holds out to a driver now."""
    rows = Offer.objects.select_related("trip__city").filter(driver=driver, state=OfferState.OPEN)
    return rows.filter(expires_at__gte=clock.now()).first()


def offer_of(driver: "Driver", code: str) -> Offer:
    """An order that was held out to this driver. Raises `NotFound`."""
    offer = Offer.objects.select_related("trip__city").filter(driver=driver, code=code).first()
    if offer is None:
        raise NotFound
    return offer


def duty_of(driver: "Driver") -> DriverOnDuty | None:
    """Where and on which line a driver waits for orders, if they do."""
    return DriverOnDuty.objects.select_related("city", "driver__account").filter(driver=driver).first()


def trips_shared_by(code: str, *, limit: int = 50) -> list[tuple[Trip, Party]]:
    """The newest trips of an account by code, with its side in each."""
    rows = all_trips().filter(Q(passenger__code=code) | Q(driver__account__code=code)).order_by("-pk")[:limit]
    return [(trip, Party.PASSENGER if trip.passenger.code == code else Party.DRIVER) for trip in rows]


def duty_key(duty: DriverOnDuty) -> str:
    """The key with which a driver on duty posts positions; it opens no trip."""
    return make_key(TripKey(f"{DUTY}{duty.driver.account.code}", Party.DRIVER, duty.city.code))


def reconcile_trip(trip: Trip, since: datetime) -> Truth:
    """What both phones of a trip say about the time since somebody said 'not boarded', cancelled or ended (R6)."""
    limits = policy.value(PHONE_LIMITS)
    return reconcile_phones(
        precise_trail_of(trip, Party.PASSENGER),
        precise_trail_of(trip, Party.DRIVER),
        since.timestamp(),
        limits,
    )


@dataclass(frozen=True, slots=True)
class WayLeft:
    """How far the car still has to go, in metres and whole minutes: to the pick-up, or to the end."""

    metres: float
    minutes: int
    to_pickup: bool


def way_left(trip: Trip) -> WayLeft | None:
    """From where the car is now to where it goes next; none while nobody knows where it is, or it goes nowhere (R10).

    To the end along the planned way where a router drew it and the car is on it, by the way's own speed; else by the
    estimate of a straight line, and named on the page as what it is.
    """
    here = latest_positions(trip).get(Party.DRIVER)
    to_pickup = trip.state == TripState.ACCEPTED
    if here is None or not (to_pickup or trip.state in ABOARD):
        return None
    at = (here.latitude, here.longitude)
    metres = distance(at, trip.origin if to_pickup else trip.destination) * CIRCUITY
    if not to_pickup and trip.planned_route and follows_roads(trip.route_source):
        off, along = place_on_route(at, [(lat, lon) for lat, lon in trip.planned_route])
        if off <= ON_WAY:
            metres = max(trip.route_metres - along, 0.0) + off
    speed = trip.route_metres / trip.route_seconds if trip.route_seconds else SPEED
    return WayLeft(metres, round(metres / speed / 60) + 1, to_pickup)


def minutes_left(trip: Trip) -> int | None:
    """Minutes to the end of a trip under way, as `way_left` has them."""
    left = way_left(trip)
    return None if left is None or left.to_pickup else left.minutes


def first_trip_at() -> datetime | None:
    """When the oldest trip of people that is kept was ordered: marked ones do not count; None where there is none."""
    rows = Trip.objects.counted().order_by("pk").values_list("requested_at", flat=True)
    return rows.first()
