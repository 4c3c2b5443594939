"""Who else looks at a case now (C4): known for half a minute, kept nowhere else.

It is a courtesy, not a lock: what two people do at once is settled by the rows themselves.
"""

import time
from functools import lru_cache

import redis
from django.conf import settings

from core import broker

SECONDS = 30


@lru_cache(maxsize=1)
def _client() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.3, decode_responses=True
    )


def seen(case: str, who: str, *, writing: bool) -> dict[str, bool] | None:
    """Say that somebody is here, and learn who else is: code → whether they write. None where nobody can tell."""
    now = time.time()
    found = broker.circuit.ask(lambda: _tell(f"presence:{case}", who, f"{now:.0f} {int(writing)}"), None)
    if found is None:
        return None
    fresh = {name: value.split() for name, value in found.items() if name != who}
    return {name: state == "1" for name, (at, state) in sorted(fresh.items()) if float(at) > now - SECONDS}


def _tell(key: str, who: str, state: str) -> dict[str, str] | None:
    pipe = _client().pipeline()
    pipe.hset(key, who, state)
    pipe.expire(key, SECONDS)
    pipe.hgetall(key)
    found: dict[str, str] = pipe.execute()[-1]
    return found
