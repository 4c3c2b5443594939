"""Numbers from 1 to 5, and the least score that somebody wishes to ride with (R8). No words, anywhere."""

from typing import TYPE_CHECKING

from django.db.models import F

from core import clock, policy, timeline
from core.errors import InvalidInput, NotFound
from core.states import StaleState
from core.transactions import begins_transaction
from rides import selectors
from rides.models import Rating, Score
from rides.policies import RATE_WITHIN
from rides.states import Party, TripLine, TripState

if TYPE_CHECKING:
    from accounts.models import Account


@begins_transaction
def rate_trip(*, account: "Account", trip_code: str, stars: int) -> Rating:
    """Give the other side of an ended trip a number, once; the first one stays. Raises `NotFound`, `InvalidInput`, `StaleState`."""
    trip, party = selectors.trip_of(account, trip_code)
    if stars not in range(1, 6):
        raise InvalidInput("stars")
    at = clock.now()
    if trip.state != TripState.ENDED or trip.ended_at is None or trip.driver is None:
        raise StaleState
    if at - trip.ended_at > policy.span(RATE_WITHIN):
        raise StaleState
    rating, new = Rating.objects.get_or_create(trip=trip, party=party, defaults={"stars": stars, "at": at})
    if new:
        other = trip.driver.account if party == Party.PASSENGER else trip.passenger
        Score.objects.get_or_create(account=other)
        Score.objects.filter(account=other).update(stars=F("stars") + stars, count=F("count") + 1)
        timeline.add(TripLine.RATED, account.actor, trip=trip.code, party=party)
    return rating


@begins_transaction
def wish_least_score(*, account: "Account", tenths: int) -> None:
    """Ride only with people whose score is at least this, in tenths; 0 is no wish.

    Raises `InvalidInput`, `NotFound`.
    """
    if tenths != 0 and tenths not in range(10, 51):
        raise InvalidInput("least")
    if account.pk is None:
        raise NotFound
    Score.objects.update_or_create(account=account, defaults={"least": tenths})
