"""What rides keep of somebody, for themselves (`core.own_data`).

A trip is told from one side: what the other side's phone did, said or is stands in no part of it (A3, A4).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import holds, policy
from core.errors import DomainError
from core.own_data import Json, Kept, against_closing, ends_with, erases, keeps, part
from core.privacy import mask_name, mask_phone
from core.retention import RECORDS_KEPT
from drivers.selectors import driver_by_code
from rides import selectors
from rides.errors import TripNotOver
from rides.models import Itinerary, Message, NeverAgain, OwnPlace, Rating, Score, Trip
from rides.retention import OWN_PLACES, PLACES, TRIPS
from rides.services.itineraries import close_ways_of
from rides.services.offers import stop_offering
from rides.states import OVER, Party

if TYPE_CHECKING:
    from accounts.models import Account

ALL = 100_000
MONEY_KEPT = timedelta(days=30 * 365)  # Measures on Accounting Archives, art. 14
_TIMES = (
    "requested_at",
    "accepted_at",
    "arrived_at",
    "boarded_at",
    "departed_at",
    "ended_at",
    "cancelled_at",
)


def _trips_of(account: "Account") -> list[tuple[Trip, Party]]:
    """Each of their trips with their side; of a driver as the driver's own pages tell it."""
    found = [(trip, Party.PASSENGER) for trip in selectors.trips_as_passenger(account, limit=ALL)]
    driver = driver_by_code(account.code)
    if driver is not None:
        found += [(trip, Party.DRIVER) for trip in selectors.trips_as_driver(driver, limit=ALL)]
    return found


def _is_own_phone(trip: Trip, party: Party) -> bool:
    """Whether what this side's phone said and sent is theirs, and not somebody's for whom they booked."""
    return party == Party.DRIVER or not trip.for_another


@part("trips", TRIPS.label)
def trip_rows(account: "Account") -> Iterator[Json]:
    """Trips, what one said and gave on them, and what was paid."""
    for trip, party in _trips_of(account):
        row: Json = {
            "code": trip.code,
            "as": party.value,
            "line": trip.line,
            "state": trip.state,
            **{name: getattr(trip, name) for name in _TIMES},
            "fare_fen": trip.fare,
            "said": [
                {"phrase": said.phrase, "at": said.at}
                for said in Message.objects.filter(trip=trip, party=party).order_by("pk")
                if _is_own_phone(trip, party)
            ],
            "stars_given": Rating.objects.filter(trip=trip, party=party)
            .values_list("stars", flat=True)
            .first(),
        }
        if party == Party.PASSENGER:
            payment = selectors.payment_of(trip)
            row |= {
                "from": trip.origin_name,
                "from_point": list(trip.origin),
                "to": trip.destination_name,
                "to_point": list(trip.destination),
                "seats": trip.seats,
                "cancelled_by": trip.cancelled_by,
                "booked_for": mask_name(trip.rider_name or ""),
                "booked_for_phone": mask_phone(trip.rider_phone),
                "paid_fen": payment.fen if payment else None,
                "refunded_fen": payment.refunded if payment else None,
            }
        yield row


@part("places", PLACES.label)
def place_rows(account: "Account") -> Iterator[Json]:
    """Where their own phone was, trip by trip; of a driver from when the trip was theirs."""
    for trip, party in _trips_of(account):
        if party == Party.DRIVER and (trip.accepted_at is None or trip.vehicle_id is None):
            continue  # taken away: what a phone sent afterwards is another driver's
        if not _is_own_phone(trip, party):
            continue
        begins = trip.accepted_at.timestamp() if party == Party.DRIVER and trip.accepted_at else 0.0
        fixes = [fix for fix in selectors.trail_of(trip, party) if fix.at >= begins]
        if fixes:
            yield {
                "trip": trip.code,
                "points": [
                    [datetime.fromtimestamp(fix.at, UTC), fix.latitude, fix.longitude] for fix in fixes
                ],
            }


@part("wishes", pgettext_lazy("own data", "Wishes and ways"))
def wish_rows(account: "Account") -> Iterator[Json]:
    """With whom they do not wish to ride again, by the trip alone; their score; their ways as a hitch owner."""
    for wish in NeverAgain.objects.filter(account=account).select_related("trip").order_by("pk"):
        yield {
            "kind": "never_again",
            "after_trip": wish.trip.code,
            "said_at": wish.said_at,
            "until": wish.until,
            "undone_at": wish.undone_at,
        }
    score = Score.objects.filter(account=account).first()
    if score:
        yield {"kind": "score", "stars": score.stars, "ratings": score.count, "least_wished": score.least}
    for way in Itinerary.objects.filter(driver__account=account).order_by("pk"):
        yield {
            "kind": "way",
            "code": way.code,
            "from": way.origin_name,
            "to": way.destination_name,
            "window_start": way.window_start,
            "window_end": way.window_end,
            "seats": way.seats,
        }


@part("own_places", OWN_PLACES.label)
def own_place_rows(account: "Account") -> Iterator[Json]:
    """What they keep for their bookings, and what they do not wish to be reminded of there."""
    for row in OwnPlace.objects.filter(account=account).select_related("city").order_by("pk"):
        yield {
            "kept_as": row.kind,
            "called": row.called,
            "city": row.city.code,
            "place": row.names,
            "point": list(row.point),
            "kept_at": row.kept_at,
        }


@against_closing
def trip_goes_on(account: "Account") -> DomainError | None:
    """Nobody leaves in the midst of a trip, or with one that waits for a driver."""
    mine = Trip.objects.filter(Q(passenger=account) | Q(driver__account=account)).exclude(state__in=OVER)
    trip = mine.order_by("pk").first()
    return TripNotOver(trip=trip.code) if trip else None


@keeps
def trips_keep(account: "Account", _at: datetime) -> Iterator[Kept]:
    """As long as the law wants trips kept, it must be known whose they were."""
    mine = Trip.objects.filter(Q(passenger=account) | Q(driver__account=account))
    last = mine.order_by("-requested_at").first()
    if last is None:
        return
    yield Kept(TRIPS.label, last.requested_at + policy.span(RECORDS_KEPT), TRIPS.law)
    yield Kept(
        _("Payments, as codes and sums"),
        last.requested_at + MONEY_KEPT,
        _("Measures on Accounting Archives art. 14"),
        names=False,
    )
    if holds.held(mine.values_list("code", flat=True)):
        yield Kept(TRIPS.label, None, TRIPS.law, said=False)


@ends_with
def rides_end(account: "Account", _at: datetime) -> None:
    """Ways are closed, nobody waits for orders, own wishes and places go."""
    driver = driver_by_code(account.code)
    if driver is not None:
        close_ways_of(driver=driver)
        stop_offering(driver=driver)
    Score.objects.filter(account=account).delete()
    OwnPlace.objects.filter(account=account).delete()


@erases
def wishes_go(account: "Account", _at: datetime) -> None:
    """What they wished, and what others wished about them: nobody rides with them again."""
    NeverAgain.objects.filter(Q(account=account) | Q(other=account)).delete()
