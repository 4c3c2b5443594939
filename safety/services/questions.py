"""'Are you all right?', asked of the passenger alone; and what the monitor found."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from core import clock, facts, heartbeat, jobs, policy, timeline
from core.actors import MONITOR, SYSTEM
from core.facts import Fact
from core.transactions import begins_transaction, joins_transaction
from rides.geometry import Point
from rides.selectors import reconcile_trip, trip_by_code, was_mended
from rides.states import Party, PhonesSay, TripLine, TripState
from rides.tokens import TripKey
from safety.errors import QuestionClosed
from safety.models import AccidentQuestion, SafetyQuestion
from safety.policies import ACCIDENT_WITHIN, ANSWER_WITHIN, FINE_SHOWN_WITHIN
from safety.selectors import doubted_since
from safety.services.incidents import add_signal, open_incident, set_silent
from safety.states import (
    Answer,
    Origin,
    SafetyLine,
    SignalKind,
)

if TYPE_CHECKING:
    from rides.models import Trip


HEARD_LATE = timedelta(minutes=10)
ASKS_FOR_HELP = frozenset({Answer.NOT_WELL, Answer.DURESS})

MONITOR_PROCESS = heartbeat.declare(
    "monitor",
    gettext_lazy("the monitor of trips under way"),
    gettext_lazy(
        "Nobody watches trips by their positions: no detour, stop or lost signal is seen. Positions are kept, and SOS works."
    ),
)


@begins_transaction
def report_finding(
    *,
    trip_code: str,
    kind: SignalKind,
    detail: str = "",
    facts: Mapping[str, Fact] | None = None,
    position: Point | None = None,
) -> None:
    """The monitor found something: keep the signal, and ask the passenger alone where she may be aboard (S5).

    What she has called fine is remembered with what was found until then: found anew after it, it is a new signal. So is
    a crash after one that was asked about already, whatever was answered.
    """
    trip = trip_by_code(trip_code)
    if kind == SignalKind["CRASH"]:
        rounds = _accidents_before(trip, facts or {})
    else:
        rounds = SafetyQuestion.objects.filter(trip=trip, answer=Answer.FINE).count()
    detail = f"{detail}/{rounds}" if rounds else detail
    added = add_signal(actor=MONITOR, kind=kind, trip=trip, detail=detail, facts=facts, position=position)
    if added and trip.state not in {TripState.ENDED, TripState.CANCELLED}:
        if kind == SignalKind["CRASH"]:
            ask_about_accident(trip=trip, position=position)
        else:
            ask_passenger(trip=trip)


def _accidents_before(trip: "Trip", found: Mapping[str, Fact]) -> int:
    """How many questions about an accident are over that were asked before the car stood.

    What the other phone tells later of the same crash is no new one: then it stood already when it was asked.
    """
    closed = AccidentQuestion.objects.filter(trip=trip, closed_at__isnull=False)
    stood = found.get("since")
    if isinstance(stood, int | float):
        closed = closed.filter(asked_at__lt=datetime.fromtimestamp(stood, tz=UTC))
    return closed.count()


@joins_transaction
def ask_passenger(*, trip: "Trip") -> None:
    """Ask once at a time; what is asked shows on her page alone."""
    at = clock.now()
    try:
        with transaction.atomic():
            SafetyQuestion.objects.create(trip=trip, asked_at=at, expires_at=at + policy.span(ANSWER_WITHIN))
    except IntegrityError:
        return
    timeline.add(SafetyLine.ASKED, MONITOR, trip=trip.code)


@joins_transaction
def ask_about_accident(*, trip: "Trip", position: Point | None) -> None:
    """Ask both sides, once at a time; each page shows its own side's question alone."""
    at = clock.now()
    try:
        with transaction.atomic():
            AccidentQuestion.objects.create(
                trip=trip, asked_at=at, expires_at=at + policy.span(ACCIDENT_WITHIN)
            )
    except IntegrityError:
        return
    timeline.add(SafetyLine.ACCIDENT_ASKED, MONITOR, trip=trip.code, position=position)


