"""Where checkpoints are kept so that whoever may write into the database cannot take them away.

A file, to which each is added as one line of JSON (HUHANG_JOURNAL_ANCHOR: on another machine's disk, or one that is only
added to), and a bucket whose objects are locked against deleting for years (HUHANG_JOURNAL_BUCKET; S3 Object Lock in
compliance mode). Either, both, or neither is set.
"""

import base64
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

from core import clock

LOCKED = timedelta(days=3 * 366)


class NotKept(Exception):
    """A checkpoint could not be kept outside the database."""


def is_set() -> bool:
    """Whether checkpoints are kept anywhere outside the database."""
    return bool(settings.JOURNAL_ANCHOR or settings.JOURNAL_BUCKET)


def keep(number: int, note: str, stamp: bytes) -> None:
    """Keep one; to keep it twice does no harm. Raises `OSError`, `NotKept`."""
    line = json.dumps({"note": note, "stamp": base64.b64encode(stamp).decode()}) + "\n"
    if settings.JOURNAL_ANCHOR:
        path = Path(settings.JOURNAL_ANCHOR)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    if settings.JOURNAL_BUCKET:
        try:
            _bucket().put_object(
                Bucket=settings.JOURNAL_BUCKET,
                Key=f"checkpoints/{number:015d}.json",
                Body=line.encode(),
                ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=clock.now() + LOCKED,
            )
        except Exception as why:  # whatever the client raises, the checkpoint is not there
            raise NotKept(f"{type(why).__name__}: {why}") from why


@lru_cache(maxsize=1)
def _bucket() -> Any:
    return storages["journal"].connection.meta.client  # type: ignore[attr-defined]  # of django-storages


def kept() -> Iterator[str]:
    """The notes that are kept outside, in the order in which they came; of both places, one behind the other.

    Raises `NotKept` where a place cannot be read: what is not known is not well.
    """
    for line in _lines():
        try:
            yield json.loads(line)["note"]
        except (ValueError, KeyError, TypeError) as why:
            raise NotKept(f"a line of the anchor cannot be read: {line[:80]!r}") from why


def _lines() -> Iterator[str]:
    try:
        if settings.JOURNAL_ANCHOR and Path(settings.JOURNAL_ANCHOR).exists():
            with Path(settings.JOURNAL_ANCHOR).open(encoding="utf-8") as file:
                yield from file
        if settings.JOURNAL_BUCKET:
            pages = _bucket().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=settings.JOURNAL_BUCKET, Prefix="checkpoints/"):
                for each in page.get("Contents", ()):
                    found = _bucket().get_object(Bucket=settings.JOURNAL_BUCKET, Key=each["Key"])
                    yield found["Body"].read().decode()
    except Exception as why:
        raise NotKept(f"{type(why).__name__}: {why}") from why
