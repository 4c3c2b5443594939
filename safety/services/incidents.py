"""Incidents open, grow and take signals."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from core import audit, clock, events, inserts, live, policy, timeline
from core.actors import MONITOR, SYSTEM, Actor
from core.codes import new_code
from core.facts import Fact
from core.states import StaleState
from core.transactions import joins_transaction
from rides.geometry import Point
from rides.selectors import lock_trip
from rides.states import Party
from safety.events import DangerShown
from safety.models import Acknowledgement, Caller, Incident, Signal
from safety.policies import THRESHOLD, WEIGHTS
from safety.selectors import record_of
from safety.services.stops import stop_next_order
from safety.states import (
    LIVE,
    Origin,
    SafetyLine,
    SignalKind,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from rides.models import Trip


@joins_transaction
def open_incident(
    *, actor: Actor, origin: Origin, trip: "Trip | None" = None, missing_index: str = ""
) -> Incident:
    """The live incident of a trip, or of a missing person without one; opened where there is none, row locked.

    Raises `StaleState`.
    """
    if trip:
        lock_trip(trip)
        return lock_live_incident(trip) or open_first(actor=actor, origin=origin, trip=trip)
    mine = _new(actor, origin, missing_index=missing_index)
    live_one = Incident.objects.filter(trip=None, missing_index=missing_index, state__in=LIVE)
    for _attempt in range(3):
        # The database lets one live incident be: where there is one already, nothing is written, and theirs is found.
        Incident.objects.bulk_create([mine], ignore_conflicts=True)
        incident = live_one.select_for_update().first()
        if incident is None:
            continue  # it was closed between the two
        return _opened(incident, actor) if incident.code == mine.code else incident
    raise StaleState


@joins_transaction
def lock_live_incident(trip: "Trip") -> Incident | None:
    """The live incident of a trip that is locked, row locked; None where there is none."""
    return Incident.objects.select_for_update().filter(trip=trip, state__in=LIVE).first()


@joins_transaction
def open_first(
    *, actor: Actor, origin: Origin, trip: "Trip", score: int | None = None, **given: object
) -> Incident:
    """Open an incident of a trip that is locked and has none alive: nobody else opens one meanwhile.

    `score` is the sum of the trip's signals, where the caller has it; `given` are other fields.
    """
    mine = _new(actor, origin, trip=trip, score=record_of(trip)[1] if score is None else score, **given)
    mine.drill = trip.passenger.is_drill
    inserts.insert(mine)
    return _opened(mine, actor)


def _new(actor: Actor, origin: Origin, **given: Any) -> Incident:
    at = clock.now()
    return Incident(
        code=new_code("I"), origin=origin, opened_at=at, opened_by=actor.code, changed_at=at, **given
    )


@joins_transaction
def open_by_call(
    *, actor: Actor, trip: "Trip", party: Party, score: int, why: Mapping[str, Fact], position: Point | None
) -> Incident:
    """The incident of a first tap on a trip that is locked and never had one, whose signals sum up to `score`.

    Nothing of it can be there already. So each row is written once, as it is in the end, and most of them together: what
    comes to the same as `open_first`, `note_tap`, and `add_signal` with an SOS.
    """
    at, weight = clock.now(), policy.value(WEIGHTS)[SignalKind.SOS]
    risk: dict[str, object] = {"has_sos": True, "high_risk_at": at, "news": 1, "news_at": at}
    incident = open_first(actor=actor, origin=Origin.SOS, trip=trip, score=score + weight, **risk)
    inserts.keep(Caller(incident=incident, party=party, called_at=at))
    inserts.keep(
        Signal(
            trip=trip, incident=incident, kind=SignalKind.SOS, detail=party, score=weight, facts=why, at=at
        )
    )
    timeline.add(
        SafetyLine.SOS, actor, trip=trip.code, incident=incident.code, position=position, party=party
    )
    _say_signal(actor, SignalKind.SOS, trip, incident, position, weight, incident.score, why)
    stop_next_order(incident=incident, actor=SYSTEM, first=True)
    live.changed_on_commit("console")
    return incident


def _opened(incident: Incident, actor: Actor) -> Incident:
    trip = incident.trip.code if incident.trip else ""
    origin = Origin(incident.origin)
    timeline.add(SafetyLine.OPENED, actor, trip=trip, incident=incident.code, origin=origin)
    audit.record(actor, "safety.incident_opened", incident.code, case=incident.code, origin=origin, trip=trip)
    return incident


@joins_transaction
def change_incident(incident: Incident, **changes: object) -> None:
    """Write these fields of an incident whose row is locked, and wake the console.

    One that becomes grave by it stops the driver's next order (D15).
    """
    changes["changed_at"] = clock.now()
    before = incident.is_grave
    for name, value in changes.items():
        setattr(incident, name, value)
    incident.save(update_fields=list(changes))
    if incident.is_grave and not before:
        stop_next_order(incident=incident, actor=SYSTEM)
    live.changed_on_commit("console")


@joins_transaction
def bring_news(incident: Incident, **changes: object) -> None:
    """As `change_incident`, for something that a person has to look at: an owner who has not does not know of it."""
    change_incident(incident, news_at=incident.news_at or clock.now(), news=incident.news + 1, **changes)


@joins_transaction
def acknowledge(incident: Incident, *, by: str) -> None:
    """A person has looked at all that this incident, whose row is locked, holds now."""
    Acknowledgement.objects.create(incident=incident, at=clock.now(), by=by)
    later = None if incident.look_due else incident.look_at
    change_incident(incident, news_at=None, look_at=later)


@joins_transaction
def note_tap(incident: Incident, party: Party, *, again: bool) -> None:
    """One side taps on SOS: the clock of its call-back begins, anew where somebody has spoken to it since it last did."""
    at = clock.now()
    if not again:
        if not inserts.insert(Caller(incident=incident, party=party, called_at=at), unless_there=True):
            incident.callers.filter(party=party).update(called_at=at)
        return
    caller = incident.callers.get(party=party)
    if caller.spoken_to_at:
        caller.called_at = at
        caller.save(update_fields=["called_at"])


@joins_transaction
def note_call_back(incident: Incident, party: str) -> None:
    """Somebody spoke to one side: where it called for help, the clock of its call-back stops (S2); the other's runs on."""
    caller = incident.callers.filter(party=party, called_at__isnull=False).first()
    if caller and caller.spoken_to_at is None:
        caller.called_back_at = clock.now()
        caller.save(update_fields=["called_back_at"])
    change_incident(incident)


