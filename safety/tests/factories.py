"""What a phone does to record: its own key, wrapped to the key of the day, and chunks under it."""

import base64
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rides.models import Trip
from rides.states import Party
from rides.tokens import TripKey
from safety import chunks, keys, services
from safety.states import RecordingPurpose

WEBM_HEAD = b"\x1aE\xdf\xa3" + b"head" * 20


def cluster(number: int) -> bytes:
    """A piece of sound that begins a WebM cluster."""
    return bytes.fromhex("1f43b675") + f"sound {number} ".encode() * 20


def wrapped(raw: bytes, spki: str) -> str:
    """A key as a browser wraps it."""
    public = serialization.load_der_public_key(base64.b64decode(spki))
    assert isinstance(public, rsa.RSAPublicKey)
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    return base64.b64encode(public.encrypt(raw, oaep)).decode()


@dataclass
class Phone:
    """A phone that records."""

    code: str
    token: str
    raw: bytes

    def seal(self, number: int, sound: bytes | None = None, *, code: str = "") -> bytes:
        """A chunk, ready to send."""
        nonce = os.urandom(12)
        plain = (WEBM_HEAD if number == 0 else b"") + cluster(number) if sound is None else sound
        return nonce + AESGCM(self.raw).encrypt(nonce, plain, f"{code or self.code}:{number}".encode())

    def keep(self, *numbers: int) -> None:
        """Put chunks where the lane puts them."""
        for number in numbers:
            chunks.write(self.code, number, self.seal(number))


def agree(trip: Trip, *sides: Party) -> None:
    for side in sides or tuple(Party):
        services.answer_recording(key=TripKey(trip.code, side, "wenzhou"), agreed=True)


def begin(
    trip: Trip, purpose: RecordingPurpose = RecordingPurpose.TRIP, party: Party = Party.PASSENGER
) -> Phone:
    """Begin to record on one side's phone."""
    raw, day = os.urandom(32), keys.public_key()
    begun = services.begin_recording(
        key=TripKey(trip.code, party, "wenzhou"),
        purpose=purpose,
        day=day.day,
        wrapped=wrapped(raw, day.spki),
        mime="audio/webm;codecs=opus",
    )
    return Phone(begun.code, begun.token, raw)
