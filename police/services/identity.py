"""The identity part of an emergency release: a call-back to the published number, and two people (P3a)."""

from typing import TYPE_CHECKING, Any

from core import audit, clock, four_eyes, timeline
from core.actors import Actor
from core.errors import InvalidInput
from core.permissions import require
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from police.models import IdentityPart, PoliceRequest
from police.packs import Graded, build_pack, write_pack
from police.policies import had_a_part
from police.services.desk import check_responder, for_action, locked
from police.states import (
    IDENTITY_TRANSITIONS,
    IDENTITY_WAITS,
    Grade,
    GradeReason,
    IdentityState,
    PoliceLine,
    Sign,
)
from rides.selectors import trip_by_code

if TYPE_CHECKING:
    from accounts.models import Account


def _part(account: "Account", code: str, key: str) -> tuple[PoliceRequest, IdentityPart]:
    """The request, locked, and its identity part. Raises as `for_action`."""
    request = for_action(account, code, key)
    return request, request.release.identity


@begins_transaction
def call_back_for_identity(*, account: "Account", code: str) -> None:
    """'I called the station's published number and reached the officer': the first of two people.

    Raises `Forbidden`, `NotFound`, `NotNow`.
    """
    request, part = _part(account, code, "identity_call")
    move(
        part,
        IDENTITY_TRANSITIONS,
        IdentityState.CALLED_BACK,
        called_back_at=clock.now(),
        called_back_by=account.code,
    )
    _told(PoliceLine.IDENTITY_CALLED_BACK, account.actor, request)
    number = request.agency.published_phone
    audit.record(account.actor, "police.identity_called_back", code, case=code, number=number)


@begins_transaction
def release_identity(*, account: "Account", code: str) -> IdentityPart:
    """The second person confirms: who the driver is goes out, with the car part as it is now.

    Raises `SecondPersonNeeded`, `Forbidden`, `NotFound`, `NotNow`.
    """
    request = locked(code)
    four_eyes.another(account.code, *had_a_part(request))
    require(account, "police.confirm")
    request, part = _part(account, code, "identity_confirm")
    assert request.trip is not None  # noqa: S101 - released for one trip
    at, release = clock.now(), request.release
    graded = Graded(Grade.WHOLE, GradeReason.CALLED_BACK, frozenset(Sign(sign) for sign in release.signs))
    text, digest = write_pack(build_pack(request, trip_by_code(request.trip.code), graded))
    move(
        part,
        IDENTITY_TRANSITIONS,
        IdentityState.RELEASED,
        decided_at=at,
        decided_by=account.code,
        pack=text,
        digest=digest,
    )
    seconds = round((at - part.asked_at).total_seconds(), 1)
    _told(PoliceLine.IDENTITY_RELEASED, account.actor, request, seconds=seconds)
    audit.record(account.actor, "police.identity_released", code, case=code, sha256=digest, seconds=seconds)
    return part


@begins_transaction
def refuse_identity(*, account: "Account", code: str, reason: str) -> None:
    """The station does not know of it, or the law forbids it. Raises `InvalidInput`, `Forbidden`, `NotFound`, `NotNow`."""
    check_responder(account)
    if not reason.strip():
        raise InvalidInput("reason")
    request, part = _part(account, code, "identity_refuse")
    move(
        part,
        IDENTITY_TRANSITIONS,
        IdentityState.REFUSED,
        decided_at=clock.now(),
        decided_by=account.code,
        refusal=reason.strip()[:1000],
    )
    _told(PoliceLine.IDENTITY_REFUSED, account.actor, request, words=reason.strip()[:1000])
    audit.record(account.actor, "police.identity_refused", code, case=code)


@joins_transaction
def close_identity(part: IdentityPart, actor: Actor) -> None:
    """Nobody gets it any more: the station says that it did not ask, or somebody found it improper."""
    if part.state not in IDENTITY_WAITS | {IdentityState.RELEASED}:
        return
    move(
        part,
        IDENTITY_TRANSITIONS,
        IdentityState.DISOWNED,
        decided_at=part.decided_at or clock.now(),
        decided_by=part.decided_by or actor.code,
    )


def _told(kind: PoliceLine, actor: Actor, request: PoliceRequest, *, words: str = "", **facts: Any) -> None:
    timeline.add(
        kind,
        actor,
        trip=request.trip.code if request.trip else "",
        agency=request.agency.names,
        code=request.code,
        words=words,
        **facts,
    )
