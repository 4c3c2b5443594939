"""Any provider that Apprise knows. `{to}` and `{key}` in its address are filled in for each message.

2xx: taken. 410 and 422: there is no such number or address. 500, 502, 504 or nothing: nobody knows. Else: not taken.
Apprise gives no id and no receipts.
"""

import logging
import re
from collections.abc import Mapping
from contextvars import ContextVar
from urllib.parse import quote

import apprise

from core.messages.transports import Letter, NoAnswer, NotTaken, WrongRecipient

NEVER = frozenset({410, 422})
UNKNOWN = frozenset({0, 500, 502, 504})
_log = logging.getLogger("apprise")
# Of this call: Apprise takes it along into the thread in which it sends.
_answers: ContextVar[list[int] | None] = ContextVar("answers", default=None)


class _Listener(logging.Handler):
    """Hears from Apprise's log, which alone is told, with which status the provider answered."""

    def emit(self, record: logging.LogRecord) -> None:
        heard, found = _answers.get(), re.search(r"error=(\d{3})", record.getMessage())
        if heard is not None and found:
            heard.append(int(found[1]))


def knows(scheme: str) -> bool:
    """Whether Apprise carries anything to addresses that begin so."""
    return scheme in apprise.NotificationManager()


class Apprise:
    """See the module."""

    receipt_token = ""
    sends_text = True

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address

    def templates(self) -> Mapping[str, Mapping[str, str]]:
        """None: it sends text."""
        return {}

    def says_wrong_recipient(self, reason: str) -> bool:
        """Never: it brings no receipts."""
        return False

    def hand_over(self, letter: Letter) -> str:
        """As `Transport.hand_over` says."""
        provider = apprise.Apprise()
        provider.add(self.address.format(to=quote(letter.to, safe=""), key=quote(letter.key, safe="")))
        heard: list[int] = []
        listener, token = _Listener(logging.INFO), _answers.set(heard)
        _log.addHandler(listener)
        try:
            if provider.notify(body=letter.text, title="Huhang 护航"):
                return ""
        finally:
            _log.removeHandler(listener)
            _answers.reset(token)
        status = heard[-1] if heard else 0
        if status in NEVER:
            raise WrongRecipient(f"{self.name}: {status}")
        if status in UNKNOWN:
            raise NoAnswer(f"{self.name}: {status or 'no answer'}")
        raise NotTaken(f"{self.name}: {status}")
