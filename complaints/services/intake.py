"""Complaints come in (C1, C2): from members, from somebody on the phone, from outside, from the police."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import looks
from accounts.codes import send_code, use_code
from accounts.errors import CodeTooSoon
from accounts.selectors import account_by_phone
from accounts.states import LookKind
from complaints import messages
from complaints import words as vocabulary
from complaints.errors import NoDriverYet, NotNow
from complaints.models import Complaint, Evidence
from complaints.policies import COMPLAINTS, STREET_COMPLAINTS
from complaints.selectors import complaint_by_code, complaint_by_link, person_of
from complaints.services import interlock, timers
from complaints.services.files import (
    MOST,
    PURPOSES,
    File,
    Missing,
    check_something_came,
    kept_for,
    lie_there,
    read_files,
)
from complaints.services.timers import add_line, note_activity
from complaints.states import (
    COMPLAINT_TRANSITIONS,
    LIVE,
    RANK,
    UNDECIDED,
    AccusedAs,
    Category,
    ComplaintLine,
    ComplaintState,
    Level,
    Side,
    Source,
    TimerKind,
)
from core import audit, clock, holds, idempotency, limits, pictures, typed
from core.actors import NOBODY, Actor
from core.codes import new_code
from core.errors import InvalidInput
from core.limits import Asker
from core.messages import outbox
from core.permissions import may
from core.privacy import phone_index
from core.reader.errors import TooManyFiles
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from drivers.selectors import drivers_of_plate
from rides.errors import RiderMended
from rides.selectors import name_of_rider, phone_of_rider, trip_by_code, trip_of, trips_by_plate, was_mended
from rides.states import Party
from safety.services import hear_from_trip

if TYPE_CHECKING:
    from accounts.models import Account
    from core.reader.door import Upload
    from rides.models import Trip

log = structlog.get_logger()

LONGEST = 4_000  # characters
CODE_PURPOSE = "complaint"


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody tells: category and words, and files that lie in storage already or are missing."""

    category: Category
    words: str
    submission: str
    files: Sequence[File | Missing] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody without an account: name and phone as given. `verified` where the call itself proved the number."""

    name: str
    phone: str
    verified: bool = False


@begins_transaction
def file_complaint(
    *,
    account: "Account",
    trip_code: str,
    category: Category,
    words: str,
    submission: str,
    files: Sequence[File | Missing] = (),
) -> Complaint:
    """File a complaint about one's own trip; the same `submission` files once.

    The same matter told again joins what is open already. A severe one holds the accused driver in the same
    transaction (C2), without a sign on the driver's phone while somebody may be in the car (S11).
    Raises `NotFound`, `NoDriverYet`, `InvalidInput`, `TooManyComplaints`.
    """
    told, row = Filing(category, words, submission, files), Complaint(complainant=account)
    again = told_already(row, told)
    if again:
        return again
    row.trip, party = trip_of(account, trip_code)
    driver = row.trip.driver
    if driver is None:
        raise NoDriverYet
    by_passenger = party == Party.PASSENGER
    row.source = Source.PASSENGER if by_passenger else Source.DRIVER
    row.accused = driver.account if by_passenger else row.trip.passenger
    row.accused_as = AccusedAs.DRIVER if by_passenger else AccusedAs.PASSENGER
    return file_once(account.actor, row, told)


@begins_transaction
def file_for_caller(
    *,
    account: "Account",
    caller: Caller,
    trip_code: str,
    plate: str,
    told: Filing,
    source: Source = Source.PHONE,
) -> Complaint:
    """An agent writes down what somebody says on the phone, or what the police report; see `file_complaint`.

    Where the caller's number belongs to an account, the complaint is that person's. Raises `InvalidPhone`, `InvalidInput`,
    `NotFound`.
    """
    phone = typed.phone.read(caller.phone)
    known = account_by_phone(phone)
    row = Complaint(source=source, complainant=known, taken_down_by=account.code)
    if known is None:
        _name_caller(row, caller, phone)
    again = told_already(row, told)
    if again:
        return again
    trip = trip_by_code(trip_code) if trip_code else None
    _say_whom(row, trip, plate)
    complaint = file_once(account.actor, row, told)
    # Who is spoken to has had a first answer.
    timers.meet_limit(complaint, TimerKind.ANSWER, by=account)
    note_activity(complaint)
    return complaint


@begins_transaction
def file_of_rider(*, trip: "Trip", told: Filing) -> Complaint:
    """Whoever travels on somebody else's account complains by the key that came to her phone, which proves the phone (A6).

    Nothing of it is refused for its number: what comes beyond the bound of one phone is taken and stands below the
    others. Raises `NoDriverYet`, `InvalidInput`, `RiderMended` where that phone was a wrong number.
    """
    if was_mended(trip):
        raise RiderMended
    if trip.driver is None:
        raise NoDriverYet
    row = Complaint(source=Source.PASSENGER, trip=trip)
    phone = phone_of_rider(trip)
    _name_caller(row, Caller(name_of_rider(trip), phone, verified=True), phone)
    again = told_already(row, told)
    if again:
        return again
    row.accused, row.accused_as = trip.driver.account, AccusedAs.DRIVER
    return file_once(NOBODY, row, told, marks=True)


def file_from_street(
    *,
    caller: Caller,
    plate: str,
    told: Filing,
    uploads: "Iterable[Upload | bytes]" = (),
    actor: Actor = NOBODY,
    asker: Asker = limits.NOBODY,
) -> Complaint:
    """Somebody without an account complains: a bystander, a parent, a friend. It is taken at once; the code that proves
    the phone comes after. Until then nobody is stopped on its word, and it joins nothing: whoever knows a phone and a
    plate learns nothing of what its owner complained about. A member who is signed in and gives the own phone has proved
    it: the complaint is theirs, as one of their trip is. The same form sent twice files once. A severe one is taken
    whatever its key, and also where many came from the same address: it stands below the others then, and nobody is
    written to. No file is opened before it was counted, nor twice for one form.

    Raises `InvalidPhone`, `InvalidInput`, `KeyTooShort`, `TooMany`, `TooManyComplaints`.
    """
    phone = typed.phone.read(caller.phone)
    if not vocabulary.says_enough(told.category, told.words):
        raise InvalidInput("words")
    severe = vocabulary.level_of(told.category, told.words) == Level.SEVERE
    told = replace(told, submission=idempotency.check(told.submission, danger=severe))
    member = _member(asker, phone)
    again = _from_street(caller, phone, member, told)
    if again:
        return again
    with limits.turn(STREET_COMPLAINTS, asker, danger=severe) as crowd:
        told = replace(told, files=read_files(uploads))
        row = _who_tells(caller, phone, member)
        row.from_crowd = crowd and member is None
        return _file_from_street(row, phone, plate, told, member.actor if member else actor, asker)


def _member(asker: Asker, phone: str) -> "Account | None":
    """The member who is signed in and whose phone this is."""
    owner = account_by_phone(phone) if asker.person else None
    return owner if owner and owner.code == asker.person and may(owner, "ride") else None


@begins_transaction
def _from_street(caller: Caller, phone: str, member: "Account | None", told: Filing) -> Complaint | None:
    return told_already(_who_tells(caller, phone, member), told)


@begins_transaction
def _file_from_street(
    row: Complaint, phone: str, plate: str, told: Filing, actor: Actor, asker: Asker
) -> Complaint:
    again = told_already(row, told)
    if again:
        return again
    _say_whom(row, None, plate)
    complaint = file_once(actor, row, told)
    if complaint.complainant_id is None and not complaint.from_crowd:
        with suppress(CodeTooSoon):  # one was sent a moment ago and still proves the phone
            send_code(phone=phone, purpose=CODE_PURPOSE, subject=complaint.code, asker=asker)
    return complaint


def _who_tells(caller: Caller, phone: str, member: "Account | None") -> Complaint:
    row = Complaint(source=Source.THIRD_PARTY, complainant=member)
    if member is None:
        _name_caller(row, caller, phone)
    return row


def verify_caller(*, code: str, secret: str, one_time: str, asker: Asker = limits.NOBODY) -> Complaint:
    """The code from the message proves the phone; a severe complaint then acts.

    Raises `NotFound`, `WrongCode`, `TooManyCodes`.
    """
    complaint = complaint_by_link(code, secret)
    if complaint.caller_verified_at is not None or not complaint.caller_phone:
        return complaint
    use_code(  # a wrong try is kept
        phone=complaint.caller_phone, purpose=CODE_PURPOSE, code=one_time, subject=code, asker=asker
    )
    return _verified(complaint.pk)


@begins_transaction
def _verified(pk: int) -> Complaint:
    complaint = locked(pk)
    code = complaint.code
    if complaint.caller_verified_at is None:
        complaint.caller_verified_at = clock.now()
        Complaint.objects.filter(pk=complaint.pk).update(caller_verified_at=complaint.caller_verified_at)
        audit.record(NOBODY, "complaints.caller_verified", code, case=code)
        same = _same_matter(complaint, Category(complaint.category))
        if same is not None and complaint.state == ComplaintState.OPEN:
            join(actor=NOBODY, complaint=complaint, target=same)
        elif complaint.state in UNDECIDED:
            _call_for_help(complaint, Level(complaint.level), complaint.words)
            stops = interlock.stop_orders(actor=NOBODY, complaint=complaint)
            timers.start(complaint, interlock=stops)
        note_activity(complaint)
    return complaint


def locked(pk: int) -> Complaint:
    """The row, locked for this transaction, with whom it names."""
    return (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("trip__driver__account", "accused", "owner", "complainant", "named_contact")
        .get(pk=pk)
    )


@joins_transaction
def told_already(row: Complaint, told: Filing) -> Complaint | None:
    """What the same person filed with the same key; else None, and `row`, which says who tells, has the key.

    A phone that anybody can name counts only with the words that were told. One person tells one thing after the
    other: six at once are one matter.
    """
    owner = row.complainant.code if row.complainant else row.caller_index
    idempotency.alone(f"complaints:{owner}")
    words = () if row.complainant else (told.words,)
    row.submission = idempotency.hold("complaints.case", owner, told.submission, *words)
    return Complaint.objects.filter(submission=row.submission).first()


def _name_caller(row: Complaint, caller: Caller, phone: str) -> None:
    row.caller_name, row.caller_phone = caller.name.strip()[:60], phone
    row.caller_index = phone_index(phone)
    row.caller_verified_at = clock.now() if caller.verified else None


def _say_whom(row: Complaint, trip: "Trip | None", plate: str) -> None:
    """From a trip, or from a plate that belongs to one driver, or that one trip under way has; else nobody yet."""
    row.plates = typed.plate.key(plate)[:12]
    if trip is None and row.plates:
        under_way = trips_by_plate(plate, clock.now())
        trip = under_way[0] if len(under_way) == 1 else None
    row.trip = trip
    if trip and trip.driver:
        row.accused, row.accused_as = trip.driver.account, AccusedAs.DRIVER
        if row.complainant_id == row.accused.pk:
            row.accused, row.accused_as = trip.passenger, AccusedAs.PASSENGER
    elif row.plates:
        drivers = drivers_of_plate(plate)
        if len(drivers) == 1 and drivers[0].account_id != row.complainant_id:
            row.accused, row.accused_as = drivers[0].account, AccusedAs.DRIVER


@joins_transaction
def file_once(actor: Actor, row: Complaint, told: Filing, *, marks: bool = False) -> Complaint:
    """Keep a complaint that names its sides and was not `told_already`, or join it to what the same person said of the
    same matter.

    One that `marks` is taken beyond the bound too, and stands below the others. Raises `TooManyComplaints` for others, and
    `InvalidInput` where there are neither words nor a category that calls for help by itself.
    """
    if not vocabulary.says_enough(told.category, told.words):
        raise InvalidInput("words")
    if vocabulary.level_of(told.category, told.words) != Level.SEVERE:
        person = row.complainant.code if row.complainant else ""
        asker, target = Asker(person=person), "" if person else row.caller_index
        if marks:
            row.from_crowd = limits.beyond(COMPLAINTS, asker, target=target)
        else:
            limits.take(COMPLAINTS, asker, target=target)
    same = _same_matter(row, told.category)
    if same is not None:
        if not told.words.strip():  # the category said again is a call again
            hear_more(actor=actor, complaint=same, words="")
        return add_to_complaint(actor, same, told)
    row.code, row.filed_at = new_code("C"), clock.now()
    row.category, row.words = told.category, told.words.strip()[:LONGEST]
    row.level = vocabulary.level_of(told.category, row.words)
    if row.trip:
        seen = {
            typed.plate.key(row.trip.plate_registered),
            typed.plate.key(row.trip.plate_seen),
            row.plates,
        } - {""}
        row.plates = " ".join(sorted(seen))[:60]
    row.search = vocabulary.vector(row.words)
    row.save(force_insert=True)
    _call_for_help(row, row.level, row.words)
    if row.trip:
        holds.place(actor=actor, subject=row.trip.code, source="complaint", case=row.code)
    add_line(row, actor, ComplaintLine.FILED, words=row.words, code=row.code, category=row.category)
    audit.record(actor, "complaints.filed", row.code, case=row.code, category=row.category, level=row.level)
    keep_files(actor, row, told.files, Side.COMPLAINANT)
    stops = interlock.stop_orders(actor=actor, complaint=row)
    timers.start(row, interlock=stops)
    note_activity(row)
    _confirm(row)
    return row


def _call_for_help(row: Complaint, level: Level, words: str) -> None:
    """A grave complaint out of a trip that goes on is a call for help, whatever page it was written on."""
    proved = row.complainant_id is not None or row.caller_verified_at is not None
    if level == Level.SEVERE and row.trip and proved:
        hear_from_trip(trip=row.trip, words=words)


def _same_matter(row: Complaint, category: Category) -> Complaint | None:
    """The open complaint of the same category, by the same person, about the same trip or plate (C1); row locked.

    A second telling joins it. Another category about the same trip stays a complaint of its own, and so does one that
    names neither trip nor plate. A phone or address that was not proved is nobody's: it neither joins nor is joined.
    """
    if row.complainant is None and row.caller_verified_at is None:
        return None
    mine = Complaint.objects.select_for_update(of=("self",)).select_related(
        "trip", "accused", "owner", "complainant"
    )
    mine = mine.filter(state=ComplaintState.OPEN, category=category).exclude(pk=row.pk)
    mine = (
        mine.filter(complainant=row.complainant)
        if row.complainant
        else mine.filter(caller_index=row.caller_index, caller_verified_at__isnull=False)
    )
    if row.trip:
        return mine.filter(trip=row.trip).order_by("pk").first()
    return mine.filter(trip=None, plates=row.plates).order_by("pk").first() if row.plates else None


def add_to_complaint(actor: Actor, complaint: Complaint, told: Filing) -> Complaint:
    """Further words and files on a complaint; words can raise it, and time does not begin anew."""
    said = told.words.strip()[:LONGEST]
    if said:
        add_line(complaint, actor, ComplaintLine.WORDS, words=said, code=complaint.code)
        _find_by_more(complaint, said)
        hear_more(actor=actor, complaint=complaint, words=said)
    keep_files(actor, complaint, told.files, Side.COMPLAINANT)
    audit.record(actor, "complaints.more", complaint.code, case=complaint.code)
    note_activity(complaint)
    return complaint


@joins_transaction
def hear_more(*, actor: Actor, complaint: Complaint, words: str) -> None:
    """What whoever complained says later raises the class, and calls for help out of a trip that goes on."""
    level = vocabulary.level_of(Category(complaint.category), words)
    _call_for_help(complaint, level, words)
    raise_level(actor=actor, complaint=complaint, level=level)


def _find_by_more(complaint: Complaint, said: str) -> None:
    """Find it by these words too, beside all that were told before."""
    try:
        with transaction.atomic():
            Complaint.objects.filter(pk=complaint.pk).update(search=vocabulary.longer_vector(said))
    except OperationalError as full:
        # PostgreSQL's index of one row holds 1 MB. What is told beyond that is kept and read, only not found by its words.
        if getattr(full.__cause__, "sqlstate", "") != "54000":
            raise
        log.warning("complaint_search_full", complaint=complaint.code)


@joins_transaction
def join(*, actor: Actor, complaint: Complaint, target: Complaint, words: str = "") -> None:
    """Make a complaint part of another one about the same matter; both rows locked. Its class raises the other's."""
    timers.void_timers(complaint)
    move(
        complaint,
        COMPLAINT_TRANSITIONS,
        ComplaintState.MERGED,
        merged_into=target,
        owner=None,
        owned_at=None,
        due_at=None,
    )
    add_line(target, actor, ComplaintLine.MERGED, words=words, other=complaint.code)
    add_line(complaint, actor, ComplaintLine.MERGED, words=words, other=target.code)
    audit.record(actor, "complaints.merged", complaint.code, case=target.code, into=target.code)
    raise_level(actor=actor, complaint=target, level=Level(complaint.level))
    if complaint.level == Level.SEVERE and target.owner is not None:
        timers.bring_news(target, actor)
    note_activity(target)


