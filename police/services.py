"""The only writer of police requests and releases."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.services import end_sessions
from core import audit, clock, four_eyes, holds, idempotency, jobs, limits, policy, timeline, typed
from core.actions import NotNow
from core.actors import NOBODY, SYSTEM, Actor
from core.codes import new_code, new_digits
from core.errors import DomainError, InvalidInput, NotFound
from core.limits import Asker
from core.messages import outbox
from core.permissions import require
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from police import messages, selectors
from police.errors import (
    AbroadRefused,
    InspectionInWriting,
    LinkClosed,
    NotReleased,
    PapersMissing,
    TripNotFound,
    WrongSpokenCode,
)
from police.models import Agency, Officer, PoliceRequest, Release, ReleaseReview
from police.packs import build_pack, write_pack
from police.policies import (
    EMERGENCIES,
    EMERGENCY_RULE,
    ESCALATE_WITHIN,
    OPEN_FOR,
    PAPERS_WITHIN,
    SPOKEN_TRIES,
    had_a_part,
    may_be_by_rule,
    missing_papers,
    tier_of,
    why_not,
)
from police.states import (
    REQUEST_TRANSITIONS,
    UNDECIDED,
    AgencyKind,
    Channel,
    OfficerState,
    PoliceLine,
    Query,
    RequestState,
    Urgency,
)
from rides.selectors import trip_by_code
from safety.selectors import live_incident_of
from safety.services import note_police_called, review_covertly

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `about` is the time that it concerns, to `until` where a place is asked about; the rest is what an
    officer says of an emergency."""

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
def ask_by_form(*, account: "Account", question: Question, submission: str) -> PoliceRequest:
    """A verified officer asks (P2). An emergency that leads to one trip is released here and now, by rule (P3).

    One that leads to none or several is escalated, and specialists are paged; so is what comes beyond the number that one
    officer asks in a short time. The same `submission` asks once.
    Raises `NotAnOfficer`, `OfficerSuspended` (the front records the denial), `QueryUnreadable`.
    """
    officer = selectors.officer_of(account, clock.now())
    submission = idempotency.hold("police.request", account.code, submission)
    again = PoliceRequest.objects.filter(submission=submission).first()
    if again:
        return selectors.request_by_code(again.code)
    _check_way(officer.agency, question)
    request, trips = _write_request(
        actor=account.actor,
        agency=officer.agency,
        question=question,
        channel=Channel.FORM,
        submission=submission,
        officer=officer,
    )
    if question.urgency == Urgency.EMERGENCY:
        known = may_be_by_rule(request.officer_tier)
        if len(trips) == 1 and known and not request.one_of_many and policy.value(EMERGENCY_RULE):
            _release(
                request, trips[0], account.actor, by=policy.in_force(EMERGENCY_RULE).citation, by_rule=True
            )
        else:
            _escalate(request, account.actor)
    return selectors.request_by_code(request.code)


@joins_transaction
def ask_on_papers(
    *,
    account: "Account",
    officer: Officer,
    question: Question,
    submission: str,
    letter_number: str,
    certificates: list[str],
) -> PoliceRequest:
    """An ordinary request that comes with its papers (P2+). Raises `QueryUnreadable`, `InvalidInput`."""
    request, _trips = _write_request(
        actor=account.actor,
        agency=officer.agency,
        question=question,
        channel=Channel.FORM,
        submission=submission,
        officer=officer,
    )
    request.letter_number, request.certificates = letter_number, ", ".join(certificates)
    request.papers_at = request.asked_at
    request.save(update_fields=["letter_number", "certificates", "papers_at"])
    trip = request.trip.code if request.trip else ""
    timeline.add(PoliceLine.PAPERS, account.actor, trip=trip, code=request.code)
    audit.record(account.actor, "police.papers", request.code, case=request.code)
    return request


def _check_way(agency: Agency, question: Question) -> None:
    """The transport authority asks in writing, never by the emergency rule (P13). Raises `InspectionInWriting`."""
    if agency.kind == AgencyKind.TRANSPORT and question.urgency == Urgency.EMERGENCY:
        raise InspectionInWriting


