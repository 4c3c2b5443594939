"""'Never again' (R15): one tap after a trip, and nobody brings these two together for a year."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext_lazy

from core import audit, clock, holds, jobs, policy
from core.states import StaleState
from core.transactions import begins_transaction, joins_transaction
from drivers.services import open_case
from drivers.states import CaseKind, CaseState
from rides import selectors
from rides.models import NeverAgain, Trip
from rides.policies import NEVER_AGAIN_FOR, NEVER_AGAIN_MANY, NEVER_AGAIN_WITHIN
from rides.states import Party

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver


@begins_transaction
def never_again(*, account: "Account", trip_code: str, by_key: bool = False) -> NeverAgain:
    """Keep the two sides of a trip apart from now on, on all lines. Said again, it lasts its full time from now.

    `by_key` where who travels says it on the page of this trip, which the account booked. What the two have accepted already
    stays: the other side is not to learn of it. Raises `NotFound`, `StaleState` where the trip is not over or had no driver.
    """
    trip, party = selectors.trip_of(account, trip_code)
    other = selectors.other_side(trip, party)
    if other is None or not trip.is_over:
        raise StaleState
    hold_pair(account.pk, other.pk)
    at = clock.now()
    own: dict[str, Any] = {"trip": trip} if by_key else {}
    row, _new = NeverAgain.objects.update_or_create(
        account=account,
        other=other,
        undone_at=None,
        by_key=by_key,
        **own,
        defaults={"trip": trip, "party": party, "said_at": at, "until": at + policy.span(NEVER_AGAIN_FOR)},
    )
    audit.record(account.actor, "rides.never_again", trip.code, party=party)
    if party == Party.PASSENGER and trip.driver:
        _weigh(trip.driver, at)
    return row


@begins_transaction
def undo_never_again(*, account: "Account", trip_code: str, by_key: bool = False) -> None:
    """Take back what one said of the other side of a trip, after whichever trip; nothing where nothing was said.

    `by_key` takes back what who travels said on the page of this trip, nothing else. Raises `NotFound`.
    """
    trip, party = selectors.trip_of(account, trip_code)
    other = selectors.other_side(trip, party)
    rows = NeverAgain.objects.filter(account=account, other=other, undone_at=None)
    if by_key:
        rows = rows.filter(trip=trip, by_key=True)
    if other and rows.update(undone_at=clock.now()):
        audit.record(account.actor, "rides.never_again_undone", trip.code, party=party)


@joins_transaction
def hold_pair(account: int, other: int) -> None:
    """Wait for whoever brings these two together or keeps them apart at this moment, until this transaction ends.

    Without it a pair could be accepted by a transaction that looked before the wish was written and commits after it.
    """
    low, high = sorted((account, other))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"pair:{low}:{high}"])


def _weigh(driver: "Driver", at: datetime) -> None:
    """A weak sign, but many of them open a case; those that a reviewer has seen already count no more."""
    since = at - policy.span(NEVER_AGAIN_WITHIN)
    seen = driver.cases.filter(kind=CaseKind.KEPT_AWAY).exclude(state=CaseState.OPEN).order_by("-pk").first()
    if seen and seen.decided_at and seen.decided_at > since:
        since = seen.decided_at
    rows = NeverAgain.objects.in_force(at).filter(
        other=driver.account_id, party=Party.PASSENGER, said_at__gt=since
    )
    count = rows.values("account").distinct().count()
    if count >= policy.value(NEVER_AGAIN_MANY):
        citation = policy.in_force(NEVER_AGAIN_MANY).citation
        open_case(driver=driver, kind=CaseKind.KEPT_AWAY, passengers=count, citation=citation)


def _run_out(at: datetime, limit: int) -> list[int]:
    rows = NeverAgain.objects.filter(until__lt=at).order_by("until", "pk")
    held = holds.held(
        Trip.objects.filter(never_again__until__lt=at).values_list("code", flat=True).distinct()
    )
    return list(rows.exclude(trip__code__in=held).values_list("pk", flat=True)[:limit])


@begins_transaction
def _forget(pk: int, at: datetime) -> bool:
    return bool(NeverAgain.objects.filter(pk=pk, until__lt=at).delete()[0])


FORGOTTEN = jobs.rows(
    "rides.forget_never_again",
    gettext_lazy("forgetting wishes never to ride together that have run out"),
    due=_run_out,
    act=_forget,
    key=int,
)
