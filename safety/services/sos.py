"""One tap: the call for help, what its sender adds, and the appeal of whose call was called malicious."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from django.apps import apps

from core import audit, clock, events, facts, idempotency, inserts, live, policy, timeline
from core.errors import InvalidInput, NotFound
from core.models import AuditEntry, OutboxEvent, TimelineEntry
from core.rehearsal import Statement, rehearse
from core.transactions import begins_transaction
from rides.errors import PositionToken
from rides.geometry import Point
from rides.selectors import check_key, driver_of_trip, lock_trip, lock_trip_for_help, trip_by_code
from rides.states import Party
from rides.tokens import LIFE as KEY_LIFE
from rides.tokens import TripKey
from safety import packets
from safety.errors import ActionClosed, ReasonMissing
from safety.events import SosRaised, SosRepeated
from safety.models import Caller, HelpMessage, Incident, MaliceAppeal, Signal, SosCall
from safety.policies import why_not_decide
from safety.selectors import malicious_alarm_of, record_of
from safety.services.checks import as_written, hear_distress
from safety.services.incidents import (
    add_signal,
    bring_news,
    change_incident,
    lock_live_incident,
    note_tap,
    open_by_call,
    open_first,
    set_silent,
)
from safety.services.pushing import take_further_call
from safety.states import LIVE, AppealOutcome, CallerPhrase, Origin, SafetyLine, SignalKind, topic_of

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip


_TELLING = 9  # taps of one side on one trip; more of them is news still, and no higher risk


def _who(trip: "Trip", party: Party) -> "Account":
    """Who taps on this side of a trip."""
    return trip.driver.account if party == Party.DRIVER and trip.driver else trip.passenger


EVEN = 0.1  # seconds; many times what the longer way takes


@contextmanager
def in_even_time(party: Party) -> Iterator[None]:
    """A driver's call for help is answered after the same time whatever it found, or refused it: the first of a trip is
    written by a shorter way, and by the clock he would learn that she had called before (S11).

    Where a loaded machine needs longer than `EVEN`, it is answered at the next multiple of it. All that depends on what
    was found belongs inside, the drawing of the page too.
    """
    began = monotonic()
    try:
        yield
    finally:
        if party == Party.DRIVER:
            sleep(EVEN - (monotonic() - began) % EVEN)


@begins_transaction
def raise_sos(*, key: TripKey, position: Point | None = None, silent: bool = False) -> Incident:
    """One tap (S1): incident, position and everything that follows from it in one transaction.

    A second tap adds to the same incident. Needs no session: the key of the trip's page is enough.
    """
    return _raise(key, position, silent=silent)


@begins_transaction
def raise_by_packet(*, text: str) -> Incident:
    """A call for help that came as a message, because the phone has no data (S1). The same message again adds nothing.

    Raises `PacketUnreadable`, `NotFound`, and for a trip that has been over for long, `PositionToken`: a message stays in
    the phone and with whoever carried it, and says nothing of who sends it again.
    """
    packet = packets.decode(text, driver_of_trip)
    trip = trip_by_code(packet.trip)
    over = trip.ended_at or trip.cancelled_at
    if over and clock.now() > over + timedelta(seconds=KEY_LIFE):
        raise PositionToken
    calls = SosCall.objects.filter(incident__trip=trip, party=packet.party, sent_at=packet.at)
    # A phone without a newer place sends the same message again: after a closed incident it is another call.
    known = calls.select_related("incident").filter(incident__state__in=LIVE).first()
    if known:
        return known.incident
    driver = driver_of_trip(packet.trip) if packet.party == Party.DRIVER else ""
    key = TripKey(packet.trip, packet.party, trip.city.code, driver)
    check_key(key)
    incident = _raise(key, packet.position, silent=packet.silent, sent_at=packet.at)
    timeline.add(
        SafetyLine.PACKET,
        _who(trip, packet.party).actor,
        trip=trip.code,
        incident=incident.code,
        position=packet.position,
        party=packet.party,
        sent_at=packet.at.isoformat(),
    )
    return incident


@rehearse
def _no_incident() -> Statement:
    return inserts.nothing_of(Incident)


@rehearse
def _no_call() -> Statement:
    hold = apps.get_model("drivers", "Hold")
    return inserts.nothing_of(TimelineEntry, AuditEntry, Caller, Signal, hold, OutboxEvent, SosCall)


@policy.read_once()
@inserts.together()
def _raise(
    key: TripKey, position: Point | None, *, silent: bool, sent_at: datetime | None = None
) -> Incident:
    trip = lock_trip_for_help(key.trip)
    person = _who(trip, key.party)
    actor = person.actor
    # Most calls are the first of all of their trip: nothing else is looked for.
    known, score = record_of(trip)
    if not (known or silent):
        incident, again = _first_of_all(trip, key.party, position, score), False
    else:
        incident, again = _further(trip, key.party, position, silent=silent, known=known, score=score)
    inserts.keep(
        SosCall(
            incident=incident,
            party=key.party,
            at=clock.now() if known else incident.opened_at,
            sent_at=sent_at,
            latitude=position[0] if position else None,
            longitude=position[1] if position else None,
        )
    )
    if again:
        if take_further_call(incident):
            events.publish(SosRepeated(incident=incident.code))
    else:
        audit.record(actor, "safety.sos", incident.code, case=incident.code, trip=trip.code, party=key.party)
        events.publish(SosRaised(incident=incident.code, party=key.party))
    return incident


def _first_of_all(trip: "Trip", party: Party, position: Point | None, score: int) -> Incident:
    why = facts.of(SignalKind.SOS, party=party)
    actor = _who(trip, party).actor
    return open_by_call(actor=actor, trip=trip, party=party, score=score, why=why, position=position)


def _further(
    trip: "Trip", party: Party, position: Point | None, *, silent: bool, known: bool, score: int
) -> tuple[Incident, bool]:
    """A tap on a trip that had an incident, or a silent one; and whether this side had tapped in the same incident."""
    actor = _who(trip, party).actor
    mine = SosCall.objects.filter(incident__trip=trip, party=party)
    before = list(mine.values_list("incident", flat=True)) if known else []
    incident = lock_live_incident(trip) if known else None
    incident = incident or open_first(actor=actor, origin=Origin.SOS, trip=trip, score=score)
    again = incident.pk in before
    line = SafetyLine.SOS_AGAIN if again else SafetyLine.SOS
    timeline.add(line, actor, trip=trip.code, incident=incident.code, position=position, party=party)
    note_tap(incident, party, again=again)
    if silent or (known and not again and _was_silent(trip, party, incident)):
        set_silent(incident, party, silent=True)
    changes: dict[str, object] = {"has_sos": True, "high_risk_at": incident.risk_since(clock.now())}
    if not _weigh(trip, incident, party, position, changes, taps=len(before) + 1):
        bring_news(incident, **changes)
    return incident, again


def _was_silent(trip: "Trip", party: Party, incident: Incident) -> bool:
    """Whether this side's phone must not ring since an earlier incident of the trip; only this side itself ends that."""
    callers = Caller.objects.filter(incident__trip=trip, party=party).exclude(incident=incident)
    last = callers.order_by("-incident__opened_at", "-pk").values_list("silent", flat=True).first()
    return bool(last)


