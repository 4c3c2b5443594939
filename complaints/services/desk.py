"""What agents do with complaints: take, give, answer, note, join, sort (C4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.selectors import account_by_code
from complaints import messages
from complaints.errors import (
    CannotMerge,
    NobodyThere,
    NothingWaits,
    NotNow,
    ReasonNeeded,
    TooManyAtOnce,
)
from complaints.models import Assignment, Complaint, Statement
from complaints.policies import BULK_LIMIT, Case, Known, had_a_part, why_not
from complaints.selectors import complaint_by_code, known_of, undoable_by
from complaints.services import interlock, timers
from complaints.services.intake import channel_of, join, link_of, locked, phone_and_language, raise_level
from complaints.services.timers import add_line, note_activity
from complaints.states import (
    RANK,
    SMS,
    AccusedAs,
    ComplaintLine,
    ComplaintState,
    Level,
    PauseReason,
    Side,
    StatementState,
    TimerKind,
)
from core import audit, clock, four_eyes, timeline, typed
from core.errors import DomainError, InvalidInput, NotFound
from core.messages import outbox
from core.permissions import may, require
from core.transactions import begins_transaction, joins_transaction
from drivers.selectors import drivers_of_plate
from rides.selectors import trip_by_code
from safety.services import check_by_secret, file_welfare_check

if TYPE_CHECKING:
    from accounts.models import Account

LONGEST = 4_000


def for_action(account: "Account", code: str, key: str) -> tuple[Complaint, Known]:
    """The complaint, locked, where this person may do this now. Raises `NotFound`, `NotNow`, `SecondPersonNeeded`."""
    complaint = locked(complaint_by_code(code).pk)
    case = Case(complaint, known_of(complaint, account))
    four_eyes.another(account.code, *had_a_part(case, key))
    why = why_not(case, account, key)
    if isinstance(why, DomainError):
        raise why
    if why:
        raise NotNow(why=str(why))
    return complaint, case.known


def said_words(words: str) -> str:
    """What somebody wrote, where something must be written. Raises `ReasonNeeded`."""
    if not words.strip():
        raise ReasonNeeded("words")
    return words.strip()[:LONGEST]


def _give(complaint: Complaint, account: "Account", to: "Account | None") -> Assignment:
    at = clock.now()
    row = Assignment.objects.create(
        complaint=complaint, by=account.code, before=complaint.owner, after=to, at=at
    )
    complaint.owner, complaint.owned_at = to, at if to else None
    Complaint.objects.filter(pk=complaint.pk).update(owner=to, owned_at=complaint.owned_at)
    if to is not None and complaint.level == Level.SEVERE and complaint.named_contact_id is None:
        # Whoever takes a grave case first stays with the person who was harmed, whoever works on it later (C7).
        complaint.named_contact = to
        Complaint.objects.filter(pk=complaint.pk).update(named_contact=to)
    if to is None:
        add_line(complaint, account.actor, ComplaintLine.UNASSIGNED)
    elif to.pk == account.pk:
        timers.note_seen(complaint)
        add_line(complaint, account.actor, ComplaintLine.TAKEN, who=to.code)
    else:
        add_line(complaint, account.actor, ComplaintLine.ASSIGNED, who=to.code)
    audit.record(
        account.actor,
        "complaints.assigned",
        complaint.code,
        case=complaint.code,
        to=to.code if to else "",
    )
    return row


@begins_transaction
def take(*, account: "Account", code: str) -> Complaint:
    """Take a complaint; whoever comes second is told who was first. Raises `AlreadyOwned`, `NotNow`, `NotFound`."""
    complaint, _known = for_action(account, code, "take")
    _give(complaint, account, account)
    return complaint


@begins_transaction
def see_news(*, account: "Account", code: str, shown: str = "") -> None:
    """A person has looked at the grave words that came since somebody last did: whoever has it, while they are on duty.

    `shown` is the complaint's `news` of the page on which they looked, all that there is where it is empty: nobody has
    seen what came after it. Raises `AlreadyOwned`, `NotNow`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "see")
    if shown and shown != str(complaint.news):
        raise NotNow(why=str(_("Something came since this page was drawn: look at it first.")))
    add_line(complaint, account.actor, ComplaintLine.SEEN, who=account.code)
    audit.record(account.actor, "complaints.seen", code, case=code)
    timers.note_seen(complaint)
    note_activity(complaint)


@begins_transaction
def _needs_help(account: "Account", code: str) -> Complaint:
    require(account, "incidents.respond")
    complaint, _known = for_action(account, code, "help")
    return complaint


