"""Relay numbers (A4): one number that joins two phones for a time, so that neither learns the other's.

Contract of the provider: `POST {base}/numbers/` with `key, sides, until` answers 200 with `{"number": …}`; the same key
gives the same number. It calls the other side of whoever calls it, and nobody after `until` (ISO 8601).
"""

from datetime import datetime

from django.conf import settings

from core import outside
from core.outside import OutsideDown


class RelayDown(OutsideDown):
    """No number: phrases still work."""

    code = "relay_down"


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
