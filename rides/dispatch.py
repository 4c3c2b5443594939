"""Who is sent to whom on express, premier and luxury (R3): one batch as an assignment problem. Pure, no I/O.

The least total pick-up time of the batch is a min-cost flow. An order reaches its nearest drivers, and a driver the
nearest orders, over arcs of their own; everybody farther away over a network of H3 cells, each joined with the two rings
around it, so that a whole city needs few arcs. Who went through the network is paired by the exact assignment
afterwards. An order may also wait for the next batch; that costs as much as the farthest pick-up allowed, so there is
always an answer. Orders that have waited too long are served first, by themselves: nobody starves.

The solvers are imported where they are used: one process dispatches, and each process of the platform imports this.
"""

from collections.abc import Collection
from dataclasses import dataclass

import h3
import h3.api.numpy_int as h3_int
import numpy as np
from numpy.typing import NDArray

from rides.geometry import EARTH_RADIUS, Point, distance

RESOLUTION = 8  # H3 cells of about 0.5 km edge
NEAREST = 32  # drivers with an arc of their own for each order, and orders for each driver
RINGS = 2
# A path over the middles of cells is about 3 % longer than the straight line.
STRAIGHTER = 0.97
METRES = np.radians(1.0) * EARTH_RADIUS  # in a degree of latitude
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Limits:
    """Metres that a driver may be away, metres in a second on the way to a pick-up, seconds until an order is late."""

    reach: float
    speed: float
    late_after: float


@dataclass(frozen=True, slots=True)
class Assignment:
    """Index of the order, index of the driver, and the seconds to the pick-up."""

    order: int
    driver: int
    seconds: float


def cell(point: Point) -> str:
    """The H3 cell of a position (latitude, longitude)."""
    return str(h3.latlng_to_cell(point[0], point[1], RESOLUTION))


def cells_around(point: Point, reach: float) -> list[str]:
    """The cells in which a driver within `reach` metres of a position may stand, and a few more."""
    own = cell(point)
    middle = h3.cell_to_latlng(own)
    apart = min(distance(middle, h3.cell_to_latlng(near)) for near in h3.grid_disk(own, 1) if near != own)
    # k rings reach k times the height of a triangle of neighbouring middles in the worst direction; one more for
    # where in their cells both stand.
    rings = int(np.ceil(reach / (apart * np.sqrt(3) / 2))) + 1
    return list(h3.grid_disk(own, rings))


def assign(
    orders: list[Point],
    waited: list[float],
    drivers: list[Point],
    limits: Limits,
    apart: Collection[tuple[int, int]] = (),
) -> list[Assignment]:
    """One batch: pairs of order and driver with the least total pick-up time; each is in at most one pair.

    `waited` has the seconds since each order was placed. Orders past `late_after` are assigned first among themselves.
    `apart` has pairs (index of order, index of driver) that may not come together, such as after a refusal.
    """
    if not orders or not drivers:
        return []
    plane = _Plane(np.asarray(orders, dtype=float), np.asarray(drivers, dtype=float))
    never = np.array(sorted(order * len(drivers) + driver for order, driver in apart), dtype=np.int64)
    late = np.asarray(waited) >= limits.late_after
    pairs: list[Assignment] = []
    free = np.arange(len(drivers))
    for group in (np.flatnonzero(late), np.flatnonzero(~late)):
        if not len(group) or not len(free):
            continue
        order, driver, metres = _solve(plane, group, free, limits.reach, never)
        pairs += [
            Assignment(int(group[o]), int(free[d]), float(away / limits.speed))
            for o, d, away in zip(order, driver, metres, strict=True)
        ]
        free = np.delete(free, driver)
    return sorted(pairs, key=lambda pair: pair.order)


class _Plane:
    """Orders, drivers and cells as metres in a local projection around the orders' middle."""

    def __init__(self, orders: Floats, drivers: Floats) -> None:
        self.middle = orders.mean(axis=0)
        self.scale = METRES * np.array([1.0, np.cos(np.radians(self.middle[0]))])
        self.degrees = orders, drivers
        self.orders, self.drivers = self.project(orders), self.project(drivers)

    def project(self, degrees: Floats) -> Floats:
        metres: Floats = (degrees - self.middle) * self.scale
        return metres


@dataclass(frozen=True, slots=True)
class _Cells:
    """The H3 cells around a batch: middles in metres, the hops between near ones, and where everybody stands."""

    middles: Floats
    tails: Integers
    heads: Integers
    of_orders: Integers
    of_drivers: Integers