@joins_transaction
def raise_level(*, actor: Actor, complaint: Complaint, level: Level) -> bool:
    """A graver class, with its limits and its stop on orders; a milder one changes nothing. True where it was raised."""
    if RANK[level] <= RANK[Level(complaint.level)]:
        return False
    complaint.level = level
    Complaint.objects.filter(pk=complaint.pk).update(level=level)
    add_line(complaint, actor, ComplaintLine.RAISED, level=level)
    audit.record(actor, "complaints.raised", complaint.code, case=complaint.code, level=level)
    stops = interlock.stop_orders(actor=actor, complaint=complaint)
    timers.start(complaint, interlock=stops)
    return True


def keep_files(actor: Actor, complaint: Complaint, files: Sequence[File | Missing], side: Side) -> None:
    """Keep what one side hands in as evidence, each once and at most `MOST` of that side; a line says of each other why it
    is missing."""
    if not files:
        return
    there, known = complaint.evidence.filter(side=side).count(), evidence_of(complaint, side)
    for number, file in enumerate(files, start=1):
        if isinstance(file, File) and not pictures.is_new(file.written, known):
            continue
        fault = file.error.code if isinstance(file, Missing) else TooManyFiles.code if there >= MOST else ""
        if fault or isinstance(file, Missing):
            add_line(complaint, actor, ComplaintLine.MISSING, number=number, file_fault=fault)
            continue
        there += 1
        picture = pictures.attach(
            file.written, purpose=PURPOSES[file.kind], subject=complaint.code, keep_for=kept_for()
        )
        Evidence.objects.create(
            complaint=complaint,
            picture=picture,
            kind=file.kind,
            side=side,
            given_by=actor.code,
            at=clock.now(),
        )
        add_line(complaint, actor, ComplaintLine.EVIDENCE, evidence=picture.code)