def _weigh(
    trip: "Trip",
    incident: Incident,
    party: Party,
    position: Point | None,
    changes: dict[str, object],
    *,
    taps: int,
) -> bool:
    """Give a tap its points: the first of a side those of an SOS, each further one those of a repetition (S3).

    False where this side has tapped so often that its points tell nothing more.
    """
    actor = _who(trip, party).actor
    kind, detail = (
        (SignalKind.SOS, str(party)) if taps == 1 else (SignalKind.REPEATED_REPORT, f"sos:{party}:{taps}")
    )
    if taps > _TELLING:
        return False
    why = facts.of(SignalKind.SOS, party=party)
    return bool(
        add_signal(
            actor=actor,
            kind=kind,
            trip=trip,
            incident=incident,
            detail=detail,
            facts=why,
            position=position,
            changes=changes,
            locked=True,
        )
    )


@begins_transaction
def add_word(
    *, key: TripKey, words: str = "", phrase: str = "", silent: bool | None = None, submission: str = ""
) -> Incident:
    """After SOS: write to the agent, words or a phrase, or say whether the phone may ring (S1+).

    All of it is this side's own: the other side of the trip neither reads nor changes it. The same under one
    `submission` is written once. What is written after its incident was closed is another call for help.
    Raises `NotFound` before any SOS of this side, `InvalidInput` for a phrase that is not one.
    """
    trip = trip_by_code(key.trip)
    lock_trip(trip)
    if phrase and phrase not in CallerPhrase.values:
        raise InvalidInput("phrase")
    text = as_written(words)
    incident = _call_of_words(key, trip, _written(key.party, submission, phrase, text))
    if incident is None:
        if not (phrase or text):
            raise NotFound
        incident = _raise(key, None, silent=False)
    actor = _who(trip, key.party).actor
    about: dict[str, Any] = {"trip": trip.code, "incident": incident.code, "party": key.party}
    if (phrase or text) and _write(incident, key.party, phrase, text, submission):
        if phrase:
            timeline.add(SafetyLine.PHRASE, actor, words=text, from_caller=phrase, **about)
        else:
            timeline.add(SafetyLine.WORD, actor, words=text, **about)
        hear_distress(incident, text)
        bring_news(incident)
    if silent is not None and set_silent(incident, key.party, silent=silent):
        timeline.add(SafetyLine.SILENT if silent else SafetyLine.NOT_SILENT, actor, **about)
    live.changed_on_commit(topic_of(trip.code, key.party))
    return incident


