"""A passkey made of software: what a phone or a security key answers to a page (WebAuthn level 3 §6.5, ES256)."""

import hashlib
import json
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class SoftKey:
    """One credential for `http://testserver`; `counter` is what it says of how often it signed, `saw` what it saw of its
    owner, `whose` the account for which it was made."""

    def __init__(self, origin="http://testserver", host="testserver", saw=PRESENT):
        self.origin, self.host, self.counter, self.saw, self.whose = origin, host, 0, saw, b""
        self.credential_id = secrets.token_bytes(32)
        self.key = ec.generate_private_key(ec.SECP256R1())

    def _client_data(self, kind, challenge):
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _rp(self):
        return hashlib.sha256(self.host.encode()).digest()

    def _answer(self, **parts):
        name = websafe_encode(self.credential_id)
        response = {key: websafe_encode(value) for key, value in parts.items()}
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )

    def credential(self):
        """What a server keeps of it."""
        public = ES256.from_cryptography_key(self.key.public_key())
        return AttestedCredentialData.create(bytes(16), self.credential_id, public)

    def create(self, options):
        """The answer to options of a registration."""
        self.whose = websafe_decode(options["user"]["id"]) if "user" in options else self.whose
        auth = AuthenticatorData.create(self._rp(), self.saw | ATTESTED, self.counter, self.credential())
        attested = cbor.encode({"fmt": "none", "authData": bytes(auth), "attStmt": {}})
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=attested,
        )

    def get(self, options):
        """The answer to options of a sign-in; it counts."""
        self.counter += 1
        auth = bytes(AuthenticatorData.create(self._rp(), self.saw, self.counter))
        said = self._client_data("webauthn.get", options["challenge"])
        signed = self.key.sign(auth + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": auth, "signature": signed}
        return self._answer(**parts, **({"userHandle": self.whose} if self.whose else {}))
