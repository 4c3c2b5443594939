"""What the police ask: by the form, on the phone, and the papers that follow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core import audit, clock, four_eyes, holds, idempotency, inserts, limits, policy, timeline, typed
from core.actions import NotNow
from core.actors import Actor
from core.codes import new_code
from core.errors import DomainError, InvalidInput
from core.limits import Asker
from core.permissions import require
from core.reads import Read
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from police import papers, selectors
from police.errors import (
    AbroadRefused,
    InspectionInWriting,
    NoticeIncomplete,
    NoticeNeeded,
    TripNotFound,
)
from police.models import Agency, Notice, Officer, PoliceRequest
from police.policies import (
    BORNE_OUT_FOR,
    EMERGENCIES,
    EMERGENCY_RULE,
    EMERGENCY_SAYS,
    tier_of,
)
from police.services.desk import check_responder, for_action, locked
from police.services.escalation import escalate
from police.services.owning import ask_station
from police.services.releases import grade_of, release_pack
from police.states import (
    REQUEST_TRANSITIONS,
    UNDECIDED,
    AgencyKind,
    Channel,
    Grade,
    NoticePart,
    Paper,
    PoliceLine,
    Query,
    RefusalCode,
    RequestState,
    Unusual,
    Urgency,
)
from safety.services import review_covertly

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip


PAPERS_STAND = _("It stands on the papers that are there: others belong to another request.")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `about` is the time that it concerns, to `until` where a place is asked about; the rest is what an
    officer says of an emergency, whose supervisor is asked whether it was theirs."""

    query: Query
    value: str
    about: datetime
    urgency: Urgency = Urgency.EMERGENCY
    legal_basis: str = ""
    until: datetime | None = None
    danger: str = ""
    why_not_written: str = ""
    supervisor_name: str = ""
    supervisor_phone: str = ""
    declared: bool = False


@begins_transaction
def record_denial(*, actor: Actor, why: str, subject: str = "") -> None:
    """Somebody who may not ask has asked: remembered, whoever it was."""
    audit.record(actor, "police.denied", subject, why=why)


@begins_transaction
def ask_by_form(
    *, account: "Account", question: Question, submission: str, device: str = ""
) -> PoliceRequest:
    """A verified officer asks (P2). An emergency that leads to one trip is released here and now, by rule (P3): the car
    part always, who the driver is where our own data bear the claim out (P3a). The station is asked whether it was theirs.

    `device` is what the cookie of the browser says. One that leads to none or several is escalated, and specialists are
    paged; so is what comes beyond the number that one officer asks in a short time. The same `submission` asks once.
    Raises `NotAnOfficer`, `OfficerSuspended` (the front records the denial), `InspectionInWriting`, `NoticeNeeded` for what
    is no emergency, `QueryUnreadable`,
    `InvalidInput` where an emergency does not say its five things.
    """
    officer = selectors.officer_of(account, clock.now())
    question = _whole(question)
    submission = idempotency.hold("police.request", account.code, submission)
    with (
        inserts.together()
    ):  # what only has to be there in the end is one statement: a hundred may ask at once
        return _ask(account, officer, question, submission, device)


_LOCKED = f"SELECT FROM {Officer._meta.db_table} WHERE id = %s FOR UPDATE"
_AGAIN = Read(lambda key: PoliceRequest.objects.filter(submission=key).only("code"), str)


@joins_transaction
def _ask(
    account: "Account", officer: Officer, question: Question, submission: str, device: str
) -> PoliceRequest:
    # One at a time of a station: what is unusual is counted with what the others of it ask at this moment, and who is
    # suspended meanwhile is.
    idempotency.alone(f"police.asks:{officer.agency.code}")
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED, [officer.pk])
    officer = selectors.officer_of(account, clock.now())
    again = _AGAIN.first(submission)
    if again:
        return selectors.request_by_code(again.code)
    _check_way(officer.agency, question)
    request, trips = write_request(
        actor=account.actor,
        agency=officer.agency,
        question=question,
        channel=Channel.FORM,
        submission=submission,
        officer=officer,
        device=device,
    )
    if question.urgency == Urgency.EMERGENCY:
        graded = grade_of(request, trips[0]) if len(trips) == 1 else None
        by_rule = graded and graded.grade != Grade.NOTHING and not request.one_of_many
        by_rule = by_rule and not _looks_back(question)
        if graded and by_rule and policy.value(EMERGENCY_RULE):
            by = policy.in_force(EMERGENCY_RULE).citation
            release = release_pack(request, trips[0], account.actor, graded, by=by, by_rule=True)
            ask_station(release, request)
        else:
            escalate(request, account.actor)
    return request


