"""Who has to be called about the night (R4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.privacy import mask_name, mask_phone
from core.reads import Read
from rides.models import LatePickup, Reminder
from rides.selectors.trips import name_of_rider, phone_of_rider
from rides.states import WITH_DRIVER, Party

if TYPE_CHECKING:
    from accounts.models import Account


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make: whom, masked, and since when."""

    reminder: Reminder
    name: str
    phone: str


_TO_CALL = Read(
    lambda at: (
        Reminder.objects.filter(
            acknowledged_at=None, called_at=None, call_from__lte=at, trip__state__in=sorted(WITH_DRIVER)
        )
        .select_related("trip__passenger", "trip__driver__account")
        .order_by("call_from", "pk")[:50]
    ),
    datetime,
)
_REMINDER = Read(
    lambda trip, party: Reminder.objects.select_related("trip").filter(trip__code=trip, party=party), str, str
)
_LATE_PICKUP = Read(lambda code: LatePickup.objects.select_related("trip").filter(code=code), str)
_OPEN_LATE_PICKUPS = Read(
    lambda: (
        LatePickup.objects.filter(closed_at=None)
        .select_related("trip__passenger", "replacement")
        .order_by("opened_at")
    )
)
_OWN_LATE_PICKUPS = Read(
    lambda code: (
        LatePickup.objects.filter(closed_at=None, taken_by=code).select_related("trip").order_by("opened_at")
    ),
    str,
)


def reminders_to_call(at: datetime) -> list[Call]:
    """Reminders that nobody has read although the departure is near, the most urgent first, fifty at most."""
    found = []
    for row in _TO_CALL.all(at):
        trip = row.trip
        if row.party == Party.PASSENGER or trip.driver is None:
            name, phone = name_of_rider(trip), phone_of_rider(trip)
        else:
            name, phone = trip.driver.account.real_name, trip.driver.account.phone
        found.append(Call(row, mask_name(name), mask_phone(phone)))
    return found


def code_of_reminder(row: Reminder) -> str:
    """How one side's reminder is called in addresses: the trip's code, a colon, the side."""
    return f"{row.trip.code}:{row.party}"


def reminder_by_code(code: str) -> Reminder:
    """The reminder with a code of `code_of_reminder`. Raises `NotFound`."""
    trip, _colon, party = code.rpartition(":")
    return _REMINDER.the(trip, party)


def late_pickup_by_code(code: str) -> LatePickup:
    """A passenger who is or was looked after. Raises `NotFound`."""
    return _LATE_PICKUP.the(code)


def open_late_pickups() -> list[LatePickup]:
    """Passengers who are looked after because their pick-up slipped into the night, the longest first."""
    return _OPEN_LATE_PICKUPS.all()


def own_late_pickups(account: "Account") -> list[LatePickup]:
    """Passengers with whom this person stays, the longest first."""
    return _OWN_LATE_PICKUPS.all(account.code)
