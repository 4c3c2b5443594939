"""Which incidents go to the emergency centre (110), and when that ends (P12). What is said to it: `safety.services.centre`."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core import audit, broker, centre, clock, inserts, jobs, live, policy, retry, timeline
from core.actors import SYSTEM, Actor
from core.errors import NotFound
from core.reads import Read
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

# What is said to the centre, each in a queue of its own over the same table (`safety.services.centre`).
OPENING, FOLLOWING, CLOSING = "safety.emergency_centre", "safety.centre_followed", "safety.centre_closed"
OPENS, FOLLOWS = "safety.tasks.speak_to_centre", "safety.tasks.follow_cases"
# Longer than one attempt: a case that is just being opened there is open before it is closed.
_AFTER_AN_ATTEMPT = timedelta(seconds=5)
_HANDED_ON_EVERY = timedelta(seconds=3)


@joins_transaction
def push_by_itself(*, code: str, called: bool = False) -> None:
    """An incident goes to 110 where the rule says so: for a call for help, or high risk that its trip shows.

    `called` says that a side has just called for help, first or again: a case that is open there hears of it at once, and
    where the centre has ended it there is another one.
    Never one of the hourly drill, nor one whose trip nobody knows: there is nothing to look for.
    """
    incident = _locked(code)
    trip = incident.trip
    if trip is None or incident.drill or incident.state not in LIVE:
        return
    causes = policy.value(PUSHED)
    if incident.has_sos and PushCause.SOS in causes:
        push = _ask(incident, trip, SYSTEM, PushCause.SOS)
        if called and push.received_at and push.is_followed:
            push.next_at = clock.now()
            push.save(update_fields=["next_at"])
            transaction.on_commit(wake_followers)
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
    # Mostly it is the first of its incident, whose row is locked: one plain statement.
    push = EmergencyPush(
        incident=incident,
        key=f"huhang:{incident.code}",
        cause=cause or "",
        wished_at=None if cause else at,
        asked_at=at,
        next_at=at,
    )
    new = inserts.insert(push, unless_there=True)
    if not new:
        push = EmergencyPush.objects.get(incident=incident)
    again = push.ended_there and (cause is None or _called_since(push))
    wished = cause is None and (new or again or push.wished_at is None)
    if not (new or wished or again):
        return push
    if wished and not new:
        push.wished_at = at
        push.save(update_fields=["wished_at"])
    if again:
        _open_anew(push, incident, at)
    kind = SafetyLine.CENTRE_ASKED if cause else SafetyLine.CENTRE_WISHED
    facts: dict[str, Any] = {"cause": cause} if cause else {}
    with inserts.together():
        timeline.add(kind, actor, trip=trip.code, incident=incident.code, **facts)
        audit.record(actor, kind, incident.code, case=incident.code, trip=trip.code, cause=cause or "wish")
    change_incident(incident)
    told(trip)
    if new or again:
        transaction.on_commit(wake)
    return push


def _called_since(push: EmergencyPush) -> bool:
    """Somebody tapped SOS of whom the centre had not heard when it ended the case: that is new danger, whoever had called
    before, and also where both happened at once. The driver must not use up her call, and she need find no other button."""
    newest = newest_call(push)
    return newest is not None and newest > push.told_until


_NEWEST = Read(lambda pk: SosCall.objects.only("at").filter(incident_id=pk).order_by("-at")[:1], int)


def newest_call(push: EmergencyPush) -> datetime | None:
    """When somebody last tapped SOS in its incident."""
    call = _NEWEST.first(push.incident_id)
    return call.at if call else None


def take_further_call(incident: Incident) -> bool:
    """Whether a further tap, in an incident whose row is locked, is handed on: once in a few seconds, and always where the
    centre ended the case after the last one. A trace tells the centre of the others; without a push the first call is yet to
    make one."""
    push, at = EmergencyPush.objects.filter(incident=incident).first(), clock.now()
    if push is None:
        return False
    last = push.repeated_at
    ended_since = push.ended_there and (last is None or push.said_at is None or last <= push.said_at)
    if last is not None and last > at - _HANDED_ON_EVERY and not ended_since:
        return False
    push.repeated_at = at
    push.save(update_fields=["repeated_at"])
    return True


def _open_anew(push: EmergencyPush, incident: Incident, at: datetime) -> None:
    """The centre ended it, and she needs them still: another case there, under another key. What was is on the timeline."""
    forget_failures(push.key)
    if push.first_asked_at is None:
        push.first_asked_at, push.first_received_at = push.asked_at, push.received_at
    push.key = f"huhang:{incident.code}:{int(at.timestamp())}"
    push.asked_at = push.next_at = at
    push.number, push.said = "", ""
    push.told_at = None
    push.received_at = push.said_at = push.traced_at = push.closed_at = None
    push.save()


def told(trip: "Trip") -> None:
    """Her page says what became of it; the driver's hears nothing (S11)."""
    live.changed_on_commit(topic_of(trip.code, Party.PASSENGER))


def wake() -> None:
    """Ask a worker to open what is due; a sweep follows where the broker is away."""
    broker.wake(OPENS, queue=jobs.queue_of(OPENS), once=f"job:{OPENS}")


def wake_followers() -> None:
    """The same for what is to be said of open cases."""
    broker.wake(FOLLOWS, queue=jobs.queue_of(FOLLOWS), once=f"job:{FOLLOWS}")


def forget_failures(key: str) -> None:
    """Nothing more is opened or followed under this key: what of it failed is nobody's work any more."""
    for kind in (OPENING, FOLLOWING):
        work = retry.of_kind(kind)
        assert work is not None  # noqa: S101 - declared with the queues
        retry.done(work, key)


@joins_transaction
def end_push(incident: Incident) -> None:
    """The incident is closed: its trace ends, its link shows nothing from now on, and the centre, if any, is told."""
    at = clock.now()
    push = EmergencyPush.objects.filter(incident=incident, closing_at=None, closed_at=None).first()
    if push is None:
        return
    forget_failures(push.key)
    push.closing_at, push.next_at = at, at + _AFTER_AN_ATTEMPT
    push.closed_at = None if centre.is_set_up() else at
    push.save(update_fields=["closing_at", "next_at", "closed_at"])
