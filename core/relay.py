"""Relay numbers (A4): one number that joins two phones for a time, so that neither learns the other's.

Calls that staff place (S2) go the same way: it rings them, then the other phone, and joins both.

Contract of the provider: `POST {base}/numbers/` with `key, sides, until` answers 200 with `{"number": …}`; the same key
gives the same number. It calls the other side of whoever calls it, and nobody after `until` (ISO 8601).
`POST {base}/numbers/end/` with `key` answers 200, however often, with `{"ended": true}`: it calls nobody from now on, and the
key makes no number again (409). 404 is for a key that it never had.
`POST {base}/calls/` with `key, sides` rings the first side, then the second, and answers 200; the same key is one call.
`POST {base}/calls/state/` with `key` answers 200 with `{"state": "ringing" | "connected" | "failed"}`.
`POST {base}/asks/` with `key, to, says, language, keys, seconds` rings one phone from the company's number for so many
seconds at most, reads out `says`, and waits for one of `keys`. It answers 200 with `{"state": "ringing" | "pressed" | "silent"
| "missed", "pressed": the key}`; the same key is one call, so that it is asked again how far it is. 400 or another status that
refuses what is asked (`core.outside.Refused`) says that it will not ring this phone.
`POST {base}/asks/end/` with `key` stops it, however often, and answers the same; a key that was pressed stays so.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings

from core import outside
from core.outside import OutsideDown


class RelayDown(OutsideDown):
    """No number: phrases still work."""

    code = "relay_down"


class RelayRefused(RelayDown):
    """It will not do this, however often it is asked."""


# What machines ask every two seconds has a breaker of its own: it keeps nobody of the staff from calling back.
_ASKS = "relay_asks"


def join(*, key: str, sides: list[str], until: datetime) -> str:
    """The number for these two phones. Raises `RelayDown`. Call it outside of transactions."""
    if not settings.RELAY_URL:
        raise RelayDown
    body = {"key": key, "sides": sides, "until": until.isoformat()}
    try:
        answer = outside.post("relay", f"{settings.RELAY_URL}/numbers/", body)
    except OutsideDown:
        raise RelayDown from None
    if answer is None or not isinstance(answer.get("number"), str):
        raise RelayDown
    return str(answer["number"])


def end(*, key: str) -> None:
    """From now on the number of this key joins nobody. Raises `RelayDown`. Call it outside of transactions."""
    if not settings.RELAY_URL:
        raise RelayDown
    try:
        answer = outside.post("relay", f"{settings.RELAY_URL}/numbers/end/", {"key": key})
    except OutsideDown:
        raise RelayDown from None
    if answer is not None and answer.get("ended") is not True:
        raise RelayDown  # an answer that says nothing; one that never had the key joins nobody by it


class CallState(StrEnum):
    """How far a call of ours is. `FAILED`: nobody answered, or it could not be placed."""

    RINGING = "ringing"
    CONNECTED = "connected"
    FAILED = "failed"


def call(*, key: str, first: str, then: str) -> None:
    """Ring one phone, then another, and join them; neither learns the other's number. The same key is one call.

    Raises `RelayDown`. Call it outside of transactions.
    """
    _ask("calls", {"key": key, "sides": [first, then]})


def call_state(key: str) -> CallState:
    """How far a call is. Raises `RelayDown` also for an answer that says nothing. Call it outside of transactions."""
    answer = _ask("calls/state", {"key": key})
    try:
        return CallState(str(answer["state"]))
    except (KeyError, ValueError):
        raise RelayDown from None


class Pressed(StrEnum):
    """How far an automated call is, or which key was pressed. `SILENT`: taken up, and none was."""

    RINGING = "ringing"
    SILENT = "silent"
    MISSED = "missed"
    ONE = "1"
    TWO = "2"


ASKED_FOR = 40  # seconds from the first ring to the last moment for a key


def ask(*, key: str, to: str, says: str, language: str) -> Pressed:
    """Ring one phone, read out a question, and say what was heard until now. The same key is one call, asked for anew.

    Raises `RelayDown`, also for an answer that says nothing, by its kind `RelayRefused` where it will never ring this phone.
    Call it outside of transactions.
    """
    keys = [Pressed.ONE.value, Pressed.TWO.value]
    body = {"key": key, "to": to, "says": says, "language": language, "keys": keys, "seconds": ASKED_FOR}
    return _heard(_ask("asks", body, breaker=_ASKS))


def stop_asking(*, key: str) -> Pressed:
    """Let a phone ring no more; says what was heard until then. `MISSED` where the key is of no call.

    Raises `RelayDown`. Call it outside of transactions.
    """
    if not settings.RELAY_URL:
        raise RelayDown
    try:
        answer = outside.post(_ASKS, f"{settings.RELAY_URL}/asks/end/", {"key": key})
    except OutsideDown:
        raise RelayDown from None
    return Pressed.MISSED if answer is None else _heard(answer)


def _heard(answer: dict[str, Any]) -> Pressed:
    state = answer.get("state")
    try:
        return Pressed(str(answer.get("pressed") if state == "pressed" else state))
    except ValueError:
        raise RelayDown from None


def _ask(what: str, body: dict[str, Any], *, breaker: str = "relay") -> dict[str, Any]:
    if not settings.RELAY_URL:
        raise RelayDown
    try:
        answer = outside.post(breaker, f"{settings.RELAY_URL}/{what}/", body)
    except outside.Refused:
        raise RelayRefused from None
    except OutsideDown:
        raise RelayDown from None
    if answer is None:
        raise RelayDown
    return answer
