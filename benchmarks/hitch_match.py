"""Hitch matching: candidates of 1 000 itineraries against 10 000 and 100 000 open requests of one city, queries/s.

Ours: `rides.matching.OpenRequests`, numpy alone. Peer: PostGIS (Debian's package; `benchmarks/postgis.sh` installs and
this file starts it) with a GiST index on both ends and the time range, tuned. Also brute force in numpy, and, as limit,
a full scan compiled by the C compiler. All give the same answers, which is checked. One JSON line for 100 000; the
other figures go to standard error.
"""

import ctypes
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

HERE = Path(__file__).resolve().parent
BIN = Path("/usr/lib/postgresql/15/bin")
REACH, DETOUR = 2000.0, 4000.0
DAY = (6 * 3600, 22 * 3600)
# Of each leg and end: where the way passes it, as `rides.matching` says, and of all pairs in order whether one fits.
SQL = """
WITH pieces AS MATERIALIZED (SELECT ST_GeomFromText(p) AS p FROM unnest(%(pieces)s::text[]) AS p),
way AS MATERIALIZED (SELECT ST_GeomFromText(%(way)s) AS g),
starting AS MATERIALIZED (
  SELECT DISTINCT r.id FROM pieces JOIN requests r ON ST_DWithin(r.o, pieces.p, %(reach)s)
  WHERE r.span && numrange(%(first)s::numeric, %(last)s::numeric, '[]')
),
near AS MATERIALIZED (
  SELECT r.* FROM starting JOIN requests r USING (id), way WHERE ST_DWithin(d, g, %(reach)s) AND seats <= %(seats)s
),
legs AS MATERIALIZED (
  SELECT n, ax, ay, bx - ax AS ex, by - ay AS ey, length, sum(length) OVER (ORDER BY n) - length AS before,
         n = count(*) OVER () AS is_last
  FROM unnest(%(ax)s::float8[], %(ay)s::float8[], %(bx)s::float8[], %(by)s::float8[]) WITH ORDINALITY
         AS l (ax, ay, bx, by, n), LATERAL (SELECT sqrt((bx - ax) ^ 2 + (by - ay) ^ 2) AS length) AS s
),
ends AS (
  SELECT id, false AS goal, ST_X(o) AS x, ST_Y(o) AS y FROM near
  UNION ALL SELECT id, true, ST_X(d), ST_Y(d) FROM near
),
shares AS (
  SELECT id, goal, n, is_last, length, before, x, y, ax, ay, ex, ey,
         least(greatest(((x - ax) * ex + (y - ay) * ey) / (ex ^ 2 + ey ^ 2), 0), 1) AS share
  FROM ends, legs
),
nexts AS (SELECT *, lead(share) OVER (PARTITION BY id, goal ORDER BY n) AS following FROM shares),
passed AS MATERIALIZED (
  SELECT id, goal, n, before + share * length AS at,
         sqrt((x - ax - share * ex) ^ 2 + (y - ay - share * ey) ^ 2) AS off
  FROM nexts WHERE (share > 0 OR n = 1) AND NOT (share >= 1 AND NOT is_last AND following > 0)
)
SELECT DISTINCT id FROM near JOIN passed AS o USING (id) JOIN passed AS d USING (id)
WHERE NOT o.goal AND d.goal AND o.at < d.at AND o.off <= %(reach)s AND d.off <= %(reach)s
  AND 2 * (o.off + d.off) <= %(limit)s
  AND %(start)s + o.at / %(whole)s * %(seconds)s <= ends AND starts <= %(end)s + o.at / %(whole)s * %(seconds)s
ORDER BY id
"""
PIECE = 5  # legs of the way in one piece: small boxes for the index
SCAN = r"""
#include <math.h>
/* The passages of a point: distance and length of the way up to there, for each of them; how many. */
static int passages(const double *w, int n, double x, double y, double reach, double *away, double *along) {
  double before = 0, share[n], off[n], at[n]; int found = 0;
  for (int i = 0; i + 1 < n; i++) {
    double ax = w[2*i], ay = w[2*i+1], dx = w[2*i+2]-ax, dy = w[2*i+3]-ay, l2 = dx*dx+dy*dy;
    double t = ((x-ax)*dx+(y-ay)*dy)/l2; if (t < 0) t = 0; if (t > 1) t = 1;
    double gx = x-ax-t*dx, gy = y-ay-t*dy, l = sqrt(l2);
    share[i] = t; off[i] = sqrt(gx*gx+gy*gy); at[i] = before + t*l; before += l;
  }
  for (int i = 0; i + 1 < n; i++) {
    if (off[i] > reach || (share[i] <= 0 && i) || (share[i] >= 1 && i + 2 < n && share[i+1] > 0)) continue;
    away[found] = off[i]; along[found++] = at[i];
  }
  return found;
}
int scan(const double *r, const int *seats, int n, const double *w, int m, double whole, double seconds, double start,
         double end, int room, double reach, double limit, double x0, double y0, double x1, double y1, int *out) {
  int found = 0;
  for (int i = 0; i < n; i++) {
    const double *q = r + 6*i;
    if (q[4] > end + seconds || q[5] < start || seats[i] > room) continue;
    if (q[0] < x0 || q[0] > x1 || q[1] < y0 || q[1] > y1 || q[2] < x0 || q[2] > x1 || q[3] < y0 || q[3] > y1) continue;
    double a[m], ao[m], b[m], bd[m];
    int os = passages(w, m, q[0], q[1], reach, a, ao), fits = 0;
    if (!os) continue;
    int ds = passages(w, m, q[2], q[3], reach, b, bd);
    for (int o = 0; o < os && !fits; o++) {
      double pass = ao[o] / whole * seconds;
      if (start + pass > q[5] || q[4] > end + pass) continue;
      for (int d = 0; d < ds && !fits; d++) fits = ao[o] < bd[d] && 2*(a[o]+b[d]) <= limit;
    }
    if (fits) out[found++] = i;
  }
  return found;
}
"""