@joins_transaction
def set_silent(incident: Incident, party: Party, *, silent: bool) -> bool:
    """Whether one side's phone may ring, in an incident whose row is locked; True where that is new."""
    caller, _new = Caller.objects.get_or_create(incident=incident, party=party)
    if caller.silent == silent:
        return False
    caller.silent = silent
    caller.save(update_fields=["silent"])
    bring_news(incident)
    return True


@joins_transaction
def add_signal(
    *,
    actor: Actor,
    kind: SignalKind,
    trip: "Trip | None" = None,
    incident: Incident | None = None,
    detail: str = "",
    facts: Mapping[str, Fact] | None = None,
    position: Point | None = None,
    changes: dict[str, object] | None = None,
    locked: bool = False,
) -> Signal | None:
    """Keep a signal and add it to the score; None where this trip has had the same one.

    That one adds no points, and is news to the `incident` that the caller names. Two signals of one trip come one after
    the other, so that the second one's sum has the first.

    `facts` are what `core.facts.of` made: why, in the reader's language wherever it shows. `changes` are other
    fields of the incident, written with the score. When the score reaches the threshold, or her phone is silent and she
    does not answer, an incident opens by itself; a live incident takes the new score. `locked`: the caller holds
    `lock_trip` of this trip, and read the live `incident` under it.
    """
    if trip and not locked:
        lock_trip(trip)
    at = clock.now()
    weight = policy.value(WEIGHTS)[kind]
    row = Signal(
        trip=trip, incident=incident, kind=kind, detail=detail, score=weight, facts=facts or {}, at=at
    )
    if not inserts.insert(row, unless_there=True):
        if incident:
            _bring(incident, kind, changes, grave=False, at=at)
        return None
    if trip and incident and locked:
        total = incident.score + weight  # no other signal of the trip came between
    elif trip:
        total = _total(Signal.objects.filter(trip=trip))
        incident = incident or Incident.objects.select_for_update().filter(trip=trip, state__in=LIVE).first()
    else:
        total = _total(Signal.objects.filter(incident=incident))
    _say_signal(actor, kind, trip, incident, position, weight, total, facts or {})
    grave = total >= policy.value(THRESHOLD) or is_silent_without_answer(trip, kind)
    if incident is None and grave:
        origin = Origin.MONITOR if actor == MONITOR else Origin.RULE
        incident = open_incident(actor=actor, origin=origin, trip=trip)
    if incident:
        _bring(incident, kind, {**(changes or {}), "score": total}, grave=grave, at=at)
    return row


def _say_signal(
    actor: Actor,
    kind: SignalKind,
    trip: "Trip | None",
    incident: Incident | None,
    position: Point | None,
    weight: int,
    total: int,
    why: Mapping[str, Fact],
) -> None:
    timeline.add(
        SafetyLine.SIGNAL,
        actor,
        trip=trip.code if trip else "",
        incident=incident.code if incident else "",
        position=position,
        signal=kind,
        score=weight,
        total=total,
        why=why,
    )


def _total(signals: "QuerySet[Signal]") -> int:
    total: int = signals.aggregate(total=Sum("score", default=0))["total"]
    return total


# Somebody says that she is in danger, whatever was found safe before.
_CRIES = frozenset({SignalKind.SOS, SignalKind.DISTRESS, SignalKind.ASKED_FOR_HELP})


def _bring(
    incident: Incident, kind: SignalKind, changes: dict[str, object] | None, *, grave: bool, at: datetime
) -> None:
    changes = dict(changes or {})
    if kind in _CRIES or (grave and incident.high_risk_at is None):
        changes["high_risk_at"] = incident.risk_since(at)
    bring_news(incident, **changes)
    # Whoever told it last: what the trip itself shows may have come before (`shows_danger_now` decides).
    if incident.high_risk_at and kind != SignalKind.SOS:
        events.publish(DangerShown(incident=incident.code))


# Each says that nobody knows where she is: her phone aboard, or before anybody was said to board.
_UNKNOWN = frozenset({SignalKind["SIGNAL_LOST"], SignalKind["LEAVING_PICKUP"]})
_SILENCE = _UNKNOWN | {SignalKind.NO_ANSWER}


def is_silent_without_answer(trip: "Trip | None", kind: SignalKind) -> bool:
    """True once her phone is silent *and* a question was not answered, whatever that weighs: a silence is no answer (S5).

    So is a car that left the pick-up with her unseen. `kind` is the signal that was just kept; only these are worth a look.
    """
    if trip is None or kind not in _SILENCE:
        return False
    rows = Signal.objects.filter(trip=trip, kind__in=_SILENCE).values_list("kind", "detail")
    lost = any(
        one in _UNKNOWN and (one != SignalKind["SIGNAL_LOST"] or detail.startswith(Party.PASSENGER))
        for one, detail in rows
    )
    return lost and any(one == SignalKind.NO_ANSWER for one, _detail in rows)
