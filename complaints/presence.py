"""Who else looks at a case now (C4): known for half a minute, kept nowhere else.

It is a courtesy, not a lock: what two people do at once is settled by the rows themselves.
"""

import time
from functools import lru_cache

import redis
from django.conf import settings

SECONDS = 30


@lru_cache(maxsize=1)
def _client() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.3, decode_responses=True
    )


def seen(case: str, who: str, *, writing: bool) -> dict[str, bool] | None:
    """Say that somebody is here, and learn who else is: code → whether they write. None where nobody can tell."""
    key, now = f"presence:{case}", time.time()
    try:
        pipe = _client().pipeline()
        pipe.hset(key, who, f"{now:.0f} {int(writing)}")
        pipe.expire(key, SECONDS)
        pipe.hgetall(key)
        found: dict[str, str] = pipe.execute()[-1]
    except redis.RedisError:
        return None
    fresh = {name: value.split() for name, value in found.items() if name != who}
    return {name: state == "1" for name, (at, state) in sorted(fresh.items()) if float(at) > now - SECONDS}
