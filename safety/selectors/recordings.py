"""Reads about consents, recordings and their receipts."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q, QuerySet

from core import audit_selectors, broker, clock, holds, policy
from core.errors import NotFound
from core.reads import Read
from rides.states import ABOARD, WITH_DRIVER, Party
from safety import chunks, keys
from safety.errors import CaseNeeded
from safety.models import (
    Incident,
    Recording,
    RecordingConsent,
    RecordingKey,
    RecordingPlay,
    RecordingRefusal,
)
from safety.policies import (
    LATE_CHUNKS,
    RECORDING_KEPT,
    RECORDING_OF_DRIVERS,
    SOUND_HEARD_WITHIN,
)
from safety.selectors.incidents import live_incident_of
from safety.states import RecordingPurpose, RecordingState

if TYPE_CHECKING:
    from rides.models import Trip


@dataclass(frozen=True, slots=True)
class Sound:
    """What the lane of sound needs of a recording. `key` is the recording's own, 32 bytes."""

    code: str
    purpose: str
    mime: str
    key: bytes
    last: int | None
    ended_at: datetime | None
    # Until when a phone without network may send what it still holds; None while it goes on.
    closes_at: datetime | None
    # False once a side has withdrawn its consent to the recording of the whole trip.
    agreed: bool

    def takes(self, number: int) -> bool:
        """True where a chunk of this number may still come."""
        if not self.agreed:
            return False
        if self.last is not None:
            return number <= self.last
        return self.closes_at is None or clock.now() < self.closes_at


def sound_of(code: str) -> Sound:
    """A recording with its key. Raises `NotFound` where it is not there or destroyed, `KeyUnreadable`."""
    row = (
        Recording.objects.filter(code=code)
        .exclude(state=RecordingState.DESTROYED)
        .select_related("key", "trip")
        .first()
    )
    if row is None:
        raise NotFound
    raw = keys.unwrap(row.key.wrapped_by, bytes(row.key.wrapped), context=code)
    agreed = row.purpose == RecordingPurpose.SOS or both_agree(row.trip)
    closes_at = row.ended_at + policy.span(LATE_CHUNKS) if row.ended_at else None
    return Sound(code, row.purpose, row.mime, raw, row.last, row.ended_at, closes_at, agreed)


def sound_to_hear(code: str) -> tuple[Recording, Incident]:
    """The sound of a call for help and the live incident in which it is heard. Raises `NotFound`, `CaseNeeded`."""
    row = Recording.objects.select_related("trip").filter(code=code, purpose=RecordingPurpose.SOS).first()
    if row is None or row.state == RecordingState.DESTROYED:
        raise NotFound
    incident = live_incident_of(row.trip)
    if incident is None:
        raise CaseNeeded
    return row, incident


def _standing() -> "QuerySet[RecordingConsent]":
    """Answers of who travels and of who drives the trip now, oldest first: a driver before them said nothing for them."""
    of_whom = Q(party=Party.PASSENGER) | Q(at__gte=F("trip__accepted_at"))
    return RecordingConsent.objects.filter(of_whom).order_by("pk")


def consents_of(trip: "Trip") -> dict[Party, bool]:
    """What each side answered last; a side that has not answered is missing."""
    found = {Party(row.party): row.audio for row in _standing().filter(trip=trip)}
    return found | _agreed_beforehand(trip)


def _agreed_beforehand(trip: "Trip") -> dict[Party, bool]:
    """Consents that stand for all trips: those of drivers whose line asks for it, and a guardian's (A9)."""
    driver = bool(trip.driver_id) and trip.line in policy.value(RECORDING_OF_DRIVERS)
    return ({Party.DRIVER: True} if driver else {}) | ({Party.PASSENGER: True} if trip.for_teen else {})


def refusal_of(trip: "Trip", party: Party) -> RecordingRefusal | None:
    """The word of whoever is on this side that they are never to be recorded: a trip of its own they may agree to."""
    whose = trip.passenger_id if party == Party.PASSENGER else trip.driver.account_id if trip.driver else None
    return RecordingRefusal.objects.filter(account_id=whose).first() if whose else None


