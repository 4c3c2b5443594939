"""Pure rules of safety: how signals weigh, which clocks run, what may be done now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, limits, policy
from core.errors import DomainError
from core.four_eyes import SecondPersonNeeded
from core.limits import Per
from core.permissions import may
from core.policy import Unit
from rides.states import Line, Party
from safety.errors import AlreadyTaken
from safety.monitor.rules import KINDS
from safety.states import IncidentState, PushCause, SignalKind

if TYPE_CHECKING:
    from accounts.models import Account
    from safety.models import Incident, MaliceAppeal

# --- The score ------------------------------------------------------------------------------------

WEIGHTS = policy.declare(
    "safety.weights",  # S5
    policy.Table.of(SignalKind, policy.Whole(0, 100, Unit.POINTS)),
    {
        SignalKind.CANCEL_ABOARD.value: 70,
        SignalKind.CANCEL_AFTER_MEETING.value: 50,
        SignalKind.BOARDING_PRESUMED.value: 20,
        SignalKind.ENDED_FAR.value: 40,
        SignalKind.NO_ANSWER.value: 30,
        SignalKind.ASKED_FOR_HELP.value: 100,
        SignalKind.FINE_NOT_SHOWN.value: 30,
        SignalKind.MISMATCH.value: 70,
        SignalKind.ACCIDENT.value: 70,
        SignalKind.PICKUP_LATE.value: 70,
        SignalKind.WELFARE_CHECK.value: 70,
        SignalKind.REPEATED_REPORT.value: 10,
        SignalKind.DISTRESS.value: 40,
        SignalKind.SOS.value: 100,
        # What the monitor sees weighs what its rules declare.
        **{kind.value: kind.weight for kind in KINDS.values()},
    },
    name=pgettext_lazy("policy name", "Weights of signals"),
    about=_("What each signal adds to the risk score."),
)
THRESHOLD = policy.declare(
    "safety.incident_threshold",  # S5
    policy.Whole(10, 100, Unit.POINTS),
    70,
    name=pgettext_lazy("policy name", "Score of an incident"),
    about=_("The score at which an incident opens by itself and is of high risk."),
)

STOP_RULE = policy.fixed("D15", pgettext_lazy("policy name", "No next order while it is looked into"))

# --- Clocks of an incident ------------------------------------------------------------------------

ANSWER_WITHIN = policy.declare(
    "safety.answer_within",  # S5
    policy.Span(10, 600),
    60,
    name=pgettext_lazy("policy name", "Answer to a safety question"),
    about=_("No answer within this time is an answer."),
)
ACCIDENT_WITHIN = policy.declare(
    "safety.accident_answered_within",  # S12
    policy.Span(10, 120),
    30,
    name=pgettext_lazy("policy name", "Answer about an accident"),
    about=_(
        "Where neither side says within this time whether there was an accident, an incident opens and 120 is offered."
    ),
)
RUNG_AFTER = policy.declare(
    "safety.rung_after",  # S15
    policy.Span(10, 120),
    30,
    name=pgettext_lazy("policy name", "Automated call after a question"),
    about=_("A safety question that stands unanswered on her page for this long rings her phone."),
)
FINE_SHOWN_WITHIN = policy.declare(
    "safety.fine_shown_within",  # R6
    policy.Span(60, 1_800),
    300,
    name=pgettext_lazy("policy name", "Answer that her phone shows"),
    about=_(
        "After a cancel or an early end that is doubted, her answer that all is well is believed once her own positions, "
        "apart from the car, show it; where they have not within this time, an incident opens."
    ),
)
OWNED_WITHIN = policy.declare(
    "safety.owned_within",  # S6
    policy.Span(5, 3_600),
    60,
    name=pgettext_lazy("policy name", "Welfare check taken"),
    about=_("A welfare check has a person within this time."),
)
TAKEN_WITHIN = policy.declare(
    "safety.sos_taken_within",  # S3
    policy.Span(2, 600),
    10,
    name=pgettext_lazy("policy name", "SOS taken"),
    about=_("An SOS is answered within this time."),
)
CALLED_BACK_WITHIN = policy.declare(
    "safety.called_back_within",  # S2
    policy.Span(5, 1_800),
    60,
    name=pgettext_lazy("policy name", "Call back after an SOS"),
    about=_("After it was taken, an SOS that is not silent is called back within this time."),
)
POSITION_OLD = policy.declare(
    "safety.position_old",
    policy.Span(5, 600),
    30,
    name=pgettext_lazy("policy name", "Old position"),
    about=_("A position older than this is said to be old on the page of an incident."),
)
POLICE_AFTER = policy.declare(
    "safety.police_after",  # S10
    policy.Span(10, 3_600),
    180,
    name=pgettext_lazy("policy name", "Call to the police"),
    about=_("Without a safe check the police are called after this time."),
)
POLICE_LIMIT = policy.declare(
    "safety.police_limit",  # S10
    policy.Span(30, 7_200),
    600,
    name=pgettext_lazy("policy name", "Last moment of the call to the police"),
    about=_("By then the police are called, or a supervisor has said why not."),
)

# --- The emergency centre ---------------------------------------------------------------------------

PUSHED = policy.declare(
    "safety.pushed_to_110",  # P12
    policy.Several(PushCause),
    (PushCause.SOS, PushCause.DANGER),
    name=pgettext_lazy("policy name", "Incidents that go to 110 by themselves"),
    about=_(
        "What sends an incident to the emergency centre at once; what the passenger asks for always goes."
    ),
)
PUSH_CONFIRMED = policy.declare(
    "safety.push_confirmed_within",  # P12
    policy.Span(2, 15),
    10,
    name=pgettext_lazy("policy name", "110 confirms a case"),
    about=_("A case that the emergency centre has not confirmed within this time rings a person."),
)

# --- The end of a trip ----------------------------------------------------------------------------

ENDED_FAR_METRES = policy.declare(
    "safety.ended_far_metres",
    policy.Whole(100, 50_000, Unit.METRES),
    2_000,
    name=pgettext_lazy("policy name", "End far from the destination"),
    about=_("An end farther from the destination is a signal."),
)
ENDED_FAR_SHARE = policy.declare(
    "safety.ended_far_share",
    policy.Real(0.02, 1.0, Unit.SHARE),
    0.25,
    name=pgettext_lazy("policy name", "End of a short trip"),
    about=_("On short trips it is this share of the straight line, where that is less."),
)
ENDED_FAR_LEAST = policy.declare(
    "safety.ended_far_least",
    policy.Whole(50, 5_000, Unit.METRES),
    500,
    name=pgettext_lazy("policy name", "End close to the destination"),
    about=_(
        "An end within this distance of the destination is never a signal: pins and phones are that wrong."
    ),
)

# --- Recordings -----------------------------------------------------------------------------------

RECORDING_KEPT = policy.declare(
    "safety.recording_kept",  # S7
    policy.Span(24, 30 * 24, Unit.HOURS),
    72,
    name=pgettext_lazy("policy name", "Recordings"),
    about=_("A recording's key is destroyed this long after the trip, as promised in 2018."),
)
RECORDING_TEXT = policy.declare(
    "safety.recording_text",
    policy.texts(),
    {
        "zh-hans": "行程录音：仅在双方都同意时进行，直接加密上传，手机不保存，行程结束 72 小时后销毁。",
        "en": "Sound of the trip: only if both agree, encrypted straight to the server, not kept on the phone, "
        "destroyed 72 hours after the trip.",
    },
    name=pgettext_lazy("policy name", "Consent to recordings"),
    about=_("What both sides agree to; each consent names its version."),
)
RECORDING_OF_DRIVERS = policy.declare(
    "safety.recording_of_drivers",  # S7
    policy.Several(Line),
    (),
    name=pgettext_lazy("policy name", "Recording as a condition for drivers"),
    about=_(
        "Lines on which drivers agree to recording by taking an order; passengers are asked on every line."
    ),
)
RECORDING_SILENT_AFTER = policy.declare(
    "safety.recording_silent_after",
    policy.Span(30, 3_600),
    120,
    name=pgettext_lazy("policy name", "Recording that stopped"),
    about=_("A recording from which nothing came for this long has stopped."),
)
LATE_CHUNKS = policy.declare(
    "safety.recording_late_chunks",
    policy.Span(60, 24 * 3_600),
    600,
    name=pgettext_lazy("policy name", "Sound that comes late"),
    about=_("A phone without network may send what it still holds until this long after a recording's end."),
)
PLAY_LIFE = policy.declare(
    "safety.recording_play_life",  # S7
    policy.Span(60, 12 * 3_600),
    1_800,
    name=pgettext_lazy("policy name", "Playing a recording"),
    about=_("A recording that was opened with a reason can be heard for this long."),
)
TELL_AFTER = policy.declare(
    "safety.tell_after",  # S7
    policy.Span(0, 90 * 24, Unit.HOURS),
    168,
    name=pgettext_lazy("policy name", "Telling that a recording was played"),
    about=_(
        "Those whose recording was played are told no earlier than this, so that nobody acts on it in anger."
    ),
)
SOUND_HEARD_WITHIN = policy.declare(
    "safety.sound_heard_within",
    policy.Span(10, 3_600),
    300,
    name=pgettext_lazy("policy name", "Sound of an SOS heard"),
    about=_("The sound of an SOS that somebody took is heard within this time."),
)
ALERT_WITHIN = policy.declare(
    "safety.cancel_alert_within",  # R6
    policy.Span(5, 600),
    60,
    name=pgettext_lazy("policy name", "Alert after a cancel aboard"),
    about=_("A refused cancel after boarding raises an alert within this time."),
)
WELFARE_CHECKS = limits.mark(
    "safety.welfare_checks",
    {Per.ADDRESS: 30},
    within=60,
    name=pgettext_lazy("policy name", "Welfare checks from one address"),
    about=_(
        "What comes beyond is taken too: it says 'many from this address', stands below the others where no trip was found, and sends no code."
    ),
)
SHARES = limits.declare(
    "safety.share_links",
    {Per.TARGET: 30},
    within=3_600,
    name=pgettext_lazy("policy name", "Links to one trip"),
    about=_("So many links are made by which others follow one trip."),
)


def ended_far(metres: float, whole: float) -> bool:
    """True for an end that is `metres` from the destination of a trip whose ends are `whole` metres apart.

    An end of which nobody knows where it was, less than 0, is far: absence is not innocence.
    """
    limit = min(policy.value(ENDED_FAR_METRES), policy.value(ENDED_FAR_SHARE) * whole)
    return metres < 0 or metres > max(policy.value(ENDED_FAR_LEAST), limit)


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of an incident: since when it runs, when it must be done, when it was."""

    key: str
    name: str | Promise
    started: datetime
    due: datetime
    done: datetime | None

    def overdue(self, at: datetime) -> bool:
        return (self.done or at) > self.due


