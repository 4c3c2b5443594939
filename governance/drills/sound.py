"""A phone that records, over HTTP: its own key, wrapped to the key of the day, and chunks under it."""

import base64
import os
import time

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from governance.drills.world import Surprise

HEAD = b"\x1aE\xdf\xa3 a drill's head of a WebM file "
CLUSTER = bytes.fromhex("1f43b675")


def piece(number: int) -> bytes:
    """What a drill's microphone hears: a piece that names its number, so that what is played can be compared."""
    return CLUSTER + f" piece {number};".encode() * 40


class SoundPhone:
    """Records one side of a trip; each chunk is sent until the server has it."""

    def __init__(self, url: str, trip: str, key: str, purpose: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self.raw = os.urandom(32)
        begun = self._begin(trip, key, purpose)
        self.code, self.token = str(begun["code"]), str(begun["token"])
        self.number = 0

    def _begin(self, trip: str, key: str, purpose: str) -> dict[str, object]:
        day = self.http.get("/api/v1/sound-key/").json()
        public = serialization.load_der_public_key(base64.b64decode(day["spki"]))
        if not isinstance(public, rsa.RSAPublicKey):
            raise Surprise("the key of the day is no RSA key")
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        wrapped = base64.b64encode(public.encrypt(self.raw, oaep)).decode()
        body = {
            "key": key,
            "purpose": purpose,
            "day": day["day"],
            "wrapped": wrapped,
            "mime": "audio/webm;codecs=opus",
        }
        answer = self.http.post(f"/api/v1/trips/{trip}/sound/", json=body)
        if answer.status_code != 201:
            raise Surprise(answer.text)
        found: dict[str, object] = answer.json()
        return found

    def record(self, pieces: int = 1, *, patience: float = 30.0) -> None:
        """Send the next pieces; what is not acknowledged is sent again."""
        for _piece in range(pieces):
            sound = (HEAD if self.number == 0 else b"") + piece(self.number)
            nonce = os.urandom(12)
            sealed = AESGCM(self.raw).encrypt(nonce, sound, f"{self.code}:{self.number}".encode())
            self._send(nonce + sealed, time.monotonic() + patience)
            self.number += 1

    def _send(self, body: bytes, until: float) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "X-Chunk": str(self.number)}
        while True:
            try:
                answer = self.http.post("/live/audio/", content=body, headers=headers)
                if answer.status_code == 202:
                    return
                if answer.status_code < 500:
                    raise Surprise(answer.text)
            except httpx.TransportError:
                pass
            if time.monotonic() > until:
                raise Surprise(f"chunk {self.number} was not taken")
            time.sleep(0.2)

    def whole(self) -> bytes:
        """All that was recorded, as it must be played again."""
        return HEAD + b"".join(piece(number) for number in range(self.number))

    def end(self) -> None:
        """The phone stops."""
        self.http.post("/api/v1/sound/end/", json={"token": self.token, "last": self.number - 1})
