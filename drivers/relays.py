"""Relays (TURN) of video calls: credentials that live as long as one call, for the two people who are in it.

By the scheme that coturn calls `use-auth-secret` (draft-uberti-behave-turn-rest): the user name is the second in which it
ends and who it is, the password HMAC-SHA-1 of it under the secret that the platform and its relays share. So a relay needs
no table of people, and what somebody keeps opens nothing later.
"""

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core import clock, policy
from drivers.policies import VIDEO_CALL_LASTS

if TYPE_CHECKING:
    from accounts.models import Account
    from drivers.models import VideoCall


def relays_for(account: "Account", call: "VideoCall") -> list[dict[str, Any]]:
    """What the browser of one of both sides hands to `RTCPeerConnection`; nothing where the company has no relay.

    Whether the account is in the call is the caller's to ask.
    """
    free = [each for each in settings.TURN_URLS if each.startswith("stun:")]
    relays = [each for each in settings.TURN_URLS if not each.startswith("stun:")]
    found: list[dict[str, Any]] = [{"urls": free}] if free else []
    if relays and settings.TURN_SECRET:
        # A relay goes by the time of day, ours may be shifted by a drill.
        longest = call.taken_at + policy.span(VIDEO_CALL_LASTS)  # the wish itself may be open for hours more
        left = max((min(call.check_row.expires_at, longest) - clock.now()).total_seconds(), 0.0)
        name = f"{int(time.time() + left) + 1}:{account.code}"
        found.append({"urls": relays, "username": name, "credential": _password(name)})
    return found


def _password(name: str) -> str:
    return base64.b64encode(
        hmac.new(settings.TURN_SECRET.encode(), name.encode(), hashlib.sha1).digest()
    ).decode()
