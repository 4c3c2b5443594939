"""Trips that reach into the night (R4): reminders, the agent's calls, and pick-ups that slip past the curfew's hour."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from core import audit, clock, events, jobs, live, policy, timeline
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.messages import outbox
from core.permissions import require
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from rides import messages, selectors
from rides.curfew import in_curfew, runs_into_curfew
from rides.errors import ReminderUnread
from rides.events import PickupLate
from rides.models import LatePickup, Reminder, Trip
from rides.policies import CALL_AHEAD, against_late_pickup, against_reminder_call
from rides.services.booking import book_same_way
from rides.states import (
    BEFORE_BOARDING,
    TRIP_TRANSITIONS,
    CallOutcome,
    CancelReason,
    Line,
    Party,
    TripLine,
    TripState,
)

if TYPE_CHECKING:
    from accounts.models import Account


@joins_transaction
def remind(trip: Trip) -> None:
    """A safety reminder to both sides of a hitch trip whose estimated end lies in the curfew, once."""
    if trip.line != Line.HITCH or trip.driver is None or not runs_into_curfew(trip):
        return
    at = clock.now()
    call_from = max(trip.window_start - policy.span(CALL_AHEAD), at + timedelta(minutes=2))
    hers = selectors.rider_url(trip) if trip.rider_phone else selectors.trip_url(trip)
    sides = (
        (Party.PASSENGER, trip.passenger, selectors.phone_of_rider(trip), hers),
        (Party.DRIVER, trip.driver.account, trip.driver.account.phone, selectors.trip_url(trip)),
    )
    for party, person, phone, url in sides:
        _row, new = Reminder.objects.get_or_create(
            trip=trip, party=party, defaults={"made_at": at, "call_from": call_from}
        )
        if not new:
            continue
        outbox.queue(
            messages.NightReminder(origin=trip.origin_name, destination=trip.destination_name, url=url),
            key=f"reminder:{trip.code}:{party}:{at.timestamp():.0f}",
            to=phone,
            language=person.language,
            subject=trip.code,
        )
        timeline.add(TripLine.REMINDED, SYSTEM, trip=trip.code, party=party)


@joins_transaction
def forget_reminders(trip: Trip) -> None:
    """The driver's reminder goes with the driver, when a trip is given to others; the passenger keeps hers."""
    Reminder.objects.filter(trip=trip, party=Party.DRIVER).delete()


@begins_transaction
def acknowledge_reminder(*, account: "Account", trip_code: str) -> None:
    """'I have read it.' Raises `NotFound`; a second time changes nothing."""
    trip, party = selectors.trip_of(account, trip_code)
    row = Reminder.objects.select_for_update().filter(trip=trip, party=party).first()
    if row is None:
        raise NotFound
    if row.acknowledged_at is None:
        row.acknowledged_at = clock.now()
        row.save(update_fields=["acknowledged_at"])
        timeline.add(TripLine.ACKNOWLEDGED, account.actor, trip=trip.code, party=party)


def check_reminders_read(trip: Trip) -> None:
    """Nobody departs before both have read the reminder or an agent has called. Raises `ReminderUnread`."""
    if Reminder.objects.filter(trip=trip, acknowledged_at=None, called_at=None).exists():
        raise ReminderUnread


@begins_transaction
def record_reminder_call(*, account: "Account", trip_code: str, party: Party, outcome: CallOutcome) -> None:
    """An agent called somebody who had not read the reminder. Raises `Forbidden`, `NotFound`, `StaleState`, `InvalidInput`."""
    require(account, "night.call")
    if outcome not in {CallOutcome.SPOKEN, CallOutcome.NO_ANSWER}:
        raise InvalidInput("outcome")
    row = (
        Reminder.objects.select_for_update(of=("self",))
        .select_related("trip")
        .filter(trip__code=trip_code, party=party)
        .first()
    )
    if row is None:
        raise NotFound
    refuse(against_reminder_call(row, account))
    row.called_at, row.called_by, row.outcome = clock.now(), account.code, outcome
    row.save(update_fields=["called_at", "called_by", "outcome"])
    timeline.add(TripLine.CALLED, account.actor, trip=trip_code, party=party, found=outcome)
    audit.record(account.actor, "rides.reminder_called", trip_code, party=party, outcome=outcome)


# --- Pick-ups that slip into the night -------------------------------------------------------------------


def open_late_pickups(*, at: datetime) -> int:
    """Hitch passengers who still wait for their pick-up when the curfew has begun; how many are new."""
    return LATE_PICKUPS.run(at=at).total


