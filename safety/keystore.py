"""Where the files of keys lie: a folder of one machine, or a key service that all machines ask over HTTP.

A file is written once and never changed, then destroyed. The service's contract is small, so that an adapter in front of
the company's own (Vault, a cloud's secret manager) is an afternoon's work; `docs/recordings.md` has it.
"""

import base64
import os
import secrets
import time
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import httpx
import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.outside import SANDBOX_HEADER, trusted

log = structlog.get_logger()
TIMEOUT = 1.0  # seconds
REMEMBERED = 60.0  # seconds that a content is kept in memory: so long it may outlive its destruction by another machine


class KeysAway(DomainError, OSError):
    """Nothing is lost: what was asked for is asked for again."""

    code, status, sentence = (
        "keys_away",
        503,
        _("The keys of recordings cannot be reached now. Please try again in a moment."),
    )


class Store(Protocol):
    """What both do. Names are those of files, such as `20180824.aes`; a missing one raises `FileNotFoundError`, one that
    cannot be read now another `OSError`."""

    def names(self) -> list[str]: ...
    def read(self, name: str) -> bytes: ...
    def write_once(self, name: str, content: bytes) -> None:
        """Where somebody was quicker, theirs stands."""

    def destroy(self, name: str) -> None: ...


class Folder:
    """Files of one machine, for nobody but the platform's own user."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def _made(self) -> Path:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.path

    def names(self) -> list[str]:
        return sorted(each.name for each in self._made().iterdir() if not each.name.startswith("."))

    def read(self, name: str) -> bytes:
        return (self._made() / name).read_bytes()

    def write_once(self, name: str, content: bytes) -> None:
        path = self._made() / name
        new = path.with_name(f".{name}.{secrets.token_hex(6)}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(new, path)
        except FileExistsError:
            pass
        finally:
            new.unlink()

    def destroy(self, name: str) -> None:
        """Overwritten, then removed."""
        path = self._made() / name
        if path.exists():
            with path.open("r+b") as opened:
                opened.write(os.urandom(path.stat().st_size))
                opened.flush()
                os.fsync(opened.fileno())
            path.unlink()


class Service:
    """A key service. Which files there are is asked each time: a machine that went by yesterday's list would wrap keys
    by one that another machine has destroyed. What a file holds never changes, and is remembered for a minute."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            trust_env=False,
            verify=trusted(),
        )
        self._known: dict[str, tuple[float, bytes]] = {}

    def _ask(
        self, method: str, name: str = "", *, good: frozenset[int], body: object = None
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, name, json=body)
        except httpx.HTTPError as why:
            log.warning("keystore.away", why=type(why).__name__)
            raise KeysAway from None
        if settings.STAGE == "production" and SANDBOX_HEADER in answer.headers:
            log.error("keystore.sandbox_in_production")
            raise KeysAway
        if answer.status_code == 404:
            raise FileNotFoundError(name)
        if answer.status_code not in good:
            log.error("keystore.refused", status=answer.status_code)
            raise KeysAway
        return answer

    def names(self) -> list[str]:
        try:
            return sorted(map(str, self._ask("GET", good=frozenset({200})).json()["names"]))
        except (ValueError, KeyError, TypeError):
            raise KeysAway from None

    def read(self, name: str) -> bytes:
        kept = self._known.get(name)
        if kept and time.monotonic() - kept[0] < REMEMBERED:
            return kept[1]
        try:
            found = self._ask("GET", name, good=frozenset({200})).json()["content"]
            content = base64.b64decode(found, validate=True)
        except (ValueError, KeyError, TypeError):
            raise KeysAway from None
        except FileNotFoundError:
            self._known.pop(name, None)
            raise
        self._known[name] = time.monotonic(), content
        return content

    def write_once(self, name: str, content: bytes) -> None:
        body = {"content": base64.b64encode(content).decode()}
        self._ask("PUT", name, good=frozenset({201, 409}), body=body)

    def destroy(self, name: str) -> None:
        self._known.pop(name, None)
        try:
            self._ask("DELETE", name, good=frozenset({204}))
        except FileNotFoundError:
            return


@lru_cache(maxsize=8)
def _service(url: str, token: str) -> Service:
    return Service(url, token)


def store() -> Store:
    """That of the settings."""
    if settings.KEY_SERVICE_URL:
        return _service(settings.KEY_SERVICE_URL, settings.KEY_SERVICE_TOKEN)
    return Folder(settings.RECORDING_KEYS)
