"""The key to one side of one trip: lets a phone send positions and call for help without a session.

Signed, not stored: the page that the passenger opened an hour ago still works when her session has ended (S1).
"""

from dataclasses import dataclass

from django.core import signing

from rides.errors import PositionToken
from rides.states import Party

SALT = "rides.trip-key"
DUTY = "duty:"  # in place of a trip's code: a driver who waits for orders
LIFE = 10 * 24 * 3600  # a week ahead, and what follows a trip


@dataclass(frozen=True, slots=True)
class TripKey:
    """What a key opens: a trip's code, a side of it, and the city whose shard its positions go to."""

    trip: str
    party: Party
    city: str


def make_key(key: TripKey) -> str:
    return signing.dumps([key.trip, key.party.value, key.city], salt=SALT)


def read_key(text: str) -> TripKey:
    """Raises `PositionToken`."""
    try:
        trip, party, city = signing.loads(text, salt=SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError):
        raise PositionToken from None
    return TripKey(trip, Party(party), city)