def evidence_of(complaint: Complaint, side: Side) -> set[str]:
    """Digests of what one side handed in."""
    return pictures.digests_of(complaint.evidence.filter(side=side))


@begins_transaction
def add_more(
    *, complaint: Complaint, actor: Actor, side: Side, words: str, files: Sequence[File | Missing] = ()
) -> Complaint:
    """Either side, or staff, adds words or files to a live complaint that was fetched for them. Files alone that lie there
    change nothing, whatever became of it.

    Raises `InvalidInput` where there is neither, `NotNow` where it is decided, and the fault of the file where there
    are no words and no file came through.
    """
    row = locked(complaint.pk)
    if not words.strip() and lie_there(files, evidence_of(row, side)):
        keep_files(actor, row, files, side)
        return row
    if row.state not in LIVE:
        raise NotNow(why=str(_("It is decided. Only an appeal or a low score opens it again.")))
    if not words.strip() and not files:
        raise InvalidInput("words")
    if not words.strip():
        check_something_came(files)
    if side == Side.COMPLAINANT:
        return add_to_complaint(actor, row, Filing(Category(row.category), words, "", files))
    if words.strip():
        add_line(row, actor, ComplaintLine.WORDS, words=words.strip()[:LONGEST], code=row.code)
    keep_files(actor, row, files, side)
    note_activity(row)
    return row