def _still_waiting(at: datetime, limit: int) -> list[int]:
    if not in_curfew(at):
        return []
    rows = Trip.objects.filter(
        line=Line.HITCH, state__in=BEFORE_BOARDING, late_pickup=None, window_start__lte=at
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@begins_transaction
def _open_late(pk: int, at: datetime) -> bool:
    rows = Trip.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk=pk, state__in=BEFORE_BOARDING, late_pickup=None
    )
    trip = rows.select_related("passenger").first()
    if trip is None:
        return False
    LatePickup.objects.create(code=new_code("L"), trip=trip, opened_at=at)
    url = selectors.rider_url(trip) if trip.rider_phone else selectors.trip_url(trip)
    outbox.queue(
        messages.LatePickupStandby(url=url),
        key=f"late:{trip.code}",
        to=selectors.phone_of_rider(trip),
        language=trip.passenger.language,
        subject=trip.code,
    )
    timeline.add(TripLine.LATE_PICKUP, SYSTEM, trip=trip.code)
    live.changed_on_commit(f"trip:{trip.code}")
    return True


LATE_PICKUPS = jobs.rows(
    "rides.open_late_pickups",
    gettext_lazy("standing by passengers whose pick-up slips into the night"),
    due=_still_waiting,
    act=_open_late,
    key=int,
    seconds=4.0,
    life_safety=True,
)


def go_on_with_other_line(*, passenger: "Account", trip_code: str, line: Line) -> Trip:
    """The same way at once on another line; the hitch trip ends without cost, and the care goes on.

    Raises `NotFound`, `InvalidInput`, and as `book_trip`.
    """
    trip, party = selectors.trip_of(passenger, trip_code)
    care = LatePickup.objects.filter(trip=trip, closed_at=None).first()
    if care is None or party != Party.PASSENGER:
        raise NotFound
    if line == Line.HITCH:
        raise InvalidInput("line")
    at = clock.now()
    new = book_same_way(
        trip=trip, passenger=passenger, line=line, client_key=f"late:{trip.code}", start=at, end=at
    )
    _replace(passenger, trip, new)
    return new


@begins_transaction
def _replace(passenger: "Account", trip: Trip, new: Trip) -> None:
    care = LatePickup.objects.select_for_update().get(trip=trip)
    row = Trip.objects.select_for_update().get(pk=trip.pk)
    if care.replacement_id is None:
        care.replacement = new
        care.save(update_fields=["replacement"])
        timeline.add(TripLine.OTHER_LINE, passenger.actor, trip=trip.code, line=new.line)
    if row.state in BEFORE_BOARDING:
        move(
            row,
            TRIP_TRANSITIONS,
            TripState.CANCELLED,
            cancelled_at=clock.now(),
            cancelled_by=Party.PASSENGER,
            cancel_reason=CancelReason.CURFEW,
        )
        timeline.add(
            TripLine.CANCELLED,
            passenger.actor,
            trip=trip.code,
            party=Party.PASSENGER,
            reason=CancelReason.CURFEW,
        )


@begins_transaction
def take_late_pickup(*, account: "Account", code: str) -> LatePickup:
    """An agent stays with this passenger. Raises `Forbidden`, `NotFound`, `StaleState`."""
    row = _late(account, code, "take")
    row.taken_by, row.taken_at = account.code, clock.now()
    row.save(update_fields=["taken_by", "taken_at"])
    audit.record(account.actor, "rides.late_pickup_taken", row.trip.code)
    return row


@begins_transaction
def close_late_pickup(*, account: "Account", code: str, outcome: CallOutcome) -> LatePickup:
    """The passenger is safe, or the safety desk takes over. Raises `Forbidden`, `NotFound`, `StaleState`, `InvalidInput`."""
    row = _late(account, code, "close")
    if outcome not in {CallOutcome.SAFE, CallOutcome.OTHER_LINE, CallOutcome.NO_ANSWER}:
        raise InvalidInput("outcome")
    row.closed_at, row.closed_by, row.outcome = clock.now(), account.code, outcome
    row.taken_by = row.taken_by or account.code
    row.save(update_fields=["closed_at", "closed_by", "outcome", "taken_by"])
    timeline.add(TripLine.LATE_CLOSED, account.actor, trip=row.trip.code, found=outcome)
    audit.record(account.actor, "rides.late_pickup_closed", row.trip.code, outcome=outcome)
    if outcome == CallOutcome.NO_ANSWER:
        events.publish(PickupLate(trip=row.trip.code))
    return row


@joins_transaction
def give_own_late_pickups(account: "Account", heir: "Account") -> int:
    """Every passenger with whom somebody stays to a colleague, at the end of a shift. Returns how many."""
    rows = LatePickup.objects.select_for_update(of=("self",)).select_related("trip")
    own = list(rows.filter(closed_at=None, taken_by=account.code).order_by("pk"))
    for row in own:
        row.taken_by, row.taken_at = heir.code, clock.now()
        row.save(update_fields=["taken_by", "taken_at"])
        audit.record(account.actor, "rides.late_pickup_handed", row.trip.code, to=heir.code)
    return len(own)


def _late(account: "Account", code: str, key: str) -> LatePickup:
    row = LatePickup.objects.select_for_update(of=("self",)).select_related("trip").filter(code=code).first()
    if row is None:
        raise NotFound
    refuse(against_late_pickup(row, account, key))
    return row
