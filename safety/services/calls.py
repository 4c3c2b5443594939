"""Calls from an incident by one key (S2): through the relay, so that nobody learns a number and nobody types a reason."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from accounts.selectors import contacts_to_alert
from core import audit, clock, jobs, relay, timeline
from core.actors import SYSTEM
from core.errors import NotFound
from core.states import StaleState, move
from core.transactions import begins_transaction
from rides.selectors import phone_of_rider
from rides.states import Party
from safety.models import Incident, PlacedCall
from safety.selectors import incident_by_code
from safety.services.desk import for_action
from safety.services.incidents import change_incident, note_call_back
from safety.states import PLACED_TRANSITIONS, Callee, PlacedState, SafetyLine
from safety.stations import phone_of_station

if TYPE_CHECKING:
    from accounts.models import Account

_RINGS_FOR = timedelta(seconds=90)  # after that nobody takes it up


def place_call(
    *, account: "Account", code: str, to: Callee, contact: int | None = None, station: str = ""
) -> PlacedCall:
    """Ring whoever acts on an incident, then the other, and join them. What became of it is asked by itself.

    The row is there before anybody is asked; where the relay is away the call is one that failed, and stands there as
    such. Raises `ActionClosed`, `NotFound`.
    """
    row = _begin(account=account, code=code, to=to, contact=contact, station=station)
    try:
        relay.call(key=row.key, first=account.phone, then=_phone_of(row))
    except relay.RelayDown:
        _settle(row, PlacedState.FAILED)
    return row


@begins_transaction
def _begin(*, account: "Account", code: str, to: Callee, contact: int | None, station: str) -> PlacedCall:
    incident = for_action(account, code, f"call_{to.value}")
    row = PlacedCall.objects.create(
        incident=incident, to=to, contact=contact, station=station, by=account.code, at=clock.now()
    )
    _phone_of(row)
    trip = incident.trip.code if incident.trip else ""
    timeline.add(SafetyLine.CALLING, account.actor, trip=trip, incident=code, who=account.code, callee=to)
    audit.record(
        account.actor, "safety.calling", code, case=code, to=to, contact=contact, station=station, trip=trip
    )
    change_incident(incident)  # nothing is seen by a call: what came while the number was dialled waits
    return row


def _phone_of(row: PlacedCall) -> str:
    """Raises `NotFound` where there is no such person or station."""
    to = Callee(row.to)
    if to == Callee.STATION:  # also where nobody knows the trip yet
        return phone_of_station(row.station)
    incident = incident_by_code(row.incident.code)
    trip = incident.trip
    if trip is None:
        if to == Callee.PASSENGER and incident.missing_phone:
            return incident.missing_phone
        raise NotFound
    match to:
        case Callee.PASSENGER:
            return phone_of_rider(trip)
        case Callee.DRIVER:
            if trip.driver is None:
                raise NotFound
            return str(trip.driver.account.phone)
        case Callee.CONTACT:
            found = [each for each in contacts_to_alert(trip.passenger) if each.pk == row.contact]
            if not found:
                raise NotFound
            return str(found[0].phone)


@begins_transaction
def _settle(row: PlacedCall, state: PlacedState) -> None:
    """Write down what became of a call; a connected one to a side that called for help is the call-back (S2)."""
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=row.incident_id)
    at = clock.now()
    try:
        move(row, PLACED_TRANSITIONS, state, connected_at=at if state == PlacedState.CONNECTED else None)
    except StaleState:
        return
    trip = incident.trip.code if incident.trip else ""
    connected = state == PlacedState.CONNECTED
    kind = SafetyLine.CONNECTED if connected else SafetyLine.NOT_CONNECTED
    timeline.add(kind, SYSTEM, trip=trip, incident=incident.code, callee=row.to)
    audit.record(SYSTEM, kind, incident.code, case=incident.code, to=row.to)
    if connected and row.to in Party.values:
        note_call_back(incident, row.to)
    change_incident(incident)


def _ringing(_at: datetime, last: int | None, limit: int) -> list[int]:
    rows = PlacedCall.objects.filter(state=PlacedState.RINGING, pk__gt=last or 0)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def _follow(pk: int, at: datetime) -> None:
    """Ask the relay how far a call is. One that rings for too long has failed; while the relay is away it is asked again."""
    row = PlacedCall.objects.select_related("incident").get(pk=pk)
    try:
        state = relay.call_state(row.key)
    except relay.RelayDown:
        state = relay.CallState.RINGING
    if state == relay.CallState.RINGING and at - row.at > _RINGS_FOR:
        state = relay.CallState.FAILED
    if state != relay.CallState.RINGING:
        _settle(row, PlacedState(state.value))


CALLS = jobs.walk(
    "safety.follow_calls",
    gettext_lazy("following calls from incidents"),
    behind=_ringing,
    act=_follow,
    key=int,
)
