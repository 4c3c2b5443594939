"""The register of errors: what went wrong with a request, why, and what was done about it (P8+)."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy

from core import audit, clock, four_eyes, inserts, jobs, policy
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import InvalidInput
from core.messages import outbox
from core.permissions import require
from core.transactions import begins_transaction
from police import messages
from police.models import PoliceRequest, ReleaseError
from police.policies import PAPERS_REMINDED, open_error
from police.selectors import OF_PEOPLE
from police.services.desk import check_responder, for_action, locked
from police.states import NO_ERROR, ErrorKind, RequestState

if TYPE_CHECKING:
    from accounts.models import Account


@begins_transaction
def note_error(*, account: "Account", code: str, kind: str, cause: str, remedy: str) -> ReleaseError:
    """The first of two people: what went wrong, why, and what was done, or that what was noted was no error.

    What a machine found keeps its kind: two people close it, or say that it was none. Raises `Forbidden`, `NotFound`, `NotNow`,
    `InvalidInput`.
    """
    check_responder(account)
    for name, given in (("cause", cause), ("remedy", remedy)):
        if not given.strip():
            raise InvalidInput(name)
    if kind not in {*ErrorKind.values, NO_ERROR[0]}:
        raise InvalidInput("kind")
    request = for_action(account, code, "error")
    found = open_error(request)
    none = kind == NO_ERROR[0]
    if none if found is None else found.kind == ErrorKind.PAPERS_LATE and not none and kind != found.kind:
        raise InvalidInput("kind")
    found = found or ReleaseError(code=new_code("PE"), request=request, found_at=clock.now())
    found.kind, found.was_none, found.noted_by = found.kind if none else kind, none, account.code
    found.cause, found.remedy = cause.strip()[:1000], remedy.strip()[:1000]
    found.save()
    audit.record(account.actor, "police.error_noted", code, case=code, kind=kind, error=found.code)
    return found


@begins_transaction
def decide_error(*, account: "Account", code: str, agrees: bool) -> None:
    """The second, another person: it is closed as it was said, or has to be said anew.

    Raises `Forbidden`, `NotFound`, `NotNow`, `SecondPersonNeeded`.
    """
    require(account, "police.confirm")
    found = open_error(locked(code))
    if agrees and found is not None and found.noted_by:
        four_eyes.another(account.code, found.noted_by)
    request = for_action(account, code, "error_agree" if agrees else "error_back")
    found = open_error(request)
    assert found is not None  # noqa: S101 - the rule says so
    if agrees:
        found.agreed_by, found.agreed_at = account.code, clock.now()
    else:
        found.noted_by = ""
    found.save(update_fields=["agreed_by", "agreed_at", "noted_by"])
    audit.record(
        account.actor,
        "police.error_closed" if agrees else "police.error_said_anew",
        code,
        case=code,
        error=found.code,
    )


# --- What a machine finds ------------------------------------------------------------------------------------------


def _late(at: datetime, limit: int) -> list[int]:
    rows = PoliceRequest.objects.filter(
        OF_PEOPLE, state=RequestState.RELEASED, papers_at=None, papers_due_at__lt=at
    )
    rows = rows.exclude(errors__kind=ErrorKind.PAPERS_LATE).exclude(errors__agreed_by="")
    return list(rows.order_by("papers_due_at").values_list("pk", flat=True)[:limit])


@begins_transaction
def _note_late(pk: int, at: datetime) -> bool:
    request = PoliceRequest.objects.select_for_update(skip_locked=True).filter(pk=pk, papers_at=None).first()
    if request is None or request.errors.filter(kind=ErrorKind.PAPERS_LATE).exists():
        return False
    row = ReleaseError(code=new_code("PE"), request=request, kind=ErrorKind.PAPERS_LATE, found_at=at)
    if not inserts.insert(row, unless_there=True):
        return False
    audit.record(SYSTEM, "police.error_found", request.code, case=request.code, kind=row.kind, error=row.code)
    return True


LATE = jobs.rows(
    "police.note_late_papers",
    gettext_lazy("noting papers of the police that are late"),
    due=_late,
    act=_note_late,
    key=int,
)


# --- Papers that have not come -------------------------------------------------------------------------------------


def _to_remind(at: datetime) -> Q:
    soon = at + policy.span(PAPERS_REMINDED)
    return Q(
        OF_PEOPLE,
        state=RequestState.RELEASED,
        papers_at=None,
        papers_reminded_at=None,
        papers_due_at__lte=soon,
    )


def _awaited(at: datetime, limit: int) -> list[int]:
    rows = PoliceRequest.objects.filter(_to_remind(at)).order_by("papers_due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _remind(pk: int, at: datetime) -> bool:
    """Once, at the station's registered address: neither who asked nor about whom stands in it."""
    rows = PoliceRequest.objects.select_for_update(of=("self",), skip_locked=True).select_related("agency")
    request = rows.filter(_to_remind(at), pk=pk).first()
    if request is None or request.papers_due_at is None:
        return False
    PoliceRequest.objects.filter(pk=pk).update(papers_reminded_at=at)
    outbox.queue(
        messages.PapersAwaited(code=request.code, at=request.papers_due_at, line=settings.LIAISON_LINE),
        key=f"papers-due:{request.code}",
        channel="email",
        to=request.agency.registered_email,
        language="zh-hans",
        subject=request.code,
    )
    audit.record(SYSTEM, "police.papers_reminded", request.code, case=request.code)
    return True


CHASE = jobs.rows(
    "police.remind_of_papers",
    gettext_lazy("reminding stations of papers that are due"),
    due=_awaited,
    act=_remind,
    key=int,
)
