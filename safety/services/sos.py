"""One tap: the call for help, and what its sender adds."""

from typing import TYPE_CHECKING

from core import audit, clock, events, timeline
from core.errors import NotFound
from core.transactions import begins_transaction
from rides.geometry import Point
from rides.selectors import trip_by_code
from rides.states import Party
from rides.tokens import TripKey
from safety.events import SosRaised
from safety.models import Incident, SosCall
from safety.states import (
    LIVE,
    Origin,
    SafetyLine,
    SignalKind,
)

if TYPE_CHECKING:
    pass
from safety.services.incidents import add_signal, open_incident, touch


@begins_transaction
def raise_sos(*, key: TripKey, position: Point | None = None, silent: bool = False) -> Incident:
    """One tap (S1): incident, position and everything that follows from it in one transaction.

    A second tap adds to the same incident. Needs no session: the key of the trip's page is enough.
    """
    trip = trip_by_code(key.trip)
    person = (
        trip.passenger
        if key.party == Party.PASSENGER
        else trip.driver.account
        if trip.driver
        else trip.passenger
    )
    actor = person.actor
    incident = open_incident(actor=actor, origin=Origin.SOS, trip=trip)
    again = incident.sos_calls.filter(party=key.party).exists()
    SosCall.objects.create(
        incident=incident,
        party=key.party,
        at=clock.now(),
        latitude=position[0] if position else None,
        longitude=position[1] if position else None,
    )
    line = SafetyLine.SOS_AGAIN if again else SafetyLine.SOS
    timeline.add(line, actor, trip=trip.code, incident=incident.code, position=position, party=key.party)
    touch(incident, has_sos=True, silent=incident.silent or silent)
    add_signal(
        actor=actor, kind=SignalKind.SOS, trip=trip, incident=incident, detail=key.party, position=position
    )
    if not again:
        audit.record(actor, "safety.sos", incident.code, case=incident.code, trip=trip.code, party=key.party)
        events.publish(SosRaised(incident=incident.code, party=key.party))
    return incident


@begins_transaction
def add_word(*, key: TripKey, words: str, silent: bool | None = None) -> Incident:
    """After SOS: write a word to the agent, or ask not to be called back. Raises `NotFound` before any SOS."""
    trip = trip_by_code(key.trip)
    incident = (
        Incident.objects.select_for_update()
        .filter(trip=trip, state__in=LIVE, sos_calls__party=key.party)
        .first()
    )
    if incident is None:
        raise NotFound
    person = (
        trip.passenger
        if key.party == Party.PASSENGER
        else trip.driver.account
        if trip.driver
        else trip.passenger
    )
    if words.strip():
        timeline.add(
            SafetyLine.WORD,
            person.actor,
            trip=trip.code,
            incident=incident.code,
            words=words.strip()[:1000],
            party=key.party,
        )
    touch(incident, silent=incident.silent if silent is None else silent)
    return incident
