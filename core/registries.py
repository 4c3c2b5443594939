"""One client for each public registry (D10): timeout, retry, circuit breaker. Its answers are data, its silence never is.

Contract: `POST {base}/{name}/` with a JSON object answers 200 with a JSON object, 404 where the registry does not know
whom we mean, 5xx or nothing where it is down. `docs/registries.md` has the fields of each.
"""

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
# After five calls in a row that failed, nobody is asked for half a minute.
_breakers = SyncCircuitBreakerFactory(default_threshold=5, default_ttl=30.0)


class RegistryDown(DomainError):
    """No answer: the question stays open, and is asked again."""

    code, status, sentence = (
        "registry_down",
        503,
        _("The registry does not answer now. Nothing is lost: we ask again by ourselves."),
    )


class _Failed(Exception):
    """An answer that says nothing: 5xx, or a body that is not what the contract says."""


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, trust_env=False, limits=LIMITS)


def ask(name: str, question: dict[str, Any]) -> dict[str, Any] | None:
    """What a registry says; None where it does not know whom we mean. Raises `RegistryDown`.

    Call it outside of transactions.
    """
    if not settings.REGISTRY_URL:
        raise RegistryDown
    try:
        with _breakers.get_breaker(name):
            for attempt in Retrying(
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random_exponential(multiplier=0.1, max=1),
                retry=retry_if_exception_type((httpx.TransportError, _Failed)),
            ):
                with attempt:
                    found = _once(name, question)
            return found
    except (RetryError, OpenedState):
        log.warning("registry.down", registry=name)
        raise RegistryDown from None


def _once(name: str, question: dict[str, Any]) -> dict[str, Any] | None:
    answer = _client().post(f"{settings.REGISTRY_URL}/{name}/", json=question)
    if answer.status_code == 404:
        return None
    try:
        found = answer.json()
    except ValueError:
        raise _Failed from None
    if answer.status_code != 200 or not isinstance(found, dict):
        raise _Failed
    return found
