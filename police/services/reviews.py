"""Two people look at each release afterwards; who misused one is suspended, and let in again by two."""

from typing import TYPE_CHECKING

from accounts.services import end_sessions
from core import audit, clock, four_eyes
from core.actors import Actor
from core.errors import InvalidInput
from core.permissions import require
from core.transactions import begins_transaction, joins_transaction
from police.models import Officer, PoliceRequest, Release, ReleaseReview
from police.policies import had_a_part, identity_part
from police.services.desk import check_responder, for_action, locked
from police.services.identity import close_identity
from police.states import Channel, OfficerState
from safety.selectors import live_incident_of
from safety.services import undo_police_call

if TYPE_CHECKING:
    from accounts.models import Account


@begins_transaction
def review_release(*, account: "Account", code: str, proper: bool) -> None:
    """One of the two people who look at a release afterwards; an improper one closes it and suspends the officer at once (P3).

    Raises `Forbidden`, `NotFound`, `NotNow` where nothing was released, `SecondPersonNeeded` for whoever had a part in
    the release or reviewed it already.
    """
    check_responder(account)
    request = locked(code)
    release = Release.objects.select_related("request__officer").filter(request=request).first()
    if release is not None:
        seen = release.reviews.values_list("reviewer", flat=True)
        four_eyes.another(account.code, *had_a_part(request), *seen)
    request = for_action(account, code, "proper" if proper else "improper")
    release = request.release
    ReleaseReview.objects.create(release=release, reviewer=account.code, proper=proper, at=clock.now())
    audit.record(account.actor, "police.release_reviewed", code, case=code, proper=proper)
    if not proper:
        close_release(request, account.actor)


@joins_transaction
def close_release(request: PoliceRequest, actor: Actor) -> None:
    """It is in wrong hands, whoever says so (P3c): nobody reads it any more, nor by its link, nothing is added to it, who
    asked is suspended, and the police do not know of the danger yet (S10)."""
    release = request.release
    Release.objects.filter(pk=release.pk, disowned_at=None).update(disowned_at=clock.now())
    ours = request.channel == Channel.OUTBOUND  # no other met the clock
    if ours and request.trip and (incident := live_incident_of(request.trip)):
        station = request.agency.name_zh
        undo_police_call(incident=incident, actor=actor, station=station, noted_at=release.released_at)
    if part := identity_part(request):
        close_identity(part, actor)
    if request.officer:
        suspend_officer(actor=actor, officer=request.officer, case=request.code)


@joins_transaction
def suspend_officer(*, actor: Actor, officer: Officer, case: str) -> None:
    """Suspend at once, by one person; open sessions and streams end, and each request asks for the state anew."""
    end_sessions(actor=actor, account=officer.account, reason="police.officer_suspended")
    Officer.objects.filter(pk=officer.pk).update(
        state=OfficerState.SUSPENDED, reinstate_by="", reinstated_by=""
    )
    audit.record(actor, "police.officer_suspended", officer.account.code, case=case)


def _suspended(account: "Account", code: str, key: str) -> Officer:
    """The officer whom this request suspended, locked. Raises as `for_action`."""
    officer = for_action(account, code, key).officer
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
        request = locked(code)
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
