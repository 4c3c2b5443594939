"""Preservation: what would end is kept by a notice of its own, until a day that two people put off (P7, P7+).

It passes the same verification as a release by rule. Whether anything exists is never said: the answer is the same for
every number, and so are its rows and its time, because what is named is looked for behind it. What is held are trips
(`core.holds`), which every job that destroys asks: it runs beside what holds them, and a moment later.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import audit, clock, four_eyes, holds, idempotency, jobs, limits, policy
from core.actions import NotNow
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.events import publish
from core.limits import Asker
from core.permissions import require
from core.transactions import begins_transaction, joins_transaction
from police import selectors
from police.errors import NotCalledBack
from police.events import PreservationAsked
from police.models import Officer, Preservation
from police.policies import (
    PRESERVATIONS,
    PRESERVED_FOR,
    may_be_by_rule,
    tier_of,
    why_not_preserve,
)
from police.states import Query

if TYPE_CHECKING:
    from accounts.models import Account
    from rides.models import Trip

SOURCE = selectors.PRESERVES


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be preserved, of which time, and by which paper. Times are aware."""

    query: Query
    value: str
    span_from: datetime
    span_to: datetime
    letter_number: str
    legal_basis: str


@begins_transaction
def preserve(*, account: "Account", asked: Asked, submission: str, asker: Asker) -> Preservation:
    """Keep what this names, from now to the day of the policy, and what comes until its time is over.

    The same `submission` asks once. Raises `NotAnOfficer`, `OfficerSuspended`, `NotCalledBack`, `InvalidInput`,
    `QueryUnreadable`, `TooMany`.
    """
    officer = selectors.officer_of(account, clock.now())
    key = idempotency.hold("police.preservation", account.code, submission)
    again = Preservation.objects.filter(submission=key).first()
    if again:
        return again
    if not may_be_by_rule(tier_of(officer, clock.now())):
        raise NotCalledBack(line=settings.LIAISON_LINE)
    for name in ("letter_number", "legal_basis"):
        if not getattr(asked, name).strip():
            raise InvalidInput(name)
    if asked.span_to <= asked.span_from:
        raise InvalidInput("span_to")
    limits.take(PRESERVATIONS, asker)
    at = clock.now()
    row = Preservation(
        code=new_code("PP"),
        submission=key,
        officer=officer,
        letter_number=asked.letter_number.strip(),
        legal_basis=asked.legal_basis.strip(),
        query=asked.query,
        query_value=asked.value,
        span_from=asked.span_from,
        span_to=asked.span_to,
        asked_at=at,
        until=at + policy.span(PRESERVED_FOR),
    )
    selectors.check_readable(asked.query, asked.value)
    row.save()
    # The journal says the same whatever was found: it is read by more people than may know.
    audit.record(account.actor, "police.preserved", row.code, case=row.code, query=row.query)
    # Holding takes a while for each trip: whoever measured the answer would learn whether somebody rides (P3b).
    publish(PreservationAsked(code=row.code))
    return row


@joins_transaction
def hold_what_exists(*, code: str) -> None:
    """Hold all that a request names, as far as it is there. Repeated it holds what came meanwhile."""
    row = Preservation.objects.select_for_update().filter(code=code).first()
    if row is not None and row.is_kept(clock.now()):
        _walk(row, clock.now(), row.officer.account.actor)


@joins_transaction
def _hold(row: Preservation, trips: "list[Trip]", actor: Actor) -> None:
    for trip in trips:
        holds.place(actor=actor, subject=trip.code, source=SOURCE, case=row.code, until=row.until)


def of_officer(officer: Officer) -> list[Preservation]:
    """An officer's own, the newest first."""
    return list(Preservation.objects.filter(officer=officer).order_by("-pk")[:50])


