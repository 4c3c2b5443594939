"""Services outside the company, each behind one client: timeout, retry, circuit breaker. Call them outside of transactions."""

import ssl
from functools import lru_cache
from typing import Any

import httpx
import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from purgatory import SyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from core.errors import DomainError

log = structlog.get_logger()
TIMEOUT = 3.0  # seconds, for each attempt
ATTEMPTS = 3
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100)
# What is raised before anything has left: whoever was to be asked has surely not got it.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.LocalProtocolError, httpx.UnsupportedProtocol)
# 4xx that say nothing of what was asked: who we are to it, too early, too often, too slow.
_NOT_OF_THIS = {401, 408, 425, 429}
# By this a sandbox says what it is, wherever it runs: in production what it answers is no answer.
SANDBOX_HEADER = "Huhang-Sandbox"
# After five calls in a row that failed, nobody is asked for half a minute.
_breakers = SyncCircuitBreakerFactory(default_threshold=5, default_ttl=30.0)


class OutsideDown(DomainError):
    """No answer: nothing was decided, and it is asked again."""

    code, status, sentence = (
        "outside_down",
        503,
        _(
            "A service outside the company does not answer now. Nothing is lost: please try again in a moment."
        ),
    )


class Unasked(OutsideDown):
    """Nobody was asked: it failed a moment ago, and its breaker is open."""


class NoDoor(OutsideDown):
    """It answers 404: there is no such door."""


class Refused(OutsideDown):
    """It answers that it will not do this: asked again it says the same, and of others it says nothing."""


class _Failed(Exception):
    """An answer that says nothing: 5xx, or a body that is not what the contract says."""


class _NotThere(_Failed):
    """404."""


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed: those of the public authorities, and of the company's own where it names some."""
    context = httpx.create_ssl_context(trust_env=False)
    if settings.AUTHORITIES:
        context.load_verify_locations(cafile=settings.AUTHORITIES)
    return context


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, trust_env=False, limits=LIMITS, verify=trusted())


def post(name: str, url: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON object that a service answers; None where it answers 404. `name` is that of its breaker.

    Retries are safe where the body carries a key. Raises `OutsideDown`, by its kind `Refused` where that is why: such an
    answer is not asked for again, and does not count against the service.
    """
    return _answer(name, url, body)


def get(name: str, url: str) -> dict[str, Any] | None:
    """As `post`, of what is only read."""
    return _answer(name, url, None)


def _answer(name: str, url: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
    try:
        with _breakers.get_breaker(name):
            for attempt in Retrying(
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random_exponential(multiplier=0.1, max=1),
                retry=retry_if_exception_type((httpx.TransportError, _Failed)),
            ):
                with attempt:
                    found = _once(url, body)
    except (RetryError, OpenedState):
        log.warning("outside.down", service=name)
        raise OutsideDown from None
    if isinstance(found, int):
        log.warning("outside.refused", service=name, status=found)
        raise Refused
    return found


def _once(url: str, body: dict[str, Any] | None) -> dict[str, Any] | int | None:
    """What it answers; the status alone where it refuses this."""
    answer = _client().get(url) if body is None else _client().post(url, json=body)
    if settings.STAGE == "production" and SANDBOX_HEADER in answer.headers:
        log.error("outside.sandbox_in_production", url=url)
        raise _Failed
    if answer.status_code == 404:
        return None
    if 400 <= answer.status_code < 500 and answer.status_code not in _NOT_OF_THIS:
        return answer.status_code
    try:
        found = answer.json()
    except ValueError:
        raise _Failed from None
    if answer.status_code != 200 or not isinstance(found, dict):
        raise _Failed
    return found


def exchange(name: str, url: str, body: bytes, *, sends: str, takes: str, within: float) -> bytes:
    """What a service answers that speaks neither JSON nor waits: one attempt, `within` seconds, bytes of the kind `takes`.

    For what goes on without it, where it is asked again later by a law of `core.retry`. Raises `OutsideDown`.
    """
    try:
        with _breakers.get_breaker(name):
            answer = _client().post(
                url, content=body, headers={"Content-Type": sends, "Accept": takes}, timeout=within
            )
            sandbox = settings.STAGE == "production" and SANDBOX_HEADER in answer.headers
            if sandbox or answer.status_code != 200 or answer.headers.get("Content-Type") != takes:
                raise _Failed
            return answer.content
    except (httpx.HTTPError, _Failed, OpenedState) as error:
        log.warning("outside.down", service=name, error=type(error).__name__)
        raise OutsideDown from None


def tell(name: str, url: str, body: bytes, *, headers: dict[str, str]) -> tuple[bytes, httpx.Headers]:
    """What a service answers to signed JSON: one attempt, the bytes and the headers. For what a life depends on.

    Whoever calls repeats it; after three failures in a row nobody waits for it for five seconds, so that a service which
    hangs keeps no worker from all else. Raises `OutsideDown`, by its kinds `Unasked` and `NoDoor` where that is why.
    """
    try:
        with _breakers.get_breaker(name, threshold=3, ttl=5.0):
            answer = _client().post(
                url, content=body, headers={"Content-Type": "application/json", **headers}
            )
            sandbox = settings.STAGE == "production" and SANDBOX_HEADER in answer.headers
            if answer.status_code == 404 and not sandbox:
                raise _NotThere
            if sandbox or answer.status_code != 200:
                raise _Failed
            return answer.content, answer.headers
    except (httpx.HTTPError, _Failed, OpenedState) as error:
        log.warning("outside.down", service=name, error=type(error).__name__)
        raise {OpenedState: Unasked, _NotThere: NoDoor}.get(type(error), OutsideDown) from None
