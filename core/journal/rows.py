"""What a line of the journal says, as it goes into the tree, and the seal that only the platform can make.

A leaf is the RFC 9162 hash of a line's open content: when, which role, what was done about whom, which field was seen, and
a digest of all the rest (who, in which case, why, facts). Somebody can so be given a line about themselves, and check it,
without learning what is another person's. The digest is taken with the row's seal, an HMAC-SHA256 over everything the row
says under a key that is not in the database: nobody finds out by trying what a digest hides, and nobody who may write
into the database, but has not the key, can change a row, not even before it has its place in the tree.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings

from core.journal.offline import leaf_hash
from core.wrapped import opened


class Said(NamedTuple):
    """All that a row says, in the order of `COLUMNS`."""

    at: datetime
    actor: str
    role: str
    action: str
    subject: str
    case: str
    reason: str
    facts: dict[str, Any]


COLUMNS = Said._fields


@lru_cache(maxsize=8)
def key_for(secret: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, made of the journal's secret (HMAC as a PRF)."""
    return hmac.digest(opened(secret), f"journal {purpose}".encode(), "sha256")


def _canonical(said: list[Any]) -> bytes:
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def seal_of(row: Said) -> str:
    """The row's seal, in base64. Raises `TypeError` for facts that are no JSON."""
    said = _canonical([row.at.astimezone(UTC).isoformat(), *row[1:]])
    return base64.b64encode(hmac.digest(key_for(settings.AUDIT_KEY, "row"), said, "sha256")).decode()


def content_of(row: Said, seal: str) -> bytes:
    """The content of the row's leaf, which can be shown to the person whom it is about."""
    rest = hashlib.sha256(
        seal.encode() + _canonical([row.actor, row.case, row.reason, row.facts])
    ).hexdigest()
    seen = row.facts.get("field", "")
    return _canonical([row.at.astimezone(UTC).isoformat(), row.role, row.action, row.subject, seen, rest])


def leaf_of(row: Said, seal: str) -> bytes:
    """The row's leaf, 32 bytes."""
    return leaf_hash(content_of(row, seal))


def is_untouched(row: Said, seal: str, digest: str) -> bool:
    """Whether a row says what it said when it was written."""
    return hmac.compare_digest(seal_of(row).encode(), seal.encode()) and leaf_of(row, seal).hex() == digest