def asked_before(officer: Officer, code: str) -> dict[str, object]:
    """What an officer's own asked for, by the fields of the form. Raises `NotFound`."""
    row = Preservation.objects.filter(officer=officer, code=code).first()
    if row is None:
        raise NotFound
    names = ("query_value", "query", "span_from", "span_to", "letter_number", "legal_basis")
    return {name: getattr(row, name) for name in names}


def all_kept(at: datetime) -> list[Preservation]:
    """Those that hold now, the one that ends first first."""
    rows = Preservation.objects.select_related("officer__agency", "officer__account")
    return list(rows.filter(until__gt=at).order_by("until")[:200])


def by_code(code: str) -> Preservation:
    """Raises `NotFound`."""
    found = (
        Preservation.objects.select_related("officer__agency", "officer__account").filter(code=code).first()
    )
    if found is None:
        raise NotFound
    return found


def _locked(account: "Account", code: str, key: str) -> Preservation:
    row = Preservation.objects.select_for_update(of=("self",)).filter(code=code).first()
    if row is None:
        raise NotFound
    if key == "renew_agree" and row.renewal_by:
        four_eyes.another(account.code, row.renewal_by)
    if why := why_not_preserve(row, account, key):
        raise NotNow(why=str(why))
    return row


@begins_transaction
def propose_renewal(*, account: "Account", code: str, reason: str) -> None:
    """The first of two people: the authority asks, by this reason, to keep it longer.

    Raises `Forbidden`, `NotFound`, `NotNow`, `InvalidInput`.
    """
    require(account, "police.answer")
    if not reason.strip():
        raise InvalidInput("reason")
    row = _locked(account, code, "renew")
    row.renewal_by, row.renewal_reason = account.code, reason.strip()[:1000]
    row.save(update_fields=["renewal_by", "renewal_reason"])
    audit.record(account.actor, "police.preservation_renewal_proposed", code, case=code)


@begins_transaction
def decide_renewal(*, account: "Account", code: str, agrees: bool) -> None:
    """The second, another person: it lasts its full time from now, with all that it holds, or ends on its day.

    Raises `Forbidden`, `NotFound`, `NotNow`, `SecondPersonNeeded`.
    """
    require(account, "police.confirm")
    row = _locked(account, code, "renew_agree" if agrees else "renew_back")
    if agrees:
        row.renewed_first_by, row.renewed_by = row.renewal_by, account.code
        row.until = clock.now() + policy.span(PRESERVED_FOR)
        row.renewals += 1
        holds.prolong(actor=account.actor, source=SOURCE, case=code, until=row.until)
    row.renewal_by = ""
    row.save(update_fields=["renewal_by", "renewed_first_by", "renewed_by", "until", "renewals"])
    audit.record(
        account.actor,
        "police.preservation_renewed" if agrees else "police.preservation_not_renewed",
        code,
        case=code,
        until=row.until.isoformat(),
    )


# --- What comes after it was asked --------------------------------------------------------------------------------


def _current(at: datetime, last: int | None, limit: int) -> list[int]:
    rows = Preservation.objects.filter(until__gt=at, pk__gt=last or 0)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _anew(pk: int, at: datetime) -> bool:
    row = Preservation.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if row is None or not row.is_kept(at):
        return False
    _walk(row, at, SYSTEM)
    return True


@joins_transaction
def _walk(row: Preservation, at: datetime, actor: Actor) -> None:
    there = holds.subjects_of(source=SOURCE, case=row.code)
    lacks = [trip for trip in selectors.trips_preserved(row) if trip.code not in there]
    _hold(row, lacks, actor)
    since = at - selectors.ANEW_WITHIN
    if any(max(trip.requested_at, row.asked_at) < since for trip in lacks):
        row.missed_at = at  # an earlier run should have held it
    row.walked_at = at
    row.save(update_fields=["walked_at", "missed_at"])


ANEW = jobs.walk(
    "police.preserve_anew",
    _("holding trips that a preservation request names"),
    behind=_current,
    act=_anew,
    key=int,
)
