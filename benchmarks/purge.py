"""Recordings destroyed per second when 100 000 are due at once, and how late the last one is.

Ours: `safety.services.destroy_due`: keys first, in batches with one receipt in the journal each, then the files. Peer:
one by one, as an ordinary job would: a transaction for each recording with its key, its state and its line in the
journal, then its file. Limit: bare `unlink` of as many files. Peer and limit run on 4 000 and 100 000 of the same kind.
"""

import hashlib
import json
import os
import secrets
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

DUE, ONE_BY_ONE = 100_000, 4_000


def prepare(count: int, first: int) -> None:
    """Recordings that are due now, each with a key and a file."""
    from core import clock
    from rides.models import Trip
    from safety import chunks, keys
    from safety.models import Recording, RecordingKey

    trip = Trip.objects.get(code="T-BENCH")
    at = clock.now()
    day, wrapped = keys.wrap(secrets.token_bytes(32), context="bench")
    rows = [
        Recording(
            code=f"A-BENCH{first + number:07d}",
            trip=trip,
            party="passenger",
            purpose="trip",
            mime="audio/webm",
            slice_ms=10_000,
            key_digest=hashlib.sha256(str(number).encode()).hexdigest(),
            state="ended",
            begun_at=at - timedelta(hours=73),
            ended_at=at - timedelta(hours=72),
            destroy_at=at,
        )
        for number in range(count)
    ]
    Recording.objects.bulk_create(rows, batch_size=5_000)
    RecordingKey.objects.bulk_create(
        [RecordingKey(recording=row, wrapped_by=day, wrapped=wrapped) for row in rows], batch_size=5_000
    )
    for row in rows:
        chunks.write(row.code, 0, b"x" * 1000)
    chunks._files.clear()


def one_by_one() -> float:
    """The peer: recordings per second."""
    from django.db import transaction

    from core import audit, clock
    from core.actors import SYSTEM
    from safety import chunks
    from safety.models import Recording, RecordingKey

    began = time.perf_counter()
    rows = Recording.objects.filter(destroy_at__lte=clock.now()).exclude(state="destroyed")
    for row in rows.order_by("pk"):
        with transaction.atomic():
            RecordingKey.objects.filter(recording=row).delete()
            row.state, row.destroyed_at, row.receipt = "destroyed", clock.now(), row.code
            row.save(update_fields=["state", "destroyed_at", "receipt"])
            audit.record(SYSTEM, "bench.destroyed", row.code, digest=row.key_digest)
        chunks.erase(row.code)
    return ONE_BY_ONE / (time.perf_counter() - began)


def bare(folder: Path) -> float:
    """The limit: files per second."""
    paths = [folder / f"{number % 1000:03d}" / f"{number}" for number in range(DUE)]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1000)
    names = [str(path) for path in paths]
    began = time.perf_counter()
    for name in names:
        os.unlink(name)  # noqa: PTH108 - the limit is the bare call
    return DUE / (time.perf_counter() - began)


def main() -> None:
    import django

    from config.pytest_stack import own_servers

    own_servers()

    django.setup()
    from django.conf import settings
    from django.db import connection

    from benchmarks.recording_ingest import prepare as make_trip
    from core import clock
    from safety import services
    from safety.models import Recording, RecordingKey

    make_trip()
    Recording.objects.all().update(destroy_at=clock.now() + timedelta(days=9))
    prepare(ONE_BY_ONE, 0)
    theirs = one_by_one()
    prepare(DUE, ONE_BY_ONE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE safety_recording, safety_recordingkey")
    due = clock.now()
    began = time.perf_counter()
    count = services.destroy_due(at=due)
    seconds = time.perf_counter() - began
    if count != DUE or RecordingKey.objects.filter(recording__code__startswith="A-BENCH0").count() > 64:
        raise SystemExit(f"{count} were destroyed: the measurement is worth nothing.")
    last = Recording.objects.filter(state="destroyed").order_by("-destroyed_at").first()
    late = (last.destroyed_at - due).total_seconds()
    most = bare(Path(settings.STORAGES["recordings"]["OPTIONS"]["location"]) / "limit")
    print(f"the last of {DUE:,} keys was destroyed {late:.1f} s after it was due", file=sys.stderr)
    print(
        json.dumps(
            {
                "name": "purge",
                "ours": round(count / seconds),
                "peer": round(theirs),
                "limit": round(most),
                "unit": "recordings/s, 100 000 due at once",
                "ratio_to_peer": round(count / seconds / theirs, 1),
                "ratio_to_limit": round(count / seconds / most, 2),
                "last_key_late_seconds": round(late, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