def both_agree(trip: "Trip") -> bool:
    """True while both sides' newest answer is yes."""
    return _all_agree(consents_of(trip))


def _all_agree(consents: dict[Party, bool]) -> bool:
    return all(consents.get(side, False) for side in Party)


@dataclass(frozen=True, slots=True)
class RecordingQuestion:
    """What a side's page shows about the recording of its trip."""

    may_answer: bool
    answer: bool | None
    condition: bool
    runs: bool


def recording_question(trip: "Trip", party: Party) -> RecordingQuestion:
    """One side's question, its answer, and whether its phone records now: only with both consents (S7)."""
    consents = consents_of(trip)
    condition = party == Party.DRIVER and trip.line in policy.value(RECORDING_OF_DRIVERS)
    standing = party == Party.PASSENGER and trip.for_teen
    answer = consents.get(party)
    if answer is None and refusal_of(trip, party) is not None:
        answer = False
    return RecordingQuestion(
        may_answer=trip.state in WITH_DRIVER and not condition and not standing,
        answer=answer,
        condition=condition,
        runs=trip.state in ABOARD and _all_agree(consents),
    )


def kept_for(trip: "Trip") -> datetime | None:
    """Until when a trip's own recording is kept; None where there is none left."""
    rows = Recording.objects.filter(trip=trip, purpose=RecordingPurpose.TRIP)
    row = rows.exclude(state=RecordingState.DESTROYED).order_by("-destroy_at").first()
    if row is None:
        return None
    over = trip.ended_at or trip.cancelled_at
    end = over + policy.span(RECORDING_KEPT) if over else row.destroy_at
    return min(end, row.destroy_at)


_RECORDINGS = Read(lambda pk: Recording.objects.filter(trip_id=pk).order_by("pk"), int)
_RECORDING = Read(lambda code: Recording.objects.select_related("trip").filter(code=code), str)


def recordings_of(trip: "Trip") -> list[Recording]:
    return _RECORDINGS.all(trip.pk)


def recording_by_code(code: str) -> Recording:
    """Raises `NotFound`."""
    return _RECORDING.the(code)


def live_sound_of(trip: "Trip") -> Recording | None:
    """The newest call for help that sends sound now."""
    rows = Recording.objects.filter(trip=trip, purpose=RecordingPurpose.SOS, state=RecordingState.LIVE)
    return rows.order_by("-pk").first()


SOUND_FRESH = timedelta(seconds=10)  # counts of what arrived are written every few seconds
HEARD_FOR = 4  # seconds for which a piece of sound that somebody took says that they listen


def heard_mark(code: str) -> str:
    """The key in Valkey that says, for a moment, that the live sound of a recording reaches a listener; since when."""
    return f"heard:{code}"


@dataclass(frozen=True, slots=True)
class SoundNow:
    """What is true of the live sound of one side at this second.

    `arrives` says that pieces came a moment ago; without `known` nobody can say whether somebody hears them.
    """

    arrives: bool
    heard_since: datetime | None
    known: bool = True


def sound_now(trip_code: str, party: str) -> SoundNow:
    """Whether one side's sound arrives, and since when somebody hears it; what is not known is not said."""
    row = (
        Recording.objects.filter(
            trip__code=trip_code, party=party, purpose=RecordingPurpose.SOS, state=RecordingState.LIVE
        )
        .order_by("-pk")
        .first()
    )
    if row is None or row.last_chunk_at is None or clock.now() - row.last_chunk_at > SOUND_FRESH:
        return SoundNow(arrives=False, heard_since=None)
    code = row.code
    said = broker.ask(lambda client: [client.get(heard_mark(code))], None)
    since = datetime.fromtimestamp(float(said[0]), tz=UTC) if said and said[0] else None
    return SoundNow(arrives=True, heard_since=since, known=said is not None)


def heard_since(trip_code: str, party: str) -> datetime | None:
    """Since when somebody hears the live sound of one side; None where nobody does, or nobody knows."""
    return sound_now(trip_code, party).heard_since


def plays_of(recording: Recording) -> list[RecordingPlay]:
    return list(recording.plays.order_by("-pk"))


