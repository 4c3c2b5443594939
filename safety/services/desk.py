"""What staff do with an incident."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts import looks
from accounts.selectors import account_by_code
from accounts.states import LookKind
from core import audit, clock, holds, live, prepared, timeline
from core.actors import SYSTEM, Actor
from core.errors import DomainError, InvalidInput, NotFound
from core.permissions import may
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from rides.states import Party
from safety.errors import ActionClosed, OutcomeUnknown, ReasonMissing
from safety.models import HelpMessage, Incident
from safety.policies import why_not
from safety.services.incidents import acknowledge, change_incident, note_call_back
from safety.services.pushing import end_push
from safety.services.stops import end_stop
from safety.states import (
    INCIDENT_TRANSITIONS,
    Harm,
    IncidentOutcome,
    IncidentState,
    SafetyLine,
    StaffPhrase,
    topic_of,
)

if TYPE_CHECKING:
    from accounts.models import Account


def for_action(account: "Account", code: str, key: str) -> Incident:
    """An incident with its row locked, for one action. Raises `ActionClosed` or the rule's own error, `NotFound`."""
    incident = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("trip__driver__account")
        .filter(code=code)
        .first()
    )
    if incident is None:
        raise NotFound
    why = why_not(incident, account, key)
    if isinstance(why, DomainError):
        raise why
    if why:
        raise ActionClosed(why=str(why))
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
def record_incident_read(*, account: "Account", incident: Incident) -> None:
    """Somebody of the staff opened the page of an incident: what it says is personal (A8)."""
    trip = incident.trip
    sides = [trip.passenger, trip.driver.account if trip.driver else None] if trip else []
    looks.note_read(
        account=account,
        subject=incident.code,
        seen=LookKind.INCIDENT,
        action="safety.incident_read",
        people=[each.code for each in sides if each is not None],
        case=incident.code,
    )


@begins_transaction
def take_incident(*, account: "Account", code: str) -> Incident:
    """A person takes it; whoever comes second is told who was first. Raises `AlreadyTaken`, `ActionClosed`, `NotFound`."""
    incident = for_action(account, code, "take")
    at = clock.now()
    move(incident, INCIDENT_TRANSITIONS, IncidentState.TAKEN, taken_at=at, taken_by=account.code)
    _line(incident, account, SafetyLine.TAKEN, who=account.code)
    acknowledge(incident, by=account.code)
    return incident


@begins_transaction
def see_news(*, account: "Account", code: str, shown: str = "") -> None:
    """Whoever acts on it has looked at what came since somebody last did.

    `shown` is the incident's `news` of the page on which they looked, all that there is where it is empty: nobody has
    seen what came after it. Raises `ActionClosed`, `NotFound`.
    """
    incident = for_action(account, code, "see")
    if shown and shown != str(incident.news):
        raise ActionClosed(why=str(_("Something came since this page was drawn: look at it first.")))
    _line(incident, account, SafetyLine.SEEN, who=account.code)
    acknowledge(incident, by=account.code)


@begins_transaction
def write_to_caller(
    *, account: "Account", code: str, party: str, phrase: str = "", words: str = "", shown: str = ""
) -> HelpMessage:
    """Write to one side that called for help, on its page (S1+): a phrase that it reads in its language, or words.

    Whoever writes has looked at what their page showed, the incident's `news` of which is `shown`. Raises `ActionClosed`, `NotFound`, `ReasonMissing` for nothing at all,
    `InvalidInput` for a side that has not called, and for a phrase that is not one.
    """
    incident = for_action(account, code, "write")
    if not incident.sos_calls.filter(party=party).exists():
        raise InvalidInput("party")
    if phrase and phrase not in StaffPhrase.values:
        raise InvalidInput("phrase")
    message = _write(incident, account, party, (words.strip() if phrase else _need(words))[:1000], phrase)
    _looked(incident, account, shown)
    return message


def _looked(incident: Incident, account: "Account", shown: str) -> None:
    """Whoever acts has looked at what their page showed, the incident's `news` of which is `shown`."""
    if shown == str(incident.news):
        acknowledge(incident, by=account.code)
    else:
        change_incident(incident)


