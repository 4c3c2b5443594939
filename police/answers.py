"""The answer to one question of a letter: what its categories name, of the time that it names, and nothing else (P5+)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import override

from core import clock, timeline
from drivers.selectors import identity_of, plate_read
from police.packs import history_of, iso, near_her_places
from police.policies import by_her_number, left_out_of, number_on_letter
from police.states import RefusalCode, Wanted
from rides.selectors import (
    believed_trail_of,
    messages_of,
    name_of_rider,
    payment_of,
    phone_of_rider,
)
from rides.states import Party, TripLine
from safety.selectors import recordings_of

if TYPE_CHECKING:
    from police.models import PoliceRequest
    from rides.models import Trip

# The version of the published schema (`police/documents/answer-1.schema.json`) that an answer keeps to.
SCHEMA = "answer-1"
Span = tuple[datetime, datetime]
Given = dict[str, Any] | list[dict[str, Any]] | None
# Lines of a trip's history that name what is of another category: without it they say that it happened, and no more.
_NAMES = {
    Wanted.VEHICLE: frozenset({"trip.accepted", "trip.plate_same", "trip.mismatch"}),
    Wanted.CONTACT: frozenset({"trip.said"}),
}


def build_answer(request: "PoliceRequest", trip: "Trip") -> dict[str, Any]:
    """The answer as JSON-ready data. Times are ISO 8601 with offset, positions WGS-84, money in fen.

    Each category that the letter names is there: given, or the code of why not. No other is, and outside of `answers`
    stands nothing of the trip or of anybody on it.
    """
    assert request.notice is not None and request.span_from and request.span_to  # noqa: S101 - a letter's question
    span = request.span_from, request.span_to
    left_out, hers = left_out_of(request, trip), by_her_number(request, trip)
    given = {Wanted(each) for each in request.wanted if each not in left_out}
    return {
        "schema": SCHEMA,
        "request": request.code,
        "notice": request.notice.code,
        "letter": str(request.letter_number),
        "question": number_on_letter(request),
        "agency": request.agency.names,
        "officer": request.officer.account.code if request.officer else "",
        "made_at": iso(clock.now()),
        "span": {"from": iso(span[0]), "to": iso(span[1])},
        "wanted": sorted(request.wanted),
        "answers": {
            wanted: _answer(Wanted(wanted), trip, span, left_out.get(wanted, ""), given, hers=hers)
            for wanted in sorted(request.wanted)
        },
    }


def _answer(
    wanted: Wanted, trip: "Trip", span: Span, left_out: str, given: Collection[Wanted], *, hers: bool
) -> dict[str, Any]:
    found: Given = None
    if not left_out:
        match wanted:
            case Wanted.TRIP:
                found = _trip(trip, span, given, hers=hers)
            case Wanted.POSITIONS:
                found = _positions(trip, span, hers=hers)
            case _:
                found = _GIVES[wanted](trip, span)
    why = left_out or ("" if found else RefusalCode.NO_DATA.value)
    return {"given": not why, "why_not": why or None, "data": found or None}


def _within(at: datetime | None, span: Span) -> bool:
    return at is not None and span[0] <= at <= span[1]


def _trip(trip: "Trip", span: Span, given: Collection[Wanted], *, hers: bool) -> Given:
    masked = frozenset().union(*(kinds for category, kinds in _NAMES.items() if category not in given))
    return {
        "code": trip.code,
        "state": trip.state,
        # Asked by her number: one of its ends may be her home.
        "from": None if hers else trip.origin_name,
        "to": None if hers else trip.destination_name,
        "accepted_at": iso(trip.accepted_at),
        "boarded_at": iso(trip.boarded_at),
        "ended_at": iso(trip.ended_at),
        "cancelled_at": iso(trip.cancelled_at),
        "history": [
            row for row in history_of(trip, masked=masked) if _within(datetime.fromisoformat(row["at"]), span)
        ],
    }


def _driver(trip: "Trip", _span: Span) -> Given:
    return asdict(identity_of(trip.driver)) if trip.driver else None


def _vehicle(trip: "Trip", _span: Span) -> Given:
    if trip.vehicle is None:
        return None
    read = plate_read(trip.code, trip.driver)
    return {
        "plate_registered": trip.plate_registered,
        "plate_seen": trip.plate_seen,
        "plate_check": trip.plate_check,
        "plate_read": asdict(read) | {"at": iso(read.at)} if read else None,
        "model": trip.vehicle.model,
        "colour": trip.vehicle.colour,
        "seats": trip.vehicle.seats,
        "vin": trip.vehicle.vin,
    }


def _positions(trip: "Trip", span: Span, *, hers: bool) -> Given:
    """Asked by `hers`, her number: of the car alone, and none near the trip's ends, where she may live."""
    first, last = (at.timestamp() for at in span)
    return [
        {
            "phone": party.value,
            "at": iso(datetime.fromtimestamp(fix.at, UTC)),
            "lat": fix.latitude,
            "lon": fix.longitude,
            "accuracy": fix.accuracy,
            "speed": fix.speed,
        }
        for party in ([Party.DRIVER] if hers else Party)
        for fix in believed_trail_of(trip, party)
        if first <= fix.at <= last and not (hers and near_her_places(trip, (fix.latitude, fix.longitude)))
    ]


def _passenger(trip: "Trip", _span: Span) -> Given:
    booked = {"name": str(trip.passenger.real_name), "phone": str(trip.passenger.phone)}
    rides = {"name": name_of_rider(trip), "phone": phone_of_rider(trip)}
    return {"booked_by": booked, "rode": rides}


def _payment(trip: "Trip", span: Span) -> Given:
    paid = payment_of(trip)
    if paid is None or not (_within(paid.due_at, span) or _within(paid.paid_at, span)):
        return None
    return {
        "code": paid.code,
        "fen": paid.fen,
        "state": paid.state,
        "paid_at": iso(paid.paid_at),
        "refunded": paid.refunded,
    }


def _recording(trip: "Trip", span: Span) -> Given:
    """Which recordings there are; the sound itself is handed over apart."""
    return [
        {
            "code": row.code,
            "side": row.party,
            "state": row.state,
            "begun_at": iso(row.begun_at),
            "ended_at": iso(row.ended_at),
            "bytes": row.bytes,
        }
        for row in recordings_of(trip)
        if row.begun_at <= span[1] and (row.ended_at or clock.now()) >= span[0]
    ]


def _contact(trip: "Trip", span: Span) -> Given:
    """The phrases that both sides said within the trip, and that somebody called through the relay number."""
    told = [
        {"at": iso(line.at), "side": str(line.facts.get("party", "")), "kind": "call", "zh": "", "en": ""}
        for line in timeline.of(trip=trip.code)
        if line.kind == TripLine.RELAYED and _within(line.at, span)
    ]
    for row in messages_of(trip):
        if not _within(row.at, span):
            continue
        said = {}
        for language, name in (("zh-hans", "zh"), ("en", "en")):
            with override(language):
                said[name] = str(row.get_phrase_display())
        told.append({"at": iso(row.at), "side": row.party, "kind": "phrase", **said})
    return sorted(told, key=lambda row: str(row["at"]))


_GIVES: Mapping[Wanted, Callable[["Trip", Span], Given]] = {
    Wanted.DRIVER: _driver,
    Wanted.VEHICLE: _vehicle,
    Wanted.PASSENGER: _passenger,
    Wanted.PAYMENT: _payment,
    Wanted.RECORDING: _recording,
    Wanted.CONTACT: _contact,
}