def make_requests(count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Requests around the towns of a city, spread over a day's departures (6 to 22 h), windows of up to an hour."""
    towns = rng.normal(0, 18_000, (30, 2))
    which = rng.integers(0, 30, (count, 2))
    ends = towns[which] + rng.normal(0, 3_000, (count, 2, 2))
    ends = np.clip(ends, -50_000, 50_000)
    starts = rng.uniform(*DAY, count).round()
    return {
        "xy": ends.reshape(count, 4),
        "start": starts,
        "end": starts + rng.uniform(600, 3600, count).round(),
        "seats": rng.integers(1, 4, count),
        "towns": towns,
    }


def make_ways(count: int, towns: np.ndarray, rng: np.random.Generator) -> list[dict]:
    """Itineraries of 15 to 45 km between towns, gently bent, 50 vertices."""
    ways = []
    while len(ways) < count:
        a, b = towns[rng.integers(0, 30, 2)] + rng.normal(0, 2_000, (2, 2))
        length = float(np.hypot(*(b - a)))
        if not 15_000 <= length <= 45_000:
            continue
        share = np.linspace(0, 1, 50)[:, None]
        side = np.array([-(b - a)[1], (b - a)[0]]) / length
        bend = np.sin(share * math.pi) * rng.uniform(-0.15, 0.15) * length
        points = np.clip(a + share * (b - a) + bend * side, -55_000, 55_000)
        start = float(round(rng.uniform(*DAY)))
        ways.append(
            {
                "points": points,
                "seconds": length * 1.33 / (40 / 3.6),
                "start": start,
                "end": start + 1800.0,
                "seats": 3,
            }
        )
    return ways


def returning(ways: list[dict]) -> list[dict]:
    """Ways that come back 300 m beside where they went: they pass most places twice."""
    back = [way["points"][::-1] + np.array([300.0, 300.0]) for way in ways]
    return [
        way | {"points": np.vstack([way["points"], home]), "seconds": 2 * way["seconds"]}
        for way, home in zip(ways, back, strict=True)
    ]


def timed(queries, answer) -> tuple[float, list[list[int]]]:
    """(queries per second, the answers)."""
    began = time.perf_counter()
    found = [answer(way) for way in queries]
    return len(queries) / (time.perf_counter() - began), found


def ours(data, plane):
    """The product's own index."""
    from rides.matching import COLUMNS, OpenRequests, Way

    requests = OpenRequests(plane)
    rows = np.zeros(len(data["start"]), dtype=COLUMNS)
    rows["pk"] = np.arange(len(rows))
    rows["ox"], rows["oy"], rows["dx"], rows["dy"] = data["xy"].T
    rows["start"], rows["end"], rows["seats"], rows["open"] = data["start"], data["end"], data["seats"], True
    rows["ocell"], rows["dcell"] = plane.cells(data["xy"][:, :2]), plane.cells(data["xy"][:, 2:])
    requests._rows, requests._used = rows, len(rows)
    requests._merge()

    def answer(way):
        wanted = Way(way["points"], way["seconds"], way["start"], way["end"], way["seats"], REACH, DETOUR)
        return sorted(each.pk for each in requests.candidates(wanted))

    return answer


def brute(data):
    """Everything, in numpy: all pairs of passages of all requests."""
    from rides.matching import _Legs

    def answer(way):
        legs = _Legs.of(way["points"])
        keep = np.flatnonzero(
            (data["seats"] <= way["seats"])
            & (data["start"] <= way["end"] + way["seconds"])
            & (data["end"] >= way["start"])
        )
        a, at_a = legs.passes(*data["xy"][keep, :2].T)
        b, at_b = legs.passes(*data["xy"][keep, 2:].T)
        passes = at_a / legs.length.sum() * way["seconds"]
        may = (a <= REACH) & (way["start"] + passes <= data["end"][keep][:, None])
        may &= data["start"][keep][:, None] <= way["end"] + passes
        fits = np.zeros(len(keep), dtype=bool)
        for leg in np.flatnonzero(may.any(axis=0)):
            later = (b <= REACH) & (at_a[:, leg, None] < at_b) & (2 * (a[:, leg, None] + b) <= DETOUR)
            fits |= may[:, leg] & later.any(axis=1)
        return keep[fits].tolist()

    return answer


def compiled(data, folder: Path):
    """A full scan in C: times first, then a box, then the exact rule."""
    source = folder / "scan.c"
    source.write_text(SCAN)
    library = folder / "scan.so"
    subprocess.run(
        [
            shutil.which("cc") or "cc",
            "-O3",
            "-march=native",
            "-shared",
            "-fPIC",
            "-o",
            library,
            source,
            "-lm",
        ],
        check=True,
    )
    scan = ctypes.CDLL(str(library)).scan
    double = ctypes.c_double
    rows = np.ascontiguousarray(np.column_stack([data["xy"], data["start"], data["end"]]))
    seats = np.ascontiguousarray(data["seats"], dtype=np.int32)
    out = np.zeros(len(rows), dtype=np.int32)

    def answer(way):
        points = np.ascontiguousarray(way["points"])
        whole = float(np.hypot(*np.diff(points, axis=0).T).sum())
        low, high = points.min(axis=0) - REACH, points.max(axis=0) + REACH
        count = scan(
            rows.ctypes, seats.ctypes, len(rows), points.ctypes, len(points), double(whole), double(way["seconds"]),
            double(way["start"]), double(way["end"]), way["seats"], double(REACH), double(DETOUR), double(low[0]),
            double(low[1]), double(high[0]), double(high[1]), out.ctypes,
        )  # fmt: skip
        return out[:count].tolist()

    return answer


class PostGIS:
    """Debian's PostgreSQL 15 with PostGIS on a throw-away cluster, reached over its socket."""

    def __init__(self, folder: Path) -> None:
        self.data, self.sock = folder / "pg", folder
        self.user = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        )
        if self.user:
            shutil.chown(folder, "postgres", "postgres")
        run = [*self.user, BIN / "initdb", "-D", self.data, "-A", "trust", "-U", "postgres"]
        subprocess.run(run, check=True, capture_output=True)
        tuned = ["shared_buffers=1GB", "work_mem=64MB", "random_page_cost=1.1", "jit=off", "fsync=off"]
        self.server = subprocess.Popen(
            [*self.user, BIN / "postgres", "-D", self.data, "-k", self.sock, "-c", "listen_addresses="]
            + [part for each in tuned for part in ("-c", each)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        import psycopg

        for _each in range(100):
            try:
                self.db = psycopg.connect(f"host={self.sock} user=postgres dbname=postgres", autocommit=True)
                break
            except psycopg.OperationalError:
                time.sleep(0.1)

    def load(self, data) -> None:
        with self.db.cursor() as cursor:
            cursor.execute(
                "CREATE EXTENSION IF NOT EXISTS postgis; CREATE EXTENSION IF NOT EXISTS btree_gist"
            )
            cursor.execute(
                "DROP TABLE IF EXISTS requests; CREATE TABLE requests (id int PRIMARY KEY, o geometry(Point), d"
                " geometry(Point), starts float8, ends float8, span numrange, seats int)"
            )
            with cursor.copy("COPY requests FROM STDIN") as copy:
                for pk, (xy, start, end, seats) in enumerate(
                    zip(data["xy"].tolist(), data["start"], data["end"], data["seats"], strict=True)
                ):
                    copy.write_row(
                        (
                            pk,
                            f"POINT({xy[0]!r} {xy[1]!r})",
                            f"POINT({xy[2]!r} {xy[3]!r})",
                            start,
                            end,
                            f"[{start},{end}]",
                            int(seats),
                        )
                    )
            cursor.execute(
                "CREATE INDEX ON requests USING gist (o, span); CREATE INDEX ON requests USING gist (d, span)"
            )
            cursor.execute("VACUUM ANALYZE requests")

    def answer(self, way) -> list[int]:
        points = [f"{x!r} {y!r}" for x, y in way["points"].tolist()]
        pieces = [points[at : at + PIECE + 1] for at in range(0, len(points) - 1, PIECE)]
        wanted = {
            "way": f"LINESTRING({', '.join(points)})", "pieces": [f"LINESTRING({', '.join(each)})" for each in pieces], "reach": REACH, "limit": DETOUR, "seats": way["seats"],
            "start": way["start"], "end": way["end"], "seconds": way["seconds"], "first": way["start"],
            "last": way["end"] + way["seconds"], "whole": float(np.hypot(*np.diff(way["points"], axis=0).T).sum()),
            "ax": way["points"][:-1, 0].tolist(), "ay": way["points"][:-1, 1].tolist(),
            "bx": way["points"][1:, 0].tolist(), "by": way["points"][1:, 1].tolist(),
        }  # fmt: skip
        return [row[0] for row in self.db.execute(SQL, wanted, prepare=True)]

    def stop(self) -> None:
        self.db.close()
        self.server.terminate()
        self.server.wait(20)


def main() -> None:
    if not BIN.exists():
        subprocess.run(["/bin/sh", HERE / "postgis.sh"], check=True, stdout=sys.stderr)
    from rides.matching import CityPlane

    plane = CityPlane(28.1, 120.8, 60_000.0)
    folder = Path(tempfile.mkdtemp(prefix="huhang-postgis-"))
    gis = PostGIS(folder)
    row = {}
    try:
        for count in (10_000, 100_000):
            rng = np.random.default_rng(7)
            data = make_requests(count, rng)
            ways = make_ways(1000, data["towns"], rng)
            gis.load(data)
            few = ways[: 1000 if count < 50_000 else 200]
            indexed = ours(data, plane)
            indexed(ways[0])
            gis.answer(ways[0])
            speed, found = timed(ways, indexed)
            peer, theirs = timed(few, gis.answer)
            plain, brutes = timed(ways[:100], brute(data))
            limit, scans = timed(ways, compiled(data, folder))
            if not (found == scans and found[:100] == brutes and found[: len(few)] == theirs):
                sys.exit("the answers differ: nothing is measured")
            twice = returning(ways[:30])
            answers = [[answer(way) for way in twice] for answer in (indexed, brute(data), gis.answer)]
            if answers[0] != answers[1] or answers[0] != answers[2]:
                sys.exit("the answers differ on ways that pass a place twice: nothing is measured")
            mean = sum(map(len, found)) / len(found)
            print(
                f"{count} requests, {mean:.0f} candidates each: ours {speed:.0f}/s, PostGIS {peer:.0f}/s, numpy brute"
                f" force {plain:.0f}/s, compiled scan {limit:.0f}/s",
                file=sys.stderr,
            )
            row = {
                "name": "hitch_match", "ours": round(speed), "peer": round(peer), "limit": round(limit),
                "unit": "queries/s at 100 000 open requests", "ratio_to_peer": round(speed / peer, 1),
                "ratio_to_limit": round(speed / limit, 2),
            }  # fmt: skip
    finally:
        gis.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(row))


if __name__ == "__main__":
    main()