def _write(incident: Incident, account: "Account", party: str, text: str, phrase: str = "") -> HelpMessage:
    message = HelpMessage.objects.create(
        incident=incident, party=party, staff=account.code, phrase=phrase, words=text, at=clock.now()
    )
    told = {"from_staff": phrase} if phrase else {}
    kind = SafetyLine.WROTE_PHRASE if phrase else SafetyLine.WROTE
    _line(incident, account, kind, text, who=account.code, party=party, **told)
    if incident.trip:
        live.changed_on_commit(topic_of(incident.trip.code, party))
    return message


@begins_transaction
def take_step(*, account: "Account", code: str, step: str, shown: str = "") -> None:
    """Take a step that supervisors prepared: words to the side that called, in its language, a note, and when somebody
    looks again.

    Whoever takes it has looked at what their page showed, as in `write_to_caller`. A look that was promised before, or is
    due, is put off by none. Raises `ActionClosed`, also where its words would reach nobody, `NotFound`, `InvalidInput` for
    a step that there is not any more.
    """
    incident = for_action(account, code, "step")
    found = next((each for each in prepared.steps() if each.code == step), None)
    if found is None:
        raise InvalidInput("step")
    caller = incident.caller
    if any(found.words.values()):
        if caller is None or incident.trip is None:
            raise ActionClosed(why=str(_("Nobody called for help from a page that could show it.")))
        trip, driver = incident.trip, incident.trip.driver
        person = driver.account if driver and caller.party == Party.DRIVER else trip.passenger
        _write(incident, account, caller.party, prepared.in_language(found.words, person.language))
    if any(found.note.values()):
        _line(incident, account, SafetyLine.NOTE, prepared.in_language(found.note, account.language))
    _line(incident, account, SafetyLine.STEP, step=found.code)
    _looked(incident, account, shown)
    if found.again:
        again = clock.now() + found.again
        change_incident(incident, look_at=min(incident.look_at or again, again))


@begins_transaction
def offer_incident(*, account: "Account", code: str, to: str, words: str) -> None:
    """Ask somebody to take an incident over, with what they must know; until they do, it stays with its owner.

    Raises `ActionClosed`, `NotFound`, `InvalidInput` where nobody of that name responds to incidents, `ReasonMissing`.
    """
    _offer(account, code, account_by_code(to.strip()), words)


def _offer(account: "Account", code: str, heir: "Account | None", words: str) -> None:
    incident = for_action(account, code, "hand_over")
    if heir is None or not may(heir, "incidents.respond") or heir.code == incident.taken_by:
        raise InvalidInput("to")
    _line(incident, account, SafetyLine.OFFERED, _need(words), who=heir.code)
    change_incident(incident, offered_to=heir.code)


@joins_transaction
def offer_own_incidents(account: "Account", heir: "Account", words: str) -> int:
    """Ask somebody to take over every incident of one's own; they stay with their owner until that person does.

    Raises as `offer_incident`.
    """
    rows = Incident.objects.select_for_update().filter(state=IncidentState.TAKEN, taken_by=account.code)
    codes = list(rows.order_by("pk").values_list("code", flat=True))
    for code in codes:
        _offer(account, code, heir, words)
    return len(codes)


@begins_transaction
def accept_incident(*, account: "Account", code: str) -> None:
    """Whoever was asked takes it over: from now on it is theirs. Raises `ActionClosed`, `NotFound`."""
    incident = for_action(account, code, "accept")
    _line(incident, account, SafetyLine.HANDED_OVER, who=account.code)
    change_incident(incident, taken_by=account.code, offered_to="")
    acknowledge(incident, by=account.code)


@begins_transaction
def add_note(*, account: "Account", code: str, words: str) -> None:
    """Words of whoever acts on it, in its timeline. Raises `ActionClosed`, `NotFound`, `ReasonMissing`."""
    incident = for_action(account, code, "note")
    _line(incident, account, SafetyLine.NOTE, _need(words))
    change_incident(incident)


@begins_transaction
def record_call(*, account: "Account", code: str, words: str) -> None:
    """The agent called back the side that called for help; `words` say what came of it.

    Raises `ActionClosed`, `NotFound`, `ReasonMissing`.
    """
    incident = for_action(account, code, "called")
    _line(incident, account, SafetyLine.CALLED, _need(words), result="")
    note_call_back(incident, incident.caller.party if incident.caller else Party.PASSENGER)


