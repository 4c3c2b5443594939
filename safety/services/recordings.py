"""Consents to recording, recordings from their first chunk to their receipt, and who listens (S2, S7)."""

import hashlib
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core import signing
from django.db import connection, transaction
from django.db.models import F, QuerySet, Subquery
from django.utils.translation import gettext_lazy

from accounts.selectors import is_known_teen
from core import audit, cases, clock, events, holds, jobs, live, policy, retry, timeline
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import NotFound
from core.messages import outbox
from core.models import DataHold
from core.recipients import write_to_each
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from rides.selectors import trip_by_code, trips_with_driver_of
from rides.states import WITH_DRIVER, Party
from rides.tokens import TripKey
from safety import chunks, keys, messages, sound
from safety.errors import (
    AudioToken,
    CaseNeeded,
    GuardianAgreed,
    NoConsent,
    NotAfterHelp,
    ReasonMissing,
    SoundUnknown,
)
from safety.events import RecordingKept
from safety.models import (
    Incident,
    Recording,
    RecordingConsent,
    RecordingKey,
    RecordingPlay,
    RecordingReceipt,
    RecordingRefusal,
)
from safety.policies import PLAY_LIFE, RECORDING_KEPT, RECORDING_SILENT_AFTER, RECORDING_TEXT, TELL_AFTER
from safety.selectors.recordings import Sound, digest_of_batch, recording_question, sound_of, sound_to_hear
from safety.states import (
    LIVE,
    RECORDING_TRANSITIONS,
    RecordingPurpose,
    RecordingState,
    SafetyLine,
)

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip

log = structlog.get_logger()
SALT = "safety.audio"
TOKEN_LIFE = 2 * 24 * 3600
REMEMBERED = 60  # seconds
MIMES = re.compile(r'audio/(webm|mp4|ogg)(; ?codecs="?[\w.,-]{1,30}"?)?')
SLICE_MS = {RecordingPurpose.SOS: 500, RecordingPurpose.TRIP: 10_000}
LONGEST_TRIP = timedelta(hours=24)  # until its end is known
PURGE_BATCH = 500  # also what one receipt says is removed: a part of a turn, whatever the storage takes
WRAPPING_LOCK = 0x48554B59


# --- Consent -----------------------------------------------------------------------------------------------


@begins_transaction
def answer_recording(*, key: TripKey, agreed: bool) -> None:
    """One side agrees to the recording of its trip, refuses, or withdraws: the newest answer counts, nothing else does.

    Who is 14 to 17 does not withdraw what a guardian agreed to. Raises `NotFound` where the trip has no driver or is over,
    `GuardianAgreed`.
    """
    trip = trip_by_code(key.trip)
    if trip.state not in WITH_DRIVER:
        raise NotFound
    if trip.for_teen and key.party == Party.PASSENGER and not agreed:
        raise GuardianAgreed
    RecordingConsent.objects.create(
        trip=trip,
        party=key.party,
        version=policy.in_force(RECORDING_TEXT).citation,
        audio=agreed,
        at=clock.now(),
    )
    live.changed_on_commit(f"trip:{trip.code}")


@begins_transaction
def set_recording(*, account: "Account", on: bool) -> None:
    """Whether somebody may be asked for the recording of a trip; without, none is made from now on, also of this trip.

    What was recorded before stays its time: the other side agreed to it as well, and may have need of it. For who is 14 to
    17 a guardian agreed (A9): they refuse nothing here. Raises `GuardianAgreed`.
    """
    if not on and is_known_teen(account, clock.now()):
        raise GuardianAgreed
    if on:
        if RecordingRefusal.objects.filter(account=account).delete()[0]:
            audit.record(account.actor, "safety.recording_allowed", account.code)
        return
    at, citation = clock.now(), policy.in_force(RECORDING_TEXT).citation
    _row, new = RecordingRefusal.objects.get_or_create(
        account=account, defaults={"version": citation, "at": at}
    )
    for trip, party in trips_with_driver_of(account):
        RecordingConsent.objects.create(trip=trip, party=party, version=citation, audio=False, at=at)
        live.changed_on_commit(f"trip:{trip.code}")
    if new:
        audit.record(account.actor, "safety.recording_refused", account.code, citation=citation)