POLICE_CLOCKS = frozenset({"safe_check", "police"})  # of S10


def clocks_of(incident: "Incident") -> list[Clock]:
    """The clocks that run on an incident (S3, S6, S10). None of them can be paused.

    Owned is not seen: what comes after somebody took it has a clock of its own until a person has looked at it.
    """
    clocks = [_until_taken(incident)]
    caller = incident.caller
    if caller and caller.called_at and not caller.silent and incident.taken_at:
        since = max(incident.taken_at, caller.called_at)
        clocks.append(
            Clock(
                "called_back",
                _("called back"),
                since,
                since + policy.span(CALLED_BACK_WITHIN),
                caller.spoken_to_at,
            )
        )
    if incident.high_risk_at:
        answered = incident.answer(incident.safe_check_at, incident.police_called_at, incident.closed_at)
        excused = incident.answer(answered, incident.police_excused_at)
        after, limit = policy.span(POLICE_AFTER), policy.span(POLICE_LIMIT)
        clocks.append(
            Clock(
                "safe_check",
                _("safe check, or police called"),
                incident.high_risk_at,
                incident.high_risk_at + after,
                answered,
            )
        )
        clocks.append(
            Clock(
                "police",
                _("police called, or a supervisor said why not"),
                incident.high_risk_at,
                incident.high_risk_at + limit,
                excused,
            )
        )
    if incident.taken_at and incident.news_at:
        clocks.append(_until_seen(incident, incident.news_at))
    if incident.taken_at and incident.look_at and not incident.closed_at:
        clocks.append(Clock("look", _("looked at again"), incident.look_at, incident.look_at, None))
    return clocks