@begins_transaction
def record_safe_check(*, account: "Account", code: str, words: str) -> None:
    """Somebody spoke to the passenger, apart from the driver, and she is safe (S10).

    Raises `ActionClosed`, `NotFound`, `ReasonMissing`.
    """
    incident = for_action(account, code, "safe_check")
    _line(incident, account, SafetyLine.SAFE_CHECK, _need(words))
    change_incident(incident, safe_check_at=incident.answer(incident.safe_check_at) or clock.now())


@begins_transaction
def record_police_call(*, account: "Account", code: str, station: str, number: str) -> None:
    """The police of the place were called by hand: which station, by which number, and who there took it.

    Or a station that rang said that police are sent. The clock runs on until a second person has looked, or a station that
    we called has the pack: a click with some words is no call (S10). Raises `ActionClosed`, `NotFound`, `ReasonMissing`,
    `InvalidInput` for what is no number.
    """
    incident = for_action(account, code, "police_called")
    called = _need(number)
    if sum(each.isdecimal() for each in called) < 3:
        raise InvalidInput("number")
    _line(incident, account, SafetyLine.POLICE_SAID, station=_need(station), number=called[:40])
    change_incident(incident, police_said_by=account.code, police_said_at=clock.now(), police_seen_by="")


@begins_transaction
def confirm_police_call(*, account: "Account", code: str) -> None:
    """A second person has looked at a call to the police by hand: the clock stops at the time of the call (S10).

    Raises `ActionClosed`, `NotFound`, `SecondPersonNeeded`.
    """
    incident = for_action(account, code, "police_seen")
    _line(incident, account, SafetyLine.POLICE_SEEN)
    change_incident(incident, police_seen_by=account.code, police_called_at=incident.police_said_at)


@begins_transaction
def record_harm(*, account: "Account", code: str, harm: str, words: str) -> None:
    """Whether somebody was hurt, and how gravely; a death or severe injury opens a review (G10). What was recorded is put
    right by recording it again.

    Raises `NotFound`, `ReasonMissing`, `InvalidInput`.
    """
    incident = for_action(account, code, "harm")
    _note_harm(incident, account, harm, _need(words))


def _note_harm(incident: Incident, account: "Account", harm: str, words: str = "") -> None:
    """Of an incident whose row is locked. Raises `InvalidInput`."""
    if harm not in Harm.values:
        raise InvalidInput("harm")
    _line(incident, account, SafetyLine.HARM, words, harm=harm)
    known_at = incident.harm_at if incident.harm == harm else None
    change_incident(incident, harm=harm, harm_at=known_at or clock.now())


@joins_transaction
def note_police_called(*, incident: Incident, actor: Actor, station: str) -> None:
    """S10 is done: we called the police of the place and they have the case, or 110 said that they are on their way."""
    trip = incident.trip.code if incident.trip else ""
    timeline.add(SafetyLine.POLICE_CALLED, actor, trip=trip, incident=incident.code, station=station)
    audit.record(actor, "safety.police_called", incident.code, case=incident.code)
    change_incident(incident, police_called_at=incident.answer(incident.police_called_at) or clock.now())


@joins_transaction
def note_police_given(*, incident: Incident, actor: Actor, station: str) -> None:
    """A station asked and has the pack. That it knows of the danger sends nobody: the clocks of S10 run on."""
    trip = incident.trip.code if incident.trip else ""
    timeline.add(SafetyLine.POLICE_GIVEN, actor, trip=trip, incident=incident.code, station=station)
    audit.record(actor, "safety.police_given", incident.code, case=incident.code)
    change_incident(incident)


@joins_transaction
def undo_police_call(*, incident: Incident, actor: Actor, station: str, noted_at: datetime) -> None:
    """Whoever was taken for the police at `noted_at` was a thief: S10's clock runs on as if nobody had been called."""
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    called = incident.police_called_at
    if called is None or not noted_at <= called <= noted_at + timedelta(seconds=5):
        return
    trip = incident.trip.code if incident.trip else ""
    timeline.add(SafetyLine.POLICE_CALL_UNDONE, actor, trip=trip, incident=incident.code, station=station)
    audit.record(actor, "safety.police_call_undone", incident.code, case=incident.code)
    change_incident(incident, police_called_at=None)


