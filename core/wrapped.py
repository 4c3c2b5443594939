"""Keys of the settings that stand there wrapped: the key service opens them, and the key that does never leaves it.

`wrapped:BASE64` in the place of a key. Who reads the settings, a backup of them or the disk has nothing without the service;
who has to be kept out is cut off there, and the service writes down each opening. What was opened stays in the memory of
the process: a page opens dozens of fields, and a call for help waits for nobody. So a process starts once the service has
answered (`core.production`), and goes on while it is away.
"""

import base64
from functools import lru_cache
from time import monotonic, sleep

import httpx
import structlog
from django.conf import settings

from core.outside import SANDBOX_HEADER, OutsideDown, trusted

log = structlog.get_logger()
PREFIX = "wrapped:"
TIMEOUT = 3.0  # seconds
PATIENCE = 30.0  # seconds for which a start asks again: a service that restarts with its host is no reason to stay down
PAUSE = 1.0


def opened(text: str, *, until: float = 0.0) -> bytes:
    """The bytes of a key as it stands in the settings, wrapped or in base64; a start asks again `until` (monotonic).

    Raises `OutsideDown` while the key service is away or does not open it, `ValueError` for what is no key.
    """
    if not text.startswith(PREFIX):
        return base64.b64decode(text, validate=True)
    while True:
        try:
            return _open(text.removeprefix(PREFIX), settings.KEY_SERVICE_URL, settings.KEY_SERVICE_TOKEN)
        except OutsideDown:
            if monotonic() + PAUSE > until:
                raise
            sleep(PAUSE)


def wrap(key: bytes) -> str:
    """A key as it may stand in the settings. Raises `OutsideDown`."""
    return (
        PREFIX
        + base64.b64encode(_ask("wrap", key, settings.KEY_SERVICE_URL, settings.KEY_SERVICE_TOKEN)).decode()
    )


@lru_cache(maxsize=64)
def _open(content: str, url: str, token: str) -> bytes:
    return _ask("unwrap", base64.b64decode(content, validate=True), url, token)


def _ask(what: str, content: bytes, url: str, token: str) -> bytes:
    try:
        answer = httpx.Client(timeout=TIMEOUT, trust_env=False, verify=trusted()).post(
            f"{url.rstrip('/')}/{what}",
            json={"content": base64.b64encode(content).decode()},
            headers={"Authorization": f"Bearer {token}"},
        )
        if answer.status_code == 200 and not (
            settings.STAGE == "production" and SANDBOX_HEADER in answer.headers
        ):
            return base64.b64decode(answer.json()["content"], validate=True)
        log.error("wrapped.refused", what=what, status=answer.status_code)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as why:
        log.warning("wrapped.away", what=what, why=type(why).__name__)
    raise OutsideDown
