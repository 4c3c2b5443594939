"""The silence ends: whose data were released is told on a day that is set at the release (P6, P6+).

Putting it off takes the authority's reason, a new day and two people. Until then nothing that the person sees says that
anything was asked; afterwards their own page says who read what.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import audit, four_eyes, inserts, jobs, policy
from core.actions import NotNow
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import InvalidInput, NotFound
from core.messages import outbox
from core.permissions import require
from core.transactions import begins_transaction, joins_transaction
from police import messages
from police.documents.models import ReleaseCopy, ReleaseNotice
from police.documents.rules import LATEST, TOLD_AFTER, proposed, why_not_agree, why_not_put_off
from police.documents.states import CopyKind
from police.policies import left_out_of

if TYPE_CHECKING:
    from accounts.models import Account
    from police.models import Release


@joins_transaction
def begin(release: "Release") -> None:
    """Set the day on which passenger and driver of the trip are told."""
    trip = release.request.trip
    if trip is None:
        return
    due = release.released_at + policy.span(TOLD_AFTER)
    people = [trip.passenger, trip.driver.account if trip.driver else None]
    # One statement: an emergency's answer waits for it.
    rows = [
        ReleaseNotice(code=new_code("RN"), release=release, person=person, due_at=due)
        for person in people
        if person is not None and not person.is_drill
    ]
    if rows:
        inserts.insert(*rows, unless_there=True)


def _locked(code: str) -> list[ReleaseNotice]:
    rows = ReleaseNotice.objects.select_for_update().filter(release__request__code=code, told_at=None)
    found = list(rows.order_by("pk"))
    if not found:
        raise NotFound
    return found


@begins_transaction
def propose_later(*, account: "Account", code: str, reason: str, day: datetime) -> None:
    """The first of two people: the authority asks, for this reason, that nobody is told before this day.

    Raises `Forbidden`, `NotFound`, `NotNow`, `InvalidInput`.
    """
    require(account, "police.answer")
    rows = _locked(code)
    if why := why_not_put_off(code):
        raise NotNow(why=str(why))
    if not reason.strip():
        raise InvalidInput("reason")
    latest = max(row.due_at for row in rows) + policy.span(LATEST)
    if not max(row.due_at for row in rows) < day <= latest:
        raise InvalidInput("day")
    for row in rows:
        row.later_by, row.later_agreed_by = account.code, ""
        row.later_reason, row.later_at = reason.strip()[:1000], day
        row.save(update_fields=["later_by", "later_agreed_by", "later_reason", "later_at"])
    audit.record(account.actor, "police.notice_later_proposed", code, case=code, day=day.isoformat())


@begins_transaction
def decide_later(*, account: "Account", code: str, agrees: bool) -> None:
    """The second, another person: the day is put off, or stays.

    Raises `Forbidden`, `NotFound`, `NotNow`, `SecondPersonNeeded`.
    """
    require(account, "police.confirm")
    rows = _locked(code)
    if not proposed(code):
        raise NotNow(why=str(why_not_agree(code, account.code)))
    if agrees:
        four_eyes.another(account.code, proposed(code))
    for row in rows:
        if agrees and row.later_at is not None:
            row.due_at, row.later_agreed_by, row.put_off = row.later_at, account.code, row.put_off + 1
        else:
            row.later_by, row.later_at, row.later_reason = "", None, ""
        row.save(
            update_fields=["due_at", "later_agreed_by", "put_off", "later_by", "later_at", "later_reason"]
        )
    audit.record(
        account.actor,
        "police.notice_later_agreed" if agrees else "police.notice_later_refused",
        code,
        case=code,
        day=rows[0].due_at.isoformat(),
    )


# --- The day comes ----------------------------------------------------------------------------------------------------


def _due(at: datetime, limit: int) -> list[int]:
    rows = ReleaseNotice.objects.filter(told_at=None, due_at__lte=at).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


@begins_transaction
def _tell(pk: int, at: datetime) -> bool:
    rows = ReleaseNotice.objects.select_for_update(skip_locked=True, of=("self",))
    row = (
        rows.select_related("person", "release__request").filter(pk=pk, told_at=None, due_at__lte=at).first()
    )
    if row is None:
        return False
    row.told_at = at
    row.save(update_fields=["told_at"])
    audit.record(SYSTEM, "police.person_told", row.person.code, case=row.release.request.code)
    if row.person.phone:
        outbox.queue(
            messages.DataWereRead(
                at=row.release.released_at, link=settings.PUBLIC_URL + reverse("accounts:data")
            ),
            key=f"police-read:{row.code}",
            to=row.person.phone,
            language=row.person.language,
            subject=row.person.code,
        )
    return True


TELLING = jobs.rows(
    "police.tell_of_releases",
    _("telling people that their data were released"),
    due=_due,
    act=_tell,
    key=int,
)


def stretches(copies: Iterable[ReleaseCopy]) -> list[tuple[ReleaseCopy, int]]:
    """Copies by time, each with 1; minutes of following that come one after another are the first, with how many."""
    found: list[tuple[ReleaseCopy, int]] = []
    last: dict[
        str, tuple[int, datetime]
    ] = {}  # of each who follows: where their stretch stands, and its newest minute
    for copy in copies:
        place, newest = last.get(copy.reader, (-1, copy.at))
        if copy.kind != CopyKind.LIVE:
            found.append((copy, 1))
            continue
        if place >= 0 and copy.at - newest < timedelta(minutes=2):
            found[place] = (found[place][0], found[place][1] + 1)
        else:
            place = len(found)
            found.append((copy, 1))
        last[copy.reader] = (place, copy.at)
    return found


def told_to(account: "Account") -> Iterator[dict[str, Any]]:
    """What this person was told already: which station got data of theirs, when, and each time that it was read.

    No officer is named, and nothing of the other side of the trip.
    """
    copies = Prefetch("release__copies", ReleaseCopy.objects.defer("content").order_by("pk"))
    rows = ReleaseNotice.objects.select_related(
        "release__request__agency", "release__request__trip__driver__account"
    )
    for row in rows.filter(person=account, told_at__isnull=False).prefetch_related(copies).order_by("pk"):
        request = row.release.request
        driver = request.trip is not None and request.trip.passenger_id != account.pk
        yield {
            "station": request.agency.names,
            "released_at": row.release.released_at,
            "trip": request.trip.code if request.trip else "",
            "legal_basis": request.legal_basis,
            "driver": driver,
            # The categories of a letter that were given; empty for a minimum pack.
            "wanted": [each for each in request.wanted if each not in left_out_of(request, request.trip)],
            "told_at": row.told_at,
            "read": [
                {"at": copy.at, "as": copy.kind} for copy, _minutes in stretches(row.release.copies.all())
            ],
        }
