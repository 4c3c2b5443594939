"""What both sides say when they were asked whether there was an accident; a silence of both is an answer (S12)."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from core import clock, facts, jobs, timeline
from core.actors import SYSTEM, Actor
from core.transactions import begins_transaction
from rides.selectors import trip_by_code
from rides.states import Party
from rides.tokens import TripKey
from safety import sentences
from safety.errors import QuestionClosed
from safety.models import AccidentQuestion
from safety.selectors import LATEST_OF_ACCIDENT
from safety.services.incidents import add_signal, open_incident
from safety.services.questions import ask_passenger
from safety.states import AccidentAnswer, Origin, SafetyLine, SignalKind

if TYPE_CHECKING:
    from rides.models import Trip


@begins_transaction
def answer_about_accident(*, key: TripKey, answer: AccidentAnswer) -> bool:
    """One side answers; returns whether it tells of an accident. Such a word stays, also where it comes late or after 'no'.

    'No' of the driver alone is not hers: she is asked as after any signal. Raises `QuestionClosed`.
    """
    trip = trip_by_code(key.trip)
    since = clock.now() - LATEST_OF_ACCIDENT
    rows = AccidentQuestion.objects.select_for_update(of=("self",)).filter(trip=trip, asked_at__gt=since)
    question = rows.order_by("-pk").first()
    if question is None:
        raise QuestionClosed
    before = getattr(question, key.party)
    if before in {answer, AccidentAnswer.YES}:
        return bool(before == AccidentAnswer.YES)
    setattr(question, key.party, answer)
    question.closed_at = question.closed_at or clock.now()
    question.save(update_fields=[key.party, "closed_at"])
    actor = _actor(trip, key.party)
    timeline.add(SafetyLine.ACCIDENT_ANSWERED, actor, trip=trip.code, party=key.party, accident=answer)
    if answer == AccidentAnswer.YES:
        _open(
            question,
            trip,
            actor,
            f"{question.pk}/{key.party}",
            facts.of(SignalKind.ACCIDENT, party=key.party),
        )
    elif key.party == Party.DRIVER and not question.passenger:
        ask_passenger(trip=trip)
    return answer == AccidentAnswer.YES


def _actor(trip: "Trip", party: Party) -> Actor:
    return trip.driver.account.actor if party == Party.DRIVER and trip.driver else trip.passenger.actor


def _open(
    question: AccidentQuestion, trip: "Trip", actor: Actor, detail: str, why: dict[str, facts.Fact]
) -> None:
    incident = open_incident(actor=actor, origin=Origin.RULE, trip=trip)
    add_signal(actor=actor, kind=SignalKind.ACCIDENT, trip=trip, incident=incident, detail=detail, facts=why)


def expire_accident_questions(*, at: datetime) -> int:
    """Nobody answered in time: an incident opens, whatever the points. Returns how many questions there were."""
    return ACCIDENTS.run(at=at).total


def _expired(at: datetime, limit: int) -> list[int]:
    rows = AccidentQuestion.objects.filter(closed_at=None, expires_at__lte=at).order_by("expires_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _expire(pk: int, at: datetime) -> bool:
    rows = AccidentQuestion.objects.select_for_update(skip_locked=True, of=("self",)).select_related("trip")
    question = rows.filter(pk=pk, closed_at=None, expires_at__lte=at).first()
    if question is None:
        return False
    question.closed_at = clock.now()
    question.save(update_fields=["closed_at"])
    trip = trip_by_code(question.trip.code)
    _open(question, trip, SYSTEM, str(question.pk), facts.of(sentences.NOBODY_ANSWERS))
    return True


ACCIDENTS = jobs.rows(
    "safety.expire_accident_questions",
    gettext_lazy("opening incidents where nobody says whether there was an accident"),
    due=_expired,
    act=_expire,
    key=int,
    seconds=4.0,
    life_safety=True,
)
