"""What each side is shown of a trip, by its pages and by the API; pages of safety and the board's checks ask it too."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext

from accounts.selectors import contacts_to_alert, passenger_persona
from core import clock, policy
from core.actions import Refusal
from core.formats import place
from drivers.selectors import mismatch_reported, pickup_check, why_not_arrive
from rides import routing, selectors
from rides.actions import TRIPS
from rides.api import show_trip
from rides.forms import MismatchForm
from rides.models import Trip
from rides.policies import NEVER_AGAIN_FOR, WATCH_AFTER_END
from rides.states import (
    ABOARD,
    BEFORE_BOARDING,
    WAITING,
    WITH_DRIVER,
    CancelReason,
    Line,
    Party,
    Phrase,
    PlateCheck,
    TripState,
)

STARS = (1, 2, 3, 4, 5)


def map_data(trip: Trip, party: Party, *, by_account: bool = False) -> dict[str, Any]:
    """What a map of the trip draws for one side: the planned way, newest points with their side, both ends; WGS-84, lat/lon.

    Beside a point stands its accuracy in metres, where the phone told it. A driver never sees where her phone is; where
    his is, she sees, and whom she shares the trip with, while the trip is under way. Of a trip that is over his map draws
    nothing (R6). `by_account` is who booked: where somebody else travels, theirs is the car and not her phone, and nothing
    once our staff ended that they are the guardian of who travels (A9).
    """
    if (party == Party.DRIVER and trip.is_over) or (by_account and selectors.is_shut_out(trip)):
        return {"route": [], "points": [], "ends": []}
    latest = {
        of: row
        for of, row in selectors.latest_positions(trip).items()
        if (of == party and not (by_account and trip.for_another and party == Party.PASSENGER))
        or (party == Party.PASSENGER and trip.state in WITH_DRIVER)
    }
    return {
        "route": trip.planned_route or [list(trip.origin), list(trip.destination)],
        "points": [[row.latitude, row.longitude, of, row.accuracy] for of, row in latest.items()],
        "ends": [list(trip.origin), list(trip.destination)],
    }


def trip_context(
    trip: Trip, party: Party, refusal: Refusal | None = None, *, by_account: bool = True
) -> dict[str, Any]:
    """What the trip's pages show to one side (A3). Nothing of it may depend on what the other side did covertly (S11).

    Without `by_account` it is the page of who travels, opened by its key: who booked for them has no key of theirs.
    """
    mended = not by_account and selectors.was_mended(trip)
    own = trip.passenger if party == Party.PASSENGER else trip.driver.account if trip.driver else None
    shared: dict[str, Any] = {
        "trip": trip,
        "party": party,
        "key": (selectors.key_for_account if by_account else selectors.position_key)(trip, party),
        "map": map_data(trip, party, by_account=by_account),
        "waiting": trip.state in WAITING,
        "warns": _is_warned(trip),
        "before_boarding": trip.state in BEFORE_BOARDING,
        "aboard": trip.state in ABOARD,
        "with_driver": trip.state in WITH_DRIVER,
        "sends": _sends_positions(trip, party),
        "hitch": trip.line == Line.HITCH,
        "drawn": routing.follows_roads(trip.route_source),
        "left": None if by_account and selectors.is_shut_out(trip) else selectors.way_left(trip),
        "said": selectors.messages_of(trip) if trip.driver else [],
        "phrases": Phrase.choices,
        "reminder": selectors.reminder_of(trip, party) if not trip.is_over else None,
        "rating": selectors.rating_by(trip, party) if trip.state == TripState.ENDED else None,
        "stars": STARS,
        "apart_days": policy.value(NEVER_AGAIN_FOR),
        "may_part": trip.is_over and trip.driver is not None and not mended,
        "apart": selectors.never_again_after(trip, party, by_key=not by_account) if trip.is_over else None,
        "mended": mended,
        "own": own,
        "tells_contacts": own is not None and bool(contacts_to_alert(own)),
        "mismatch_form": MismatchForm(),
    }
    return shared | (_passenger_context(trip) if party == Party.PASSENGER else _driver_context(trip, refusal))


def _sends_positions(trip: Trip, party: Party) -> bool:
    """Whether this side's page says where its phone is: once a car was found, for as long as the platform watches (R9).

    After the end his stops by the clock alone, so that nothing on it says whether an incident lives (S11); hers goes on
    for as long as one does, or a question of hers.
    """
    if trip.driver is None:
        return False
    if trip.ended_at is None or clock.now() < trip.ended_at + policy.span(WATCH_AFTER_END):
        return True
    return party == Party.PASSENGER and selectors.is_followed(trip)


def _is_warned(trip: Trip) -> bool:
    """Whether the car of a driver who lost the trip may still stand before who waits for another one."""
    before = trip.state in WAITING | BEFORE_BOARDING
    return before and trip.plate_to_avoid not in {"", trip.plate_registered}


def _stage(trip: Trip) -> tuple[str, str]:
    """How far the trip is for who travels: a name that changes with it, and what the page says aloud of it; or nothing."""
    car = str(trip.driver_id)
    match TripState(trip.state):
        case TripState.REQUESTED | TripState.MATCHED if _is_warned(trip):
            return f"avoid-{trip.plate_to_avoid}", gettext("Do not get in")
        case TripState.ACCEPTED if trip.near_at:
            return f"near-{car}", gettext("Your car comes near")
        case TripState.ACCEPTED:
            return f"found-{car}", gettext("A car was found")
        case TripState.ARRIVED:
            return f"waits-{car}", gettext("Your car waits")
        case (
            TripState.REQUESTED
            | TripState.MATCHED
            | TripState.BOARDED
            | TripState.IN_PROGRESS
            | TripState.ENDED
            | TripState.CANCELLED
        ):
            return trip.state, ""


def _passenger_context(trip: Trip) -> dict[str, Any]:
    late = selectors.late_pickup_of(trip)
    lines = selectors.lines_of(trip.city, clock.now(), trip.passenger) if late else {}
    stopped = trip.cancel_reason == CancelReason.MISMATCH
    taken_back = trip.state in WAITING and not _is_warned(trip) and selectors.was_taken_back(trip)
    return {
        "owners": selectors.owners_for(trip),
        "stage": ("taken", gettext("Your car does not come")) if taken_back else _stage(trip),
        "taken_back": taken_back,
        "stopped": stopped,
        "instead": selectors.asked_instead_of(trip) if stopped else None,
        "card": selectors.driver_card(trip),
        "score": selectors.score_of(trip.driver.account) if trip.driver else None,
        "compared": trip.plate_check == PlateCheck.SAME,
        "reported": trip.driver is not None and mismatch_reported(trip.code),
        "pickup": pickup_check(trip.driver, trip.code) if trip.driver else None,
        "payment": selectors.payment_of(trip),
        "late": late,
        "other_lines": [line for line, runs in lines.items() if runs and line != Line.HITCH],
    }


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a driver goes next: the pick-up, or the end; the name as rows hold it, and the point in WGS-84."""

    name: str
    latitude: float
    longitude: float

    @property
    def amap(self) -> str:
        """Amap's address that navigates there, in its app where the phone has it."""
        there = f"{self.longitude},{self.latitude},{quote(place(self.name), safe='')}"
        return f"https://uri.amap.com/navigation?to={there}&mode=car&coordinate=wgs84&callnative=1"

    @property
    def geo(self) -> str:
        """The address (RFC 5870) that any map of the phone opens, with a name as they take it."""
        here = f"{self.latitude},{self.longitude}"
        return f"geo:{here}?q={here}({quote(place(self.name), safe='')})"


def _goal(trip: Trip) -> Goal | None:
    if trip.state in BEFORE_BOARDING:
        return Goal(trip.origin_name, *trip.origin)
    return Goal(trip.destination_name, *trip.destination) if trip.state in ABOARD else None


def _driver_context(trip: Trip, refusal: Refusal | None) -> dict[str, Any]:
    missing = why_not_arrive(trip.driver, trip.code) if trip.driver and trip.state == "accepted" else None
    return {
        "persona": passenger_persona(),
        "goal": _goal(trip),
        "missing": missing,
        "offers": TRIPS.offers(trip, trip.driver.account, refusal) if trip.driver and not missing else [],
        "score": None if trip.is_over else selectors.score_of(trip.passenger),
    }


def api_body(trip: Trip, party: Party) -> dict[str, Any]:
    """What the API says of a trip to one side."""
    return show_trip(trip, party)
