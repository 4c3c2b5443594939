"""What the two sides of a trip can say to each other: phrases of a list, and calls through a relay number (A4)."""

from datetime import timedelta
from typing import TYPE_CHECKING

from core import clock, limits, live, policy, relay, timeline
from core.limits import Asker
from core.states import StaleState
from core.transactions import begins_transaction
from rides import selectors
from rides.models import Message, RelayNumber, Trip
from rides.policies import PHRASES, RELAY_AFTER
from rides.states import WITH_DRIVER, Party, Phrase, TripLine

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
    known = RelayNumber.objects.filter(trip=trip, until__gt=clock.now()).first()
    if known is None:
        until = trip.window_end + timedelta(seconds=trip.route_seconds) + policy.span(RELAY_AFTER)
        until = max(until, clock.now() + policy.span(RELAY_AFTER))
        sides = [selectors.phone_of_rider(trip), trip.driver.account.phone]
        number = relay.join(key=f"trip:{trip.code}:{trip.driver.account.code}", sides=sides, until=until)
        known = _keep(trip, RelayNumber(number=number, until=until))
    _note(account, trip, party)
    return known.number


@begins_transaction
def _keep(trip: Trip, row: RelayNumber) -> RelayNumber:
    kept, _new = RelayNumber.objects.update_or_create(
        trip=trip, defaults={"number": row.number, "until": row.until, "made_at": clock.now()}
    )
    return kept


@begins_transaction
def _note(account: "Account", trip: Trip, party: Party) -> None:
    timeline.add(TripLine.RELAYED, account.actor, trip=trip.code, party=party)