def _write_request(
    *,
    actor: Actor,
    agency: Agency,
    question: Question,
    channel: Channel,
    submission: str,
    officer: Officer | None = None,
    badge: str = "",
) -> "tuple[PoliceRequest, list[Trip]]":
    many = (
        channel == Channel.FORM
        and question.urgency == Urgency.EMERGENCY
        and limits.beyond(EMERGENCIES, Asker(person=actor.code))
    )
    trips, report_code = selectors.resolve_query(
        question.query, question.value, question.about, question.until
    )
    trip = trips[0] if len(trips) == 1 else None
    at = clock.now()
    request = PoliceRequest.objects.create(
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
        supervisor_name=question.supervisor_name,
        supervisor_phone=question.supervisor_phone,
        declared=question.declared,
        legal_basis=question.legal_basis,
        report_code=report_code,
        trip=trip,
        trips_found=len(trips),
        one_of_many=many,
        asked_at=at,
        owned_at=None if channel == Channel.FORM else at,
        owned_by="" if channel == Channel.FORM else actor.code,
    )
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
    )
    if trip:
        # Held before any paper is there (P7): what was recorded is not destroyed while the police may need it.
        holds.place(actor=actor, subject=trip.code, source="police", case=request.code)
    for meant in _about_one_driver(question, trips):
        review_covertly(trip=meant, actor=actor, source=request.code)
    return request, trips


def _about_one_driver(question: Question, trips: "list[Trip]") -> "list[Trip]":
    """The first of the trips found, where the request names its driver and no other (D15).

    A place names nobody; by a passenger's phone only an emergency asks whom she rides with.
    """
    drivers = {trip.driver for trip in trips}
    if len(drivers) != 1 or question.query == Query.PLACE:
        return []
    (driver,) = drivers
    if driver is None:
        return []
    by_phone = question.query == Query.PHONE and question.urgency != Urgency.EMERGENCY
    if by_phone and typed.phone.read(question.value) != driver.account.phone:
        return []
    return trips[:1]


@joins_transaction
def _release(
    request: PoliceRequest, trip: "Trip", actor: Actor, *, by: str, by_rule: bool = False, secret: str = ""
) -> Release:
    """Build the pack, keep it with its hash, stop the clock. With the `secret` of a link it opens to whoever has both."""
    at = clock.now()
    text, digest = write_pack(build_pack(request, trip))
    move(
        request,
        REQUEST_TRANSITIONS,
        RequestState.RELEASED,
        trip=trip,
        by_rule=by_rule,
        decided_at=at,
        decided_by=actor.code,
        owned_at=request.owned_at or at,
        papers_due_at=at + policy.span(PAPERS_WITHIN),
    )
    # Whole from the start: what was released is not rewritten.
    release = Release.objects.create(
        request=request,
        pack=text,
        digest=digest,
        released_at=at,
        expires_at=at + policy.span(OPEN_FOR),
        link_digest=_digest(secret) if secret else "",
        spoken_code=new_digits(6) if secret else "",
    )
    seconds = round((at - request.asked_at).total_seconds(), 1)
    timeline.add(
        PoliceLine.RELEASED,
        actor,
        trip=trip.code,
        agency=request.agency.names,
        code=request.code,
        seconds=seconds,
    )
    audit.record(
        actor,
        "police.released",
        request.code,
        case=request.code,
        sha256=digest,
        rule=by,
        trip=trip.code,
        agency=request.agency.code,
        seconds=seconds,
    )
    incident = live_incident_of(trip)
    if incident:
        note_police_called(incident=incident, actor=actor, station=request.agency.name_zh)
    return release


@joins_transaction
def _escalate(request: PoliceRequest, actor: Actor) -> None:
    move(request, REQUEST_TRANSITIONS, RequestState.ESCALATED, escalated_at=clock.now())
    timeline.add(
        PoliceLine.ESCALATED, actor, trip=request.trip.code if request.trip else "", code=request.code
    )
    audit.record(actor, "police.escalated", request.code, case=request.code, trips=request.trips_found)


