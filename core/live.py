"""Waking open pages. The message says only that something changed; pages ask the database what.

Valkey carries the wake-up. When it is down, readers ask each second by themselves, so nothing depends on it.
"""

from functools import lru_cache

import redis
import structlog
from django.conf import settings
from django.db import transaction

log = structlog.get_logger()
CHANNEL = "live"  # the console
TRIPS = "live:trips"  # topics such as `trip:T123`


@lru_cache(maxsize=1)
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)


def changed_on_commit(topic: str) -> None:
    """After the commit, tell open pages of `topic` (`console`, or `trip:` and its code) to look again."""
    transaction.on_commit(lambda: _publish(topic))


def _publish(topic: str) -> None:
    try:
        _client().publish(CHANNEL if topic == "console" else TRIPS, topic)
    except redis.RedisError:
        log.warning("live.not_woken", topic=topic)
