"""The minimum pack (P3): what an officer needs to find a car and a person, and nothing else."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import override

from core import clock, policy, timeline
from core.messages import outbox
from drivers.selectors import identity_of, plate_read
from police.policies import HER_PLACES, led_by_her_number
from police.states import SEEN_ON_THE_TRIP, Grade, GradeReason, Sign
from rides.geometry import Point, distance
from rides.selectors import latest_positions
from rides.states import ABOARD, Party
from safety.selectors import live_incident_of, signals_of

if TYPE_CHECKING:
    from police.models import PoliceRequest
    from rides.models import LatestPosition, Trip

# The version of the published schema (`police/documents/pack-1.schema.json`) that a pack keeps to.
SCHEMA = "pack-1"
# What of the timeline is the trip's true history. Neither what people wrote is in the pack, nor a line that names places,
# another order, or what somebody paid: whoever asks by a woman's number learns nothing about her from it (P3b).
HISTORY = frozenset(
    {
        "trip.accepted",
        "trip.near",
        "trip.arrived",
        "trip.plate_same",
        "trip.mismatch",
        "trip.wrong_code",
        "trip.boarded",
        "trip.presumed_boarded",
        "trip.met",
        "trip.departed",
        "trip.ended",
        "trip.cancelled",
        "trip.cancel_refused",
        "trip.truth",
        "trip.given_to_others",
        "trip.said",
        "safety.signal",
        "safety.sos",
        "safety.asked",
        "safety.answered",
        "safety.heard_by_phone",
    }
)


@dataclass(frozen=True, slots=True)
class Graded:
    """What a pack may hold (P3a). `seen`: the trip itself showed danger, whatever anybody told about it, and who asks
    is believed."""

    grade: Grade
    reason: GradeReason
    signs: frozenset[Sign] = frozenset()
    due_at: datetime | None = None

    @property
    def whole(self) -> bool:
        return self.grade == Grade.WHOLE

    @property
    def guarded(self) -> bool:
        """Who asks is unlike themself: until the station was called, nothing says that anybody called for help. From a
        stolen account the driver could learn so what his own page hides from him (S11)."""
        return not self.whole and self.reason == GradeReason.UNUSUAL

    @property
    def seen(self) -> bool:
        return self.whole and bool(self.signs & SEEN_ON_THE_TRIP)


def build_pack(request: "PoliceRequest", trip: "Trip", graded: Graded) -> dict[str, Any]:
    """The pack as JSON-ready data: the car part always, who the driver is by the grade. Times are ISO 8601 with offset,
    positions WGS-84.

    Of the passenger it holds nothing, and neither does it name the trip's places, one of which may be her home. Where the
    trip was found by her number, no position near them is in it either, until the trip shows danger or the station was
    called back (P3b).
    """
    assert trip.driver is not None and trip.vehicle is not None  # noqa: S101 - only such trips resolve
    incident = live_incident_of(trip)
    at = clock.now()
    reached = request.called_back_at is not None or graded.reason in {
        GradeReason.CALLED_BACK,
        GradeReason.HER_CODE,
    }
    hers = led_by_her_number(request, trip) and not reached
    return {
        "schema": SCHEMA,
        "request": request.code,
        "agency": request.agency.names,
        "officer": request.officer.account.code if request.officer else f"badge {request.badge_number}",
        "made_at": iso(at),
        # What is still to come, and why: codes, which pages say in the reader's language.
        "grade": {
            "given": graded.grade.value,
            "reason": graded.reason.value,
            "signs": [] if graded.guarded else sorted(graded.signs),
            "identity_due_at": iso(graded.due_at),
        },
        "trip": {
            "code": trip.code,
            "state": trip.state,
            "accepted_at": iso(trip.accepted_at),
            "boarded_at": iso(trip.boarded_at),
            "ended_at": iso(trip.ended_at),
            "cancelled_at": iso(trip.cancelled_at),
        },
        "plate_registered": trip.plate_registered,
        "plate_seen": trip.plate_seen,
        # Whether the passenger compared; empty: nobody said so, also where boarding was presumed.
        "plate_check": trip.plate_check,
        "presumed_boarded": trip.presumed_boarded,
        # What a machine read from the photo before the pick-up; null where there is none.
        "plate_read": _plate_read(trip),
        "vehicle": {"model": trip.vehicle.model, "colour": trip.vehicle.colour},
        "driver": _driver(trip) if graded.whole else None,
        "last_positions": positions_of(trip, at, seen=graded.seen, never_hers=hers),
        "history": history_of(trip, without="safety." if graded.guarded else ""),
        "signals": [row.kind for row in signals_of(incident)] if incident and not graded.guarded else [],
        # Empty: it is not said.
        "contacts": {}
        if graded.guarded
        else asdict(outbox.tally(f"sos:{incident.code}:") if incident else outbox.Tally()),
    }


def _driver(trip: "Trip") -> dict[str, Any]:
    assert trip.driver is not None  # noqa: S101 - only such trips resolve
    identity = identity_of(trip.driver)
    return {
        "name": identity.name,
        "id_number": identity.id_number,
        "phone": identity.phone,
        "licence_number": identity.licence_number,
        "photo": identity.photo,
    }


def positions_of(trip: "Trip", at: datetime, *, seen: bool, never_hers: bool = False) -> list[dict[str, Any]]:
    """The newest position of each phone that may be given, as JSON-ready data.

    `seen`: the trip itself showed danger, so all are needed to find her. `never_hers`: none near its start or end, also
    while it drives.
    """
    return [
        {
            "phone": party,
            "at": iso(row.at),
            "age": max(0, round((at - row.at).total_seconds())),  # seconds, at this time
            "lat": row.latitude,
            "lon": row.longitude,
            # As the phone says, metres and metres per second; null where it does not.
            "accuracy": row.accuracy,
            "speed": row.speed,
        }
        for party, row in sorted(latest_positions(trip).items())
        if seen or _shows_the_car(trip, party, row, never_hers=never_hers)
    ]


def _shows_the_car(trip: "Trip", party: str, row: "LatestPosition", *, never_hers: bool) -> bool:
    """Whether a position is the car's and not where the passenger is without it, or lives (P3b)."""
    if party == Party.PASSENGER and not (
        trip.state in ABOARD and trip.boarded_at and row.at >= trip.boarded_at
    ):
        return False
    if not trip.is_over and not never_hers:
        return True
    return not near_her_places(trip, (row.latitude, row.longitude))


