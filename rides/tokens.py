"""The key to one side of one trip: lets a phone send positions and call for help without a session.

Signed, not stored: the page that the passenger opened an hour ago still works when her session has ended (S1).
"""

import time
from dataclasses import dataclass
from functools import lru_cache

from django.core import signing

from rides.errors import PositionToken
from rides.states import Party

SALT = "rides.trip-key"
DUTY = "duty:"  # in place of a trip's code: a driver who waits for orders
REMEMBERED = 60  # seconds
LIFE = 10 * 24 * 3600  # a week ahead, and what follows a trip


@dataclass(frozen=True, slots=True)
class TripKey:
    """What a key opens: a trip's code, a side of it, and the city whose shard its positions go to.

    The driver's side names the driver's account: whoever gets the trip after them has another key.
    """

    trip: str
    party: Party
    city: str
    driver: str = ""


def make_key(key: TripKey) -> str:
    return signing.dumps([key.trip, key.party.value, key.city, key.driver], salt=SALT)


def read_key(text: str) -> TripKey:
    """Raises `PositionToken`."""
    return _read(text, int(time.time() // REMEMBERED))


@lru_cache(maxsize=50_000)
def _read(text: str, _moment: int) -> TripKey:
    """Remembered for a moment, because a phone shows its key every few seconds."""
    try:
        trip, party, city, driver = signing.loads(text, salt=SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError):
        raise PositionToken from None
    return TripKey(trip, Party(party), city, driver)
