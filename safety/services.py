"""The only writer of incidents, signals, questions, SOS calls and welfare checks."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Sum

from accounts.errors import CodeTooSoon, WrongCode
from accounts.selectors import account_by_phone
from accounts.services import send_code, use_code
from core import audit, clock, events, live, policy, timeline
from core.actors import MONITOR, NOBODY, SYSTEM, Actor
from core.codes import new_code
from core.errors import NotFound
from core.privacy import normalise_phone, phone_index
from core.states import StaleState, move
from core.transactions import begins_transaction, joins_transaction
from drivers.services import uncover_holds
from rides.geometry import Point
from rides.selectors import aboard, trip_by_code, trip_meant, trip_meant_by_phone, truth_of
from rides.services import give_to_others
from rides.states import Party, TripLine, TripState
from rides.tokens import TripKey
from safety.errors import ActionClosed, AlreadyTaken, OutcomeUnknown, QuestionClosed, ReasonMissing
from safety.events import IncidentOpened, SosRaised
from safety.models import Incident, SafetyQuestion, Signal, SosCall, WelfareCheck
from safety.policies import ANSWER_WITHIN, THRESHOLD, WEIGHTS, says_distress, why_not
from safety.selectors import doubted_since
from safety.states import (
    INCIDENT_TRANSITIONS,
    LIVE,
    Answer,
    IncidentOutcome,
    IncidentState,
    Origin,
    SafetyLine,
    SignalKind,
)

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver
    from rides.models import Trip


# --- Incidents open and grow ------------------------------------------------------------------------------


@joins_transaction
def open_incident(
    *, actor: Actor, origin: Origin, trip: "Trip | None" = None, missing_index: str = ""
) -> Incident:
    """The live incident of a trip, or of a missing person without one; opened where there is none, row locked."""
    key = {"trip": trip} if trip else {"trip": None, "missing_index": missing_index}
    at = clock.now()
    for _attempt in range(3):
        found = Incident.objects.select_for_update().filter(**key, state__in=LIVE).first()
        if found:
            return found
        try:
            with transaction.atomic():
                incident = Incident.objects.create(
                    code=new_code("I"),
                    origin=origin,
                    opened_at=at,
                    opened_by=actor.code,
                    changed_at=at,
                    missing_index="" if trip else missing_index,
                    trip=trip,
                )
        except IntegrityError:
            continue  # somebody opened it at the same moment: join theirs
        timeline.add(
            SafetyLine.OPENED,
            actor,
            trip=trip.code if trip else "",
            incident=incident.code,
            origin=origin,
        )
        audit.record(
            actor,
            "safety.incident_opened",
            incident.code,
            case=incident.code,
            origin=origin,
            trip=trip.code if trip else "",
        )
        events.publish(IncidentOpened(incident=incident.code))
        return incident
    raise StaleState


def _touch(incident: Incident, **changes: object) -> None:
    changes["changed_at"] = clock.now()
    for name, value in changes.items():
        setattr(incident, name, value)
    incident.save(update_fields=list(changes))
    live.changed_on_commit("console")


@joins_transaction
def add_signal(
    *,
    actor: Actor,
    kind: SignalKind,
    trip: "Trip | None" = None,
    incident: Incident | None = None,
    detail: str = "",
    why: str = "",
    position: Point | None = None,
) -> Signal | None:
    """Keep a signal and add it to the score; None where this trip has had the same one.

    When the score reaches the threshold an incident opens by itself; a live incident takes the new score.
    """
    at = clock.now()
    weight = policy.value(WEIGHTS)[kind]
    row = Signal(trip=trip, incident=incident, kind=kind, detail=detail, score=weight, why=why, at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    if trip:
        total = Signal.objects.filter(trip=trip).aggregate(total=Sum("score"))["total"]
        incident = incident or Incident.objects.select_for_update().filter(trip=trip, state__in=LIVE).first()
    else:
        total = Signal.objects.filter(incident=incident).aggregate(total=Sum("score"))["total"]
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
    threshold = policy.value(THRESHOLD)
    if incident is None and total >= threshold:
        origin = Origin.MONITOR if actor == MONITOR else Origin.RULE
        incident = open_incident(actor=actor, origin=origin, trip=trip)
    if incident:
        changes: dict[str, object] = {"score": total}
        if total >= threshold and incident.high_risk_at is None:
            changes["high_risk_at"] = at
        _touch(incident, **changes)
    return row


@begins_transaction
def report_finding(
    *, trip_code: str, kind: SignalKind, detail: str = "", why: str = "", position: Point | None = None
) -> None:
    """The monitor found something: keep the signal, and ask the passenger alone where she may be aboard (S5)."""
    trip = trip_by_code(trip_code)
    added = add_signal(actor=MONITOR, kind=kind, trip=trip, detail=detail, why=why, position=position)
    if added and trip.state not in {TripState.ENDED, TripState.CANCELLED}:
        ask_passenger(trip=trip)


@joins_transaction
def ask_passenger(*, trip: "Trip") -> None:
    """Ask once at a time; what is asked shows on her page alone."""
    at = clock.now()
    try:
        with transaction.atomic():
            SafetyQuestion.objects.create(
                trip=trip, asked_at=at, expires_at=at + timedelta(seconds=policy.value(ANSWER_WITHIN))
            )
    except IntegrityError:
        return
    timeline.add(SafetyLine.ASKED, MONITOR, trip=trip.code)


@begins_transaction
def answer_question(*, key: TripKey, answer: Answer) -> None:
    """The passenger answers. 'Fine' is noted and closes nothing; the other answer looks the same and escalates.

    Raises `QuestionClosed`.
    """
    trip = trip_by_code(key.trip)
    question = SafetyQuestion.objects.select_for_update().filter(trip=trip, answer="").first()
    if question is None or key.party != Party.PASSENGER:
        raise QuestionClosed
    _close_question(question, answer)
    actor = trip.passenger.actor
    timeline.add(SafetyLine.ANSWERED, actor, trip=trip.code, answer=answer)
    told = doubted_since(trip)
    if told:
        # What was said stays beside what the phones show; her answer alone closes nothing (R6).
        truth = truth_of(trip, told)
        timeline.add(TripLine.TRUTH, SYSTEM, trip=trip.code, truth=truth.says, why=truth.why)
    if answer == Answer.NOT_WELL:
        add_signal(actor=actor, kind=SignalKind.ASKED_FOR_HELP, trip=trip)


def _close_question(question: SafetyQuestion, answer: Answer) -> None:
    question.answer, question.answered_at = answer, clock.now()
    question.save(update_fields=["answer", "answered_at"])


@begins_transaction
def expire_questions(*, at: datetime, limit: int = 200) -> int:
    """No answer in time is an answer; returns how many there were."""
    rows = (
        SafetyQuestion.objects.select_for_update(skip_locked=True)
        .filter(answer="", expires_at__lte=at)
        .order_by("pk")[:limit]
    )
    for question in rows:
        trip = trip_by_code(question.trip.code)
        _close_question(question, Answer.NONE)
        timeline.add(SafetyLine.ANSWERED, SYSTEM, trip=trip.code, answer=Answer.NONE)
        add_signal(actor=MONITOR, kind=SignalKind.NO_ANSWER, trip=trip)
    return len(rows)


# --- SOS -----------------------------------------------------------------------------------------------------


@begins_transaction
def raise_sos(*, key: TripKey, position: Point | None = None, silent: bool = False) -> Incident:
    """One tap (S1): incident, position and everything that follows from it in one transaction.

    A second tap adds to the same incident. Needs no session: the key of the trip's page is enough.
    """
    trip = trip_by_code(key.trip)
    person = (
        trip.passenger
        if key.party == Party.PASSENGER
        else trip.driver.account
        if trip.driver
        else trip.passenger
    )
    actor = person.actor
    incident = open_incident(actor=actor, origin=Origin.SOS, trip=trip)
    again = incident.sos_calls.filter(party=key.party).exists()
    SosCall.objects.create(
        incident=incident,
        party=key.party,
        at=clock.now(),
        latitude=position[0] if position else None,
        longitude=position[1] if position else None,
    )
    line = SafetyLine.SOS_AGAIN if again else SafetyLine.SOS
    timeline.add(line, actor, trip=trip.code, incident=incident.code, position=position, party=key.party)
    _touch(incident, has_sos=True, silent=incident.silent or silent)
    add_signal(
        actor=actor, kind=SignalKind.SOS, trip=trip, incident=incident, detail=key.party, position=position
    )
    if not again:
        audit.record(actor, "safety.sos", incident.code, case=incident.code, trip=trip.code, party=key.party)
        events.publish(SosRaised(incident=incident.code, party=key.party))
    return incident


@begins_transaction
def add_word(*, key: TripKey, words: str, silent: bool | None = None) -> Incident:
    """After SOS: write a word to the agent, or ask not to be called back. Raises `NotFound` before any SOS."""
    trip = trip_by_code(key.trip)
    incident = (
        Incident.objects.select_for_update()
        .filter(trip=trip, state__in=LIVE, sos_calls__party=key.party)
        .first()
    )
    if incident is None:
        raise NotFound
    person = (
        trip.passenger
        if key.party == Party.PASSENGER
        else trip.driver.account
        if trip.driver
        else trip.passenger
    )
    if words.strip():
        timeline.add(
            SafetyLine.WORD,
            person.actor,
            trip=trip.code,
            incident=incident.code,
            words=words.strip()[:1000],
            party=key.party,
        )
    _touch(incident, silent=incident.silent if silent is None else silent)
    return incident


# --- Welfare checks --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FiledCheck:
    """What the reporter gets: the report code, and the secret that opens their page."""

    code: str
    secret: str


@begins_transaction
def file_welfare_check(
    *,
    missing_phone: str,
    reporter_phone: str,
    words: str,
    reporter_name: str = "",
    relation: str = "",
    submission: str,
) -> FiledCheck:
    """Take a report at once (S6): filed first, verified after. The answer is the same for every phone number.

    Merges with what is live on that trip or person; a repeated report raises the priority. `submission` files once.
    Raises `InvalidPhone`.
    """
    missing = normalise_phone(missing_phone, field="missing_phone")
    reporter = normalise_phone(reporter_phone, field="reporter_phone")
    secret = _check_secret(submission)
    again = WelfareCheck.objects.filter(submission=submission).first()
    if again:
        return FiledCheck(again.code, secret)
    at = clock.now()
    person = account_by_phone(missing)
    # Who travels may be somebody for whom another person booked (A6).
    trip = trip_meant_by_phone(phone_index(missing), at) or (trip_meant(person, at) if person else None)
    incident = open_incident(
        actor=NOBODY, origin=Origin.WELFARE_CHECK, trip=trip, missing_index=phone_index(missing)
    )
    number = incident.welfare_checks.count() + 1
    check = WelfareCheck.objects.create(
        code=new_code("R", 8),
        submission=submission,
        secret_digest=_digest(secret),
        incident=incident,
        missing_phone=missing,
        reporter_phone=reporter,
        reporter_index=phone_index(reporter),
        reporter_name=reporter_name,
        relation=relation,
        filed_at=at,
    )
    timeline.add(
        SafetyLine.WELFARE_CHECK,
        NOBODY,
        trip=trip.code if trip else "",
        incident=incident.code,
        words=words.strip()[:2000],
        code=check.code,
    )
    audit.record(NOBODY, "safety.welfare_check", check.code, case=incident.code, number=number)
    kind = SignalKind.WELFARE_CHECK if number == 1 else SignalKind.REPEATED_REPORT
    add_signal(actor=NOBODY, kind=kind, trip=trip, incident=incident, detail=str(number))
    _hear_distress(incident, words)
    try:
        with transaction.atomic():
            send_code(phone=reporter, purpose="welfare_check", subject=check.code)
    except CodeTooSoon:
        pass  # a friend who reports again has a code already; the report never waits for it
    return FiledCheck(check.code, secret)


def _check_secret(submission: str) -> str:
    """The reporter's page opens with what their browser sent along, so a form sent twice leads to one page."""
    return hashlib.sha256(f"welfare-check:{submission}".encode()).hexdigest()[:40]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _hear_distress(incident: Incident, words: str) -> None:
    """A message of distress raises the score once, and starts S10's clock whatever the score was."""
    if not says_distress(words):
        return
    if not Signal.objects.filter(incident=incident, kind=SignalKind.DISTRESS).exists():
        add_signal(actor=NOBODY, kind=SignalKind.DISTRESS, trip=incident.trip, incident=incident)
    incident.refresh_from_db()
    if incident.high_risk_at is None:
        _touch(incident, high_risk_at=clock.now())