def clock_that_rings(incident: "Incident") -> Clock:
    """The clock of an incident that nobody has, or in which something is new: until a person looks (S3)."""
    if incident.taken_at is None or incident.news_at is None:
        return _until_taken(incident)
    return _until_seen(incident, incident.news_at)


@dataclass(frozen=True, slots=True)
class RanOut:
    """Clocks of an owned incident that nobody has met: since when the first is late, and the gravest of them."""

    first: Clock
    gravest: Clock


RING_WHEN_LATE = ("called_back", "safe_check", "police")  # the gravest last


def ran_out(incident: "Incident", at: datetime) -> RanOut | None:
    """What of S2 and S10 its owner let run out, until it is met or a supervisor said why not.

    A call to the police by hand that waits for a second person rings by itself. Whoever has given an outcome waits for
    a second person as well, who sends it back where a clock was not met.
    """
    if incident.state != IncidentState.TAKEN:
        return None
    waits = incident.police_call_waits or incident.answer(incident.police_excused_at) is not None
    late = [
        each
        for each in clocks_of(incident)
        if each.key in RING_WHEN_LATE
        and each.done is None
        and each.overdue(at)
        and not (waits and each.key in POLICE_CLOCKS)
    ]
    if not late:
        return None
    return RanOut(
        min(late, key=lambda each: each.due), max(late, key=lambda each: RING_WHEN_LATE.index(each.key))
    )


