"""The ways by which messages leave: one module each, in the order that the settings name them for a channel.

`settings.MESSAGE_TRANSPORTS` holds, by channel, `NAME=ADDRESS` in the order in which they are asked. The name stands on
rows, in metrics and in the address of receipts; the scheme of the address says which class it is, and Apprise takes those
of its own. `docs/messages.md` says how one is added.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol, runtime_checkable

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from core import retry


class NotTaken(retry.Known):
    """The provider has not got the message: it said no, or was not reached. Another one may be asked."""


class NoAnswer(NotTaken):
    """Nobody knows whether the provider has it: it was asked, and did not say."""


class Unfit(NotTaken):
    """This provider never takes this message as things are: no approved template, a value that is too long."""


class NoProvider(Unfit):
    """A channel without a transport in the settings."""


class Lapsed(retry.Known):
    """Nobody is to get it any more, and nobody misses it: what it said stands elsewhere, or is over."""


class WrongRecipient(retry.Hopeless):
    """There is no such number or address: no provider and no repeat helps."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed over. `message` is its code in the catalogue, `values` what stands in its text, by name.

    The same `key` is the same message, so that a provider and a reader see a repeat as one. `subject` is the code of what
    it is about; after `until` it helps nobody any more.
    """

    key: str
    channel: str
    to: str
    text: str
    message: str
    language: str
    values: dict[str, str]
    subject: str = ""
    until: datetime | None = None


@runtime_checkable
class Transport(Protocol):
    """One provider. `receipt_token` is what it shows when it brings receipts; nobody's are taken where it is empty."""

    name: str
    receipt_token: str
    # Whether it carries any text; one that does not carries only what `templates` names.
    sends_text: bool

    def hand_over(self, letter: Letter) -> str:
        """The provider's own id of the message, empty where it gives none.

        Answers within five seconds. Raises `NotTaken`, `NoAnswer`, `Unfit`, `WrongRecipient`, and `Lapsed` where the
        channel is one of `PASSING`.
        """
        ...

    def templates(self) -> Mapping[str, Mapping[str, str]]:
        """Its codes of our messages by language, where it sends approved templates; empty where it sends text."""
        ...

    def says_wrong_recipient(self, reason: str) -> bool:
        """Whether this reason of a receipt of failure means that there is no such number or address."""
        ...


class Address(Protocol):
    """How a transport is made of its name and address. Raises `ValueError` where the address cannot be one."""

    def __call__(self, name: str, address: str) -> Transport: ...


class UnknownScheme(ValueError):
    """An address that begins with what neither we nor Apprise know: a typing error, that would carry nothing."""


log = structlog.get_logger()
# By the scheme of the address; loaded when one is asked for.
SCHEMES: dict[str, str] = {
    "template+http": "core.messages.transports.template_sms.TemplateSms",
    "template+https": "core.messages.transports.template_sms.TemplateSms",
    "webpush+http": "core.messages.transports.web_push.WebPush",
    "webpush+https": "core.messages.transports.web_push.WebPush",
}
OTHERWISE = "core.messages.transports.apprise.Apprise"
KNOWS = "core.messages.transports.apprise.knows"
_NAMED = re.compile(r"([a-z][a-z0-9-]{0,19})=(([a-z][a-z0-9+.-]*)://\S+)", re.I)


def of_channel(channel: str) -> tuple[Transport, ...]:
    """The transports of a channel, in their order; none where the settings name none."""
    return _made(tuple(settings.MESSAGE_TRANSPORTS.get(channel, ())))


def of_name(name: str) -> Transport | None:
    """The transport of this name, of whatever channel."""
    return next((way for way in every() if way.name == name), None)


def every() -> list[Transport]:
    """All transports, each once."""
    found = {way.name: way for channel in settings.MESSAGE_TRANSPORTS for way in of_channel(channel)}
    return list(found.values())


@lru_cache(maxsize=32)
def _made(named: tuple[str, ...]) -> tuple[Transport, ...]:
    """One that cannot be made stops only itself: the next one of the channel is asked."""
    found = []
    for each in named:
        try:
            found.append(make(each))
        except ValueError:
            log.exception("messages.no_transport", name=each.partition("=")[0])
    return tuple(found)


def make(named: str) -> Transport:
    """The transport of `NAME=ADDRESS`. Raises `ValueError` for what cannot be one, `UnknownScheme` among it."""
    found = _NAMED.fullmatch(named)
    if found is None:
        raise ValueError(f"{named.partition('=')[0]!r}: a transport is NAME=SCHEME://…")
    name, address, scheme = found[1], found[2], found[3].lower()
    if scheme not in SCHEMES and not import_string(KNOWS)(scheme):
        raise UnknownScheme(f"{scheme}:// is neither a scheme of ours nor one that Apprise knows")
    kind: Address = import_string(SCHEMES.get(scheme, OTHERWISE))
    return kind(name, address)


def faults() -> Iterator[str]:
    """What in the settings cannot be a transport, without its address, which may hold a secret."""
    for channel, named in settings.MESSAGE_TRANSPORTS.items():
        for number, each in enumerate(named, 1):
            if _NAMED.fullmatch(each) is None:
                yield f"transport {number} of {channel} is not NAME=SCHEME://…"
                continue
            try:
                make(each)
            except UnknownScheme as error:
                yield f"transport {number} of {channel}: {error}"
            except ValueError:
                yield f"transport {number} of {channel} has an address that cannot be one"
