"""Counting attempts in fixed windows. Without Valkey everybody is let through: help must not hang on a counter."""

from typing import TYPE_CHECKING

from core import broker

if TYPE_CHECKING:
    import redis


def allow(name: str, *, limit: int, seconds: int) -> bool:
    """True for the first `limit` calls with this name within `seconds`."""

    def count(client: "redis.Redis") -> bool:
        with client.pipeline() as pipe:
            pipe.set(f"rate:{name}", 0, nx=True, ex=seconds)
            pipe.incr(f"rate:{name}")
            found: list[int] = pipe.execute()
        return found[-1] <= limit

    return broker.ask(count, True)
