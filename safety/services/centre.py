"""What is said to the emergency centre (110) of an incident, and what it says back (P12)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from core import audit, centre, clock, retry, timeline
from core.actors import SYSTEM, Actor
from core.errors import InvalidInput, NotFound
from core.transactions import begins_transaction
from rides.selectors import latest_positions
from rides.states import Party
from safety.models import EmergencyPush, Incident
from safety.selectors import callers_of, incident_by_code, needs_of, silent_callers
from safety.services.desk import note_police_called
from safety.services.incidents import bring_news, change_incident
from safety.services.pushing import told
from safety.states import CentreWord, SafetyLine

if TYPE_CHECKING:
    from rides.models import Trip

TRACE_EVERY = timedelta(seconds=10)  # P12
CENTRE = Actor("centre-110", "system")
_ORDER = tuple(CentreWord)


def _iso(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")


def _positions(trip: "Trip", at: datetime) -> list[dict[str, Any]]:
    """Where each phone of the trip was last; metres, metres per second, seconds, WGS-84."""
    return [
        {
            "phone": party,
            "at": _iso(row.at),
            "age": max(0, round((at - row.at).total_seconds())),
            "lat": row.latitude,
            "lon": row.longitude,
            "accuracy": row.accuracy,
            "speed": row.speed,
        }
        for party, row in sorted(latest_positions(trip).items())
    ]


def link_of(push: EmergencyPush) -> str:
    """The whole address of the page that the centre opens."""
    return settings.PUBLIC_URL + reverse("safety:centre", args=[push.secret])


def case_of(push: EmergencyPush, incident: Incident) -> dict[str, Any]:
    """What the centre gets: where, which car, whether anybody may call. No name, no number, nobody's home."""
    trip, at = incident.trip, clock.now()
    assert trip is not None  # noqa: S101 - only such incidents are pushed
    vehicle = trip.vehicle
    return {
        "key": push.key,
        "incident": incident.code,
        "trip": trip.code,
        "state": trip.state,
        "cause": push.cause or "wish",
        "asked_at": _iso(push.asked_at),
        # Nobody may ring her phone: she may sit beside him.
        "silent": Party.PASSENGER in silent_callers(incident),
        "called_for_help": callers_of(incident),
        "needs": needs_of(incident),
        "positions": _positions(trip, at),
        "car": {
            "plate_registered": trip.plate_registered,
            "plate_seen": trip.plate_seen,
            "model": vehicle.model if vehicle else "",
            "colour": vehicle.colour if vehicle else "",
        },
        "line": settings.SAFETY_LINE,
        "url": link_of(push),
    }


def _speak(push: EmergencyPush) -> None:
    """Say what is due of one case: that it is closed, that it is there, or where it is now."""
    if push.closing_at is not None:
        centre.close({"key": push.key, "at": _iso(push.closing_at)})
        _closed(push.pk)
        return
    incident = incident_by_code(push.incident.code)
    if push.received_at is None:
        number = centre.open_case(case_of(push, incident))
        hear_centre(key=push.key, number=number, said=CentreWord.RECEIVED)
        return
    trip = incident.trip
    assert trip is not None  # noqa: S101 - as above
    at = clock.now()
    centre.trace({"key": push.key, "at": _iso(at), "state": trip.state, "positions": _positions(trip, at)})
    _traced(push.pk, incident.code, at)


def _waiting() -> "QuerySet[EmergencyPush]":
    return EmergencyPush.objects.select_related("incident").filter(closed_at=None)


PUSHES = retry.queue(
    "safety.emergency_centre",
    gettext_lazy("telling the emergency centre (110) of an incident"),
    law=retry.LIFE,
    waiting=_waiting,
    act=_speak,
    key="key",
    about=lambda row: row.incident.code,
    life_safety=lambda _row: True,
)


@begins_transaction
def _traced(pk: int, code: str, at: datetime) -> None:
    push = EmergencyPush.objects.select_for_update().get(pk=pk)
    minute = at.replace(second=0, microsecond=0)
    if push.traced_at is None or push.traced_at < minute:  # a line a minute
        audit.record(SYSTEM, "safety.centre_followed", code, case=code)
    push.traced_at = at
    if push.closing_at is None:
        push.next_at = at + TRACE_EVERY
    push.save(update_fields=["traced_at", "next_at"])


@begins_transaction
def _closed(pk: int) -> None:
    rows = EmergencyPush.objects.select_for_update(of=("self",)).select_related("incident__trip")
    push = rows.get(pk=pk)
    push.closed_at = clock.now()
    push.save(update_fields=["closed_at"])
    _line(push.incident, SafetyLine.CENTRE_CLOSED, SYSTEM)


def _line(incident: Incident, kind: SafetyLine, actor: Actor, **facts: Any) -> None:
    trip = incident.trip.code if incident.trip else ""
    timeline.add(kind, actor, trip=trip, incident=incident.code, **facts)
    audit.record(actor, kind, incident.code, case=incident.code, trip=trip, **facts)


@begins_transaction
def hear_centre(*, key: str, number: str, said: CentreWord) -> None:
    """The centre says how far a case is; what is no further than what it said before changes nothing.

    That police are on their way is the call to the police of S10; that a machine has the case is not. Raises `NotFound`
    for a case that we never sent, `InvalidInput` where it has another number.
    """
    code = EmergencyPush.objects.filter(key=key).values_list("incident__code", flat=True).first()
    if code is None:
        raise NotFound
    incident = Incident.objects.select_for_update(of=("self",)).select_related("trip").get(code=code)
    push = EmergencyPush.objects.select_for_update().get(key=key)
    if push.number and push.number != number:
        raise InvalidInput("case")
    before = _ORDER.index(CentreWord(push.said)) if push.said else -1
    if push.closed_at is not None or _ORDER.index(said) <= before:
        return
    at = clock.now()
    push.number, push.received_at = number, push.received_at or at
    push.said, push.said_at = said, at
    if push.closing_at is None:
        push.next_at = at + TRACE_EVERY
    if push.ended_there:  # nothing more is sent to who does not look
        push.closed_at = at
    push.save()
    _line(incident, SafetyLine.CENTRE_SAID, CENTRE, number=number, centre=said)
    match said:
        case CentreWord.DISPATCHED | CentreWord.ON_SCENE:
            note_police_called(incident=incident, actor=CENTRE, station=number)
        case CentreWord.OVER | CentreWord.REFUSED:
            bring_news(incident)
        case CentreWord.RECEIVED:
            change_incident(incident)
    if incident.trip:
        told(incident.trip)


@begins_transaction
def note_looked(*, push: EmergencyPush) -> None:
    """Somebody opened the link: the first look of each minute is a line of the journal."""
    at = clock.now()
    minute = at.replace(second=0, microsecond=0)
    rows = EmergencyPush.objects.filter(pk=push.pk).filter(Q(looked_at=None) | Q(looked_at__lt=minute))
    if rows.update(looked_at=at):
        audit.record(CENTRE, "safety.centre_looked", push.incident.code, case=push.incident.code)