def near_her_places(trip: "Trip", here: Point) -> bool:
    """Whether a place is near the start or the end of a trip, where the passenger may live (P3b)."""
    return any(distance(here, place) <= policy.value(HER_PLACES) for place in (trip.origin, trip.destination))


def _plate_read(trip: "Trip") -> dict[str, Any] | None:
    found = plate_read(trip.code, trip.driver)
    return asdict(found) | {"at": iso(found.at)} if found else None


def history_of(
    trip: "Trip", *, masked: frozenset[str] = frozenset(), without: str = ""
) -> list[dict[str, Any]]:
    """The lines of a trip's timeline that are its true history, in both languages; of `masked` kinds without what they name,
    and none whose kind begins with `without`, where that is said."""
    lines = [line for line in timeline.of(trip=trip.code) if line.kind in HISTORY]
    if without:
        lines = [line for line in lines if not line.kind.startswith(without)]
    told = []
    for line in lines:
        if line.kind in masked:
            line.facts = dict.fromkeys(line.facts, "…")
        with override("zh-hans"):
            zh = timeline.sentence(line)
        with override("en"):
            en = timeline.sentence(line)
        told.append({"at": iso(line.at), "kind": line.kind, "zh": zh, "en": en})
    return told


def iso(at: datetime | None) -> str | None:
    """Local time with its offset, to the second: what an officer reads beside a watch."""
    return timezone.localtime(at).isoformat(timespec="seconds") if at else None


def write_pack(pack: dict[str, Any]) -> tuple[str, str]:
    """(canonical JSON, its SHA-256): the same text that the officer downloads and the journal cites."""
    text = json.dumps(pack, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def says_plates(text: str) -> bool:
    """Whether a pack has the registered plate, and says what was read, compared and seen."""
    pack = json.loads(text)
    return bool(pack.get("plate_registered")) and {"plate_seen", "plate_check", "plate_read"} <= pack.keys()
