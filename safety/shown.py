"""What pages of help and sharing show of themselves; the board's checks draw them from it."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

from core import clock, idempotency
from rides.selectors import driver_card, latest_positions, minutes_left
from rides.shown import map_data
from rides.states import Party
from safety import selectors
from safety.models import Incident, SosCall
from safety.states import CallerPhrase

if TYPE_CHECKING:
    from rides.models import Trip
    from safety.models import EmergencyPush, TripShare


def sos_context() -> dict[str, Any]:
    """What the SOS page shows of itself, whoever called; the board draws it from this alone."""
    call = selectors.CallForHelp(
        Incident(), SosCall(at=clock.now()), seen_at=None, again=None, again_seen_at=None, silent=False
    )
    return {
        "code": "T-0",
        "call": call,
        "contacts": [],
        "number": settings.SOS_SMS_NUMBER,
        "phrases": CallerPhrase.choices,
        "submission": idempotency.new_key(),
        "hers": True,
        "centre": True,
    }


def trip_of_caller(trip: "Trip", party: Party) -> dict[str, Any]:
    """What the page after SOS shows of the trip to its own side: for her the card of A3, the car and herself on a map."""
    hers = party == Party.PASSENGER
    return {
        "trip": trip,
        "card": driver_card(trip) if hers else None,
        "map": map_data(trip, party) if hers else None,
        "minutes_left": minutes_left(trip) if hers else None,
    }


def share_context(share: "TripShare", token: str) -> dict[str, Any]:
    """What a share's page shows: the card of A3, and positions while it follows."""
    trip, live = share.trip, selectors.follows_live(share)
    own = map_data(trip, Party.PASSENGER)
    return {
        "token": token,
        "trip": trip,
        "live": live,
        "card": driver_card(trip),
        "map": own if live else own | {"points": []},
        "minutes_left": minutes_left(trip) if live else None,
        "last": max((row.at for row in latest_positions(trip).values()), default=None) if live else None,
    }


def centre_context(push: "EmergencyPush", secret: str) -> dict[str, Any]:
    """What the emergency centre's page shows: the car and where each phone is. Neither names nor where the trip leads."""
    incident, at = push.incident, clock.now()
    trip = incident.trip
    latest = selectors.places_of(incident)
    return {
        "secret": secret,
        "push": push,
        "incident": incident,
        "trip": trip,
        "silent": Party.PASSENGER in selectors.silent_callers(incident),
        "needs": selectors.needs_of(incident),
        "line": settings.SAFETY_LINE,
        "places": [
            (
                Party(party).label,
                row,
                max(0, round((at - row.at).total_seconds())),
                None if row.speed is None else round(row.speed * 3.6),
            )
            for party, row in sorted(latest.items())
        ],
        "map": {
            "route": [],
            "points": [[row.latitude, row.longitude, of, row.accuracy] for of, row in latest.items()],
            "ends": [],
        },
    }
