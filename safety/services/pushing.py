"""Which incidents go to the emergency centre (110), and when that ends (P12). What is said to it: `safety.services.centre`."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core import audit, broker, clock, jobs, live, policy, timeline
from core.actors import SYSTEM, Actor
from core.errors import NotFound
from core.transactions import begins_transaction, joins_transaction
from rides.states import Party
from safety.models import EmergencyPush, Incident, SosCall
from safety.policies import PUSHED
from safety.selectors import shows_danger_now
from safety.services.incidents import change_incident
from safety.states import LIVE, PushCause, SafetyLine, topic_of

if TYPE_CHECKING:
    from rides.models import Trip
    from rides.tokens import TripKey

TASK = "safety.tasks.speak_to_centre"
# Longer than one attempt: a case that is just being opened there is open before it is closed.
_AFTER_AN_ATTEMPT = timedelta(seconds=5)


@joins_transaction
def push_by_itself(*, code: str) -> None:
    """An incident goes to 110 where the rule says so: for a call for help, or high risk that its trip shows.

    Never one of the hourly drill, nor one whose trip nobody knows: there is nothing to look for.
    """
    incident = _locked(code)
    trip = incident.trip
    if trip is None or incident.drill or incident.state not in LIVE:
        return
    causes = policy.value(PUSHED)
    if incident.has_sos and PushCause.SOS in causes:
        _ask(incident, trip, SYSTEM, PushCause.SOS)
    elif PushCause.DANGER in causes and incident.high_risk_at and shows_danger_now(trip):
        _ask(incident, trip, SYSTEM, PushCause.DANGER)


@begins_transaction
def ask_110(*, key: "TripKey") -> EmergencyPush:
    """The passenger, who called for help, wants 110 to come: her case goes to the centre. Again changes nothing,
    unless the centre ended it: then it is another case there.

    Raises `NotFound` for the driver's side, and where no call of hers is open.
    """
    mine = SosCall.objects.filter(
        party=Party.PASSENGER, incident__trip__code=key.trip, incident__state__in=LIVE, incident__drill=False
    )
    code = mine.values_list("incident__code", flat=True).first()
    if key.party != Party.PASSENGER or code is None:
        raise NotFound
    incident = _locked(code)
    trip = incident.trip
    if trip is None or incident.state not in LIVE:
        raise NotFound
    return _ask(incident, trip, trip.passenger.actor, None)


def _locked(code: str) -> Incident:
    rows = Incident.objects.select_for_update(of=("self",)).select_related("trip__passenger")
    return rows.get(code=code)


def _ask(incident: Incident, trip: "Trip", actor: Actor, cause: PushCause | None) -> EmergencyPush:
    at = clock.now()
    push, new = EmergencyPush.objects.get_or_create(
        incident=incident,
        defaults={
            "key": f"huhang:{incident.code}",
            "cause": cause or "",
            "wished_at": None if cause else at,
            "asked_at": at,
            "next_at": at,
        },
    )
    again = cause is None and push.ended_there
    wished = cause is None and (new or again or push.wished_at is None)
    if not (new or wished):
        return push
    if wished and not new:
        push.wished_at = at
        push.save(update_fields=["wished_at"])
    if again:
        _open_anew(push, incident, at)
    line = SafetyLine.CENTRE_ASKED if cause else SafetyLine.CENTRE_WISHED
    facts: dict[str, Any] = {"cause": cause} if cause else {}
    timeline.add(line, actor, trip=trip.code, incident=incident.code, **facts)
    audit.record(actor, line, incident.code, case=incident.code, trip=trip.code, cause=cause or "wish")
    change_incident(incident)
    told(trip)
    if new or again:
        transaction.on_commit(wake)
    return push


def _open_anew(push: EmergencyPush, incident: Incident, at: datetime) -> None:
    """The centre ended it, and she needs them still: another case there, under another key. What was is on the timeline."""
    push.key = f"huhang:{incident.code}:{int(at.timestamp())}"
    push.asked_at = push.next_at = at
    push.number, push.said = "", ""
    push.received_at = push.said_at = push.traced_at = push.closed_at = None
    push.save()


def told(trip: "Trip") -> None:
    """Her page says what became of it; the driver's hears nothing (S11)."""
    live.changed_on_commit(topic_of(trip.code, Party.PASSENGER))


def wake() -> None:
    """Ask a worker to say what is due; a sweep follows where the broker is away."""
    broker.wake(TASK, queue=jobs.queue_of(TASK), once=f"job:{TASK}")


@joins_transaction
def end_push(incident: Incident) -> None:
    """The incident is closed: its trace ends, its link shows nothing from now on, and the centre is told."""
    at = clock.now()
    rows: Any = EmergencyPush.objects.filter(incident=incident, closing_at=None, closed_at=None)
    rows.update(closing_at=at, next_at=at + _AFTER_AN_ATTEMPT)