# --- From the first chunk to the last ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begun:
    """What a phone needs to send: the token of its recording, and how long a chunk lasts."""

    code: str
    token: str
    slice_ms: int


@begins_transaction
def begin_recording(*, key: TripKey, purpose: RecordingPurpose, day: str, wrapped: str, mime: str) -> Begun:
    """A phone begins to record under a key that it made; a page that was loaded anew begins another recording.

    Raises `NoConsent`, `NotAfterHelp`, `SoundUnknown`, `KeyChanged`, `KeyUnreadable`, `NotFound`.
    """
    trip = trip_by_code(key.trip)
    if not MIMES.fullmatch(mime):
        raise SoundUnknown("mime")
    incident = None
    if purpose == RecordingPurpose.TRIP:
        if not recording_question(trip, key.party).runs:
            raise NoConsent
    else:
        incident = Incident.objects.filter(trip=trip, state__in=LIVE, sos_calls__party=key.party).first()
        if incident is None:
            raise NotAfterHelp
    raw = keys.open_from_browser(day, wrapped)
    _lock_wrapping(shared=True)
    at, code = clock.now(), new_code("A")
    row = Recording.objects.create(
        code=code,
        trip=trip,
        party=key.party,
        purpose=purpose,
        mime=mime,
        slice_ms=SLICE_MS[purpose],
        key_digest=hashlib.sha256(raw).hexdigest(),
        begun_at=at,
        destroy_at=_destroy_at(trip, at),
    )
    wrapping, stored = keys.wrap(raw, context=code)
    RecordingKey.objects.create(recording=row, wrapped_by=wrapping, wrapped=stored)
    audit.record(
        _actor(trip, key.party).actor, "safety.recording_begun", code, trip=trip.code, purpose=purpose
    )
    if incident:
        timeline.add(
            SafetyLine.SOUND, SYSTEM, trip=trip.code, incident=incident.code, party=key.party, code=code
        )
        Incident.objects.filter(pk=incident.pk).update(changed_at=at)
    return Begun(code, signing.dumps(code, salt=SALT), row.slice_ms)


def _actor(trip: "Trip", party: Party) -> "Account":
    return trip.driver.account if party == Party.DRIVER and trip.driver else trip.passenger


def _destroy_at(trip: "Trip", at: datetime) -> datetime:
    kept = policy.span(RECORDING_KEPT)
    over = trip.ended_at or trip.cancelled_at
    return (max(over, at) if over else at + LONGEST_TRIP) + kept


