"""Where pieces of sound may be cut. A listener who comes late gets the file's head and then whole pieces.

A browser's recorder writes WebM or fragmented MP4. What comes before the first piece (WebM: a Cluster, element id
`1F 43 B6 75`; MP4: a `moof` box) is the head; after a gap only a piece from its beginning on can be decoded.
"""

CLUSTER = bytes.fromhex("1f43b675")
MOOF = b"moof"


def _first_piece(mime: str, sound: bytes) -> int:
    """Where the first piece begins; -1 where none does."""
    if "mp4" in mime:
        at = sound.find(MOOF)
        return at - 4 if at >= 4 else -1  # the box's size stands before its name
    return sound.find(CLUSTER)


def head(mime: str, first: bytes) -> bytes:
    """The head of a recording, from its first chunk."""
    at = _first_piece(mime, first)
    return first if at < 0 else first[:at]


def from_piece(mime: str, sound: bytes) -> bytes:
    """A chunk from its first piece on; empty where none begins in it."""
    at = _first_piece(mime, sound)
    return b"" if at < 0 else sound[at:]