@begins_transaction
def _helped(account: "Account", code: str, incident: str) -> None:
    complaint, _known = for_action(account, code, "help")
    timers.note_seen(complaint)
    add_line(complaint, account.actor, ComplaintLine.HELP, incident=incident, other=incident)
    audit.record(account.actor, "complaints.help", code, case=code, incident=incident)
    note_activity(complaint)


def open_incident_of(*, account: "Account", code: str) -> str:
    """Whoever complained needs help now, after the trip or without one: a welfare check of them, as of a message from
    outside, with the gravest that they wrote; the incident's code. It is the same incident while that is live.

    Nothing is sent to them: a phone that sounds may betray them. Raises `Forbidden`, `NotNow`, `NotFound`, `InvalidInput`
    where there is neither a number nor a word.
    """
    complaint = _needs_help(account, code)
    phone, _language = phone_and_language(complaint)
    filed = file_welfare_check(
        missing_phone=phone if channel_of(complaint) == SMS else "",
        reporter_phone="",
        words=_gravest(complaint),
        submission=f"complaint:{code}:{complaint.round}:{complaint.news}",
        trip=complaint.trip.code if complaint.trip else "",
    )
    incident = check_by_secret(filed.secret).incident.code
    _helped(account, code, incident)
    return incident


def _gravest(complaint: Complaint) -> str:
    """The newest words in the case that were read as grave; what was filed where there are none."""
    lines = [line for line in timeline.of(case=complaint.code) if line.facts.get("danger") == "severe"]
    return str(lines[-1].words if lines else complaint.words)


@begins_transaction
def take_next(*, account: "Account") -> Complaint:
    """Take what is due first of all that nobody has; twenty agents at once get twenty complaints.

    Raises `Forbidden`, `NothingWaits`.
    """
    require(account, "complaints.work")
    waiting = Complaint.objects.filter(owner=None, state=ComplaintState.OPEN).order_by(
        "from_crowd", "due_at", "pk"
    )
    if not may(account, "complaints.judge"):
        # Where both sides were heard, an adjudicator is next.
        heard = Statement.objects.filter(complaint=OuterRef("pk"), round=OuterRef("round"), side=Side.ACCUSED)
        waiting = waiting.filter(~Exists(heard.exclude(state=StatementState.ASKED)) | Q(level=Level.ORDINARY))
    row = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if row is None:
        raise NothingWaits
    complaint = locked(row.pk)
    _give(complaint, account, account)
    return complaint


def worker(code: str) -> "Account":
    """Somebody who may have complaints. Raises `NobodyThere`."""
    found = account_by_code(code)
    if found is None or not may(found, "complaints.work"):
        raise NobodyThere("to")
    return found


@begins_transaction
def assign(*, account: "Account", code: str, to: str) -> Complaint:
    """Give a complaint to somebody. Raises `NotNow`, `NobodyThere`, `NotFound`."""
    complaint, _known = for_action(account, code, "assign")
    _give(complaint, account, worker(to))
    return complaint


@joins_transaction
def give_own_complaints(account: "Account", heir: "Account", words: str) -> int:
    """Every live complaint of one's own to a colleague, with a note of what they must know. Raises `NobodyThere`."""
    rows = Complaint.objects.live().filter(owner=account).order_by("pk").values_list("pk", flat=True)
    keys = list(rows)
    if keys:
        worker(heir.code)
    for pk in keys:
        complaint = locked(pk)
        if complaint.owner_id != account.pk:
            continue  # somebody was faster: it is not one's own any more
        _give(complaint, account, heir)
        add_line(complaint, account.actor, ComplaintLine.NOTE, words=words)
    return len(keys)


@begins_transaction
def unassign(*, account: "Account", code: str) -> Complaint:
    """Put a complaint back in the queue. Raises `NotNow`, `NotFound`."""
    complaint, _known = for_action(account, code, "unassign")
    _give(complaint, account, None)
    return complaint


@begins_transaction
def undo_assignment(*, account: "Account", code: str) -> Complaint:
    """Take back one's own last assignment, as long as nothing happened since. Raises `NotNow`."""
    complaint, _known = for_action(account, code, "undo")
    row = undoable_by(complaint, account, clock.now())
    if row is None:
        raise NotNow(why=str(_("There is no assignment of yours of the last minutes to undo.")))
    Assignment.objects.filter(pk=row.pk).update(undone_at=clock.now())
    back = _give(complaint, account, row.before if row.before and row.before.is_active else None)
    Assignment.objects.filter(pk=back.pk).update(undone_at=clock.now())  # an undoing is not undone
    return complaint