def _written(party: Party, submission: str, phrase: str, words: str) -> str:
    """Other words under the same `submission` are another message; without one each is."""
    return idempotency.key_of("safety.words", party, submission, phrase, words) if submission else ""


def _write(incident: Incident, party: Party, phrase: str, words: str, submission: str) -> bool:
    """Keep what one side wrote; False where the same under this page's submission is kept already.

    A page whose answer was lost sends again, by then perhaps more than it had sent before.
    """
    written = _written(party, submission, phrase, words)
    if written and incident.help_messages.filter(party=party, submission=written).exists():
        return False
    HelpMessage.objects.create(
        incident=incident, party=party, phrase=phrase, words=words, submission=written, at=clock.now()
    )
    return True


@begins_transaction
def note_shown(*, key: TripKey, last: int) -> None:
    """One side's page has on its screen what staff wrote, up to the message of this number. Raises `NotFound`."""
    trip = trip_by_code(key.trip)
    incident = _live_call(trip, key.party)
    said = list(incident.help_messages.filter(party=key.party).order_by("pk").values_list("pk", flat=True))
    fresh = incident.help_messages.filter(pk__in=said[:last], shown_at=None).exclude(staff="")
    if fresh.update(shown_at=clock.now()):
        actor = _who(trip, key.party).actor
        timeline.add(SafetyLine.SHOWN, actor, trip=trip.code, incident=incident.code, party=key.party)
        change_incident(incident)


def _call_of_words(key: TripKey, trip: "Trip", written: str) -> Incident | None:
    """The incident to which what this side writes belongs; None where its calls are all closed and it wrote this anew.

    What a page sends again because the answer was lost belongs to the incident that has it, closed or not.
    Raises `NotFound` before any SOS of this side.
    """
    try:
        return _live_call(trip, key.party)
    except NotFound:
        mine = SosCall.objects.filter(incident__trip=trip, party=key.party)
        if not mine.exists():
            raise
    had = HelpMessage.objects.filter(incident__trip=trip, party=key.party, submission=written)
    known = had.select_related("incident").first() if written else None
    return known.incident if known else None


def _live_call(trip: "Trip", party: Party) -> Incident:
    """The live incident in which this side called for help, its row locked. Raises `NotFound`."""
    mine = SosCall.objects.filter(party=party).values("incident")
    incident = Incident.objects.select_for_update().filter(trip=trip, state__in=LIVE, pk__in=mine).first()
    if incident is None:
        raise NotFound
    return incident


@begins_transaction
def file_appeal(*, key: TripKey, words: str) -> MaliceAppeal:
    """Whose call for help was called malicious says why it was not (S3); each side once for each incident.

    Raises `NotFound` where there is none, `ReasonMissing`.
    """
    incident = malicious_alarm_of(key.trip, key.party)
    if incident is None:
        raise NotFound
    if not words.strip():
        raise ReasonMissing("words")
    trip = trip_by_code(key.trip)
    person = _who(trip, key.party)
    appeal, new = MaliceAppeal.objects.get_or_create(
        incident=incident,
        party=key.party,
        defaults={"account": person.code, "words": words.strip()[:2000], "filed_at": clock.now()},
    )
    if new:
        timeline.add(
            SafetyLine.APPEAL,
            person.actor,
            trip=trip.code,
            incident=incident.code,
            words=words.strip()[:2000],
        )
        audit.record(person.actor, "safety.appeal", incident.code, case=incident.code)
    return appeal


@begins_transaction
def decide_appeal(*, account: "Account", code: str, party: str, upheld: bool, words: str) -> MaliceAppeal:
    """Somebody who neither gave nor reviewed the outcome decides on one side's appeal.

    Raises `ActionClosed`, `ReasonMissing`, `NotFound`.
    """
    appeal = (
        MaliceAppeal.objects.select_for_update(of=("self",))
        .select_related("incident__trip")
        .filter(incident__code=code, party=party)
        .first()
    )
    if appeal is None:
        raise NotFound
    reason = why_not_decide(appeal, account)
    if reason:
        raise ActionClosed(why=str(reason))
    if not words.strip():
        raise ReasonMissing("words")
    appeal.decided_at, appeal.decided_by = clock.now(), account.code
    appeal.upheld, appeal.reason = upheld, words.strip()[:1000]
    appeal.save(update_fields=["decided_at", "decided_by", "upheld", "reason"])
    trip = appeal.incident.trip
    outcome = AppealOutcome.UPHELD if upheld else AppealOutcome.REFUSED
    timeline.add(
        SafetyLine.APPEAL_DECIDED,
        account.actor,
        trip=trip.code if trip else "",
        incident=code,
        words=appeal.reason,
        appeal=outcome,
    )
    audit.record(account.actor, "safety.appeal_decided", code, case=code, upheld=upheld)
    return appeal
