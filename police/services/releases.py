"""What is released: by rule, and by two people; and its reading from the portal."""

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from core import audit, clock, four_eyes, inserts, policy, timeline
from core.actions import NotNow
from core.actors import Actor
from core.codes import new_digits
from core.messages import outbox
from core.permissions import require
from core.reads import Read
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from police import messages, selectors
from police.answers import build_answer
from police.documents import telling
from police.errors import (
    LinkClosed,
    NotReleased,
    TripNotFound,
)
from police.models import IdentityPart, PoliceRequest, Release
from police.packs import Graded, build_pack, says_plates, write_pack
from police.policies import (
    IDENTITY_WITHIN,
    OPEN_FOR,
    grade,
    had_a_part,
    papers_due,
)
from police.services.desk import check_papers, for_action, locked
from police.services.links import digest_of
from police.services.owning import ask_station
from police.states import (
    REQUEST_TRANSITIONS,
    Channel,
    Grade,
    GradeReason,
    PoliceLine,
    RequestState,
    Urgency,
)
from rides.selectors import trip_by_code
from safety.selectors import live_incident_of
from safety.services import note_police_called, note_police_given

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip


_RELEASE = Read(lambda request: Release.objects.select_related("identity").filter(request_id=request), int)


@joins_transaction
def release_pack(
    request: PoliceRequest,
    trip: "Trip",
    actor: Actor,
    graded: Graded,
    *,
    by: str,
    by_rule: bool = False,
    secret: str = "",
) -> Release:
    """Build the pack, keep it with its hash, tell the incident. With the `secret` of a link it opens to whoever has both.

    What the grade leaves out waits with a clock of its own.
    """
    at = clock.now()
    if not graded.whole:
        graded = replace(graded, due_at=at + policy.span(IDENTITY_WITHIN))
    # A question of a letter is answered with what the letter names; all else gets the minimum pack.
    on_letter = request.notice_id is not None
    text, digest = write_pack(build_answer(request, trip) if on_letter else build_pack(request, trip, graded))
    move(
        request,
        REQUEST_TRANSITIONS,
        RequestState.RELEASED,
        trip=trip,
        by_rule=by_rule,
        decided_at=at,
        decided_by=actor.code,
        owned_at=request.owned_at or at,
        papers_due_at=papers_due(request, at),
    )
    # Whole from the start: what was released is not rewritten.
    release = Release(
        request=request,
        pack=text,
        digest=digest,
        released_at=at,
        expires_at=at + policy.span(OPEN_FOR),
        link_digest=digest_of(secret) if secret else "",
        spoken_code=new_digits(6) if secret else "",
        grade=graded.grade,
        reason=graded.reason,
        signs=sorted(graded.signs),
        has_plates=on_letter or says_plates(text),
    )
    inserts.insert(release)
    telling.begin(release)
    if graded.due_at:
        inserts.keep(IdentityPart(release=release, asked_at=at, due_at=graded.due_at))
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
        grade=graded.grade,
        why=graded.reason,
        signs=sorted(graded.signs),
        trip=trip.code,
        agency=request.agency.code,
        seconds=seconds,
    )
    incident = live_incident_of(trip)
    # A claim that waits for a call-back says nothing yet about whether the police know.
    if incident and graded.whole:
        # Whoever asks, somewhere, sends nobody: only a station that we called ourselves meets the clock (S10).
        note = note_police_called if request.channel == Channel.OUTBOUND else note_police_given
        note(incident=incident, actor=actor, station=request.agency.name_zh)
    return release


@begins_transaction
def record_call_back(*, account: "Account", code: str) -> PoliceRequest:
    """'I called the station's published number and reached the officer': the first person of a release by phone.

    Raises `Forbidden`, `NotFound`, `NotNow`.
    """
    request = for_action(account, code, "call-back")
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
def propose_release(*, account: "Account", code: str) -> PoliceRequest:
    """The first person of a release by the form: 'I checked it, and what was sent with it.'

    Raises `Forbidden`, `NotFound`, `NotNow`, `PapersMissing`.
    """
    request = for_action(account, code, "propose")
    check_papers(request)
    PoliceRequest.objects.filter(pk=request.pk).update(
        proposed_by=account.code,
        owned_at=request.owned_at or clock.now(),
        owned_by=request.owned_by or account.code,
    )
    audit.record(account.actor, "police.release_proposed", code, case=code)
    return selectors.request_by_code(code)


def _by_people(request: PoliceRequest, trip: "Trip") -> Graded:
    """Where the station was called back, or papers came, all. An emergency by the form has neither of them as a rule: that
    two people looked which trip is meant does not say who asks."""
    if request.called_back_at:
        return Graded(Grade.WHOLE, GradeReason.CALLED_BACK)
    if request.urgency == Urgency.ORDINARY:
        return Graded(Grade.WHOLE, GradeReason.ON_PAPERS)
    return grade_of(request, trip)


def grade_of(request: PoliceRequest, trip: "Trip") -> Graded:
    """What goes out of an emergency by the form, and why (P3a)."""
    claim = selectors.claim_of(request, trip, clock.now())
    given, reason = grade(claim)
    return Graded(given, reason, claim.signs)


@begins_transaction
def confirm_release(*, account: "Account", code: str) -> Release:
    """The second person confirms on their own screen; the pack goes to the station's registered address as a link.

    The link opens once, with a code that is said on the call. Raises `SecondPersonNeeded`, `Forbidden`, `NotFound`,
    `TripNotFound`, `NotNow`, `PapersMissing`.
    """
    request = locked(code)
    four_eyes.another(account.code, *had_a_part(request))
    require(account, "police.confirm")
    if request.trip is None:
        raise TripNotFound
    trip = trip_by_code(request.trip.code)
    request = for_action(account, code, "confirm")
    check_papers(request)
    by = "P5" if request.urgency == Urgency.ORDINARY else "P4"
    secret = "" if request.channel == Channel.FORM else secrets.token_urlsafe(24)
    graded = _by_people(request, trip)
    if graded.grade == Grade.NOTHING:  # the officer was suspended meanwhile
        raise NotNow(why=str(graded.reason.label))
    release = release_pack(request, trip, account.actor, graded, by=by, secret=secret)
    if not secret:
        if request.urgency == Urgency.EMERGENCY:
            ask_station(release, request)
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


@begins_transaction
def read_pack(*, actor: Actor, request: PoliceRequest) -> str:
    """The released pack as JSON text, with the reading recorded (A8). Raises `NotReleased`, `LinkClosed`."""
    return note_reading(actor=actor, request=request)


@joins_transaction
def note_reading(*, actor: Actor, request: PoliceRequest) -> str:
    """The same, beside what else of a reading is written down. Raises `NotReleased`, `LinkClosed`."""
    release = _RELEASE.first(request.pk)
    if release is None:
        raise NotReleased
    if not release.is_open(clock.now()):
        raise LinkClosed(line=settings.LIAISON_LINE)
    newest = release.newest
    audit.record(actor, "police.pack_read", request.code, case=request.code, sha256=newest.digest)
    return str(newest.pack)