@begins_transaction
def excuse_police_call(*, account: "Account", code: str, words: str) -> None:
    """A supervisor records why the police are not called (S10).

    Raises `ActionClosed`, `NotFound`, `ReasonMissing`.
    """
    incident = for_action(account, code, "police_excused")
    _line(incident, account, SafetyLine.POLICE_NOT_CALLED, _need(words))
    change_incident(incident, police_excused_at=incident.answer(incident.police_excused_at) or clock.now())


@begins_transaction
def resolve_incident(*, account: "Account", code: str, outcome: str, harm: str, words: str) -> None:
    """Give an outcome with a reason, and say whether somebody was hurt; a second person reviews it.

    Raises `OutcomeUnknown`, `InvalidInput` where nothing is said of harm, `ReasonMissing`, `ActionClosed`, `NotFound`.
    """
    incident = for_action(account, code, "resolve")
    if outcome not in IncidentOutcome.values:
        raise OutcomeUnknown("outcome")
    text = _need(words)
    _note_harm(incident, account, harm)
    move(incident, INCIDENT_TRANSITIONS, IncidentState.RESOLVED, outcome=outcome, resolved_by=account.code)
    _line(incident, account, SafetyLine.RESOLVED, text, outcome=outcome)
    checked = incident.answer(incident.safe_check_at) or clock.now()
    # Who reached her, and says that she is safe, has made the check that the clocks of the police wait for (S10).
    change_incident(incident, **({"safe_check_at": checked} if outcome == IncidentOutcome.SAFE else {}))


@begins_transaction
def close_incident(*, account: "Account", code: str) -> None:
    """The second person agrees: the driver's next orders come again, where the outcome clears it (D15).

    Raises `ActionClosed`, `NotFound`.
    """
    incident = for_action(account, code, "close")
    move(incident, INCIDENT_TRANSITIONS, IncidentState.CLOSED, closed_at=clock.now(), closed_by=account.code)
    _line(incident, account, SafetyLine.CLOSED)
    change_incident(incident)
    if incident.outcome != IncidentOutcome.POLICE:
        # What the police have may still be evidence; all else goes when its time is over (S7).
        holds.release(actor=account.actor, source="sos", case=code)
    end_push(incident)
    end_stop(incident=incident, actor=account.actor)


@begins_transaction
def send_back(*, account: "Account", code: str, words: str) -> None:
    """The second person does not agree; the owner goes on.

    Raises `ActionClosed`, `NotFound`, `ReasonMissing`.
    """
    incident = for_action(account, code, "send_back")
    text = _need(words)
    checked = _checked_beside(incident)
    move(incident, INCIDENT_TRANSITIONS, IncidentState.TAKEN, outcome="", resolved_by="")
    _line(incident, account, SafetyLine.SENT_BACK, text)
    change_incident(incident, safe_check_at=checked)


def _checked_beside(incident: Incident) -> "datetime | None":
    """When a safe check was made beside the outcome, which goes: what only the outcome said is said no more."""
    lines = [each.at for each in timeline.of(incident=incident.code) if each.kind == SafetyLine.SAFE_CHECK]
    return incident.safe_check_at if incident.answer(*lines) else max(lines, default=None)


@begins_transaction
def close_drill(*, code: str) -> None:
    """End an incident of the hourly drill; no other. Raises `NotFound`."""
    incident = Incident.objects.select_for_update().filter(code=code, drill=True).first()
    if incident is None:
        raise NotFound
    at = clock.now()
    if incident.state == IncidentState.OPEN:
        move(incident, INCIDENT_TRANSITIONS, IncidentState.TAKEN, taken_at=at, taken_by="drill")
    if incident.state == IncidentState.TAKEN:
        move(
            incident,
            INCIDENT_TRANSITIONS,
            IncidentState.RESOLVED,
            outcome=IncidentOutcome.FALSE_ALARM,
            harm=Harm.NONE,
            harm_at=at,
            resolved_by="drill",
        )
    if incident.state == IncidentState.RESOLVED:
        move(incident, INCIDENT_TRANSITIONS, IncidentState.CLOSED, closed_at=at, closed_by="drill-second")
    end_stop(incident=incident, actor=Actor("drill-second", "system"))
    audit.record(SYSTEM, "safety.drill_closed", code, case=code)
    holds.release(actor=SYSTEM, source="sos", case=code)
