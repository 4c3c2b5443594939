"""The paper notice of an ordinary request (调取证据通知书): filled in as one goes, checked by machine, sent when complete (P2+)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils import timezone

from core import audit, clock, idempotency, typed
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.transactions import begins_transaction, joins_transaction
from police import letters, selectors
from police.errors import NoticeIncomplete, QueryUnreadable
from police.models import Notice, Officer, PoliceRequest
from police.models import understood as understood_as
from police.papers import Read, keep, papers_of
from police.services import Letter, Question, ask_on_papers
from police.states import INSPECTED, AgencyKind, NoticePart, Paper, Query, Urgency, Wanted

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip

# One letter carries so many questions at most.
MOST_QUESTIONS = 10
MOST_TRIPS = 40  # of one question of an inspection: beyond them it names too much, and people refuse it


@dataclass(frozen=True, slots=True)
class Further:
    """A question after the first: what is known and wanted; its time is that of the letter."""

    query: str = ""
    query_value: str = ""
    about: datetime | None = None
    until: datetime | None = None
    wanted: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self == Further()

    @property
    def is_complete(self) -> bool:
        return bool(self.query_value) and bool(self.wanted) and set(self.wanted) <= set(Wanted.values)


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands on the notice; empty where nobody has filled it in yet. Times are aware."""

    number: str = ""
    organ: str = ""
    case_name: str = ""
    case_number: str = ""
    query: str = ""
    query_value: str = ""
    about: datetime | None = None
    until: datetime | None = None
    wanted: list[str] = field(default_factory=list)
    span_from: datetime | None = None
    span_to: datetime | None = None
    deadline: date | None = None
    approved_by: str = ""
    first_officer: str = ""
    first_certificate: str = ""
    second_officer: str = ""
    second_certificate: str = ""
    legal_basis: str = ""
    further: list[Further] = field(default_factory=list)

    @property
    def questions(self) -> list[Further]:
        """All that the letter asks, the first one first."""
        return [
            Further(self.query, self.query_value, self.about, self.until, self.wanted),
            *(each for each in self.further if not each.is_empty),
        ]


# What may be empty on a complete notice: the time that is asked about is that of its span.
_LEFT_OPEN = frozenset({"about", "until", "query", "further"})


def filled(notice: Notice) -> Filled:
    """What stands on it."""
    return msgspec.json.decode(notice.filled, type=Filled)


def understood(given: Filled) -> list[str]:
    """What is read of the value of each question, in groups; empty where nothing can be."""
    return [_read_as(each.query, each.query_value) for each in given.questions if each.query_value]


def _read_as(query: str, value: str) -> str:
    try:
        return understood_as(query or selectors.query_of(value), value)
    except QueryUnreadable:
        return ""


def missing_of(
    given: Filled, papers: Mapping[Paper, object], today: date, kind: str = AgencyKind.POLICE
) -> list[NoticePart]:
    """What a notice of a kind of authority lacks, or what on it cannot be, in the order of the form. Pure."""
    lacks = [
        NoticePart(each.name)
        for each in fields(Filled)
        if each.name not in _LEFT_OPEN and not getattr(given, each.name)
    ]
    if given.span_from and given.span_to and given.span_to <= given.span_from:
        lacks.append(NoticePart.SPAN_ORDER)
    if given.deadline and given.deadline < today:
        lacks.append(NoticePart.DEADLINE_PAST)
    if given.first_certificate and given.first_certificate == given.second_certificate:
        lacks.append(NoticePart.SAME_CERTIFICATE)
    if not set(given.wanted) <= set(Wanted.values):
        lacks.append(NoticePart.WANTED)
    asked = {wanted for each in given.questions for wanted in each.wanted}
    if kind == AgencyKind.TRANSPORT and not asked <= INSPECTED:
        lacks.append(NoticePart.INSPECTED)
    if not all(each.is_complete for each in given.questions[1:]):
        lacks.append(NoticePart.FURTHER)
    return lacks + [NoticePart(paper) for paper in Paper.values if Paper(paper) not in papers]


