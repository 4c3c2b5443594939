"""The minimum pack (P3): what an officer needs to find a car and a person, and nothing else."""

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import override

from core import clock, timeline
from core.messages import outbox
from drivers.selectors import identity_of, plate_read
from rides.selectors import latest_positions
from safety.selectors import live_incident_of, signals_of

if TYPE_CHECKING:
    from police.models import PoliceRequest
    from rides.models import Trip

# The version of the published schema (`police/documents/pack-1.schema.json`) that a pack keeps to.
SCHEMA = "pack-1"
# What of the timeline is the trip's true history; what complainants and reporters wrote is not in the pack.
HISTORY = ("trip.", "safety.signal", "safety.sos", "safety.asked", "safety.answered")


def build_pack(request: "PoliceRequest", trip: "Trip") -> dict[str, Any]:
    """The pack as JSON-ready data. Times are ISO 8601 with offset, positions WGS-84."""
    assert trip.driver is not None and trip.vehicle is not None  # noqa: S101 - only such trips resolve
    identity = identity_of(trip.driver)
    incident = live_incident_of(trip)
    return {
        "schema": SCHEMA,
        "request": request.code,
        "agency": request.agency.names,
        "officer": request.officer.account.code if request.officer else f"badge {request.badge_number}",
        "made_at": _iso(clock.now()),
        "trip": {
            "code": trip.code,
            "state": trip.state,
            "from": trip.origin_name,
            "to": trip.destination_name,
            "accepted_at": _iso(trip.accepted_at),
            "boarded_at": _iso(trip.boarded_at),
            "ended_at": _iso(trip.ended_at),
            "cancelled_at": _iso(trip.cancelled_at),
        },
        "plate_registered": trip.plate_registered,
        "plate_seen": trip.plate_seen,
        # Whether the passenger compared; empty: nobody said so, also where boarding was presumed.
        "plate_check": trip.plate_check,
        "presumed_boarded": trip.presumed_boarded,
        # What a machine read from the photo before the pick-up; null where there is none.
        "plate_read": _plate_read(trip),
        "vehicle": {"model": trip.vehicle.model, "colour": trip.vehicle.colour},
        "driver": {
            "name": identity.name,
            "id_number": identity.id_number,
            "phone": identity.phone,
            "licence_number": identity.licence_number,
            "photo": identity.photo,
        },
        "last_positions": [
            {
                "phone": party,
                "at": _iso(row.at),
                "lat": row.latitude,
                "lon": row.longitude,
                # As the phone says, metres and metres per second; null where it does not.
                "accuracy": row.accuracy,
                "speed": row.speed,
            }
            for party, row in sorted(latest_positions(trip).items())
        ],
        "history": _history(trip),
        "signals": [row.kind for row in signals_of(incident)] if incident else [],
        "contacts": asdict(outbox.tally(f"sos:{incident.code}:") if incident else outbox.Tally()),
    }


def _plate_read(trip: "Trip") -> dict[str, Any] | None:
    found = plate_read(trip.code, trip.driver)
    return asdict(found) | {"at": _iso(found.at)} if found else None


def _history(trip: "Trip") -> list[dict[str, Any]]:
    lines = [line for line in timeline.of(trip=trip.code) if line.kind.startswith(HISTORY)]
    told = []
    for line in lines:
        with override("zh-hans"):
            zh = timeline.sentence(line)
        with override("en"):
            en = timeline.sentence(line)
        told.append({"at": _iso(line.at), "kind": line.kind, "zh": zh, "en": en})
    return told


def _iso(at: Any) -> str | None:
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
