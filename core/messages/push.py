"""Browsers that asked to be told on a phone's screen, and when no screen may say anything.

Whoever keeps subscriptions (`accounts.push`) stands above, and says here how one is found and how it ends. What it was
asked about may be hushed: a call for help in silence must not light up the screen beside whom she is afraid of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser hears of messages (RFC 8030), and what only it can open (RFC 8291).

    `p256dh` is its public key, 65 bytes; `auth` the secret of 16 bytes beside it; `version` which of our keys it trusts;
    `reader` what pages of whoever agreed say of who reads them, so that another one's pages close what was shown.
    """

    endpoint: str
    p256dh: bytes
    auth: bytes
    version: int
    reader: str = ""


class Keeper(Protocol):
    """Who keeps subscriptions, by opaque codes."""

    def find(self, code: str) -> Subscription | None:
        """The subscription, as long as whoever agreed is signed in there."""
        ...

    def gone(self, code: str) -> None:
        """Its push service says that it ended: nobody is told there any more."""
        ...


Hush = Callable[[str], bool]
_keepers: list[Keeper] = []
_hushes: list[Hush] = []


def kept_by(keeper: Keeper) -> None:
    """Name who keeps subscriptions; a second one is a mistake. Raises `ValueError`."""
    if _keepers:
        raise ValueError("subscriptions are kept by two")
    _keepers.append(keeper)


def keeper() -> Keeper:
    """Who keeps them."""
    return _keepers[0]


def hushes(hush: Hush) -> Hush:
    """Function decorator: say of a subject's code whether no screen may say anything about it now."""
    _hushes.append(hush)
    return hush


def is_hushed(subject: str) -> bool:
    """Whether any app keeps screens dark about this. One that cannot be asked raises: then nothing is shown yet."""
    return any(hush(subject) for hush in _hushes)


def is_offered() -> bool:
    """Whether this platform can tell anybody: it has a key of its own, and push services that it knows."""
    return bool(settings.PUSH_KEYS and settings.MESSAGE_TRANSPORTS.get("push"))
