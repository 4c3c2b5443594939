"""What the two sides of a trip can say to each other: phrases of a list, and calls through a relay number (A4)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy

from core import clock, jobs, limits, live, policy, relay, timeline
from core.limits import Asker
from core.states import StaleState
from core.transactions import begins_transaction
from rides import selectors
from rides.models import Message, RelayNumber, Trip
from rides.policies import PHRASES, RELAY_AFTER
from rides.states import WITH_DRIVER, Party, Phrase, TripLine, TripState

if TYPE_CHECKING:
    from accounts.models import Account


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
    mine = RelayNumber.objects.filter(trip=trip, driver=trip.driver)
    known = mine.filter(ended_at=None, until__gt=clock.now()).first()
    if known is None:
        until = trip.window_end + timedelta(seconds=trip.route_seconds) + policy.span(RELAY_AFTER)
        until = max(until, clock.now() + policy.span(RELAY_AFTER))
        sides = [selectors.phone_of_rider(trip), trip.driver.account.phone]
        # Whoever gives a trip away and takes it again has another key: the end of the first one does not end this one.
        before = mine.exclude(ended_at=None).count()
        key = f"trip:{trip.code}:{trip.driver.account.code}" + (f":{before}" if before else "")
        number = relay.join(key=key, sides=sides, until=until)
        known = _keep(RelayNumber(trip=trip, driver=trip.driver, key=key, number=number, until=until))
    _note(account, trip, party)
    return known.number


@begins_transaction
def _keep(row: RelayNumber) -> RelayNumber:
    kept, _new = RelayNumber.objects.update_or_create(
        key=row.key,
        defaults={
            "trip": row.trip,
            "driver": row.driver,
            "number": row.number,
            "until": row.until,
            "made_at": clock.now(),
        },
    )
    return kept


def _of_nobody(at: datetime) -> "QuerySet[RelayNumber]":
    """Numbers that still join a driver who has this trip no more, or two sides of a trip that was cancelled."""
    rows = RelayNumber.objects.filter(ended_at=None, until__gt=at)
    return rows.exclude(trip__driver=F("driver"), trip__state__in=[*WITH_DRIVER, TripState.ENDED])


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