@begins_transaction
def answer(*, account: "Account", code: str, words: str) -> Complaint:
    """Write to whoever complained: by message, and on their page. Raises `NotNow`, `ReasonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "answer")
    text = said_words(words)
    add_line(complaint, account.actor, ComplaintLine.ANSWERED, words=text)
    audit.record(account.actor, "complaints.answered", code, case=code)
    phone, language = phone_and_language(complaint)
    if phone:
        count = outbox.count_keys(f"answer:{code}:")
        outbox.queue(
            messages.ComplaintAnswered(words=text, link=link_of(complaint)),
            key=f"answer:{code}:{count + 1}",
            channel=channel_of(complaint),
            to=phone,
            language=language,
            subject=code,
        )
    timers.meet_limit(complaint, TimerKind.ANSWER, by=account)
    note_activity(complaint)
    return complaint


@begins_transaction
def add_note(*, account: "Account", code: str, words: str) -> None:
    """A note for colleagues; who complained does not see it. Raises `NotNow`, `ReasonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "note")
    add_line(complaint, account.actor, ComplaintLine.NOTE, words=said_words(words))
    audit.record(account.actor, "complaints.noted", code, case=code)
    note_activity(complaint)


@begins_transaction
def keep_stop(*, account: "Account", code: str, words: str) -> Complaint:
    """A person looked at the stop on a driver's orders, and it stays (C2); a proposal to lift it is refused by that.

    Raises `NotNow`, `ReasonNeeded`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "review_keep")
    add_line(complaint, account.actor, ComplaintLine.KEPT, words=said_words(words))
    Complaint.objects.filter(pk=complaint.pk).update(lift_by="")
    _reviewed(complaint, account, kept=True)
    return complaint


@begins_transaction
def propose_lift(*, account: "Account", code: str, words: str) -> Complaint:
    """The first of two people: the stop should end. It stays, and its review is due, until another agrees.

    Raises `NotNow`, `ReasonNeeded`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "review_lift")
    add_line(complaint, account.actor, ComplaintLine.LIFT_PROPOSED, words=said_words(words))
    complaint.lift_by = account.code
    Complaint.objects.filter(pk=complaint.pk).update(lift_by=account.code)
    audit.record(account.actor, "complaints.lift_proposed", code, case=code)
    note_activity(complaint)
    return complaint


@begins_transaction
def agree_to_lift(*, account: "Account", code: str) -> Complaint:
    """The second, another person: the stop ends, and the driver is paid for it.

    Raises `NotNow`, `SecondPersonNeeded`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "lift_agree")
    reason = _("lifted by two people who reviewed it")
    interlock.let_orders_pass(actor=account.actor, complaint=complaint, reason=str(reason), paid=True)
    complaint.lifted_at, complaint.lifted_by = clock.now(), account.code
    Complaint.objects.filter(pk=complaint.pk).update(
        lifted_at=complaint.lifted_at, lifted_by=complaint.lifted_by
    )
    add_line(complaint, account.actor, ComplaintLine.LIFTED)
    _reviewed(complaint, account, kept=False)
    return complaint


def _reviewed(complaint: Complaint, account: "Account", *, kept: bool) -> None:
    audit.record(
        account.actor, "complaints.interlock_reviewed", complaint.code, case=complaint.code, kept=kept
    )
    timers.meet_limit(complaint, TimerKind.REVIEW, by=account)
    note_activity(complaint)


@begins_transaction
def pause_timer(*, account: "Account", code: str, kind: str, reason: str, words: str) -> None:
    """Stop a limit for a reason that its class allows. Raises `NotNow`, `PauseClosed`, `InvalidInput`, `ReasonNeeded`."""
    complaint, _known = for_action(account, code, "pause")
    if kind not in TimerKind.values or reason not in PauseReason.values:
        raise InvalidInput("reason")
    timers.pause(complaint, TimerKind(kind), actor=account.actor, reason=PauseReason(reason))
    add_line(complaint, account.actor, ComplaintLine.NOTE, words=said_words(words))
    note_activity(complaint)


@begins_transaction
def resume_timers(*, account: "Account", code: str) -> None:
    """Let paused limits run again. Raises `NotNow`, `NotFound`."""
    complaint, _known = for_action(account, code, "resume")
    timers.resume(complaint, actor=account.actor)
    note_activity(complaint)


@begins_transaction
def raise_class(*, account: "Account", code: str, level: Level, words: str) -> Complaint:
    """A person says that it is graver than its class. Raises `NotNow`, `InvalidInput`, `ReasonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "raise")
    if RANK[level] <= RANK[Level(complaint.level)]:
        raise InvalidInput("level")
    add_line(complaint, account.actor, ComplaintLine.NOTE, words=said_words(words))
    raise_level(actor=account.actor, complaint=complaint, level=level)
    note_activity(complaint)
    return complaint