def check_by_secret(secret: str) -> WelfareCheck:
    """The reporter's own check. Raises `NotFound`."""
    check = WelfareCheck.objects.select_related("incident").filter(secret_digest=_digest(secret)).first()
    if check is None:
        raise NotFound
    return check


@begins_transaction
def add_evidence(*, secret: str, words: str) -> WelfareCheck:
    """The reporter adds what they learned later. Raises `NotFound`, `ReasonMissing`."""
    check = check_by_secret(secret)
    if not words.strip():
        raise ReasonMissing("words")
    incident = (
        Incident.objects.select_for_update(of=("self",)).select_related("trip").get(pk=check.incident_id)
    )
    trip = incident.trip.code if incident.trip else ""
    timeline.add(
        SafetyLine.EVIDENCE,
        NOBODY,
        trip=trip,
        incident=incident.code,
        words=words.strip()[:2000],
        code=check.code,
    )
    audit.record(NOBODY, "safety.evidence", check.code, case=incident.code)
    _touch(incident)
    _hear_distress(incident, words)
    return check


def verify_reporter(*, secret: str, code: str) -> WelfareCheck:
    """The reporter proves their phone; nothing ever waited for it. Raises `NotFound`, `WrongCode`."""
    check = check_by_secret(secret)
    use_code(phone=check.reporter_phone, purpose="welfare_check", code=code)
    with transaction.atomic(durable=True):
        at = clock.now()
        same = WelfareCheck.objects.filter(
            incident=check.incident, reporter_index=check.reporter_index, verified_at=None
        )
        if not same.update(verified_at=at):
            raise WrongCode("code")
        check.verified_at = at
        timeline.add(SafetyLine.REPORTER_VERIFIED, NOBODY, incident=check.incident.code, code=check.code)
        _touch(check.incident)
    return check