def _cells(plane: _Plane, group: Integers, free: Integers) -> _Cells:
    places = [plane.degrees[0][group], plane.degrees[1][free]]
    own = [
        np.array([h3_int.latlng_to_cell(lat, lon, RESOLUTION) for lat, lon in part.tolist()])
        for part in places
    ]
    known = sorted(
        {int(near) for one in np.unique(np.concatenate(own)) for near in h3_int.grid_disk(one, RINGS)}
    )
    index = {one: number for number, one in enumerate(known)}
    hops = [
        (number, index[int(near)])
        for number, one in enumerate(known)
        for near in h3_int.grid_disk(one, RINGS)
        if int(near) in index and int(near) != one
    ]
    tails, heads = np.array(hops, dtype=np.int64).reshape(-1, 2).T
    middles = plane.project(np.array([h3_int.cell_to_latlng(one) for one in known]))
    numbers = np.array(known, dtype=own[0].dtype)
    return _Cells(middles, tails, heads, np.searchsorted(numbers, own[0]), np.searchsorted(numbers, own[1]))


def _edges(orders: Floats, drivers: Floats, reach: float) -> tuple[Integers, Integers, Floats]:
    """(order, driver, metres) of each order's nearest drivers and each driver's nearest orders, within reach."""
    near, which = _nearest(orders, drivers, reach)
    there, whose = _nearest(drivers, orders, reach)
    order = np.concatenate([np.repeat(np.arange(len(orders)), near.shape[1]), whose.ravel()])
    driver = np.concatenate([which.ravel(), np.repeat(np.arange(len(drivers)), there.shape[1])])
    metres = np.concatenate([near.ravel(), there.ravel()])
    known = np.isfinite(metres)
    _keys, first = np.unique(order[known] * np.int64(len(drivers)) + driver[known], return_index=True)
    return order[known][first], driver[known][first], metres[known][first]


def _nearest(of: Floats, among: Floats, reach: float) -> tuple[Floats, Integers]:
    """Distances and indices of the nearest, shape (n, k); infinite where there are fewer."""
    from scipy.spatial import cKDTree

    away, which = cKDTree(among).query(of, k=min(NEAREST, len(among)), distance_upper_bound=reach)
    return away.reshape(len(of), -1), which.reshape(len(of), -1)


def _solve(
    plane: _Plane, group: Integers, free: Integers, reach: float, never: Integers
) -> tuple[Integers, Integers, Floats]:
    """(order, driver, metres) of the pairs, as indices into `group` and `free`.

    Flow: source → order → driver → sink, or order → its cell → … → a driver's cell → driver, or order → sink.
    """
    orders, drivers = plane.orders[group], plane.drivers[free]
    order, driver, metres = _edges(orders, drivers, reach)
    if len(never):
        allowed = ~np.isin(group[order] * len(plane.drivers) + free[driver], never)
        order, driver, metres = order[allowed], driver[allowed], metres[allowed]
    cells = _cells(plane, group, free)
    n, m = len(orders), len(drivers)
    source, sink, first_cell = n + m, n + m + 1, n + m + 2
    every, each = np.arange(n), np.arange(m)
    # The network cannot tell drivers apart: an order that may not have one of them goes by its own arcs alone.
    through = every[~np.isin(group, never // len(plane.drivers))]
    hop = np.hypot(*(cells.middles[cells.tails] - cells.middles[cells.heads]).T) * STRAIGHTER
    into = np.hypot(*(orders - cells.middles[cells.of_orders]).T)
    out = np.hypot(*(drivers - cells.middles[cells.of_drivers]).T)
    arcs = [
        (order, n + driver, metres, 1),
        (through, first_cell + cells.of_orders[through], into[through], 1),
        (first_cell + cells.of_drivers, n + each, out, 1),
        (first_cell + cells.tails, first_cell + cells.heads, hop, n),
        (np.full(n, source), every, np.zeros(n), 1),
        (n + each, np.full(m, sink), np.zeros(m), 1),
        (every, np.full(n, sink), np.full(n, reach), 1),
    ]
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([tails for tails, _heads, _cost, _room in arcs]),
        np.concatenate([heads for _tails, heads, _cost, _room in arcs]),
        np.concatenate([np.full(len(tails), room) for tails, _heads, _cost, room in arcs]),
        np.rint(np.concatenate([cost for _tails, _heads, cost, _room in arcs])).astype(np.int64),
    )
    flow.set_nodes_supplies(np.array([source, sink]), np.array([n, -n]))
    flow.solve()
    used = flow.flows(np.arange(len(order) + len(through) + m)) > 0
    taken, going, coming = np.split(used, [len(order), len(order) + len(through)])
    far = _pair(orders, drivers, through[going], np.flatnonzero(coming), reach)
    return (
        np.concatenate([order[taken], far[0]]),
        np.concatenate([driver[taken], far[1]]),
        np.concatenate([metres[taken], far[2]]),
    )


def _pair(
    orders: Floats,
    drivers: Floats,
    going: Integers,
    coming: Integers,
    reach: float,
) -> tuple[Integers, Integers, Floats]:
    """The exact assignment of the few who went through the cells; nobody is sent farther than reach."""
    gap = orders[going][:, None, :] - drivers[coming][None, :, :]
    away = np.minimum(np.hypot(gap[:, :, 0], gap[:, :, 1]), reach)
    from scipy.optimize import linear_sum_assignment

    row, column = linear_sum_assignment(away)
    near = away[row, column] < reach
    return going[row[near]], coming[column[near]], away[row, column][near]