def missing(notice: Notice) -> list[NoticePart]:
    """The checklist of a notice as it stands now."""
    today, kind = timezone.localdate(clock.now()), notice.officer.agency.kind
    return missing_of(filled(notice), papers_of(notice), today, kind)


def own_notice(officer: Officer, code: str) -> Notice:
    """An officer's own; another's is not found. Raises `NotFound`."""
    found = Notice.objects.filter(officer=officer, code=code).first()
    if found is None:
        raise NotFound
    return found


def drafts_of(officer: Officer) -> list[Notice]:
    """Those that are not sent yet, the last one first."""
    return list(Notice.objects.filter(officer=officer, sent_at=None).order_by("-saved_at")[:20])


@begins_transaction
def begin(*, account: "Account", submission: str, like: Notice | None = None) -> Notice:
    """An empty notice, or one filled in `like` another of the same officer, without its papers; the same `submission`
    begins one. Raises `NotAnOfficer`, `OfficerSuspended`."""
    officer = selectors.officer_of(account, clock.now())
    key = idempotency.hold("police.notice", account.code, submission)
    again = Notice.objects.filter(submission=key).first()
    if again:
        return again
    notice = Notice.objects.create(
        code=new_code("N"),
        submission=key,
        officer=officer,
        filled=(like and like.filled) or msgspec.json.encode(Filled(organ=officer.agency.name_zh)).decode(),
        begun_at=clock.now(),
        saved_at=clock.now(),
    )
    audit.record(account.actor, "police.notice_begun", notice.code, case=notice.code)
    return notice


@begins_transaction
def save(
    *,
    account: "Account",
    code: str,
    given: Filled,
    papers: Mapping[Paper, Read],
) -> list[NoticePart]:
    """Keep what is filled in so far; returns what is still missing.

    Raises `NotFound` for another's or one that was sent, `NotAnOfficer`, `OfficerSuspended`.
    """
    return _save(_draft(account, code), given, papers)


def _draft(account: "Account", code: str) -> Notice:
    officer = selectors.officer_of(account, clock.now())
    rows = Notice.objects.select_for_update(of=("self",)).select_related("officer__agency")
    found = rows.filter(officer=officer, code=code, sent_at=None).first()
    if found is None:
        raise NotFound
    return found


@joins_transaction
def _save(notice: Notice, given: Filled, papers: Mapping[Paper, Read]) -> list[NoticePart]:
    at = clock.now()
    notice.filled, notice.saved_at = msgspec.json.encode(given).decode(), at
    notice.save(update_fields=["filled", "saved_at"])
    keep(papers, of=notice)
    return missing(notice)


@begins_transaction
def send(*, account: "Account", code: str) -> list[PoliceRequest]:
    """Ask by a complete notice: each of its questions stands at once as a request of its own, with all the papers (P5+).

    A sent one answers with its requests. Raises `NotFound`, `NoticeIncomplete`, `QueryUnreadable`, `InvalidInput`,
    `NotAnOfficer`, `OfficerSuspended`.
    """
    officer = selectors.officer_of(account, clock.now())
    sent = Notice.objects.filter(officer=officer, code=code, sent_at__isnull=False).first()
    if sent is not None:
        return requests_of(sent)
    notice = _draft(account, code)
    if lacks := missing(notice):
        raise NoticeIncomplete(lacks)
    given = filled(notice)
    if len(given.questions) > MOST_QUESTIONS:
        raise InvalidInput("further")
    notice.sent_at, notice.number_index = clock.now(), letters.number_index(given.number)
    notice.save(update_fields=["sent_at", "number_index"])
    unusual = selectors.unusual_of_letter(notice, agency=officer.agency_id, number=given.number)
    numbers = count(1)
    for question, each in enumerate(given.questions, start=1):
        for part, trip in enumerate(_each_trip(officer, given, each), start=1):
            letter = _letter(notice, given, each, number=next(numbers), part=part, trip=trip, unusual=unusual)
            request = _ask(account, officer, letter, each, question)
            audit.record(
                account.actor, "police.notice_sent", notice.code, case=request.code, question=letter.number
            )
    return requests_of(notice)