# --- An officer on the phone, without account (P4) ------------------------------------------------------------


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
    Raises `Forbidden`, `NotFound`, `InvalidInput`, `QueryUnreadable`.
    """
    _check_responder(account)
    if not badge.strip():
        raise InvalidInput("badge")
    agency = selectors.agency_by_code(agency_code)
    _check_way(agency, question)
    submission = idempotency.hold("police.request", account.code, submission)
    again = PoliceRequest.objects.filter(submission=submission).first()
    if again:
        return PhoneOutcome(again)
    channel = Channel.OUTBOUND if outbound else Channel.PHONE
    request, _trips = _write_request(
        actor=account.actor,
        agency=agency,
        question=question,
        channel=channel,
        submission=submission,
        badge=badge.strip(),
    )
    if agency.country != "CN":
        refusal = AbroadRefused()
        _refuse(request, account.actor, refusal.detail)
        return PhoneOutcome(request, refusal)
    return PhoneOutcome(request)


def _check_responder(account: "Account") -> None:
    require(account, "police.answer")


def _locked(code: str) -> PoliceRequest:
    if not PoliceRequest.objects.select_for_update().filter(code=code).exists():
        raise NotFound
    return selectors.request_by_code(code)


def _for_action(account: "Account", code: str, key: str) -> PoliceRequest:
    """The request, locked, where the rule lets this person do this now. Raises `Forbidden`, `NotFound`, `NotNow`."""
    _check_responder(account)
    request = _locked(code)
    if reason := why_not(request, account, key):
        raise NotNow(why=str(reason))
    return request


def _check_papers(request: PoliceRequest) -> None:
    if missing := missing_papers(request):
        raise PapersMissing(missing)


@begins_transaction
def record_call_back(*, account: "Account", code: str) -> PoliceRequest:
    """'I called the station's published number and reached the officer': the first person of a release by phone.

    Raises `Forbidden`, `NotFound`, `NotNow`.
    """
    request = _for_action(account, code, "call-back")
    move(
        request,
        REQUEST_TRANSITIONS,
        RequestState.CALLED_BACK,
        called_back_at=clock.now(),
        owned_by=account.code,
        proposed_by=account.code,
    )
    timeline.add(
        PoliceLine.CALLED_BACK,
        account.actor,
        trip=request.trip.code if request.trip else "",
        agency=request.agency.names,
    )
    audit.record(account.actor, "police.called_back", code, case=code, number=request.agency.published_phone)
    return request


@begins_transaction
def point_to_trip(*, account: "Account", code: str, trip_code: str) -> PoliceRequest:
    """Somebody found the trip that is meant, where the query led to none or several.

    Whoever did is the first person of an emergency's release; an ordinary one is proposed anew. Raises `Forbidden`,
    `NotFound`, `NotNow`, `TripNotFound`.
    """
    request = _for_action(account, code, "trip")
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


@begins_transaction
def propose_release(*, account: "Account", code: str) -> PoliceRequest:
    """The first person of a release by the form: 'I checked it, and what was sent with it.'

    Raises `Forbidden`, `NotFound`, `NotNow`, `PapersMissing`.
    """
    request = _for_action(account, code, "propose")
    _check_papers(request)
    PoliceRequest.objects.filter(pk=request.pk).update(
        proposed_by=account.code,
        owned_at=request.owned_at or clock.now(),
        owned_by=request.owned_by or account.code,
    )
    audit.record(account.actor, "police.release_proposed", code, case=code)
    return selectors.request_by_code(code)


@begins_transaction
def confirm_release(*, account: "Account", code: str) -> Release:
    """The second person confirms on their own screen; the pack goes to the station's registered address as a link.

    The link opens once, with a code that is said on the call. Raises `SecondPersonNeeded`, `Forbidden`, `NotFound`,
    `TripNotFound`, `NotNow`, `PapersMissing`.
    """
    request = _locked(code)
    four_eyes.another(account.code, *had_a_part(request))
    require(account, "police.confirm")
    if request.trip is None:
        raise TripNotFound
    trip = trip_by_code(request.trip.code)
    request = _for_action(account, code, "confirm")
    _check_papers(request)
    by = "P5" if request.urgency == Urgency.ORDINARY else "P4"
    secret = "" if request.channel == Channel.FORM else secrets.token_urlsafe(24)
    release = _release(request, trip, account.actor, by=by, secret=secret)
    if not secret:
        return release
    link = settings.PUBLIC_URL + reverse("police:link", args=[secret])
    outbox.queue(
        messages.PackReleased(code=request.code, link=link),
        key=f"pack:{request.code}",
        channel="email",
        to=request.agency.registered_email,
        language="zh-hans",
        subject=request.code,
    )
    return release


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@joins_transaction
def _refuse(request: PoliceRequest, actor: Actor, reason: str) -> None:
    move(
        request,
        REQUEST_TRANSITIONS,
        RequestState.REFUSED,
        decided_at=clock.now(),
        decided_by=actor.code,
        refusal=reason,
    )
    timeline.add(
        PoliceLine.REFUSED,
        actor,
        trip=request.trip.code if request.trip else "",
        agency=request.agency.names,
        words=reason,
        code=request.code,
    )
    audit.record(actor, "police.refused", request.code, case=request.code)
    holds.release(actor=actor, source="police", case=request.code)


@begins_transaction
def refuse_request(*, account: "Account", code: str, reason: str) -> PoliceRequest:
    """Refuse with a legal reason. Raises `InvalidInput` without one, `Forbidden`, `NotFound`, `NotNow`."""
    _check_responder(account)
    if not reason.strip():
        raise InvalidInput("reason")
    request = _for_action(account, code, "refuse")
    _refuse(request, account.actor, reason.strip()[:1000])
    return request


@begins_transaction
def escalate_request(*, account: "Account", code: str) -> PoliceRequest:
    """Escalate now: within two minutes somebody decides, or the executive on duty is called.

    Raises `Forbidden`, `NotFound`, `NotNow`.
    """
    request = _for_action(account, code, "escalate")
    _escalate(request, account.actor)
    return request


def call_executive(*, at: datetime) -> int:
    """Call the named executive about escalations past their limit; returns how many."""
    return EXECUTIVE.run(at=at).total


def _past_limit(at: datetime, limit: int) -> list[int]:
    due = at - policy.span(ESCALATE_WITHIN)
    rows = PoliceRequest.objects.filter(
        state=RequestState.ESCALATED, executive_called_at=None, escalated_at__lte=due
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _call_executive(pk: int, at: datetime) -> bool:
    rows = PoliceRequest.objects.select_for_update(skip_locked=True).filter(
        pk=pk, state=RequestState.ESCALATED, executive_called_at=None
    )
    request = rows.first()
    if request is None:
        return False
    PoliceRequest.objects.filter(pk=request.pk).update(executive_called_at=at)
    timeline.add(PoliceLine.EXECUTIVE, SYSTEM, code=request.code)
    audit.record(SYSTEM, "police.executive_called", request.code, case=request.code)
    outbox.queue(
        messages.RequestEscalated(code=request.code),
        key=f"executive:{request.code}",
        to=settings.EXECUTIVE_PHONE,
        language="zh-hans",
        subject=request.code,
    )
    return True


EXECUTIVE = jobs.rows(
    "police.call_executive",
    gettext_lazy("calling the executive about police requests past their limit"),
    due=_past_limit,
    act=_call_executive,
    key=int,
    seconds=4.0,
    life_safety=True,
)


# --- Reading what was released ---------------------------------------------------------------------------------


@begins_transaction
def read_pack(*, actor: Actor, request: PoliceRequest) -> str:
    """The released pack as JSON text, with the reading recorded (A8). Raises `NotReleased`, `LinkClosed`."""
    release = Release.objects.filter(request=request).first()
    if release is None:
        raise NotReleased
    if not release.is_open(clock.now()):
        raise LinkClosed(line=settings.LIAISON_LINE)
    audit.record(actor, "police.pack_read", request.code, case=request.code, sha256=release.digest)
    return str(release.pack)


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """What a spoken code opened."""

    pack: str = ""
    digest: str = ""
    refusal: DomainError | None = None


def link_exists(secret: str) -> bool:
    """True for a link that can still be opened."""
    return Release.objects.filter(
        link_digest=_digest(secret),
        opened_at=None,
        expires_at__gt=clock.now(),
        wrong_codes__lt=policy.value(SPOKEN_TRIES),
    ).exists()


@begins_transaction
def open_link(*, secret: str, spoken: str) -> LinkOutcome:
    """Open a one-time link with the code said on the call. A wrong code is counted and kept. Raises `LinkClosed`."""
    release = Release.objects.select_for_update().filter(link_digest=_digest(secret)).first()
    at = clock.now()
    if (
        release is None
        or release.opened_at
        or at > release.expires_at
        or release.wrong_codes >= policy.value(SPOKEN_TRIES)
    ):
        raise LinkClosed(line=settings.LIAISON_LINE)
    code = release.request.code
    if not secrets.compare_digest(str(release.spoken_code).encode(), typed.code.digits(spoken, 6).encode()):
        Release.objects.filter(pk=release.pk).update(wrong_codes=F("wrong_codes") + 1)
        audit.record(NOBODY, "police.link_wrong_code", code, case=code)
        return LinkOutcome(refusal=WrongSpokenCode("spoken"))
    Release.objects.filter(pk=release.pk).update(opened_at=at)
    audit.record(NOBODY, "police.link_opened", code, case=code, sha256=release.digest)
    return LinkOutcome(pack=str(release.pack), digest=release.digest)


# --- Afterwards ---------------------------------------------------------------------------------------------------


@begins_transaction
def file_papers(
    *, account: "Account", code: str, letter_number: str, certificates: list[str], legal_basis: str = ""
) -> PoliceRequest:
    """The letter of introduction and two officers' certificates (P2), and the legal basis where it was not said yet.

    Whoever checked an ordinary request checked other papers: it is proposed anew. The same papers sent again stay as
    they are. Raises `InvalidInput`, `NotFound`.
    """
    officer = selectors.officer_of(account, clock.now())
    selectors.own_request(officer, code)
    _locked(code)
    request = selectors.own_request(officer, code)
    given = [number.strip() for number in certificates if number.strip()]
    basis = legal_basis.strip() or request.legal_basis
    if not letter_number.strip():
        raise InvalidInput("letter_number")
    if len(set(given)) < 2:
        raise InvalidInput("certificates")
    if request.urgency == Urgency.ORDINARY and not basis:
        raise InvalidInput("legal_basis")
    papers = (letter_number.strip(), ", ".join(given), basis)
    if request.papers_at and papers == (request.letter_number, request.certificates, request.legal_basis):
        return request
    request.letter_number, request.certificates, request.legal_basis = papers
    request.papers_at = clock.now()
    if request.state in UNDECIDED and request.urgency == Urgency.ORDINARY:
        request.proposed_by = ""
    request.save(update_fields=["letter_number", "certificates", "papers_at", "legal_basis", "proposed_by"])
    timeline.add(PoliceLine.PAPERS, account.actor, trip=request.trip.code if request.trip else "", code=code)
    audit.record(account.actor, "police.papers", code, case=code)
    return request


@begins_transaction
def review_release(*, account: "Account", code: str, proper: bool) -> None:
    """One of the two people who look at a release afterwards; an improper one suspends the officer at once (P3).

    Raises `Forbidden`, `NotFound`, `NotNow` where nothing was released, `SecondPersonNeeded` for whoever had a part in
    the release or reviewed it already.
    """
    _check_responder(account)
    request = _locked(code)
    release = Release.objects.select_related("request__officer").filter(request=request).first()
    if release is not None:
        seen = release.reviews.values_list("reviewer", flat=True)
        four_eyes.another(account.code, *had_a_part(request), *seen)
    request = _for_action(account, code, "proper" if proper else "improper")
    release = request.release
    ReleaseReview.objects.create(release=release, reviewer=account.code, proper=proper, at=clock.now())
    audit.record(account.actor, "police.release_reviewed", code, case=code, proper=proper)
    officer = release.request.officer
    if not proper and officer:
        suspend_officer(actor=account.actor, officer=officer, case=code)


@joins_transaction
def suspend_officer(*, actor: Actor, officer: Officer, case: str) -> None:
    """Suspend at once, by one person: sessions end here and now, and open streams with them."""
    Officer.objects.filter(pk=officer.pk).update(
        state=OfficerState.SUSPENDED, reinstate_by="", reinstated_by=""
    )
    audit.record(actor, "police.officer_suspended", officer.account.code, case=case)
    end_sessions(actor=actor, account=officer.account, reason=case)


def _suspended(account: "Account", code: str, key: str) -> Officer:
    """The officer whom this request suspended, locked. Raises as `_for_action`."""
    officer = _for_action(account, code, key).officer
    assert officer is not None  # noqa: S101 - the rule says so
    return Officer.objects.select_for_update(of=("self",)).select_related("account").get(pk=officer.pk)


@begins_transaction
def propose_reinstatement(*, account: "Account", code: str, reason: str) -> None:
    """The first of two people who let in again an officer whom an improper request suspended.

    Raises `Forbidden`, `NotFound`, `NotNow`, `InvalidInput`.
    """
    officer = _suspended(account, code, "reinstate")
    if not reason.strip():
        raise InvalidInput("reason")
    officer.reinstate_by, officer.reinstated_by = account.code, ""
    officer.reinstate_reason = reason.strip()[:1000]
    officer.save(update_fields=["reinstate_by", "reinstated_by", "reinstate_reason"])
    _reinstating(officer, account, code, "proposed")


@begins_transaction
def decide_reinstatement(*, account: "Account", code: str, agrees: bool) -> None:
    """The second, another person: the officer is let in again, or the proposal falls.

    Raises `Forbidden`, `NotFound`, `NotNow`, `SecondPersonNeeded`.
    """
    require(account, "police.confirm")
    if agrees:
        request = _locked(code)
        if request.officer is not None and not request.officer.reinstated_by:
            four_eyes.another(account.code, request.officer.reinstate_by)
    officer = _suspended(account, code, "reinstate_agree" if agrees else "reinstate_refuse")
    if agrees:
        four_eyes.another(account.code, officer.reinstate_by)
        Officer.objects.filter(pk=officer.pk).update(state=OfficerState.ACTIVE, reinstated_by=account.code)
    else:
        Officer.objects.filter(pk=officer.pk).update(reinstate_by="")
    _reinstating(officer, account, code, "agreed" if agrees else "refused")


def _reinstating(officer: Officer, account: "Account", code: str, step: str) -> None:
    audit.record(account.actor, f"police.officer_reinstatement_{step}", officer.account.code, case=code)