# --- What staff do ----------------------------------------------------------------------------------------------


def _for_action(account: "Account", code: str, key: str) -> Incident:
    incident = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("trip__driver__account")
        .filter(code=code)
        .first()
    )
    if incident is None:
        raise NotFound
    reason = why_not(incident, account, key)
    if reason:
        raise ActionClosed(why=str(reason))
    return incident


def _line(incident: Incident, account: "Account", kind: SafetyLine, words: str = "", **facts: Any) -> None:
    trip = incident.trip.code if incident.trip else ""
    timeline.add(kind, account.actor, trip=trip, incident=incident.code, words=words, **facts)
    audit.record(account.actor, kind, incident.code, case=incident.code, trip=trip)


def _need(words: str) -> str:
    if not words.strip():
        raise ReasonMissing("words")
    return words.strip()[:2000]


@begins_transaction
def take_incident(*, account: "Account", code: str) -> Incident:
    """A person takes it; whoever comes second is told who was first. Raises `AlreadyTaken`, `ActionClosed`, `NotFound`."""
    incident = (
        Incident.objects.select_for_update(of=("self",)).select_related("trip").filter(code=code).first()
    )
    if incident is None:
        raise NotFound
    if incident.state != IncidentState.OPEN and incident.taken_by:
        raise AlreadyTaken(who=incident.taken_by)
    incident = _for_action(account, code, "take")
    at = clock.now()
    move(incident, INCIDENT_TRANSITIONS, IncidentState.TAKEN, taken_at=at, taken_by=account.code)
    _line(incident, account, SafetyLine.TAKEN, who=account.code)
    _touch(incident)
    return incident


