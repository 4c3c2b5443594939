"""Counting attempts in fixed windows. Without Valkey everybody is let through: help must not hang on a counter."""

from django.core.cache import cache
from redis.exceptions import RedisError


def allow(name: str, *, limit: int, seconds: int) -> bool:
    """True for the first `limit` calls with this name within `seconds`."""
    try:
        cache.add(f"rate:{name}", 0, timeout=seconds)
        return cache.incr(f"rate:{name}") <= limit
    except (RedisError, ValueError):
        return True