@begins_transaction
def answer_question(*, key: TripKey, answer: Answer) -> None:
    """The passenger answers. 'Fine' is noted and closes nothing; the other answer looks the same and escalates.

    An answer that comes after its time is heard all the same, for a while: a hand that held the button when the time
    ran out asks for help. So is one that asks for help after 'fine': a finger slipped, another hand was quicker, or a
    second window still shows the question. Raises `QuestionClosed`, also for 'fine' by a key that went to a wrong number.
    """
    trip = trip_by_code(key.trip)
    if key.party != Party.PASSENGER or (answer == Answer.FINE and was_mended(trip)):
        raise QuestionClosed
    question = SafetyQuestion.objects.select_for_update().filter(trip=trip, answer="").first()
    answered = question or _heard_lately(trip, answer)
    if answered is None:
        raise QuestionClosed
    if question:
        _close_question(question, answer)
    actor = trip.passenger.actor
    timeline.add(SafetyLine.ANSWERED, actor, trip=trip.code, answer=answer)
    told = doubted_since(trip)
    if told:
        # What was said stays beside what the phones show; her answer alone closes nothing (R6).
        truth = reconcile_trip(trip, told)
        timeline.add(TripLine.TRUTH, SYSTEM, trip=trip.code, truth=truth.facts)
        if question and answer == Answer.FINE and truth.says != PhonesSay.APART:
            question.doubted = True
            question.save(update_fields=["doubted"])
    if answer in ASKS_FOR_HELP:
        # Whatever became of the last one, and whatever she has answered before.
        incident = open_incident(actor=actor, origin=Origin.RULE, trip=trip)
        if answer == Answer.DURESS:
            # Somebody watches her: nobody may call back.
            set_silent(incident, Party.PASSENGER, silent=True)
        add_signal(
            actor=actor,
            kind=SignalKind.ASKED_FOR_HELP,
            trip=trip,
            incident=incident,
            detail=str(answered.pk),
            facts=facts.of(SignalKind.ASKED_FOR_HELP),
        )


def _heard_lately(trip: "Trip", answer: Answer) -> SafetyQuestion | None:
    """The newest question of a trip, where it was closed a while ago by no answer, or by one that a call for help mends."""
    newest = SafetyQuestion.objects.filter(trip=trip).order_by("-pk").first()
    if newest is None or clock.now() - newest.expires_at >= HEARD_LATE:
        return None
    return newest if newest.answer == Answer.NONE or answer in ASKS_FOR_HELP else None


def _close_question(question: SafetyQuestion, answer: Answer) -> None:
    question.answer, question.answered_at = answer, clock.now()
    question.save(update_fields=["answer", "answered_at"])


def expire_questions(*, at: datetime) -> int:
    """No answer in time is an answer; returns how many there were."""
    return EXPIRIES.run(at=at).total


def _expired(at: datetime, limit: int) -> list[int]:
    rows = SafetyQuestion.objects.filter(answer="", expires_at__lte=at).order_by("expires_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _expire(pk: int, at: datetime) -> bool:
    rows = SafetyQuestion.objects.select_for_update(skip_locked=True, of=("self",)).select_related("trip")
    question = rows.filter(pk=pk, answer="", expires_at__lte=at).first()
    if question is None:
        return False
    trip = trip_by_code(question.trip.code)
    _close_question(question, Answer.NONE)
    timeline.add(SafetyLine.ANSWERED, SYSTEM, trip=trip.code, answer=Answer.NONE)
    add_signal(
        actor=MONITOR,
        kind=SignalKind.NO_ANSWER,
        trip=trip,
        detail=str(question.pk),
        facts=facts.of(SignalKind.NO_ANSWER),
    )
    return True


EXPIRIES = jobs.rows(
    "safety.expire_questions",
    gettext_lazy("acting on questions that were not answered"),
    due=_expired,
    act=_expire,
    key=int,
    seconds=4.0,
    life_safety=True,
)


def settle_doubts(*, at: datetime) -> int:
    """A 'fine' that is doubted is looked at once her phone has had its time to show it; returns how many there were."""
    return DOUBTS.run(at=at).total


def _doubted(at: datetime, limit: int) -> list[int]:
    until = at - policy.span(FINE_SHOWN_WITHIN)
    rows = SafetyQuestion.objects.filter(doubted=True, answered_at__lte=until).order_by("answered_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _settle(pk: int, at: datetime) -> bool:
    """Both phones have parted by now, or an incident opens, whatever the points: silence shows nothing (R6)."""
    rows = SafetyQuestion.objects.select_for_update(skip_locked=True, of=("self",)).select_related("trip")
    until = at - policy.span(FINE_SHOWN_WITHIN)
    question = rows.filter(pk=pk, doubted=True, answered_at__lte=until).first()
    if question is None:
        return False
    trip = trip_by_code(question.trip.code)
    truth = reconcile_trip(trip, doubted_since(trip) or question.asked_at)
    timeline.add(TripLine.TRUTH, SYSTEM, trip=trip.code, truth=truth.facts)
    question.doubted = False
    question.save(update_fields=["doubted"])
    if truth.says == PhonesSay.APART:
        return True
    incident = open_incident(actor=SYSTEM, origin=Origin.RULE, trip=trip)
    add_signal(
        actor=SYSTEM,
        kind=SignalKind.FINE_NOT_SHOWN,
        trip=trip,
        incident=incident,
        detail=str(question.pk),
        facts=facts.of(SignalKind.FINE_NOT_SHOWN, phones=truth.says),
        changes={"high_risk_at": incident.risk_since(at)},
    )
    return True


DOUBTS = jobs.rows(
    "safety.settle_doubts",
    gettext_lazy("looking whether her phone shows that all is well, as she answered"),
    due=_doubted,
    act=_settle,
    key=int,
    seconds=4.0,
    life_safety=True,
)
