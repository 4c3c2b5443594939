"""Checks a line of Huhang's journal without any network: `python journal_check.py PROOF.json [CHECKPOINT.txt]`.

It needs Python and the package `cryptography`, and nothing of Huhang. PROOF.json is what the page 'who looked at my data'
gives for a line. CHECKPOINT.txt is a checkpoint of the journal that you saved at any time, before or after: this says
whether the journal of today still holds all that it held then. The tree is that of RFC 9162 (2.1), the checkpoint a signed
note (C2SP signed-note, tlog-checkpoint), the witness's signature a cosignature/v1 (C2SP tlog-cosignature).
"""

import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY = ""  # of the journal, and of its witness: written here when the script is downloaded
WITNESS_KEY = ""


class NotProven(Exception):
    """Something is not as it is said to be; the text says what."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two others (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """A leaf stands at a place, counted from 0, in a tree of so many (RFC 9162, 2.1.3.2). Raises `NotProven`."""
    if not 0 <= index < size:
        raise NotProven("there is no such place in a journal of that size")
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            raise NotProven("the proof is too long")
        if at & 1 or at == last:
            found = node_hash(each, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    if last or found != root:
        raise NotProven("the line is not in the journal that this checkpoint speaks of")


def check_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """A tree holds an earlier one as its beginning (RFC 9162, 2.1.4.2). Raises `NotProven`."""
    wrong = NotProven("the journal does not hold all that it held at the earlier checkpoint")
    if old_size > size:
        raise NotProven("the journal is shorter than it was at the earlier checkpoint")
    if old_size == size or old_size == 0:
        if path or (old_size == size and old_root != root):
            raise wrong
        return
    at, last, hashes = old_size - 1, size - 1, list(path)
    while at & 1:
        at, last = at >> 1, last >> 1
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise wrong
    old, new = hashes[0], hashes[0]
    for each in hashes[1:]:
        if last == 0:
            raise wrong
        if at & 1 or at == last:
            old, new = node_hash(each, old), node_hash(each, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, each)
        at, last = at >> 1, last >> 1
    if last or old != old_root or new != root:
        raise wrong


class Checkpoint(NamedTuple):
    """What a checkpoint says: whose journal, how many lines, the root over all of them, when (ISO 8601, UTC)."""

    origin: str
    size: int
    root: bytes
    time: str


ED25519, COSIGNATURE = 1, 4  # kinds of keys of signed notes


def read(note: str) -> Checkpoint:
    """What a checkpoint says, whoever signed it. Raises `NotProven`."""
    body, _line, signatures = note.partition("\n\n")
    lines = body.split("\n")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        time = next((line.removeprefix("time ") for line in lines[3:] if line.startswith("time ")), "")
    except (IndexError, ValueError, binascii.Error):
        raise NotProven("this is no checkpoint of a journal") from None
    if not signatures or len(root) != 32 or size < 0 or not lines[0]:
        raise NotProven("this is no checkpoint of a journal")
    return Checkpoint(lines[0], size, root, time)


class Signature(NamedTuple):
    """A signature that was checked: its line as signed notes write it, and the witness's time in Unix seconds, 0 of others."""

    line: str
    at: int


def signed_by(note: str, key: str, kind: int = ED25519) -> Signature:
    """That a key, NAME+ID+BASE64, signed a note, on whichever line. Raises `NotProven`."""
    body, _line, signatures = note.partition("\n\n")
    try:
        name, _number, text = key.split("+", 2)
        raw = base64.b64decode(text, validate=True)
        public = Ed25519PublicKey.from_public_bytes(raw[1:])
    except (ValueError, binascii.Error):
        raise NotProven("the key cannot be read") from None
    if raw[0] != kind:
        raise NotProven("the key is of another kind")
    mark = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    for line in signatures.split("\n"):
        dash, _space, rest = line.partition(" ")
        signer, _space, encoded = rest.partition(" ")
        if dash != "\u2014" or signer != name:
            continue
        try:
            signature = base64.b64decode(encoded, validate=True)
        except ValueError:
            continue
        if signature[:4] != mark:
            continue
        # Of our own making: what is kept has no byte that was not checked.
        whole = f"\u2014 {name} {base64.b64encode(signature).decode()}\n"
        signature, at, said = signature[4:], 0, f"{body}\n"
        if kind == COSIGNATURE:
            at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            said = f"cosignature/v1\ntime {at}\n{said}"
        try:
            public.verify(signature, said.encode())
        except InvalidSignature:
            raise NotProven(f"the signature of {name} is not on it") from None
        return Signature(whole, at)
    raise NotProven(f"{name} has not signed it")


def main(arguments: Sequence[str]) -> int:
    """Say what was proven, line by line; 1 where something was not."""
    if not 1 <= len(arguments) <= 2:
        print(__doc__)
        return 1
    try:
        proof = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        now = read(proof["checkpoint"])
        signed_by(proof["checkpoint"], KEY or proof["key"])
        path = [base64.b64decode(each) for each in proof["inclusion"]]
        check_inclusion(leaf_hash(proof["line"].encode()), proof["index"], now.size, path, now.root)
        print(
            f"Proven: line {proof['index']} of the journal of {now.origin}, {now.size} lines at {now.time}, says"
        )
        print(f"  {proof['line']}")
        if WITNESS_KEY and WITNESS_KEY.split("+", 1)[0] in proof["checkpoint"].partition("\n\n")[2]:
            signed_by(proof["checkpoint"], WITNESS_KEY, COSIGNATURE)
            print("Proven: the witness signed this checkpoint.")
        if len(arguments) == 2:
            saved = Path(arguments[1]).read_text(encoding="utf-8")
            then = read(saved)
            signed_by(saved, KEY or proof["key"])
            if then.origin != now.origin:
                raise NotProven("the saved checkpoint is of another journal")
            if then.size != now.size and str(then.size) not in proof["consistency"]:
                raise NotProven(
                    f"this proof is not made for a checkpoint of {then.size} lines: ask for one that is"
                )
            path = [base64.b64decode(each) for each in proof["consistency"].get(str(then.size), [])]
            old, new = sorted((then, now), key=lambda each: each.size)
            check_consistency(old.size, old.root, new.size, new.root, path)
            print(
                f"Proven: it holds all {then.size} lines that it had when you saved the checkpoint, {then.time}."
            )
    except (NotProven, OSError, ValueError, KeyError, TypeError, AttributeError) as why:
        print(f"NOT proven: {why}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