def _until_taken(incident: "Incident") -> Clock:
    due = incident.opened_at + _looked_at_within(incident)
    return Clock("taken", _("taken by a person"), incident.opened_at, due, incident.taken_at)


def _until_seen(incident: "Incident", since: datetime) -> Clock:
    return Clock("news", _("what is new: seen by a person"), since, since + _looked_at_within(incident), None)


def _looked_at_within(incident: "Incident") -> timedelta:
    return policy.span(TAKEN_WITHIN if incident.has_sos else OWNED_WITHIN)


OUTCOME = four_eyes.declare(
    "safety.outcome",
    _("The outcome of an incident"),
    table="safety.Incident",
    first="resolved_by",
    second="closed_by",
    law="incident_closed_by_a_second_person",
)


four_eyes.declare(
    "safety.police_call",
    _("A call to the police by hand"),
    table="safety.Incident",
    first="police_said_by",
    second="police_seen_by",
    law="police_call_seen_by_a_second_person",
)


Why = str | Promise | DomainError


def why_not(incident: "Incident", account: "Account", key: str) -> Why:
    """The reason against one action on an incident, empty where it is allowed; the error that says it, where it has one.

    Raises `KeyError` for no action.
    """
    if not may(account, "incidents.respond"):
        return _("Only agents, specialists and supervisors act on incidents.")
    return _RULES[key](incident, account)


def _not_open(incident: "Incident", _account: "Account") -> Why:
    """Whoever comes second is told who was first."""
    if incident.state == IncidentState.OPEN:
        return ""
    return AlreadyTaken(who=incident.taken_by) if incident.taken_by else _("Somebody has it already.")


def _closed(incident: "Incident", _account: "Account") -> str | Promise:
    return "" if incident.state != IncidentState.CLOSED else _("It is closed.")


def _never_closed(_incident: "Incident", _account: "Account") -> str | Promise:
    """What came of it is known sometimes only after it is over."""
    return ""


def _not_taken(incident: "Incident", _account: "Account") -> str | Promise:
    match IncidentState(incident.state):
        case IncidentState.TAKEN:
            return ""
        case IncidentState.OPEN:
            return _("Take the incident first.")
        case IncidentState.RESOLVED | IncidentState.CLOSED:
            return _("An outcome is given already.")


def _not_called(incident: "Incident", account: "Account") -> str | Promise:
    caller = incident.caller
    return _not_taken(incident, account) or _silent(incident, caller.party if caller else Party.PASSENGER)


def _silent(incident: "Incident", party: str) -> str | Promise:
    """Each side has its own silence: the other's neither keeps it from being called nor lets it ring."""
    silent = incident.callers.filter(party=party, silent=True).exists()
    return _("Silent mode: do not call back.") if silent else ""


def _not_to_driver(incident: "Incident", account: "Account") -> str | Promise:
    """A call would tell him that somebody looks (S11): only his own call for help, a safe check, or an empty car allow it."""
    if why := _not_taken(incident, account):
        return why
    trip = incident.trip
    if trip is None or trip.driver is None:
        return _("No driver is known.")
    alone = not trip.somebody_may_be_aboard or incident.answer(incident.safe_check_at) is not None
    called = incident.sos_calls.filter(party=Party.DRIVER).exists()
    if why := _silent(incident, Party.DRIVER):
        return why
    return "" if alone or called else _("She may sit beside him: not before a safe check reached her.")


