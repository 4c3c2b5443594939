"""One face among a million stored templates (D7): the platform's search beside one product of a matrix in memory.

Ours: the query of an enrolment, exact, by pgvector on real PostgreSQL, one connection. Peer: the same table without
pgvector's operator, the cosine in SQL over arrays, on a hundredth of the rows and scaled up. Limit: numpy with all
vectors in memory, which no database has to keep. `recall` is the share of numpy's faces above the threshold of D7
that ours found too: faces of one person stand at cosines of 0.55 to 0.85, strangers near 0 as SFace puts them.
HUHANG_BENCH_FACES sets another number of templates. One JSON line.
"""

import io
import json
import os
import struct
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import numpy as np

from config.pytest_stack import own_servers

own_servers()

STORED = int(os.environ.get("HUHANG_BENCH_FACES", "1000000"))
QUERIES, EXACT = 60, 3
SIZE = 128


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def copy_rows(vectors: np.ndarray, first: int) -> bytes:
    """Rows (driver, vector) in PostgreSQL's binary COPY format."""
    out = io.BytesIO()
    head = struct.pack(">hiqi", 2, 8, 0, 4 + 4 * SIZE)
    big = vectors.astype(">f4")
    for number, vector in enumerate(big, first):
        out.write(
            head[:6]
            + struct.pack(">q", number)
            + struct.pack(">ihh", 4 + 4 * SIZE, SIZE, 0)
            + vector.tobytes()
        )
    return out.getvalue()


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from core import policy
    from drivers.models import FaceTemplate
    from drivers.policies import SAME_FACE
    from drivers.services.faces import near_faces

    call_command("migrate", verbosity=0)
    chance = np.random.default_rng(5)
    stored = unit(chance.standard_normal((STORED, SIZE)))
    noise = unit(chance.standard_normal((QUERIES, SIZE)))
    near = chance.uniform(0.55, 0.85, (QUERIES, 1)).astype(np.float32)
    targets = chance.choice(STORED, QUERIES, replace=False)
    rest = unit(noise - (noise * stored[targets]).sum(1, keepdims=True) * stored[targets])
    asked = unit(near * stored[targets] + np.sqrt(1 - near**2) * rest)

    table = FaceTemplate._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS drivers_facetemplate_driver_id_fkey")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'", [table]
        )
        for (name,) in cursor.fetchall():  # a million templates need no million drivers here
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute("CREATE TEMP TABLE incoming (driver bigint, protected vector(128))")
        began = time.perf_counter()
        with cursor.copy("COPY incoming FROM STDIN (FORMAT binary)") as copy:
            copy.write(b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0))
            for start in range(0, STORED, 20_000):
                copy.write(copy_rows(stored[start : start + 20_000], start))
            copy.write(struct.pack(">h", -1))
        cursor.execute(
            f"INSERT INTO {table} (driver_id, protected, model, made_at) SELECT driver, protected, 'm', now() FROM incoming"
        )
        cursor.execute("DROP TABLE incoming")
        print(f"loaded in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        cursor.execute(f"ANALYZE {table}")
        cursor.execute(
            f"CREATE TABLE arrays AS SELECT driver_id, protected::real[] AS protected FROM {table} WHERE driver_id < %s",
            [STORED // 100],
        )

    limit_at = policy.value(SAME_FACE)
    exact = [set(np.flatnonzero(stored @ query >= limit_at)) for query in asked]
    spans, found, wanted = [], 0, 0
    for warm in asked[:5]:
        near_faces(warm, model="m", limit=limit_at)
    for query, expected in zip(asked, exact, strict=True):
        began = time.perf_counter()
        seen = set(near_faces(query, model="m", limit=limit_at))
        spans.append(time.perf_counter() - began)
        wanted += len(expected)
        found += len(expected & seen)

    peer_spans = []
    with connection.cursor() as cursor:
        for query in asked[:EXACT]:
            began = time.perf_counter()
            cursor.execute(
                "SELECT driver_id, (SELECT sum(a * b) FROM unnest(protected, %s::real[]) AS pair(a, b)) AS alike"
                " FROM arrays ORDER BY alike DESC LIMIT 10",
                [query.tolist()],
            )
            cursor.fetchall()
            peer_spans.append(100 * (time.perf_counter() - began))
    numpy_spans = []
    for query in asked[:20]:
        began = time.perf_counter()
        scores = stored @ query
        np.argpartition(-scores, 5)[:5]
        numpy_spans.append(time.perf_counter() - began)
    ours, peer, limit = (1 / median(rows) for rows in (spans, peer_spans, numpy_spans))
    print(
        json.dumps(
            {
                "name": "face_search",
                "ours": round(ours, 1),
                "peer": round(peer, 2),
                "limit": round(limit, 1),
                "unit": f"searches per second among {STORED} templates; recall {found / wanted:.4f}, p95 {1000 * float(np.quantile(spans, 0.95)):.1f} ms",
                "ratio_to_peer": round(ours / peer, 1),
                "ratio_to_limit": round(ours / limit, 2),
                "recall": round(found / wanted, 4),
            }
        )
    )


if __name__ == "__main__":
    main()