def link_of(complaint: Complaint) -> str:
    """The address under which whoever complained follows it: by the account as long as it opens, else by itself."""
    if complaint.complainant is not None and complaint.complainant.closed_at is None:
        return settings.PUBLIC_URL + reverse("complaints:receipt", args=[complaint.code])
    return settings.PUBLIC_URL + reverse("complaints:follow", args=[complaint.code, complaint.secret])


def phone_and_language(complaint: Complaint, side: Side = Side.COMPLAINANT) -> tuple[str, str]:
    """Where a side is written to, and in which language; no phone where there is none."""
    person = person_of(complaint, side)
    if person is not None:
        return person.phone, person.language
    return (complaint.caller_phone, "zh-hans") if side == Side.COMPLAINANT else ("", "zh-hans")


def channel_of(complaint: Complaint, side: Side = Side.COMPLAINANT) -> str:
    """By which way a side is written to: the one by which they wrote, where they have no account."""
    return "sms" if person_of(complaint, side) is not None else complaint.caller_channel


def _confirm(complaint: Complaint) -> None:
    """A message with the code to whoever has no page of ours before them; to no crowd of phones that one sender names."""
    has_page = complaint.source in {Source.PASSENGER, Source.DRIVER} and complaint.complainant_id is not None
    if has_page or complaint.from_crowd:
        return
    phone, language = phone_and_language(complaint)
    if not phone:
        return
    outbox.queue(
        messages.ComplaintReceived(code=complaint.code, link=link_of(complaint)),
        key=f"complaint:{complaint.code}",
        channel=channel_of(complaint),
        to=phone,
        language=language,
        subject=complaint.code,
    )