@begins_transaction
def add_note(*, account: "Account", code: str, words: str) -> None:
    incident = _for_action(account, code, "note")
    _line(incident, account, SafetyLine.NOTE, _need(words))
    _touch(incident)


@begins_transaction
def record_call(*, account: "Account", code: str, words: str) -> None:
    """The agent called the passenger back; `words` say what came of it."""
    incident = _for_action(account, code, "called")
    _line(incident, account, SafetyLine.CALLED, _need(words), result="")
    _touch(incident)


@begins_transaction
def record_safe_check(*, account: "Account", code: str, words: str) -> None:
    """Somebody spoke to the passenger, apart from the driver, and she is safe (S10)."""
    incident = _for_action(account, code, "safe_check")
    _line(incident, account, SafetyLine.SAFE_CHECK, _need(words))
    _touch(incident, safe_check_at=incident.safe_check_at or clock.now())


@begins_transaction
def record_police_call(*, account: "Account", code: str, station: str) -> None:
    """The police of the place were called (S10)."""
    note_police_called(
        incident=_for_action(account, code, "police_called"), actor=account.actor, station=_need(station)
    )


@joins_transaction
def note_police_called(*, incident: Incident, actor: Actor, station: str) -> None:
    """S10 is done: the police of the place have the case."""
    trip = incident.trip.code if incident.trip else ""
    timeline.add(SafetyLine.POLICE_CALLED, actor, trip=trip, incident=incident.code, station=station)
    audit.record(actor, "safety.police_called", incident.code, case=incident.code)
    _touch(incident, police_called_at=incident.police_called_at or clock.now())


