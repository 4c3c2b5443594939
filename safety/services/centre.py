"""What is said to the emergency centre (110) of an incident, and what it says back (P12)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from core import audit, centre, clock, inserts, retry, timeline
from core.actors import SYSTEM, Actor
from core.errors import InvalidInput, NotFound
from core.transactions import begins_transaction
from rides.states import Party
from safety.models import EmergencyPush, Incident
from safety.selectors import callers_of, incident_by_code, needs_of, places_of, silent_callers
from safety.services import pushing
from safety.services.desk import note_police_called
from safety.services.incidents import bring_news, change_incident
from safety.states import CentreWord, SafetyLine

if TYPE_CHECKING:
    pass

TRACE_EVERY = timedelta(seconds=10)  # P12
CENTRE = Actor("centre-110", "system")
_ORDER = tuple(CentreWord)


def _iso(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")


def _positions(incident: Incident, at: datetime) -> list[dict[str, Any]]:
    """Where each phone of the trip was last, also by its tap on SOS alone; metres, metres per second, seconds, WGS-84."""
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
        for party, row in sorted(places_of(incident).items())
    ]


def _calls(incident: Incident) -> dict[str, Any]:
    """Who called for help, whether nobody may ring her phone, because she may sit beside him, and what is known now of
    what she needs: she may write that she is hurt after the case was opened."""
    return {
        "silent": Party.PASSENGER in silent_callers(incident),
        "called_for_help": callers_of(incident),
        "needs": needs_of(incident),
    }


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
        **_calls(incident),
        "positions": _positions(incident, at),
        "car": {
            "plate_registered": trip.plate_registered,
            "plate_seen": trip.plate_seen,
            "model": vehicle.model if vehicle else "",
            "colour": vehicle.colour if vehicle else "",
        },
        "line": settings.SAFETY_LINE,
        "url": link_of(push),
    }


def _open(push: EmergencyPush) -> None:
    newest = pushing.newest_call(push)  # before what is sent is read: never more than that holds
    number = centre.open_case(case_of(push, incident_by_code(push.incident.code)))
    hear_centre(key=push.key, number=number, said=CentreWord.RECEIVED, told=newest)


def _follow(push: EmergencyPush) -> None:
    newest = pushing.newest_call(push)
    incident, at = incident_by_code(push.incident.code), clock.now()
    trip = incident.trip
    assert trip is not None  # noqa: S101 - as above
    told = {"key": push.key, "at": _iso(at), "state": trip.state, "positions": _positions(incident, at)}
    centre.trace(told | _calls(incident))
    _heard_of(push, newest)
    _traced(push, at)


def _close(push: EmergencyPush) -> None:
    assert push.closing_at is not None  # noqa: S101 - only such are closed
    try:
        centre.close({"key": push.key, "at": _iso(push.closing_at)})
    except centre.CentreSilent:
        # Nothing depends on it, and a link's secret is not kept for a centre that has gone.
        if clock.now() - push.closing_at < _CLOSING.patience:
            raise
        _closed(push, told=False)
    else:
        _closed(push, told=True)


def _to_open() -> "QuerySet[EmergencyPush]":
    return _not_closed().filter(received_at=None, closing_at=None)


def _to_follow() -> "QuerySet[EmergencyPush]":
    return _not_closed().filter(received_at__isnull=False, closing_at=None)


def _to_close() -> "QuerySet[EmergencyPush]":
    return _not_closed().filter(closing_at__isnull=False)


def _not_closed() -> "QuerySet[EmergencyPush]":
    return EmergencyPush.objects.select_related("incident").filter(closed_at=None)


# A case that nobody has yet waits behind no trace of another, and five seconds where a worker died with it.
PUSHES = retry.queue(
    pushing.OPENING,
    gettext_lazy("telling the emergency centre (110) of an incident"),
    law=retry.LIFE,
    waiting=_to_open,
    act=_open,
    key="key",
    about=lambda row: row.incident.code,
    life_safety=lambda _row: True,
    lease=timedelta(seconds=5),
)
FOLLOWING = retry.queue(
    pushing.FOLLOWING,
    gettext_lazy("telling the emergency centre (110) where somebody is now"),
    law=retry.LIFE,
    waiting=_to_follow,
    act=_follow,
    key="key",
    about=lambda row: row.incident.code,
    life_safety=lambda _row: True,
)
_CLOSING = retry.Law(timedelta(minutes=2), timedelta(minutes=10), timedelta(days=1))
CLOSINGS = retry.queue(
    pushing.CLOSING,
    gettext_lazy("telling the emergency centre (110) that an incident is closed"),
    law=_CLOSING,
    waiting=_to_close,
    act=_close,
    key="key",
    about=lambda row: row.incident.code,
)


@begins_transaction
def _heard_of(sent: EmergencyPush, newest: datetime | None) -> None:
    """The centre confirmed what held all calls for help until this one."""
    if newest is not None:
        rows = EmergencyPush.objects.filter(Q(told_at=None) | Q(told_at__lt=newest), pk=sent.pk, key=sent.key)
        rows.update(told_at=newest)


@begins_transaction
def _traced(sent: EmergencyPush, at: datetime) -> None:
    # Under another key it is another case by now, of which the centre has not heard.
    push = EmergencyPush.objects.select_for_update().filter(pk=sent.pk, key=sent.key).first()
    if push is None:
        return
    minute, code = at.replace(second=0, microsecond=0), sent.incident.code
    if push.traced_at is None or push.traced_at < minute:  # a line a minute
        audit.record(SYSTEM, "safety.centre_followed", code, case=code)
    push.traced_at = at
    if push.closing_at is None:
        push.next_at = at + TRACE_EVERY
    push.save(update_fields=["traced_at", "next_at"])


@begins_transaction
def _closed(sent: EmergencyPush, *, told: bool) -> None:
    rows = EmergencyPush.objects.select_for_update(of=("self",)).select_related("incident__trip")
    push = rows.get(pk=sent.pk)
    push.closed_at = clock.now()
    push.save(update_fields=["closed_at"])
    if told:
        _line(push.incident, SafetyLine.CENTRE_CLOSED, SYSTEM)
    else:
        audit.record(SYSTEM, "safety.centre_not_told", push.incident.code, case=push.incident.code)


def _line(incident: Incident, kind: SafetyLine, actor: Actor, **facts: Any) -> None:
    trip = incident.trip.code if incident.trip else ""
    with inserts.together():
        timeline.add(kind, actor, trip=trip, incident=incident.code, **facts)
        audit.record(actor, kind, incident.code, case=incident.code, trip=trip, **facts)


@begins_transaction
def hear_centre(*, key: str, number: str, said: CentreWord, told: datetime | None = None) -> None:
    """The centre says how far a case is; what is no further than what it said before changes nothing.

    `told` is when the last call for help was of which it confirms that it has heard. That police are on their way is the
    call to the police of S10; that a machine has the case is not. Raises `NotFound`
    for a case that we never sent, `InvalidInput` where it has another number.
    """
    code = EmergencyPush.objects.filter(key=key).values_list("incident__code", flat=True).first()
    if code is None:
        raise NotFound
    incident = Incident.objects.select_for_update(of=("self",)).select_related("trip").get(code=code)
    push = EmergencyPush.objects.select_for_update().get(key=key)
    if push.number and push.number != number:
        raise InvalidInput("case")
    heard = told is not None and (push.told_at is None or push.told_at < told)
    if heard:
        push.told_at = told
    before = _ORDER.index(CentreWord(push.said)) if push.said else -1
    if push.closed_at is not None or _ORDER.index(said) <= before:
        if heard:
            push.save(update_fields=["told_at"])
        return
    at = clock.now()
    push.number, push.received_at = number, push.received_at or at
    push.said, push.said_at = said, at
    if push.closing_at is None:
        push.next_at = at + TRACE_EVERY
    if push.ended_there:  # nothing more is sent to who does not look
        push.closed_at = at
        pushing.forget_failures(push.key)
    push.save()
    _line(incident, SafetyLine.CENTRE_SAID, CENTRE, number=number, centre=said)
    match said:
        case CentreWord.DISPATCHED | CentreWord.ON_SCENE:
            note_police_called(incident=incident, actor=CENTRE, station=number)
        case CentreWord.OVER | CentreWord.REFUSED:
            bring_news(incident)
            # It did not know of a call for help that came just before: another case, where the rule says so.
            pushing.push_by_itself(code=code)
        case CentreWord.RECEIVED:
            change_incident(incident)
    if incident.trip:
        pushing.told(incident.trip)


@begins_transaction
def note_looked(*, push: EmergencyPush) -> None:
    """Somebody opened the link: the first look of each minute is a line of the journal."""
    at = clock.now()
    minute = at.replace(second=0, microsecond=0)
    rows = EmergencyPush.objects.filter(pk=push.pk).filter(Q(looked_at=None) | Q(looked_at__lt=minute))
    if rows.update(looked_at=at):
        audit.record(CENTRE, "safety.centre_looked", push.incident.code, case=push.incident.code)
