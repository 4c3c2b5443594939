"""The witness: a process of its own that signs a checkpoint only where it extends the last one that it saw.

It knows the platform by HTTP alone, and could run at an authority or an association: it has a key of its own and one file
that remembers what it signed, written before the signature is given away. A journal that is shown to others differently,
that lost its newest lines or was built anew gets no signature: the witness says so in its log, to the platform, under its
signature, and by its silence to whoever reads the newest checkpoint.

    python -m core.journal.witness --url https://example.com --folder /var/lib/witness
"""

import argparse
import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core import logs
from core.journal.notes import body_of, encoded, signature, without
from core.journal.offline import COSIGNATURE, Checkpoint, NotProven, check_consistency, read, signed_by

log = structlog.get_logger()
EVERY = 15.0  # seconds
WITHIN = 10.0  # seconds for an answer
REFUSAL = "refusal of "  # how the first line of a refusal begins


def make_key(folder: Path, name: str) -> str:
    """Make the witness's key in its folder, unless it has one; returns its public half, NAME+ID+BASE64."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "key.pem"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return encoded(name, _key(path), COSIGNATURE)


def _key(path: Path) -> Ed25519PrivateKey:
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(found, Ed25519PrivateKey):
        raise TypeError(f"{path} is no Ed25519 key")
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a turn: signed, or why not."""

    signed: bool
    why: str = ""


class Witness:
    """One witness of one journal. `get` and `post` speak to the platform, and raise `httpx.HTTPError`."""

    def __init__(
        self, folder: Path, name: str, client: httpx.Client, *, now: Callable[[], float] = time.time
    ) -> None:
        self.public_key = make_key(folder, name)
        self._name, self._client, self._now = name, client, now
        self._key, self._path = _key(folder / "key.pem"), folder / "seen.json"

    def turn(self) -> Answer:
        """Look once. Raises `httpx.HTTPError` where the platform does not answer: that is no refusal."""
        seen: dict[str, Any] = json.loads(self._path.read_text()) if self._path.exists() else {}
        if "key" not in seen:
            # The first key is believed, as everybody believes it who writes it down; no other one ever is.
            seen["key"] = self._text("journal/key").splitlines()[0]
            self._remember(seen)
            log.warning("witness.believes", key=seen["key"])
        note = self._text("journal/checkpoint")
        try:
            found = read(note)
            signed_by(note, seen["key"])
            self._compare(seen.get("note", ""), found)
        except NotProven as why:
            return self._refuse(seen, note, str(why))
        at = int(self._now())
        self._remember({"key": seen["key"], "note": note})
        self._say(f"{without(note, self._name)}{self._line(body_of(note), at)}")
        return Answer(True)

    def _compare(self, before: str, now: Checkpoint) -> None:
        """Raises `NotProven` where what is shown now does not extend what was signed before."""
        if not before:
            return
        then = read(before)
        if then.origin != now.origin:
            raise NotProven("the checkpoint is of another journal")
        path: list[bytes] = []
        if 0 < then.size < now.size:
            answer = self._client.get(
                "journal/proofs/consistency/", params={"from": then.size, "to": now.size}, timeout=WITHIN
            )
            if answer.status_code == 200:
                path = [base64.b64decode(each) for each in answer.json()["path"]]
            elif answer.status_code != 404:
                answer.raise_for_status()
        check_consistency(then.size, then.root, now.size, now.root, path)

    def _refuse(self, seen: dict[str, Any], note: str, why: str) -> Answer:
        log.error("witness.refused", why=why, seen=seen.get("note", ""), shown=note)
        if seen.get("refused") != note:
            before = "; ".join(body_of(seen.get("note", "")).splitlines()[1:])
            shown = "; ".join(body_of(note[:500]).splitlines()[1:])
            body = f"{REFUSAL}{note[:80].splitlines()[0] if note else ''}\n{why}\nsigned before: {before}\nshown now: {shown}\n"
            self._say(f"{body}\n{self._line(body, int(self._now()))}")
            self._remember(seen | {"refused": note})
        return Answer(False, why)

    def _line(self, body: str, at: int) -> str:
        return signature(self._name, self._key, body, at=at)

    def _remember(self, seen: dict[str, Any]) -> None:
        whole = self._path.with_suffix(".new")
        whole.write_text(json.dumps(seen))
        whole.replace(self._path)

    def _text(self, address: str) -> str:
        answer = self._client.get(address, timeout=WITHIN)
        answer.raise_for_status()
        return answer.text

    def _say(self, note: str) -> None:
        answer = self._client.post("journal/witness/", content=note.encode(), timeout=WITHIN)
        answer.raise_for_status()

    def run(self) -> None:
        """Go on for good."""
        log.info("witness.begins", key=self.public_key)
        while True:
            try:
                self.turn()
            except (httpx.HTTPError, ValueError, KeyError) as why:
                log.warning("witness.no_answer", error=type(why).__name__)
            time.sleep(EVERY)


def main(arguments: Sequence[str] | None = None, *, now: Callable[[], float] = time.time) -> None:
    """Run the witness that the arguments name."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True, help="where the platform is")
    parser.add_argument(
        "--folder", required=True, type=Path, help="where the key is kept and what was signed"
    )
    parser.add_argument("--name", default="witness", help="the name of the key")
    given = parser.parse_args(arguments)
    logs.begin()
    client = httpx.Client(base_url=given.url.rstrip("/") + "/", trust_env=False)
    Witness(given.folder, given.name, client, now=now).run()


if __name__ == "__main__":
    main()
