"""The emergency centre of the police (110): a case is opened there, followed by a trace, and closed; it says what it does.

Contract, both ways JSON over HTTP, each body signed with the key that both sides have (`HUHANG_CENTRE_KEY`):
`Huhang-Signature: UNIX.HEX`, HMAC-SHA256 over `UNIX\\nDOOR\\nBODY`, at most `FRESH` old. The answer to a request carries
`Huhang-Signature: HEX` over `answer\\nHEX of the request\\nBODY`, so that nobody else can say that a case was received.

`POST {base}/cases/` with `key` and the case answers 200 with `{"case": its number there}`; the same key is the same case.
`POST {base}/cases/trace/` with `key` and positions answers `{"taken": true}`.
`POST {base}/cases/close/` with `key` answers `{"closed": true}`, however often, also for a key that it never had.
The centre posts `{"key", "case", "said"}` to `/api/v1/centre/`; DOOR of that is `said`.

One attempt of three seconds each: who calls repeats it by the law of what a life depends on.
"""

import hashlib
import hmac
import json
import time
from typing import Any

from django.conf import settings

from core import outside
from core.errors import Forbidden
from core.outside import OutsideDown

HEADER = "Huhang-Signature"
FRESH = 300  # seconds by which the clocks of both sides may differ
SAID = "said"
OPENS = "cases"


class CentreSilent(OutsideDown):
    """No answer that can be believed: nobody knows whether the centre has it."""

    code = "centre_silent"


def is_set_up() -> bool:
    """Whether there is a centre to speak to: without its address and key nobody is told anything."""
    return bool(settings.CENTRE_URL and settings.CENTRE_KEY)


def open_case(body: dict[str, Any]) -> str:
    """The number of the case there. Raises `CentreSilent`. Call it outside of transactions, as all here."""
    number = _ask(OPENS, body).get("case")
    if not isinstance(number, str) or not 0 < len(number) <= 40:
        raise CentreSilent
    return number


def trace(body: dict[str, Any]) -> None:
    """Where it is now. Raises `CentreSilent`."""
    if _ask("cases/trace", body).get("taken") is not True:
        raise CentreSilent


def close(body: dict[str, Any]) -> None:
    """Nothing more comes of this case. Raises `CentreSilent`."""
    if _ask("cases/close", body).get("closed") is not True:
        raise CentreSilent


def _ask(door: str, body: dict[str, Any]) -> dict[str, Any]:
    if not is_set_up():
        raise CentreSilent
    raw = json.dumps(body, ensure_ascii=False).encode()
    at = int(time.time())
    mine = _seal(f"{at}\n{door}\n", raw)
    try:
        said, headers = outside.tell(
            # Traces that fail must not keep a new case from being opened.
            "centre" if door == OPENS else "centre's followers",
            f"{settings.CENTRE_URL}/{door}/",
            raw,
            headers={HEADER: f"{at}.{mine}"},
        )
        found = json.loads(said)
    except (OutsideDown, ValueError):
        raise CentreSilent from None
    theirs = headers.get(HEADER, "")
    if not hmac.compare_digest(theirs.encode(), _seal(f"answer\n{mine}\n", said).encode()):
        raise CentreSilent
    if not isinstance(found, dict):
        raise CentreSilent
    return found


def check_signed(header: str, raw: bytes) -> None:
    """What comes in is the centre's own word, and no old one said again. Raises `Forbidden`."""
    at, _dot, theirs = header.partition(".")
    if not settings.CENTRE_KEY or not (at.isascii() and at.isdigit() and len(at) <= 12):
        raise Forbidden
    known = hmac.compare_digest(theirs.encode(), _seal(f"{at}\n{SAID}\n", raw).encode())
    if not known or abs(time.time() - int(at)) > FRESH:
        raise Forbidden


def _seal(before: str, raw: bytes) -> str:
    return hmac.new(settings.CENTRE_KEY.encode(), before.encode() + raw, hashlib.sha256).hexdigest()