def _not_to_passenger(incident: "Incident", account: "Account") -> str | Promise:
    if why := _not_taken(incident, account):
        return why
    if incident.trip is None and not incident.missing_phone:
        return _("No trip was found for this phone.")
    return _silent(incident, Party.PASSENGER)


def _not_to_contact(incident: "Incident", account: "Account") -> str | Promise:
    if why := _not_taken(incident, account):
        return why
    return "" if incident.trip else _("No trip was found for this phone.")


def _nothing_new(incident: "Incident", _account: "Account") -> str | Promise:
    match IncidentState(incident.state):
        case IncidentState.TAKEN | IncidentState.RESOLVED:
            return "" if incident.news_at or incident.look_due else _("Nothing is new.")
        case IncidentState.OPEN:
            return _("Take the incident first.")
        case IncidentState.CLOSED:
            return _("It is closed.")


def _not_written_to(incident: "Incident", account: "Account") -> str | Promise:
    if incident.state == IncidentState.OPEN:
        return _("Take the incident first.")
    called = "" if incident.has_sos else _("Nobody called for help from a page that could show it.")
    return _closed(incident, account) or called


def _not_offered(incident: "Incident", account: "Account") -> str | Promise:
    if incident.state == IncidentState.TAKEN and incident.offered_to == account.code:
        return ""
    return _("Nobody asked you to take it over.")


def _police_not_seen(incident: "Incident", account: "Account") -> Why:
    if closed := _closed(incident, account):
        return closed
    if not incident.police_call_waits:
        return _("No call to the police waits for a second person.")
    return SecondPersonNeeded() if account.code == incident.police_said_by else ""


def _not_excused(incident: "Incident", account: "Account") -> str | Promise:
    if why := _not_taken(incident, account):
        return why
    if not may(account, "incidents.excuse_police"):
        return _("Only a supervisor may record this.")
    return _("A supervisor who does not own it may record this.") if account.code == incident.taken_by else ""


def _unseen(incident: "Incident") -> str | Promise:
    """What nobody has looked at may be the call for help that an outcome would end."""
    return _("Something is new: look at it first.") if incident.news_at else ""


def _not_resolved(incident: "Incident", account: "Account") -> str | Promise:
    return _not_taken(incident, account) or _unseen(incident)


def _not_ended(incident: "Incident", account: "Account") -> str | Promise:
    return _not_reviewed(incident, account) or _unseen(incident)


def _not_reviewed(incident: "Incident", account: "Account") -> str | Promise:
    if incident.state != IncidentState.RESOLVED:
        return _("There is no outcome to review yet.")
    if incident.resolved_by == account.code:
        return _("Whoever gave the outcome cannot review it.")
    return "" if may(account, "incidents.review") else _("A specialist or supervisor reviews.")


_RULES: dict[str, Callable[["Incident", "Account"], Why]] = {
    "take": _not_open,
    "see": _nothing_new,
    "write": _not_written_to,
    "say": _not_written_to,
    "step": _not_taken,
    "note": _closed,
    "called": _not_called,
    "call_passenger": _not_to_passenger,
    "call_contact": _not_to_contact,
    "call_driver": _not_to_driver,
    "call_station": _closed,
    "hand_over": _not_taken,
    "accept": _not_offered,
    "safe_check": _not_taken,
    "police_called": _not_taken,
    "police_seen": _police_not_seen,
    "police_excused": _not_excused,
    "resolve": _not_resolved,
    "harm": _never_closed,
    "close": _not_ended,
    "send_back": _not_reviewed,
}


def why_not_decide(appeal: "MaliceAppeal", account: "Account") -> str | Promise:
    """The reason against deciding an appeal: it takes a senior who had no part in the outcome."""
    if not may(account, "incidents.review"):
        return _("A specialist or supervisor reviews.")
    if appeal.decided_at is not None:
        return _("It is decided already.")
    if account.code in {appeal.incident.resolved_by, appeal.incident.closed_by}:
        return _("Whoever had a part in the outcome cannot decide the appeal.")
    return ""


policy.safer(
    policy.LOWER,
    THRESHOLD,
    ANSWER_WITHIN,
    RUNG_AFTER,
    ACCIDENT_WITHIN,
    FINE_SHOWN_WITHIN,
    OWNED_WITHIN,
    TAKEN_WITHIN,
    CALLED_BACK_WITHIN,
    POLICE_AFTER,
    POLICE_LIMIT,
)
policy.safer(policy.HIGHER, WEIGHTS)