@begins_transaction
def lower_class(*, account: "Account", code: str, level: Level, words: str) -> Complaint:
    """An adjudicator or supervisor sets a class lower: what the danger words raised only people lower.

    A severe complaint is decided by two people, so it is lowered by two: this proposes it.
    Raises `NotNow`, `InvalidInput`, `ReasonNeeded`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "lower")
    if RANK[level] >= RANK[Level(complaint.level)]:
        raise InvalidInput("level")
    reason = said_words(words)
    if complaint.level == Level.SEVERE:
        Complaint.objects.filter(pk=complaint.pk).update(lower_to=level, lower_by=account.code, lowered_by="")
        add_line(complaint, account.actor, ComplaintLine.LOWER_PROPOSED, words=reason, level=level)
        audit.record(account.actor, "complaints.lower_proposed", code, case=code, level=level)
    else:
        add_line(complaint, account.actor, ComplaintLine.NOTE, words=reason)
        _lower(complaint, account, level)
    note_activity(complaint)
    return complaint


@begins_transaction
def agree_to_lower(*, account: "Account", code: str) -> Complaint:
    """The second, another person: the class is set lower. Raises `NotNow`, `SecondPersonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "lower_agree")
    level = Level(complaint.lower_to)
    Complaint.objects.filter(pk=complaint.pk).update(lower_to="", lowered_by=account.code)
    _lower(complaint, account, level)
    note_activity(complaint)
    return complaint


@begins_transaction
def refuse_to_lower(*, account: "Account", code: str, words: str) -> Complaint:
    """The class stays what it is. Raises `NotNow`, `ReasonNeeded`, `NotFound`."""
    complaint, _known = for_action(account, code, "lower_refuse")
    reason = said_words(words)
    Complaint.objects.filter(pk=complaint.pk).update(lower_to="")
    add_line(complaint, account.actor, ComplaintLine.LOWER_REFUSED, words=reason, level=complaint.level)
    audit.record(account.actor, "complaints.lower_refused", code, case=code)
    note_activity(complaint)
    return complaint


def _lower(complaint: Complaint, account: "Account", level: Level) -> None:
    complaint.level = level
    Complaint.objects.filter(pk=complaint.pk).update(level=level)
    add_line(complaint, account.actor, ComplaintLine.LOWERED, level=level)
    audit.record(account.actor, "complaints.lowered", complaint.code, case=complaint.code, level=level)
    timers.start(complaint, interlock=False)


@begins_transaction
def name_accused(*, account: "Account", code: str, trip_code: str, plate: str, words: str) -> Complaint:
    """Say whom it is about, by trip, or by a plate that belongs to one driver; a severe one acts from now on.

    Raises `NotNow`, `NotFound`, `InvalidInput`, `ReasonNeeded`.
    """
    complaint, _known = for_action(account, code, "name")
    reason, actor = said_words(words), account.actor
    if trip_code.strip():
        trip = trip_by_code(typed.code.read(trip_code))
        if trip.driver is None:
            raise InvalidInput("trip")
        complaint.trip = trip
        person = trip.driver.account
        as_ = AccusedAs.DRIVER
        if person.pk == complaint.complainant_id:
            person, as_ = trip.passenger, AccusedAs.PASSENGER
    else:
        drivers = drivers_of_plate(plate) if plate.strip() else []
        if len(drivers) != 1:
            raise InvalidInput("plate")
        person, as_ = drivers[0].account, AccusedAs.DRIVER
    complaint.accused, complaint.accused_as = person, as_
    known = {complaint.plates, typed.plate.key(plate)[:12]}
    if complaint.trip:
        known |= {
            typed.plate.key(complaint.trip.plate_registered),
            typed.plate.key(complaint.trip.plate_seen),
        }
    complaint.plates = " ".join(sorted(known - {""}))[:60]
    complaint.save(update_fields=["trip", "accused", "accused_as", "plates"])
    add_line(complaint, actor, ComplaintLine.NAMED, words=reason)
    audit.record(actor, "complaints.named", code, case=code, person=person.code)
    stops = interlock.stop_orders(actor=actor, complaint=complaint)
    timers.start(complaint, interlock=stops)
    note_activity(complaint)
    return complaint


@begins_transaction
def confirm_caller(*, account: "Account", code: str, words: str) -> Complaint:
    """Somebody without an account was called back and reached: their word now acts as a member's does.

    Raises `NotNow`, `ReasonNeeded`, `NotFound`.
    """
    complaint, _known = for_action(account, code, "confirm")
    reason, actor = said_words(words), account.actor
    complaint.caller_verified_at = clock.now()
    Complaint.objects.filter(pk=complaint.pk).update(caller_verified_at=complaint.caller_verified_at)
    add_line(complaint, actor, ComplaintLine.REACHED, words=reason)
    audit.record(actor, "complaints.caller_verified", code, case=code)
    stops = interlock.stop_orders(actor=actor, complaint=complaint)
    timers.start(complaint, interlock=stops)
    note_activity(complaint)
    return complaint


@begins_transaction
def name_contact(*, account: "Account", code: str, to: str) -> Complaint:
    """Say who stays with the person who was harmed (C7). Raises `NotNow`, `NobodyThere`, `NotFound`."""
    complaint, _known = for_action(account, code, "contact")
    person = worker(to)
    Complaint.objects.filter(pk=complaint.pk).update(named_contact=person)
    add_line(complaint, account.actor, ComplaintLine.CONTACT, who=person.code)
    audit.record(account.actor, "complaints.contact", code, case=code, to=person.code)
    return complaint


@begins_transaction
def merge(*, account: "Account", code: str, into: str, words: str) -> Complaint:
    """Join a complaint to another about the same matter: it is worked on there, and both who complained are told there.

    Rows are locked in the order of their keys. Raises `NotNow`, `CannotMerge`, `NotFound`, `ReasonNeeded`.
    """
    one, other = complaint_by_code(code), complaint_by_code(typed.code.read(into))
    if one.pk == other.pk:
        raise CannotMerge(why=str(_("they are one and the same.")))
    for pk in sorted((one.pk, other.pk)):
        locked(pk)
    complaint, known = for_action(account, code, "merge")
    held = known.held
    target = locked(other.pk)
    if target.state != ComplaintState.OPEN:
        raise CannotMerge(why=str(_("the other one is decided, or part of a third.")))
    if complaint.accused_id and target.accused_id and complaint.accused_id != target.accused_id:
        raise CannotMerge(why=str(_("they are about two people.")))
    if complaint.joined.exists():
        raise CannotMerge(why=str(_("others were joined to this one; join it the other way round.")))
    reason, actor = said_words(words), account.actor
    if target.accused_id is None and complaint.accused_id is not None:
        target.accused, target.accused_as = complaint.accused, complaint.accused_as
        target.save(update_fields=["accused", "accused_as"])
    join(actor=actor, complaint=complaint, target=target, words=reason)
    if complaint.stopped_at:
        # The other one stops the driver from now on; what began earlier goes on without a gap.
        stays = interlock.stop_orders(actor=actor, complaint=target)
        if held and not stays:
            raise CannotMerge(
                why=str(_("its stop on orders would end; review that first, or join it the other way round."))
            )
        interlock.let_orders_pass(actor=actor, complaint=complaint, reason=reason, paid=False)
        Complaint.objects.filter(pk=complaint.pk).update(lifted_at=clock.now())
    note_activity(target)
    return target


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one complaint of many; `why` is empty where it was done."""

    code: str
    why: str | Promise = ""


# Only what can be put right again is done to many.
BULK: dict[str, Callable[..., object]] = {
    "take": take,
    "assign": assign,
    "unassign": unassign,
    "note": add_note,
}


def in_bulk(*, account: "Account", codes: Sequence[str], action: str, **said: str) -> list[Done]:
    """The same action of `BULK` on several complaints, each in a transaction of its own: one that is refused stops no other.

    `said` is what the action has to be told. Raises `TooManyAtOnce`, `InvalidInput`, `NotFound` for any other action.
    """
    service, chosen = BULK.get(action), list(dict.fromkeys(codes))
    if service is None:
        raise NotFound
    if not chosen:
        raise InvalidInput("codes")
    if len(chosen) > BULK_LIMIT:
        raise TooManyAtOnce(limit=BULK_LIMIT)
    found = []
    for code in chosen:
        try:
            service(account=account, code=code, **said)
            found.append(Done(code))
        except DomainError as refusal:
            found.append(Done(code, refusal.detail))
    return found
