"""Counting attempts in fixed windows. Without Valkey everybody is let through: help must not hang on a counter."""

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core import broker

if TYPE_CHECKING:
    import redis


def address_of(request: Any) -> str:
    """Where a request comes from: the nearest address that is no proxy of ours (`HUHANG_PROXIES`).

    What stands in `X-Forwarded-For` counts only as far as our proxies wrote it; whoever reaches us directly could write
    anything there.
    """
    nearest = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    while _is_proxy(nearest) and forwarded:
        before = forwarded.pop().strip()
        if not _is_address(before):
            break
        nearest = before
    return nearest


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_proxy(text: str) -> bool:
    return _is_address(text) and any(ip_address(text) in ip_network(each) for each in settings.PROXIES)


def allow(name: str, *, limit: int, seconds: int) -> bool:
    """True for the first `limit` calls with this name within `seconds`."""

    def count(client: "redis.Redis") -> bool:
        with client.pipeline() as pipe:
            pipe.set(f"rate:{name}", 0, nx=True, ex=seconds)
            pipe.incr(f"rate:{name}")
            found: list[int] = pipe.execute()
        return found[-1] <= limit

    return broker.ask(count, True)


def full(name: str, *, limit: int) -> bool:
    """True where `limit` calls of `allow` with this name were counted: for what counts only once it succeeded."""
    return broker.ask(lambda client: int(client.get(f"rate:{name}") or 0) >= limit, False)