def _looks_back(question: Question) -> bool:
    """Whether a phone is asked about of a time long past, where nobody is in danger now: trip after trip of one person
    could be gone through so (P3b). People look."""
    past = clock.now() - policy.span(BORNE_OUT_FOR)
    return question.query == Query.PHONE and question.about < past


def _whole(question: Question) -> Question:
    """An emergency says its five things, whichever door it comes in by (P2+), and names who is asked whether it was theirs
    (P3c); the number as it is written to. Raises `InvalidInput`."""
    if question.urgency != Urgency.EMERGENCY:
        return replace(question, supervisor_name="", supervisor_phone="")
    for name in ("value", *EMERGENCY_SAYS):
        said = getattr(question, name)
        if not (said.strip() if isinstance(said, str) else said):
            raise InvalidInput("query_value" if name == "value" else name)
    phone = typed.phone.read(question.supervisor_phone, field="supervisor_phone")
    return replace(question, supervisor_name=question.supervisor_name.strip()[:40], supervisor_phone=phone)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a question of a letter stands on: its notice, which question of it, the categories and the time that it names.

    Where a question is one of each trip, `trip` is which, and `part` counts them from 1.
    """

    notice: Notice
    number: int
    wanted: list[str]
    span_from: datetime
    span_to: datetime
    letter_number: str
    certificates: list[str]
    unusual: set[Unusual]
    names_no_moment: bool = False
    part: int = 1
    trip: "Trip | None" = None


@joins_transaction
def ask_on_papers(
    *, account: "Account", officer: Officer, question: Question, submission: str, letter: Letter
) -> PoliceRequest:
    """One question of a letter, which comes with its papers (P2+, P5+). Raises `QueryUnreadable`, `InvalidInput`."""
    question = _whole(question)
    request, _trips = write_request(
        actor=account.actor,
        agency=officer.agency,
        question=question,
        channel=Channel.FORM,
        submission=submission,
        officer=officer,
        letter=letter,
    )
    trip = request.trip.code if request.trip else ""
    timeline.add(PoliceLine.PAPERS, account.actor, trip=trip, code=request.code)
    audit.record(account.actor, "police.papers", request.code, case=request.code)
    return request


def _check_way(agency: Agency, question: Question) -> None:
    """The transport authority asks in writing, never by the emergency rule (P13), and what is no emergency is asked by a
    notice, with all that stands on it (P5+). Raises `InspectionInWriting`, `NoticeNeeded`."""
    if agency.kind == AgencyKind.TRANSPORT and question.urgency == Urgency.EMERGENCY:
        raise InspectionInWriting
    if question.urgency != Urgency.EMERGENCY:
        raise NoticeNeeded("urgency")


@joins_transaction
def write_request(
    *,
    actor: Actor,
    agency: Agency,
    question: Question,
    channel: Channel,
    submission: str,
    officer: Officer | None = None,
    badge: str = "",
    device: str = "",
    letter: Letter | None = None,
) -> "tuple[PoliceRequest, list[Trip]]":
    """Keep what was asked with the trips to which it leads, before anybody answers. Raises `QueryUnreadable`, `InvalidInput`."""
    many = (
        channel == Channel.FORM
        and question.urgency == Urgency.EMERGENCY
        and limits.beyond(EMERGENCIES, Asker(person=actor.code))
    )
    trips, report_code = _trips_meant(question, letter)
    if officer and officer.account.is_drill:
        # The red team's: whoever stole one of its accounts gets nothing of anybody real (P11).
        trips = [each for each in trips if each.passenger.is_drill]
    trip = trips[0] if len(trips) == 1 else None
    at = clock.now()
    request = PoliceRequest(
        code=new_code("P"),
        submission=submission,
        agency=agency,
        officer=officer,
        badge_number=badge,
        agency_kind=agency.kind,
        officer_tier=tier_of(officer, at) if officer else 0,
        channel=channel,
        urgency=question.urgency,
        query=question.query,
        query_value=question.value,
        about=question.about,
        about_until=question.until,
        danger=question.danger,
        why_not_written=question.why_not_written,
        declared=question.declared,
        phone_index=selectors.phone_asked_by(question.query, question.value),
        supervisor_name=question.supervisor_name,
        supervisor_phone=question.supervisor_phone,
        legal_basis=question.legal_basis,
        report_code=report_code,
        trip=trip,
        trips_found=len(trips),
        one_of_many=many,
        asked_at=at,
        owned_at=None if channel == Channel.FORM else at,
        owned_by="" if channel == Channel.FORM else actor.code,
        taken_down_by="" if channel == Channel.FORM else actor.code,
        **_on_letter(letter, at),
    )
    found = letter.unusual if letter else selectors.unusual_of(request, at, device)
    request.unusual = unusual = sorted(found)
    inserts.insert(request)
    timeline.add(
        PoliceLine.ASKED,
        actor,
        trip=trip.code if trip else "",
        agency=agency.names,
        channel=channel,
        code=request.code,
    )
    audit.record(
        actor,
        "police.asked",
        request.code,
        case=request.code,
        agency=agency.code,
        query=question.query,
        trips=len(trips),
        unusual=unusual,
    )
    if trip:
        # Held before any paper is there (P7): what was recorded is not destroyed while the police may need it.
        holds.place(actor=actor, subject=trip.code, source="police", case=request.code)
    for meant in _about_one_driver(agency, question, trips):
        if meant.passenger.is_drill:
            continue  # the red team looks for somebody who does not exist
        review_covertly(trip=meant, actor=actor, source=request.code)
    return request, trips


def _trips_meant(question: Question, letter: Letter | None) -> "tuple[list[Trip], str]":
    if letter and letter.trip:
        return [letter.trip], ""
    within = (letter.span_from, letter.span_to) if letter and letter.names_no_moment else None
    return selectors.resolve_query(
        question.query, question.value, question.about, question.until, within=within
    )


def _on_letter(letter: Letter | None, at: datetime) -> dict[str, Any]:
    if letter is None:
        return {}
    return {
        "notice": letter.notice,
        "number": letter.number,
        "part": letter.part,
        "wanted": sorted(set(letter.wanted)),
        "span_from": letter.span_from,
        "span_to": letter.span_to,
        "letter_number": letter.letter_number,
        "certificates": ", ".join(letter.certificates),
        "papers_at": at,
    }


def _about_one_driver(agency: Agency, question: Question, trips: "list[Trip]") -> "list[Trip]":
    """The first of the trips found, where the request names its driver and no other (D15).

    A place names nobody; by a passenger's phone only an emergency asks whom she rides with. An inspection looks at papers
    and fares of whichever car it chose (P13): nobody says anything against its driver.
    """
    drivers = {trip.driver for trip in trips}
    if len(drivers) != 1 or question.query == Query.PLACE or agency.kind == AgencyKind.TRANSPORT:
        return []
    (driver,) = drivers
    if driver is None:
        return []
    by_phone = question.query == Query.PHONE and question.urgency != Urgency.EMERGENCY
    if by_phone and typed.phone.read(question.value) != driver.account.phone:
        return []
    return trips[:1]


@dataclass(frozen=True, slots=True)
class PhoneOutcome:
    """What became of a call: the request, and the refusal where the law has decided already."""

    request: PoliceRequest
    refusal: DomainError | None = None


@begins_transaction
def open_phone_request(
    *,
    account: "Account",
    agency_code: str,
    badge: str,
    question: Question,
    submission: str,
    outbound: bool = False,
) -> PhoneOutcome:
    """The agent takes down what an officer asks, or a specialist calls the police of the place (S10).

    An authority of another country is refused with the way that law provides; that is kept and returned.
    Raises `Forbidden`, `NotFound`, `InvalidInput`, `InspectionInWriting`, `NoticeNeeded`, `QueryUnreadable`.
    """
    check_responder(account)
    if not badge.strip():
        raise InvalidInput("badge")
    if not outbound and not question.why_not_written.strip():
        raise InvalidInput("why_not_written")
    agency = selectors.agency_by_code(agency_code)
    _check_way(agency, question)
    submission = idempotency.hold("police.request", account.code, submission)
    again = PoliceRequest.objects.filter(submission=submission).first()
    if again:
        return PhoneOutcome(again)
    channel = Channel.OUTBOUND if outbound else Channel.PHONE
    request, _trips = write_request(
        actor=account.actor,
        agency=agency,
        question=question,
        channel=channel,
        submission=submission,
        badge=badge.strip(),
    )
    if agency.country != "CN":
        refusal = AbroadRefused()
        _refuse(request, account.actor, refusal.detail, RefusalCode.FOREIGN)
        return PhoneOutcome(request, refusal)
    return PhoneOutcome(request)


@begins_transaction
def point_to_trip(*, account: "Account", code: str, trip_code: str) -> PoliceRequest:
    """Somebody found the trip that is meant, where the query led to none or several.

    Whoever did is the first person of an emergency's release; an ordinary one is proposed anew. Raises `Forbidden`,
    `NotFound`, `NotNow`, `TripNotFound`.
    """
    request = for_action(account, code, "trip")
    trips, _report = selectors.resolve_query(Query.TRIP, trip_code, request.about)
    if not trips:
        raise TripNotFound("trip")
    proposed_by = request.proposed_by
    if request.channel == Channel.FORM:
        proposed_by = account.code if request.urgency == Urgency.EMERGENCY else ""
    PoliceRequest.objects.filter(pk=request.pk).update(
        trip=trips[0],
        trips_found=1,
        trip_found_by=account.code,
        proposed_by=proposed_by,
        owned_at=request.owned_at or clock.now(),
        owned_by=request.owned_by or account.code,
    )
    holds.place(actor=account.actor, subject=trips[0].code, source="police", case=code)
    audit.record(account.actor, "police.trip_found", code, case=code, trip=trips[0].code)
    return selectors.request_by_code(code)


@joins_transaction
def _refuse(request: PoliceRequest, actor: Actor, reason: str, why: RefusalCode | str) -> None:
    move(
        request,
        REQUEST_TRANSITIONS,
        RequestState.REFUSED,
        decided_at=clock.now(),
        decided_by=actor.code,
        refusal=reason,
        refused_for=why,
    )
    timeline.add(
        PoliceLine.REFUSED,
        actor,
        trip=request.trip.code if request.trip else "",
        agency=request.agency.names,
        words=reason,
        code=request.code,
    )
    audit.record(actor, "police.refused", request.code, case=request.code, why=why)
    holds.release(actor=actor, source="police", case=request.code)


def _why(code: str) -> RefusalCode:
    if code not in RefusalCode.values:
        raise InvalidInput("why")
    return RefusalCode(code)


@begins_transaction
def refuse_request(*, account: "Account", code: str, reason: str, why: str = "") -> PoliceRequest:
    """Refuse an emergency or a call with a legal reason, and its code where one fits; a letter's question takes two people
    and always has one.

    Raises `InvalidInput` without a reason, `Forbidden`, `NotFound`, `NotNow`.
    """
    check_responder(account)
    if not reason.strip():
        raise InvalidInput("reason")
    given = _why(why) if why else ""
    request = for_action(account, code, "refuse")
    _refuse(request, account.actor, reason.strip()[:1000], given)
    return request


@begins_transaction
def propose_refusal(*, account: "Account", code: str, reason: str, why: str) -> PoliceRequest:
    """The first of two people who refuse a question of a letter, with the code of why and words.

    Raises `InvalidInput` without them, `Forbidden`, `NotFound`, `NotNow`.
    """
    check_responder(account)
    if not reason.strip():
        raise InvalidInput("reason")
    given = _why(why)
    request = for_action(account, code, "refusal")
    PoliceRequest.objects.filter(pk=request.pk).update(
        refuse_by=account.code, refused_for=given, refusal=reason.strip()[:1000], proposed_by=""
    )
    audit.record(account.actor, "police.refusal_proposed", code, case=code, why=given)
    return selectors.request_by_code(code)


@begins_transaction
def decide_refusal(*, account: "Account", code: str, agrees: bool) -> PoliceRequest:
    """The second, another person: the question is refused, or the proposal falls.

    Raises `Forbidden`, `NotFound`, `NotNow`, `SecondPersonNeeded`.
    """
    require(account, "police.confirm")
    request = locked(code)
    if agrees and request.refuse_by:
        four_eyes.another(account.code, request.refuse_by)
    request = for_action(account, code, "refusal_agree" if agrees else "refusal_back")
    if agrees:
        _refuse(request, account.actor, str(request.refusal), RefusalCode(request.refused_for))
    else:
        PoliceRequest.objects.filter(pk=request.pk).update(refuse_by="", refused_for="", refusal="")
        audit.record(account.actor, "police.refusal_fell", code, case=code)
    return selectors.request_by_code(code)


@begins_transaction
def leave_out(*, account: "Account", code: str, category: str, why: str) -> PoliceRequest:
    """A category of a question that is not given, with the code of why: the rest is (P5+). It is proposed anew.

    An empty `why` puts it back. Raises `InvalidInput`, `Forbidden`, `NotFound`, `NotNow`.
    """
    request = for_action(account, code, "leave_out")
    if category not in request.wanted:
        raise InvalidInput("category")
    left = {each: given for each, given in request.left_out.items() if each != category}
    if why:
        left[category] = _why(why).value
    if len(left) == len(request.wanted):
        raise InvalidInput("category")  # all of it is a refusal, which says so
    PoliceRequest.objects.filter(pk=request.pk).update(left_out=left, proposed_by="")
    audit.record(account.actor, "police.left_out", code, case=code, category=category, why=why)
    return selectors.request_by_code(code)


@begins_transaction
def file_papers(
    *,
    account: "Account",
    code: str,
    letter_number: str,
    certificates: list[str],
    legal_basis: str = "",
    files: Mapping[Paper, papers.Read] | None = None,
) -> PoliceRequest:
    """The letter of introduction and two officers' certificates (P2), each with its file, and the legal basis where it was
    not said yet. What is unlike the officer or station in the files (P10) is kept for whoever looks.

    Whoever checked an ordinary request checked other papers: it is proposed anew. The same papers sent again stay as
    they are, and what was released stays released on the papers that it had. Raises `InvalidInput`, `NoticeIncomplete`
    where a file is missing, `NotFound`, `NotNow`.
    """
    officer = selectors.officer_of(account, clock.now())
    selectors.own_request(officer, code)
    locked(code)
    request = selectors.own_request(officer, code)
    return _take_papers(request, account.actor, letter_number, certificates, legal_basis, files or {})


@begins_transaction
def receive_papers(
    *,
    account: "Account",
    code: str,
    letter_number: str,
    certificate_1: str,
    certificate_2: str,
    legal_basis: str,
    files: Mapping[Paper, papers.Read],
) -> PoliceRequest:
    """The written request of who asked by telephone came to us (P4). Raises `InvalidInput`, `NoticeIncomplete` where a file
    is missing, `Forbidden`, `NotFound`, `NotNow`."""
    request = for_action(account, code, "papers")
    certificates = [certificate_1, certificate_2]
    return _take_papers(request, account.actor, letter_number, certificates, legal_basis, files)


@joins_transaction
def _take_papers(
    request: PoliceRequest,
    actor: Actor,
    letter_number: str,
    certificates: list[str],
    legal_basis: str,
    files: Mapping[Paper, papers.Read],
) -> PoliceRequest:
    code = request.code
    given = [number.strip() for number in certificates if number.strip()]
    basis = legal_basis.strip() or request.legal_basis
    if not letter_number.strip():
        raise InvalidInput("letter_number")
    if len(set(given)) < 2:
        raise InvalidInput("certificates")
    if request.urgency == Urgency.ORDINARY and not basis:
        raise InvalidInput("legal_basis")
    said = (letter_number.strip(), ", ".join(given), basis)
    # A question of a letter came with all of them, as files: others are another letter.
    if request.papers_at and said == (request.letter_number, request.certificates, request.legal_basis):
        return request
    if request.papers_at and (request.notice_id or request.state not in UNDECIDED):
        raise NotNow(why=PAPERS_STAND)
    there = {*files, *papers.papers_of(request)}
    if lacking := [paper for paper in Paper if paper not in there]:
        raise NoticeIncomplete(NoticePart(paper) for paper in lacking)
    papers.keep(files, of=request)
    request.letter_number, request.certificates, request.legal_basis = said
    request.papers_at = clock.now()
    found = papers.came_before(request, agency=request.agency_id, number=said[0])
    request.papers_unusual = sorted(found)
    if request.state in UNDECIDED and request.urgency == Urgency.ORDINARY:
        request.proposed_by = ""
    request.save(
        update_fields=[
            "letter_number", "certificates", "papers_at", "papers_unusual", "legal_basis", "proposed_by",
        ]
    )  # fmt: skip
    timeline.add(PoliceLine.PAPERS, actor, trip=request.trip.code if request.trip else "", code=code)
    audit.record(actor, "police.papers", code, case=code, unusual=request.papers_unusual)
    return request