@begins_transaction
def excuse_police_call(*, account: "Account", code: str, words: str) -> None:
    """A supervisor records why the police are not called (S10)."""
    incident = _for_action(account, code, "police_excused")
    _line(incident, account, SafetyLine.POLICE_NOT_CALLED, _need(words))
    _touch(incident, police_excused_at=incident.police_excused_at or clock.now())


@begins_transaction
def resolve_incident(*, account: "Account", code: str, outcome: str, words: str) -> None:
    """Give an outcome with a reason; a second person reviews it. Raises `OutcomeUnknown`, `ReasonMissing`."""
    incident = _for_action(account, code, "resolve")
    if outcome not in IncidentOutcome.values:
        raise OutcomeUnknown("outcome")
    text = _need(words)
    move(incident, INCIDENT_TRANSITIONS, IncidentState.RESOLVED, outcome=outcome, resolved_by=account.code)
    _line(incident, account, SafetyLine.RESOLVED, text, outcome=outcome)
    _touch(incident)


@begins_transaction
def close_incident(*, account: "Account", code: str) -> None:
    """The second person agrees. What was kept from the driver may now act and be seen, if nobody is aboard."""
    incident = _for_action(account, code, "close")
    move(incident, INCIDENT_TRANSITIONS, IncidentState.CLOSED, closed_at=clock.now(), closed_by=account.code)
    _line(incident, account, SafetyLine.CLOSED)
    _touch(incident)
    if incident.trip:
        let_holds_show(driver=incident.trip.driver)


@begins_transaction
def send_back(*, account: "Account", code: str, words: str) -> None:
    """The second person does not agree; the owner goes on."""
    incident = _for_action(account, code, "send_back")
    text = _need(words)
    move(incident, INCIDENT_TRANSITIONS, IncidentState.TAKEN, outcome="", resolved_by="")
    _line(incident, account, SafetyLine.SENT_BACK, text)
    _touch(incident)


@joins_transaction
def let_holds_show(*, driver: "Driver | None") -> None:
    """When nobody is in the car and no incident lives, covert holds act in the open and waiting trips go to others (S11)."""
    if (
        driver is None
        or aboard(driver.account.code)
        or Incident.objects.live().filter(trip__driver=driver).exists()
    ):
        return
    if driver.holds.open().filter(covert=True).exists():
        uncover_holds(driver=driver)
        give_to_others(actor=SYSTEM, driver=driver)
