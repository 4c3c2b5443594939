"""The SMS packet: a call for help from a phone without data, at most 140 bytes (S1). docs/sos-packet.md has the layout.

`HH1` and base64url, without padding, of: flags (1 byte: bit 0 driver's side, bit 1 silent), Unix time of the position
(4, big-endian), latitude and longitude (4 each, signed, in 1e-6 degrees, WGS-84; both 0x7FFFFFFF where unknown), the
trip's code in ASCII (its length is what is left), and the first 8 bytes of an HMAC-SHA256 over all before it. The
HMAC's key belongs to one side of one trip; the page has had it since it was opened.
"""

import base64
import hashlib
import hmac
import re
import struct
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from rides.geometry import Point
from rides.states import Party
from rides.tokens import TripKey

MAGIC = "HH1"
LIMIT = 140
MOST = 4_000  # letters of a message that are looked through, however much stands before the packet
TRIED = 100  # what may be one in it: each may ask the database whose trip it is
UNKNOWN = 0x7FFFFFFF
_FORM = struct.Struct(">BIii")
MAC = 8
CODE = 20  # letters of a trip's code, at most
# Letters of a packet that names no trip, and of the longest: whatever else stands in a message is not tried for ever.
SHORTEST, LONGEST = 4 * (_FORM.size + MAC) // 3, 4 * (_FORM.size + CODE + MAC) // 3 + 1


class PacketUnreadable(DomainError):
    code, status, sentence = (
        "packet_unreadable",
        400,
        _("This is not an SOS packet, or it was changed on its way."),
    )


@dataclass(frozen=True, slots=True)
class Packet:
    """What a phone says: which trip and side, where (WGS-84) and when it was there, and whether nobody may call back."""

    trip: str
    party: Party
    at: datetime
    position: Point | None
    silent: bool


def secret_of(trip: str, party: Party, driver: str = "", *, root: str = "") -> bytes:
    """The key of one side of one trip, 16 bytes; the driver's side is that of one `driver`, by the account's code.

    `root` is the secret that it comes from, where that is not the one in force.
    """
    said = f"sos-packet:{trip}:{party.value}:{driver}".encode()
    return hmac.new((root or settings.SECRET_KEY).encode(), said, hashlib.sha256).digest()[:16]


def secret_for_page(key: TripKey) -> str:
    """The same as base64url, for the page's script."""
    return base64.urlsafe_b64encode(secret_of(key.trip, key.party, key.driver)).decode().rstrip("=")


def encode(packet: Packet, driver: str = "") -> str:
    """The text of the message; `driver` as in `secret_of`."""
    flags = (packet.party == Party.DRIVER) | packet.silent << 1
    position = packet.position
    latitude, longitude = (round(part * 1e6) for part in position) if position else (UNKNOWN, UNKNOWN)
    body = _FORM.pack(flags, int(packet.at.timestamp()), latitude, longitude) + packet.trip.encode()
    mac = hmac.new(secret_of(packet.trip, packet.party, driver), body, hashlib.sha256).digest()[:MAC]
    return MAGIC + base64.urlsafe_b64encode(body + mac).decode().rstrip("=")


def decode(text: str, driver_of: Callable[[str], str]) -> Packet:
    """Read a message, wherever in it the packet stands, also with spaces in it, with signs that nobody sees, or in wide
    letters, as phones may send it. Raises `PacketUnreadable`.

    `driver_of` says whose the driver's side of a trip is now, by its code: a packet of who drove it before is none.
    """
    plain = unicodedata.normalize("NFKC", text[:MOST])
    seen = "".join(each for each in plain if unicodedata.category(each) != "Cf")
    for raw in islice(_candidates(seen.split()), TRIED):
        if packet := _read(raw, driver_of):
            return packet
    raise PacketUnreadable("packet")


def _candidates(words: list[str]) -> Iterator[str]:
    """What may be the packet, without its beginning: a word, or what stands there without the gaps, to any end."""
    yield from (word.removeprefix(MAGIC) for word in words if word.startswith(MAGIC))
    _before, found, rest = "".join(words).partition(MAGIC)
    if found:
        longest = re.match(r"[\w-]*", rest, re.ASCII)[0]  # type: ignore[index]  # it matches nothing at least
        yield from (longest[:end] for end in range(SHORTEST, min(len(longest), LONGEST) + 1))


def _read(raw: str, driver_of: Callable[[str], str]) -> Packet | None:
    """None for what nobody of a trip has signed."""
    try:
        whole = base64.b64decode(raw + "=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        body, mac = whole[:-MAC], whole[-MAC:]
        flags, at, latitude, longitude = _FORM.unpack(body[: _FORM.size])
        trip = body[_FORM.size :].decode("ascii")
    except (ValueError, struct.error):
        return None
    # No column holds it, and whoever writes to the number chooses what the database is asked.
    if "\0" in trip or len(trip) > CODE:
        return None
    party = Party.DRIVER if flags & 1 else Party.PASSENGER
    driver = driver_of(trip) if party == Party.DRIVER else ""
    # Pages that were opened before the secret was turned still call for help.
    roots = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (secret_of(trip, party, driver, root=root) for root in roots)
    if not any(hmac.compare_digest(mac, hmac.new(key, body, hashlib.sha256).digest()[:MAC]) for key in keys):
        return None
    position = None if UNKNOWN in {latitude, longitude} else (latitude / 1e6, longitude / 1e6)
    return Packet(trip, party, datetime.fromtimestamp(at, tz=UTC), position, bool(flags & 2))
