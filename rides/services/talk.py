"""What the two sides of a trip can say to each other: phrases of a list, and calls through a relay number (A4)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy

from core import clock, jobs, limits, live, policy, relay, timeline
from core.limits import Asker
from core.states import StaleState
from core.transactions import begins_transaction
from drivers.selectors import held_among
from rides import selectors
from rides.models import Message, RelayNumber, Trip
from rides.policies import PHRASES, RELAY_AFTER
from rides.states import WITH_DRIVER, Party, Phrase, TripLine, TripState

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import Driver

MAKING = timedelta(minutes=1)  # longer than the provider is waited for


@begins_transaction
def say(*, account: "Account", trip_code: str, phrase: Phrase) -> Message:
    """Say one phrase to the other side while the trip lasts. Raises `NotFound`, `StaleState`, `TooManyPhrases`."""
    trip, party = selectors.trip_of(account, trip_code)
    if trip.state not in WITH_DRIVER:
        raise StaleState
    limits.take(PHRASES, Asker(person=account.code), target=trip.code)
    row = Message.objects.create(trip=trip, party=party, phrase=phrase, at=clock.now())
    timeline.add(TripLine.SAID, account.actor, trip=trip.code, party=party, phrase=phrase)
    live.changed_on_commit(f"trip:{trip.code}")
    return row


def relay_number(*, account: "Account", trip_code: str) -> str:
    """The number to call the other side of a trip that goes on; neither learns the other's.

    Raises `NotFound`, `StaleState`, `core.relay.RelayDown`.
    """
    trip, party = selectors.trip_of(account, trip_code)
    if trip.state not in WITH_DRIVER or trip.driver is None:
        raise StaleState
    known = _number_of(trip, trip.driver)
    if not known.number or known.until <= clock.now():
        sides = [selectors.phone_of_rider(trip), trip.driver.account.phone]
        until = _until(trip)
        known = _keep(known, relay.join(key=known.key, sides=sides, until=until), until)
    _note(account, trip, party)
    return known.number


def _until(trip: Trip) -> datetime:
    """How long the provider joins both by itself; what is over before that is ended."""
    after = policy.span(RELAY_AFTER)
    return max(trip.window_end + timedelta(seconds=trip.route_seconds), clock.now()) + after


@begins_transaction
def _number_of(trip: Trip, driver: "Driver") -> RelayNumber:
    """The row of the number of this driver on this trip, written before the provider is asked: what it made and we never
    heard of is ended too.

    Whoever gives a trip away and takes it again has another key: one that was ended joins nobody any more.
    """
    mine = RelayNumber.objects.filter(trip=trip, driver=driver)
    known = mine.filter(ended_at=None).first()
    if known is None:
        before = mine.count()
        key = f"trip:{trip.code}:{driver.account.code}" + (f":{before}" if before else "")
        known, _new = RelayNumber.objects.get_or_create(
            key=key,
            defaults={"trip": trip, "driver": driver, "until": _until(trip), "made_at": clock.now()},
        )
    return known


@begins_transaction
def _keep(row: RelayNumber, number: str, until: datetime) -> RelayNumber:
    row.number, row.until = number, until
    row.save(update_fields=["number", "until"])
    return row


def _of_nobody(at: datetime) -> "QuerySet[RelayNumber]":
    """Numbers that still join whom they should not: a driver who has this trip no more, the sides of a trip that was
    cancelled or is over for so long, or a passenger after the trip with a driver who is held.

    On the way a driver who is held and their passenger go on being joined: they sit in one car.
    """
    rows = RelayNumber.objects.filter(ended_at=None, until__gt=at)
    # One that the provider was asked for just now may not be there yet: ended before it is made, it would be made all the same.
    rows = rows.exclude(number="", made_at__gt=at - MAKING)
    after = rows.filter(trip__state=TripState.ENDED)
    held = held_among(sorted(set(after.values_list("driver_id", flat=True))))
    return rows.filter(
        ~Q(trip__driver=F("driver"))
        | Q(trip__driver=None)
        | ~Q(trip__state__in=[*WITH_DRIVER, TripState.ENDED])
        | Q(trip__state=TripState.ENDED, trip__ended_at__lte=at - policy.span(RELAY_AFTER))
        | Q(trip__state=TripState.ENDED, driver__in=held)
    )


def _end(pk: int, at: datetime) -> None:
    """Have the provider join nobody by a number any more; the same key ends once, however often it is asked.

    Raises `core.relay.RelayDown`: it is tried again.
    """
    row = _of_nobody(at).filter(pk=pk).first()
    if row is not None:
        relay.end(key=row.key)
        _ended(row.pk, at)


@begins_transaction
def _ended(pk: int, at: datetime) -> None:
    RelayNumber.objects.filter(pk=pk, ended_at=None).update(ended_at=at)


# By what trips say and not by who changed one: nobody who takes a driver from a trip has to think of its number.
RELAYS_OVER = jobs.rows(
    "rides.relays_over",
    gettext_lazy("ending relay numbers that join nobody any more"),
    due=lambda at, limit: list(_of_nobody(at).order_by("pk").values_list("pk", flat=True)[:limit]),
    act=_end,
    key=int,
)


@begins_transaction
def _note(account: "Account", trip: Trip, party: Party) -> None:
    timeline.add(TripLine.RELAYED, account.actor, trip=trip.code, party=party)