def _each_trip(officer: Officer, given: Filled, each: Further) -> "Sequence[Trip | None]":
    """A question of an inspection about a car or a driver, of a time with several trips, is one of each trip, with a state
    and an answer of its own (P13): these trips, else nothing. Whoever asks is not told how many there are before people
    answered (`selectors.TOLD`). Of what police ask, who may be a thief, people choose. By whoever rides no trips are gone
    through (P3b)."""
    assert given.span_from is not None and given.span_to is not None  # noqa: S101 - a complete one has both
    if officer.agency.kind != AgencyKind.TRANSPORT or each.about:
        return [None]
    span = given.span_from, given.span_to
    try:
        query = Query(each.query) if each.query else selectors.query_of(each.query_value)
        if query not in {Query.PLATE, Query.PHONE}:
            return [None]
        trips, _report = selectors.resolve_query(query, each.query_value, span[0], within=span)
    except (InvalidInput, QueryUnreadable):  # it is named where it is asked
        return [None]
    if query == Query.PHONE:
        phone = typed.phone.read(each.query_value)
        trips = [trip for trip in trips if trip.driver and trip.driver.account.phone == phone]
    return trips if 1 < len(trips) <= MOST_TRIPS else [None]


def _letter(notice: Notice, given: Filled, each: Further, **of_it: Any) -> Letter:
    assert given.span_from is not None and given.span_to is not None  # noqa: S101 - a complete one has both
    return Letter(
        notice=notice,
        wanted=each.wanted,
        names_no_moment=each.about is None,
        span_from=given.span_from,
        span_to=given.span_to,
        letter_number=given.number,
        certificates=[given.first_certificate, given.second_certificate],
        **of_it,
    )


@joins_transaction
def _ask(account: "Account", officer: Officer, letter: Letter, each: Further, question: int) -> PoliceRequest:
    notice = letter.notice
    try:
        query = Query(each.query) if each.query else selectors.query_of(each.query_value)
        return ask_on_papers(
            account=account,
            officer=officer,
            question=Question(
                query=query,
                value=each.query_value,
                about=each.about or letter.span_from,
                until=each.until,
                urgency=Urgency.ORDINARY,
                legal_basis=filled(notice).legal_basis,
            ),
            submission=hashlib.sha256(b"notice %s %d" % (notice.code.encode(), letter.number)).hexdigest(),
            letter=letter,
        )
    except InvalidInput as wrong:
        raise _at_question(wrong, question) from None
    except QueryUnreadable:
        raise QueryUnreadable(field_of(question, "query_value")) from None


def field_of(number: int, name: str) -> str:
    """How forms name a field of a question."""
    return name if number == 1 else f"q{number}-{name}"


def _at_question(wrong: InvalidInput, number: int) -> InvalidInput:
    return type(wrong)(field_of(number, wrong.field or "query_value"))


def requests_of(notice: Notice) -> list[PoliceRequest]:
    """The questions of a sent notice, in their order."""
    return list(PoliceRequest.objects.filter(notice=notice).order_by("number"))


def told_of(notice: Notice) -> list[PoliceRequest]:
    """Those of which its officer is told: of a question that is one of each trip the first, and each that is decided."""
    return list(PoliceRequest.objects.filter(selectors.TOLD, notice=notice).order_by("number"))


def count_questions(notice: Notice) -> int:
    """How many questions stand on a sent notice, whichever trips they led to."""
    return PoliceRequest.objects.filter(notice=notice, part=1).count()