@joins_transaction
def open_recording_case(*, trip: "Trip") -> Complaint:
    """A passenger asked to keep the recording of her trip (S7): a case that holds it, once for each trip."""
    submission = idempotency.hold("complaints.recording", trip.code, "kept")
    known = Complaint.objects.filter(submission=submission).first()
    if known:
        return known
    row = Complaint(
        code=new_code("C"),
        submission=submission,
        source=Source.PASSENGER,
        trip=trip,
        complainant=trip.passenger,
        category=Category.OTHER,
        level=Level.ORDINARY,
        words="",
        plates=typed.plate.key(trip.plate_registered),
        filed_at=clock.now(),
    )
    row.save(force_insert=True)
    actor = trip.passenger.actor
    holds.place(actor=actor, subject=trip.code, source="complaint", case=row.code)
    holds.release(actor=actor, source="passenger", case=trip.code)
    add_line(row, actor, ComplaintLine.FILED, code=row.code, category=Category.OTHER)
    audit.record(actor, "complaints.filed", row.code, case=row.code, category=Category.OTHER)
    timers.start(row, interlock=False)
    note_activity(row)
    return row


@begins_transaction
def reveal_caller(*, account: "Account", code: str, reason: str = "") -> tuple[str, str]:
    """(name, phone) of somebody without an account, in the clear: for whoever has this complaint, or with a reason (A5).

    Raises `Forbidden`, `NotFound`, `SentenceNeeded`, `TooMany`.
    """
    complaint = complaint_by_code(code)
    looks.show(
        account=account,
        subject=code,
        seen=LookKind.CALLER,
        action="complaints.caller_revealed",
        reason=reason,
        case=code,
    )
    add_line(complaint, account.actor, ComplaintLine.REVEALED)
    return complaint.caller_name, complaint.caller_phone


@begins_transaction
def record_reading(*, account: "Account", complaint: Complaint) -> None:
    """Somebody of the staff opened a case: what it says is personal (A8)."""
    looks.note_read(
        account=account,
        subject=complaint.code,
        seen=LookKind.COMPLAINT,
        action="complaints.read",
        people=[each.code for each in (complaint.complainant, complaint.accused) if each is not None],
        case=complaint.code,
    )
