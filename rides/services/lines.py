"""The state of service lines in cities (R1). Suspending takes two people; starting again is the relaunch gate's alone.

The database holds the second half: a line that was suspended moves only while a passage of the gate carries it
(`governance/migrations/0002_laws.py`).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy

from core import audit, clock, jobs, live, policy, retry, timeline
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.messages import outbox
from core.messages.catalogue import Message
from core.permissions import require
from core.recipients import write_to_each
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from rides import messages
from rides.errors import AlreadySuspended
from rides.models import City, Itinerary, LineInCity, LineSuspension, Trip
from rides.policies import SUSPENSION_SPARES, against_suspension
from rides.selectors.cities import UNWATCHED
from rides.services.offers import withdraw_offers
from rides.states import (
    SUSPENSION_TRANSITIONS,
    TRIP_TRANSITIONS,
    WAITING,
    CancelReason,
    Company,
    Line,
    LineState,
    SuspensionState,
    TripLine,
    TripState,
)

if TYPE_CHECKING:
    from accounts.models import Account


@joins_transaction
def begin_line(
    *, actor: Actor, line: Line, city: City, permit_until: datetime, permit_number: str = ""
) -> None:
    """A line that runs in a new world since before anything was written down. One that has a state there keeps it."""
    _row, made = LineInCity.objects.get_or_create(
        line=line,
        city=city,
        defaults={
            "state": LineState.RUNNING,
            "since": clock.now(),
            "permit_until": permit_until.date(),
            "permit_number": permit_number,
        },
    )
    if made:
        audit.record(actor, "rides.line_begun", f"{line}:{city.code}")


# --- The gate's own doors: the database opens them to a passage alone --------------------------------------------


@joins_transaction
def line_for_update(*, line: str, city: str) -> LineInCity:
    """The line in a city, locked until the transaction ends. Raises `NotFound`."""
    rows = LineInCity.objects.select_for_update(of=("self",)).select_related("city")
    row = rows.filter(line=line, city__code=city).first()
    if row is None:
        raise NotFound("line")
    return row


@joins_transaction
def let_line_return(*, row: LineInCity, passage: str, share: int, whole: bool = False) -> None:
    """One step of a relaunch: so many of a hundred people may order; `whole` ends the probation.

    The database refuses it where no passage of the gate carries this line in this city, or not that far.
    """
    at = clock.now()
    row.state = LineState.RUNNING if whole else LineState.RELAUNCHING
    row.share, row.passage, row.since, row.suspends_at, row.looked_at = share, passage, at, None, at
    row.save(update_fields=["state", "share", "passage", "since", "suspends_at", "looked_at"])
    audit.record(SYSTEM, "rides.line_returned", f"{row.line}:{row.city.code}", passage=passage, share=share)


@joins_transaction
def note_looked(*, row: LineInCity, holds_until: datetime) -> None:
    """Somebody looked after a line on its way back just now: without that it takes no orders (`rides.selectors.runs`).
    What was seen says nothing of the time after `holds_until`, and carries no order then."""
    LineInCity.objects.filter(pk=row.pk).update(looked_at=min(clock.now(), holds_until - UNWATCHED))


@joins_transaction
def take_line_back(*, row: LineInCity, passage: str) -> LineSuspension:
    """Suspend a line that was on its way back, at once and by nobody: its passage no longer bears it."""
    at = clock.now()
    found = LineSuspension.objects.create(
        code=new_code("U"),
        line=row.line,
        city=row.city,
        at=at,
        state=SuspensionState.AGREED,
        passage=passage,
        proposed_at=at,
        agreed_at=at,
    )
    LineInCity.objects.filter(pk=row.pk).update(suspends_at=at)
    _carry_out(found, at)
    return found


# --- Two people suspend -------------------------------------------------------------------------------------------


@begins_transaction
def propose_suspension(
    *, account: "Account", line: Line, city: City | None, at: datetime | None, reason: str
) -> LineSuspension:
    """Ask for a line to be suspended, in one city or all of them, now or from a time on; a second person agrees.

    Raises `Forbidden`, `InvalidInput`, `AlreadySuspended`.
    """
    require(account, "lines.suspend")
    if not reason.strip():
        raise InvalidInput("reason")
    now = clock.now()
    # One that stops next week can still be stopped at once.
    sooner = Q(suspends_at=None) | Q(suspends_at__gt=max(at or now, now))
    if not _rows(line, city).filter(sooner).exclude(state=LineState.SUSPENDED).exists():
        raise AlreadySuspended
    row = LineSuspension.objects.create(
        code=new_code("U"),
        line=line,
        city=city,
        at=max(at or now, now),
        reason=reason.strip()[:300],
        proposed_by=account.code,
        proposed_at=now,
    )
    audit.record(account.actor, "rides.suspension_proposed", row.code, line=line, since=row.at.isoformat())
    return row


@begins_transaction
def decide_suspension(*, account: "Account", code: str, agrees: bool) -> LineSuspension:
    """The second person agrees, and the line stops at its time; or either withdraws what is only proposed.

    Raises `Forbidden`, `NotFound`, `SecondPersonNeeded`, `IllegalTransition`.
    """
    row = (
        LineSuspension.objects.select_for_update(of=("self",))
        .select_related("city")
        .filter(code=code)
        .first()
    )
    if row is None:
        raise NotFound
    refuse(against_suspension(row, account, "agree" if agrees else "withdraw"))
    if not agrees:
        move(row, SUSPENSION_TRANSITIONS, SuspensionState.WITHDRAWN)
        audit.record(account.actor, "rides.suspension_withdrawn", row.code)
        return row
    # A relaunch that is agreed to at this moment has either gone before, and is stopped, or waits and is refused.
    list(_rows(Line(row.line), row.city).select_for_update().order_by("pk").values_list("pk"))
    now = clock.now()
    at = max(row.at, now)
    move(row, SUSPENSION_TRANSITIONS, SuspensionState.AGREED, agreed_by=account.code, agreed_at=now, at=at)
    _rows(Line(row.line), row.city).filter(Q(suspends_at=None) | Q(suspends_at__gt=at)).update(suspends_at=at)
    audit.record(account.actor, "rides.suspension_agreed", row.code, line=row.line, since=at.isoformat())
    if at <= now:
        _carry_out(row, now)
    return row


def carry_out_suspensions(*, at: datetime) -> int:
    """Stop lines whose time has come, then close what waits on them, trip by trip; returns how many suspensions.

    Orders are refused from that time anyway.
    """
    return SUSPENSIONS.run(at=at).total


def _suspensions(at: datetime, limit: int) -> list[int]:
    due = LineSuspension.objects.filter(state=SuspensionState.AGREED, at__lte=at)
    return list(due.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _suspend(pk: int, at: datetime) -> bool:
    due = LineSuspension.objects.select_for_update(skip_locked=True, of=("self",))
    row = due.select_related("city").filter(pk=pk, state=SuspensionState.AGREED, at__lte=at).first()
    if row is None:
        return False
    _carry_out(row, at)
    return True


def _rows(line: Line, city: City | None) -> QuerySet[LineInCity]:
    rows = LineInCity.objects.filter(line=line)
    return rows.filter(city=city) if city else rows


def _stranded_by(row: LineSuspension) -> Q:
    """Which trips a suspension ends: nobody whose car is there, or as good as there, is left at the roadside."""
    return Q(line=row.line) & (
        Q(state__in=WAITING)
        | Q(
            state=TripState.ACCEPTED,
            phones_met_at=None,
            window_start__gt=row.at + policy.span(SUSPENSION_SPARES),
        )
    )


def _carry_out(row: LineSuspension, at: datetime) -> None:
    # A city in which the line began since two people agreed stops as well.
    stops = _rows(Line(row.line), row.city).filter(Q(suspends_at__lte=at) | Q(suspends_at=None))
    stops.update(
        suspends_at=Coalesce("suspends_at", Value(row.at)),
        state=LineState.SUSPENDED,
        since=row.at,
        share=100,
        passage="",
    )
    move(row, SUSPENSION_TRANSITIONS, SuspensionState.CARRIED_OUT, carried_out_at=at)
    trips = Trip.objects.filter(_stranded_by(row))
    ways = Itinerary.objects.filter(closed_at=None)
    if row.city:
        trips, ways = trips.filter(city=row.city), ways.filter(city=row.city)
    if row.line == Line.HITCH:
        ways.update(closed_at=at)
    codes = list(trips.order_by("pk").values_list("code", flat=True))
    retry.each(
        STRANDED,
        codes,
        lambda code: _close(code, row, at),
        key=lambda code: f"{row.code}:{code}",
        life_safety=True,
    )
    audit.record(SYSTEM, "rides.line_suspended", row.code, line=row.line)


def _close(code: str, row: LineSuspension, at: datetime) -> None:
    locked = Trip.objects.select_for_update(of=("self",)).select_related("passenger", "driver__account")
    trip = locked.filter(_stranded_by(row), code=code).first()
    if trip is None:
        return  # it began, ended or was cancelled meanwhile
    withdraw_offers(trip=trip)
    move(
        trip,
        TRIP_TRANSITIONS,
        TripState.CANCELLED,
        cancelled_at=at,
        cancelled_by=Company.COMPANY,
        cancel_reason=CancelReason.LINE_SUSPENDED,
    )
    timeline.add(TripLine.CANCELLED, SYSTEM, trip=trip.code, party=Company.COMPANY, reason=trip.cancel_reason)
    live.changed_on_commit(f"trip:{trip.code}")
    people = [trip.passenger, *([trip.driver.account] if trip.driver else [])]

    said: Message
    if row.passage:
        said = messages.LineSuspendedAgain(
            line=Line(row.line), at=row.at, origin=trip.origin_name, destination=trip.destination_name
        )
    else:
        said = messages.LineSuspended(
            line=Line(row.line),
            at=row.at,
            origin=trip.origin_name,
            destination=trip.destination_name,
            reason=row.reason,
        )

    def write(person: "Account") -> None:
        outbox.queue(
            said,
            key=f"suspended:{row.code}:{trip.code}:{person.code}",
            to=person.phone,
            language=person.language,
            subject=trip.code,
        )

    write_to_each(people, write, about=f"suspended:{row.code}:{trip.code}")


@begins_transaction
def _close_again(key: str) -> None:
    suspension, _colon, code = key.partition(":")
    row = LineSuspension.objects.get(code=suspension)
    trip = Trip.objects.select_related("city").get(code=code)
    if _rows(Line(row.line), trip.city).filter(state=LineState.SUSPENDED).exists():
        _close(code, row, clock.now())


# A trip that could not be closed and told does not keep the line running for all others.
STRANDED = retry.declare(
    "rides.close_suspended",
    gettext_lazy("closing a trip whose line was suspended"),
    law=jobs.LIFE_LAW,
    again=_close_again,
)
SUSPENSIONS = jobs.rows(
    "rides.carry_out_suspensions",
    gettext_lazy("suspending lines whose time has come"),
    due=_suspensions,
    act=_suspend,
    key=int,
    seconds=4.0,
    life_safety=True,
)