def recording_of_token(token: str) -> str:
    """The code of the recording that a token opens for sending. Raises `AudioToken`."""
    return _recording_of(token, int(time.time() // REMEMBERED))


@lru_cache(maxsize=20_000)
def _recording_of(token: str, _moment: int) -> str:
    """Remembered for a moment, because a phone shows its token with every chunk."""
    try:
        code = signing.loads(token, salt=SALT, max_age=TOKEN_LIFE)
    except signing.BadSignature:
        raise AudioToken from None
    return str(code)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of one recording since the last time."""

    code: str
    chunks: int
    bytes: int
    silent_ms: int
    clipped_ms: int
    last_at: datetime


@begins_transaction
def note_chunks(rows: Iterable[Arrived]) -> None:
    """Keep count while chunks arrive; what counts in the end is what lies in storage (`end_recording`)."""
    for row in sorted(rows, key=lambda each: each.code):
        Recording.objects.filter(code=row.code).exclude(state=RecordingState.DESTROYED).update(
            chunks=F("chunks") + row.chunks,
            bytes=F("bytes") + row.bytes,
            silent_ms=F("silent_ms") + row.silent_ms,
            clipped_ms=F("clipped_ms") + row.clipped_ms,
            last_chunk_at=row.last_at,
        )


def end_recording(*, code: str, last: int | None = None, at: datetime | None = None) -> None:
    """A phone stops; `last` is the number of its last chunk, -1 where it sent none. Repeating it changes nothing.

    What is in storage is counted, and what is missing between. Raises `NotFound`.
    """
    there = chunks.numbers(code)
    size = chunks.size(code) if there else 0
    with transaction.atomic(durable=True):
        row = Recording.objects.select_for_update().filter(code=code).first()
        if row is None:
            raise NotFound
        if row.state == RecordingState.DESTROYED:
            return
        known = last if row.last is None else row.last
        expected = 1 + (max(there, default=-1) if known is None else known)
        changes = {
            "last": None if known == -1 else known,
            "chunks": len(there),
            "missing": max(expected - len(there), 0),
            "bytes": size,
        }
        if row.state == RecordingState.LIVE:
            move(row, RECORDING_TRANSITIONS, RecordingState.ENDED, ended_at=at or clock.now(), **changes)
        else:
            Recording.objects.filter(pk=row.pk).update(**changes)


def close_silent_recordings(*, at: datetime) -> int:
    """End recordings whose phone sends nothing more; returns how many."""
    return SILENT.run(at=at).total


def _silent(at: datetime) -> "QuerySet[Recording]":
    since = at - policy.span(RECORDING_SILENT_AFTER)
    rows = Recording.objects.filter(state=RecordingState.LIVE, begun_at__lt=since)
    return rows.exclude(last_chunk_at__gte=since)


def _silent_keys(at: datetime, limit: int) -> list[int]:
    return list(_silent(at).order_by("pk").values_list("pk", flat=True)[:limit])


def _close_silent(pk: int, at: datetime) -> bool:
    row = _silent(at).filter(pk=pk).first()
    if row is None:
        return False
    end_recording(code=row.code, at=row.last_chunk_at or row.begun_at)
    return True


SILENT = jobs.rows(
    "safety.close_silent_recordings",
    gettext_lazy("closing recordings whose phone went silent"),
    due=_silent_keys,
    act=_close_silent,
    key=int,
)


# --- Evidence ----------------------------------------------------------------------------------------------


@joins_transaction
def trip_is_over(*, trip: "Trip", at: datetime) -> None:
    """From the end of the trip the hours run that its recordings are kept."""
    kept = policy.span(RECORDING_KEPT)
    rows = Recording.objects.filter(trip=trip, begun_at__lte=at).exclude(state=RecordingState.DESTROYED)
    rows.update(destroy_at=at + kept)


@begins_transaction
def keep_recording(*, account: "Account", trip_code: str, words: str) -> None:
    """The passenger asks to keep the trip's recording: a case is opened from it, which holds it (S7).

    Raises `NotFound` where it is not hers, or nothing is left to keep.
    """
    trip = trip_by_code(trip_code)
    there = Recording.objects.filter(trip=trip).exclude(state=RecordingState.DESTROYED)
    if trip.passenger != account or not there.exists():
        raise NotFound
    # Held in this transaction: the case may take a moment, the purge does not wait for it.
    holds.place(actor=account.actor, subject=trip.code, source="passenger", case=trip.code)
    timeline.add(SafetyLine.RECORDING_KEPT, account.actor, trip=trip.code, words=words.strip()[:1000])
    audit.record(account.actor, "safety.recording_kept", trip.code, case=trip.code)
    events.publish(RecordingKept(trip=trip.code))


@begins_transaction
def note_listening(*, account: "Account", code: str) -> str:
    """Somebody opens the live sound of a call for help; returns its kind of sound. Raises `NotFound`, `CaseNeeded`."""
    row, incident = sound_to_hear(code)
    if not RecordingPlay.objects.filter(recording=row, actor=account.code, case=incident.code).exists():
        timeline.add(
            SafetyLine.LISTENED,
            account.actor,
            trip=row.trip.code,
            incident=incident.code,
            who=account.code,
            code=code,
        )
    _note_play(row, account, incident.code, "live")
    return row.mime


@begins_transaction
def play_recording(*, account: "Account", code: str, case: str, reason: str) -> RecordingPlay:
    """Open a recording inside an open case of its trip, with a reason (S7). Raises `NotFound`, `CaseNeeded`, `ReasonMissing`."""
    row = Recording.objects.select_related("trip").filter(code=code).first()
    if row is None or row.state == RecordingState.DESTROYED:
        raise NotFound
    if not reason.strip():
        raise ReasonMissing("reason")
    if cases.trip_of_open_case(case) != row.trip.code:
        raise CaseNeeded("case")
    timeline.add(
        SafetyLine.PLAYED,
        account.actor,
        trip=row.trip.code,
        incident=case if case.startswith("I") else "",
        case=case if case.startswith("C") else "",
        words=reason.strip()[:400],
        code=code,
        who=account.code,
    )
    return _note_play(row, account, case, reason.strip()[:400])


def sound_of_play(*, account: "Account", code: str, play: int) -> tuple[str, Iterator[bytes]]:
    """The kind of a recording's sound and its chunks in the clear, for whoever opened it within the last half hour.

    Raises `NotFound`, also where the case was closed meanwhile.
    """
    since = clock.now() - policy.span(PLAY_LIFE)
    row = (
        RecordingPlay.objects.select_related("recording__trip")
        .filter(pk=play, recording__code=code, actor=account.code, at__gte=since)
        .first()
    )
    if row is None or cases.trip_of_open_case(row.case) != row.recording.trip.code:
        raise NotFound
    found = sound_of(code)
    return found.mime.partition(";")[0], _pieces(found)


def sound_for_police(
    *, trip: str, code: str, begins: datetime, ends: datetime
) -> tuple[str, Iterator[bytes]]:
    """The same for a release to the police, of the time that their letter names, to a whole chunk: the caller writes down
    who gets it and on what paper.

    Raises `NotFound` where it is no recording of this trip, or destroyed.
    """
    row = Recording.objects.filter(code=code, trip__code=trip).first()
    if row is None:
        raise NotFound
    found, slice_of = sound_of(code), timedelta(milliseconds=max(row.slice_ms, 1))
    first = max(0, (begins - row.begun_at) // slice_of)
    return found.mime.partition(";")[0], _pieces(found, first, (ends - row.begun_at) // slice_of)


def _pieces(found: Sound, first: int = 0, last: int | None = None) -> Iterator[bytes]:
    """Each chunk as it is asked for; after a gap from a whole piece on, as a player needs it. Of what is before `first` the
    head alone, without which nothing can be played."""
    key, expected = AESGCM(found.key), 0
    for number in chunks.numbers(found.code):
        if (0 < number < first) or (last is not None and number > last):
            continue
        stored = chunks.read(found.code, number)
        if stored is None:
            continue
        plain = chunks.open_chunk(key, found.code, number, stored)
        if number < first:
            yield sound.head(found.mime, plain)
            continue
        yield plain if number == expected or number == 0 else sound.from_piece(found.mime, plain)
        expected = number + 1


def _note_play(row: Recording, account: "Account", case: str, reason: str) -> RecordingPlay:
    audit.record(account.actor, "safety.recording_played", row.code, case=case, reason=reason)
    return RecordingPlay.objects.create(
        recording=row, actor=account.code, case=case, reason=reason, at=clock.now()
    )


def tell_of_plays() -> int:
    """Tell those concerned that staff listened: after a week, and once no incident and no hold speaks against it.

    Returns how many plays were told of.
    """
    return PLAYS.run(at=clock.now()).total


def _untold(at: datetime) -> "QuerySet[RecordingPlay]":
    return (
        RecordingPlay.objects.filter(told_at=None, at__lte=at - policy.span(TELL_AFTER))
        .exclude(recording__trip__state__in=WITH_DRIVER)
        .exclude(recording__trip__incidents__state__in=LIVE)
        .exclude(
            recording__trip__code__in=Subquery(DataHold.objects.filter(holds.in_force()).values("subject"))
        )
    )


def _untold_keys(at: datetime, limit: int) -> list[int]:
    return list(_untold(at).order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _tell_of_play(pk: int, at: datetime) -> bool:
    rows = _untold(at).select_for_update(of=("self",), skip_locked=True)
    play = (
        rows.select_related("recording__trip__passenger", "recording__trip__driver__account")
        .filter(pk=pk)
        .first()
    )
    if play is None:
        return False
    trip = play.recording.trip
    people = [trip.passenger, *([trip.driver.account] if trip.driver else [])]

    told = messages.RecordingPlayed(
        day=trip.requested_at, origin=trip.origin_name, destination=trip.destination_name
    )

    def write(person: "Account") -> None:
        # Once for each trip, however often somebody listened.
        outbox.queue(
            told,
            key=f"played:{trip.code}:{person.code}",
            to=person.phone,
            language=person.language,
            subject=trip.code,
        )

    write_to_each(people, write, about=f"played:{trip.code}")
    play.told_at = clock.now()
    play.save(update_fields=["told_at"])
    return True


PLAYS = jobs.rows(
    "safety.tell_of_plays",
    gettext_lazy("telling people that a recording of their trip was played"),
    due=_untold_keys,
    act=_tell_of_play,
    key=int,
)


# --- Destruction -------------------------------------------------------------------------------------------


@begins_transaction
def _destroy_batch(at: datetime, limit: int) -> RecordingReceipt | None:
    """Destroy the keys of due recordings, with one receipt; None where nothing is due."""
    held = DataHold.objects.filter(holds.in_force()).values("subject")
    rows = list(
        Recording.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(destroy_at__lte=at)
        .exclude(state=RecordingState.DESTROYED)
        .exclude(trip__code__in=Subquery(held))
        .order_by("pk")
        .values_list("pk", "code", "key_digest")[:limit]
    )
    if not rows:
        return None
    pks, now = [pk for pk, _code, _key in rows], clock.now()
    receipt = RecordingReceipt.objects.create(
        code=new_code("D"),
        destroyed_at=now,
        count=len(rows),
        digest=digest_of_batch((code, key) for _pk, code, key in rows),
    )
    RecordingKey.objects.filter(pk__in=pks)._raw_delete("default")  # no signals, no cascade: one statement
    Recording.objects.filter(pk__in=pks).update(
        state=RecordingState.DESTROYED, destroyed_at=now, receipt=receipt.code
    )
    audit.record(
        SYSTEM,
        "safety.recordings_destroyed",
        receipt.code,
        count=receipt.count,
        digest=receipt.digest,
    )
    return receipt


def destroy_due(*, at: datetime, limit: int = PURGE_BATCH) -> int:
    """Destroy what is due: keys first, with a receipt in the journal, then what is stored. Returns how many recordings.

    What is stored and cannot be removed now is removed by `erase_rest`; without its key it opens for nobody. A job's
    turn ends it between two batches.
    """
    count = 0
    while receipt := _destroy_batch(at, limit):
        retry.each(ERASURE.work, [receipt.pk], lambda pk: _erase(pk, at))
        count += receipt.count
        if not jobs.go_on():
            break
    return count


def erase_rest() -> int:
    """Remove what is stored of recordings whose keys are destroyed; returns how many receipts are done."""
    return ERASURE.run(at=clock.now()).total


def _unerased(_at: datetime, limit: int) -> list[int]:
    rows = RecordingReceipt.objects.filter(erased_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _erase(pk: int, _at: datetime) -> None:
    """All files of a receipt; one that cannot be removed keeps the receipt open, not the others."""
    receipt = RecordingReceipt.objects.get(pk=pk)
    broken: Exception | None = None
    for code in Recording.objects.filter(receipt=receipt.code).values_list("code", flat=True):
        try:
            chunks.erase(code)
        except Exception as why:  # storage raises what it likes
            log.exception("recordings.not_erased", recording=code)
            broken = why
    if broken:
        raise broken
    RecordingReceipt.objects.filter(pk=receipt.pk).update(erased_at=clock.now())


ERASURE = jobs.rows(
    "safety.erase_recordings",
    gettext_lazy("removing what is stored of destroyed recordings"),
    due=_unerased,
    act=_erase,
    key=int,
)
DESTRUCTION = jobs.whole(
    "safety.destroy_recordings",
    gettext_lazy("destroying recordings whose time is over"),
    lambda at: destroy_due(at=at),
)


def turn_wrapping_keys(*, limit: int = 1000) -> int:
    """Wrap all living keys under the key of today and destroy the keys of days before; returns how many were wrapped.

    A recording's key that no key opens any more is set aside for a person: the days before end all the same. A key
    that cannot be read now keeps its day. A job's turn ends it between two batches, before any day is destroyed.
    """
    keys.make_day(keys.today())
    newest = keys.newest_day()
    count = after = 0
    lost: set[int] = set()
    while batch := _rewrap(newest, limit, after=after):
        count, after = count + batch.wrapped, batch.last
        lost |= batch.lost
        if not jobs.go_on():
            return count
    _destroy_days_before(newest, lost)
    _forget_destroyed()
    return count


def _forget_destroyed() -> None:
    """A key that could not be wrapped and was destroyed with its recording meanwhile needs nobody any more."""
    known = retry.open_keys(KEYS_LOST)
    there = RecordingKey.objects.filter(recording__code__in=known).values_list("recording__code", flat=True)
    for code in known - set(there):
        retry.done(KEYS_LOST, code)


@begins_transaction
def _destroy_days_before(newest: str, lost: set[int]) -> None:
    """Under the lock nobody is between wrapping a key and committing it."""
    _lock_wrapping(shared=False)
    for day in keys.days():
        if day < newest and not RecordingKey.objects.filter(wrapped_by=day).exclude(pk__in=lost).exists():
            keys.destroy_day(day)


def _lock_wrapping(*, shared: bool) -> None:
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [WRAPPING_LOCK])


@dataclass(frozen=True, slots=True)
class _Batch:
    """What came of some keys: how many were wrapped anew, the last that was looked at, which nothing opens."""

    wrapped: int
    last: int
    lost: set[int]


@begins_transaction
def _rewrap(newest: str, limit: int, *, after: int) -> _Batch | None:
    rows = list(
        RecordingKey.objects.select_for_update(of=("self",))
        .filter(pk__gt=after)
        .exclude(wrapped_by=newest)
        .select_related("recording")
        .order_by("pk")[:limit]
    )
    if not rows:
        return None
    good, lost = [], set()
    for row in rows:
        code = row.recording.code
        try:
            raw = keys.unwrap(row.wrapped_by, bytes(row.wrapped), context=code)
        except keys.KeyUnreadable as why:
            lost.add(row.pk)
            retry.failed(KEYS_LOST, code, why, needs_person=True)
        except OSError as why:
            retry.failed(KEYS_LOST, code, why)
        else:
            row.wrapped_by, row.wrapped = keys.wrap(raw, context=code)
            good.append(row)
    RecordingKey.objects.bulk_update(good, ["wrapped_by", "wrapped"])
    for code in retry.open_keys(KEYS_LOST) & {row.recording.code for row in good}:
        retry.done(KEYS_LOST, code)
    return _Batch(len(good), rows[-1].pk, lost)


KEYS_LOST = retry.declare(
    "safety.recording_keys", gettext_lazy("wrapping a recording's key anew"), law=jobs.JOB_LAW
)
WRAPPING = jobs.whole(
    "safety.turn_wrapping_keys",
    gettext_lazy("turning the keys that wrap recordings' keys"),
    lambda _at: turn_wrapping_keys(),
)
