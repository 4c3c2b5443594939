"""A question that her page does not answer rings her telephone (S15). What is pressed is evidence, and closes nothing."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy, gettext_noop

from core import clock, facts, jobs, policy, relay, timeline
from core.actors import MONITOR, SYSTEM
from core.languages import say_in
from core.messages import outbox
from core.relay import Pressed
from core.states import StaleState, move
from core.transactions import begins_transaction
from rides.selectors import phone_of_rider, rider_url, trip_by_code, trip_url
from safety import messages, sentences
from safety.models import AutomatedCall, SafetyQuestion
from safety.policies import RUNG_AFTER
from safety.selectors import may_be_rung
from safety.services.incidents import add_signal, open_incident
from safety.states import HEARD_TRANSITIONS, Answer, Heard, Origin, SafetyLine, SignalKind

if TYPE_CHECKING:
    from rides.models import Trip

# It is read out at her ear, beside whoever drives: it says no more than the page.
SAYS = gettext_noop("Huhang here, about your ride. Press 1 if all is well. Press 2 for help.")
UNANSWERED = ("", Answer.NONE)
# What nobody could ring about until then, or hear of, is not asked any more.
_TOO_LATE = timedelta(minutes=10)
# A relay that says nothing for so long has rung nobody, and a phone that it rings does so no longer.
_OVER_AFTER = timedelta(seconds=relay.ASKED_FOR + 5)
_HEARD = {
    Pressed.ONE: Heard.FINE,
    Pressed.TWO: Heard.HELP,
    Pressed.SILENT: Heard.SILENT,
    Pressed.MISSED: Heard.MISSED,
}


def _due(at: datetime, limit: int) -> list[int]:
    rows = SafetyQuestion.objects.filter(
        answer__in=UNANSWERED,
        asked_at__lte=at - policy.span(RUNG_AFTER),
        asked_at__gt=at - _TOO_LATE,
        trip__passenger__is_drill=False,
        call=None,
    )
    return list(rows.order_by("asked_at", "pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _begin(pk: int, at: datetime) -> bool:
    """Write down that it is to ring, before anybody is asked: a worker that dies rings nobody twice, and forgets nobody."""
    rows = SafetyQuestion.objects.select_for_update(skip_locked=True, of=("self",)).select_related("trip")
    question = rows.filter(pk=pk, answer__in=UNANSWERED).first()
    if question is None or AutomatedCall.objects.filter(question=question).exists():
        return False
    if not may_be_rung(question.trip):
        AutomatedCall.objects.create(question=question, at=at, state=Heard.ENDED, over_at=at)
        return True
    AutomatedCall.objects.create(question=question, at=at)
    timeline.add(SafetyLine.RUNG_HER, MONITOR, trip=question.trip.code)
    return True


RINGING = jobs.rows(
    "safety.ring_passengers",
    gettext_lazy("ringing passengers who do not answer on their page"),
    due=_due,
    act=_begin,
    key=int,
    life_safety=True,
)


def _ringing(_at: datetime, last: int | None, limit: int) -> list[int]:
    rows = AutomatedCall.objects.filter(Q(state=Heard.RINGING) | Q(unheard=True), pk__gt=last or 0)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def _follow(pk: int, at: datetime) -> None:
    """Have it ring, and ask what was pressed; where she answered elsewhere, or must be left in quiet, have it stop."""
    row = AutomatedCall.objects.select_related("question__trip__passenger").get(pk=pk)
    if row.unheard:
        _hear_late(row, at)
        return
    trip = row.question.trip
    wanted = row.question.answer in UNANSWERED and may_be_rung(trip)
    pressed, refused = Pressed.RINGING, False
    if wanted:
        try:
            pressed = _ask(row, trip)
        except relay.RelayRefused:
            refused = True
        except relay.RelayDown:
            pass
    over = refused or at - (row.rung_at or row.at) > _OVER_AFTER
    if pressed == Pressed.RINGING and (over or not wanted):
        pressed = _stop(row, over=over)
    if pressed != Pressed.RINGING:
        heard = _HEARD[pressed]
        _settle(row, heard if wanted or heard in {Heard.FINE, Heard.HELP} else Heard.ENDED)


def _ask(row: AutomatedCall, trip: "Trip") -> Pressed:
    language = trip.passenger.language
    pressed = relay.ask(key=row.key, to=phone_of_rider(trip), says=say_in(language, SAYS), language=language)
    if row.rung_at is None:
        row.rung_at = clock.now()
        row.save(update_fields=["rung_at"])
    return pressed


def _stop(row: AutomatedCall, *, over: bool) -> Pressed:
    """Have it ring no more, and hear what was pressed until then; where its time is over it rings no more in any case."""
    try:
        pressed = relay.stop_asking(key=row.key)
    except relay.RelayDown:
        pressed, row.unheard = Pressed.RINGING, over
    return Pressed.MISSED if over and pressed == Pressed.RINGING else pressed


def _hear_late(row: AutomatedCall, at: datetime) -> None:
    """What a relay says that was away when the call was given up: key 2 is help whenever it is heard."""
    try:
        pressed = relay.stop_asking(key=row.key)
    except relay.RelayDown:
        if at - row.at <= _TOO_LATE:
            return
        pressed = Pressed.MISSED
    row.unheard = False
    if pressed == Pressed.TWO:
        _settle(row, Heard.HELP)
    else:
        row.save(update_fields=["unheard"])


@begins_transaction
def _settle(row: AutomatedCall, heard: Heard) -> None:
    """Write down what was heard: key 2 is a call for help, and silence is followed by a text."""
    question = SafetyQuestion.objects.select_for_update(of=("self",)).get(pk=row.question_id)
    try:
        move(row, HEARD_TRANSITIONS, heard, over_at=clock.now(), unheard=row.unheard)
    except StaleState:
        return
    trip = trip_by_code(row.question.trip.code)
    timeline.add(SafetyLine.HEARD_BY_PHONE, SYSTEM, trip=trip.code, heard=heard)
    if heard == Heard.HELP:
        incident = open_incident(actor=SYSTEM, origin=Origin.RULE, trip=trip)
        add_signal(
            actor=SYSTEM,
            kind=SignalKind.ASKED_FOR_HELP,
            trip=trip,
            incident=incident,
            detail=str(question.pk),  # as her page's: both say it of one question
            facts=facts.of(sentences.HELP_BY_PHONE),
        )
    elif heard in {Heard.SILENT, Heard.MISSED}:
        _write(trip, question)


def _write(trip: "Trip", question: SafetyQuestion) -> None:
    outbox.queue(
        messages.HowIsTheRide(
            destination=trip.destination_name, link=rider_url(trip) if trip.rider_phone else trip_url(trip)
        ),
        key=f"question:{question.pk}",
        to=phone_of_rider(trip),
        language=trip.passenger.language,
        subject=trip.code,
    )


FOLLOWED = jobs.walk(
    "safety.follow_automated_calls",
    gettext_lazy("following automated calls to passengers"),
    behind=_ringing,
    act=_follow,
    key=int,
    life_safety=True,
)