@dataclass(frozen=True, slots=True)
class Health:
    """How usable a recording is; seconds. `gaps` is what did not arrive, `silent` and `clipped` what the phone heard."""

    seconds: float
    gaps: float
    silent: float
    clipped: float

    @property
    def usable(self) -> bool:
        whole = self.seconds + self.gaps
        return (
            whole > 0
            and self.gaps / whole < 0.2
            and self.silent < 0.9 * self.seconds
            and self.clipped < 0.5 * whole
        )


def health_of(row: Recording) -> Health:
    """From the chunks that arrived and what the phone measured."""
    piece = row.slice_ms / 1000
    return Health(row.chunks * piece, row.missing * piece, row.silent_ms / 1000, row.clipped_ms / 1000)


def due(at: datetime) -> "list[Recording]":
    """Recordings whose time is over and that no hold keeps."""
    rows = Recording.objects.filter(destroy_at__lte=at).exclude(state=RecordingState.DESTROYED)
    found = list(rows.select_related("trip").order_by("destroy_at", "pk"))
    kept = holds.held({row.trip.code for row in found})
    return [row for row in found if row.trip.code not in kept]


def late_destructions(at: datetime, tolerance: timedelta) -> list[str]:
    """Codes of recordings whose key lives although their time was over before the tolerance."""
    return [row.code for row in due(at - tolerance)]


def newest_destroyed(limit: int) -> list[str]:
    """Codes of the recordings that were destroyed last."""
    rows = Recording.objects.filter(state=RecordingState.DESTROYED).order_by("-destroyed_at", "-pk")
    return list(rows.values_list("code", flat=True)[:limit])


def sound_not_heard(since: datetime, at: datetime) -> list[str]:
    """Codes of recordings that a call for help sent, in incidents that somebody took, and that nobody opened in time."""
    rows = Recording.objects.filter(
        trip__passenger__is_drill=False,
        purpose=RecordingPurpose.SOS,
        chunks__gt=10,
        begun_at__gte=since,
        begun_at__lt=at - policy.span(SOUND_HEARD_WITHIN),
    )
    taken = rows.filter(trip__incidents__has_sos=True, trip__incidents__taken_at__isnull=False)
    return list(taken.filter(plays=None).values_list("code", flat=True).distinct())


def kept_too_long(since: datetime, limit: timedelta) -> list[str]:
    """Codes of recordings that are to be destroyed later than the limit after the trip or their beginning."""
    rows = Recording.objects.filter(begun_at__gte=since).exclude(state=RecordingState.DESTROYED)
    over = Q(
        trip__ended_at__isnull=False,
        destroy_at__gt=F("trip__ended_at") + limit,
        begun_at__lte=F("trip__ended_at"),
    )
    return list(rows.filter(over).values_list("code", flat=True))


def digest_of_batch(rows: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over the recordings (code, digest of its key) that were destroyed together, by code."""
    return hashlib.sha256("\n".join(f"{code}:{key}" for code, key in sorted(rows)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What proves that a recording is destroyed; `faults` is empty where all of it holds."""

    code: str
    batch: str
    destroyed_at: datetime | None
    faults: list[str]

    @property
    def ok(self) -> bool:
        return not self.faults


def verify_receipt(code: str) -> Receipt:
    """Check a receipt against journal, keys and storage. Raises `NotFound`."""
    row = recording_by_code(code)
    faults = []
    if row.state != RecordingState.DESTROYED:
        faults.append("not destroyed")
    if RecordingKey.objects.filter(recording=row).exists():
        faults.append("its key is there")
    if chunks.numbers(code):
        faults.append("its objects are there")
    batch = Recording.objects.filter(receipt=row.receipt) if row.receipt else Recording.objects.none()
    entry = audit_selectors.entry_of("safety.recordings_destroyed", row.receipt) if row.receipt else None
    if entry is None:
        faults.append("the journal has no such receipt")
    else:
        if not audit_selectors.is_whole(entry):
            faults.append("the journal's line was changed")
        if entry.facts.get("digest") != digest_of_batch(batch.values_list("code", "key_digest")):
            faults.append("the receipt names other recordings")
    return Receipt(code, row.receipt, row.destroyed_at, faults)
