"""Which open requests lie along a hitch owner's way (R2): pure arithmetic over arrays, no I/O, nothing about people.

A request is a candidate when the way passes its pick-up and later its drop-off, both within `reach`, the owner's detour
is within the owner's limit, both can be at the pick-up at the same time, and the seats suffice. A way that passes a place
twice may take somebody there at either passage. Candidates are ordered by the time that they cost: the detour's, and the
difference of both wishes; equal ones by age of the request.

Positions are metres in a city's plane (`CityPlane`), times Unix seconds, lengths metres.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rides.geometry import EARTH_RADIUS, Point
from rides.routing import SPEED

Floats = NDArray[np.float64]
CELL = 500.0  # metres; a quarter of the usual reach, so that few cells beside the corridor are marked
MARGIN = 20  # cells around the city's square, for ways that bend out of it
MERGE_AFTER = 2_000  # requests that may lie unsorted before they are merged
COLUMNS = np.dtype(
    [
        ("pk", "i8"),
        ("ox", "f8"),
        ("oy", "f8"),
        ("dx", "f8"),
        ("dy", "f8"),
        ("start", "f8"),
        ("end", "f8"),
        ("seats", "i2"),
        ("ocell", "i4"),
        ("dcell", "i4"),
        ("open", "?"),
    ]
)


@dataclass(frozen=True, slots=True)
class CityPlane:
    """A local equirectangular projection around a city's middle, and a grid of cells over it.

    Lengths are right to 1 % within 120 km of the middle (the cosine of latitude changes by that much).
    """

    latitude: float
    longitude: float
    radius: float

    def project(self, points: Iterable[Point]) -> Floats:
        """(latitude, longitude) in degrees to metres, shape (n, 2)."""
        degrees = np.asarray(list(points), dtype=float).reshape(-1, 2)
        scale = np.radians(1.0) * EARTH_RADIUS
        east = (degrees[:, 1] - self.longitude) * scale * np.cos(np.radians(self.latitude))
        return np.column_stack([east, (degrees[:, 0] - self.latitude) * scale])

    @property
    def side(self) -> int:
        """Cells along one side of the grid."""
        return int(2 * self.radius / CELL) + 2 * MARGIN

    def cells(self, xy: Floats) -> NDArray[np.int32]:
        """The number of the cell of each point; what lies outside the grid goes to its border."""
        index = np.clip(((xy + self.radius) / CELL).astype(np.int32) + MARGIN, 0, self.side - 1)
        numbers: NDArray[np.int32] = index[:, 1] * np.int32(self.side) + index[:, 0]
        return numbers


@dataclass(frozen=True, slots=True)
class Wish:
    """An open request as the matching sees it: nothing about who asks."""

    pk: int
    origin: Point
    destination: Point
    start: float
    end: float
    seats: int


@dataclass(frozen=True, slots=True)
class Way:
    """An owner's itinerary: vertices in the city's plane, shape (m, 2), seconds for the whole way, window, limits."""

    vertices: Floats
    seconds: float
    start: float
    end: float
    seats: int
    reach: float
    detour_limit: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Why a request fits: metres and seconds of detour, share of the way travelled together, when they can meet."""

    pk: int
    detour_metres: float
    detour_seconds: float
    wait_seconds: float
    overlap: float
    pickup_at: float


class OpenRequests:
    """The open requests of one city: sorted by earliest departure, with a short unsorted tail of the newest."""

    def __init__(self, plane: CityPlane) -> None:
        self.plane = plane
        self._rows = np.zeros(0, dtype=COLUMNS)
        self._sorted = 0
        self._used = 0
        self._place: dict[int, int] = {}
        # Of the sorted part: what every look reads, as columns of their own, and the longest window in it.
        self._starts = np.zeros(0)
        self._ocells = self._dcells = np.zeros(0, dtype=np.int32)
        self._longest = 0.0

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, pk: int) -> bool:
        return pk in self._place

    def put(self, wishes: Iterable[Wish]) -> None:
        """Add requests; one that is there already is replaced."""
        wishes = list(wishes)
        if not wishes:
            return
        for wish in wishes:
            self.remove(wish.pk)
        new = np.zeros(len(wishes), dtype=COLUMNS)
        origins = self.plane.project([wish.origin for wish in wishes])
        goals = self.plane.project([wish.destination for wish in wishes])
        new["pk"] = [wish.pk for wish in wishes]
        new["ox"], new["oy"] = origins.T
        new["dx"], new["dy"] = goals.T
        new["start"] = [wish.start for wish in wishes]
        new["end"] = [wish.end for wish in wishes]
        new["seats"] = [wish.seats for wish in wishes]
        new["ocell"], new["dcell"] = self.plane.cells(origins), self.plane.cells(goals)
        new["open"] = True
        needed = self._used + len(new)
        if needed > len(self._rows):
            grown = np.zeros(max(needed, 2 * len(self._rows), 1024), dtype=COLUMNS)
            grown[: self._used] = self._rows[: self._used]
            self._rows = grown
        self._rows[self._used : needed] = new
        self._place.update(zip(new["pk"].tolist(), range(self._used, needed), strict=True))
        self._used = needed
        if self._used - self._sorted > MERGE_AFTER:
            self._merge()

    def remove(self, pk: int) -> None:
        """Take a request out; one that is not there is left alone."""
        place = self._place.pop(pk, None)
        if place is not None:
            self._rows["open"][place] = False

    def _merge(self) -> None:
        kept = self._rows[: self._used]
        kept = kept[kept["open"]]
        kept = kept[np.argsort(kept["start"], kind="stable")]
        self._rows, self._used, self._sorted = kept, len(kept), len(kept)
        self._place = dict(zip(kept["pk"].tolist(), range(len(kept)), strict=True))
        self._starts = np.ascontiguousarray(kept["start"])
        self._ocells, self._dcells = np.ascontiguousarray(kept["ocell"]), np.ascontiguousarray(kept["dcell"])
        self._longest = float((kept["end"] - kept["start"]).max(initial=0.0))

    def candidates(self, way: Way) -> list[Candidate]:
        """All requests that fit, best first."""
        first = np.searchsorted(self._starts, way.start - self._longest)
        last = np.searchsorted(self._starts, way.end + way.seconds, side="right")
        corridor = _corridor(self.plane, way)
        tail = slice(self._sorted, self._used)
        rows = self._rows
        near = np.concatenate(
            [
                first + _near(self._ocells[first:last], self._dcells[first:last], corridor),
                self._sorted + _near(rows["ocell"][tail], rows["dcell"][tail], corridor),
            ]
        )
        return _fits(rows[near], way)


@dataclass(frozen=True, slots=True)
class _Corridor:
    """For each cell of the grid: how far along the way, in metres, it may be passed first and last; infinite where
    no point of the cell is within reach. Never too narrow, by less than a cell too wide."""

    first: NDArray[np.float32]
    last: NDArray[np.float32]


def _corridor(plane: CityPlane, way: Way) -> _Corridor:
    reach = min(way.reach, way.detour_limit / 2)
    start, leg = way.vertices[:-1], np.diff(way.vertices, axis=0)
    lengths = np.hypot(leg[:, 0], leg[:, 1])
    steps = np.maximum(np.ceil(lengths / CELL), 1).astype(int)
    which = np.repeat(np.arange(len(leg)), steps)
    share = (np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[which]
    samples = np.vstack([start[which] + share[:, None] * leg[which], way.vertices[-1:]])
    before = np.cumsum(lengths) - lengths
    along = np.append(before[which] + share * lengths[which], lengths.sum())
    # A point within reach of the way is within reach + half a step of a sample, and both lie somewhere in their cells.
    wide = int(np.ceil((reach + CELL / 2) / CELL)) + 1
    offsets = np.arange(-wide, wide + 1)
    east, north = np.meshgrid(offsets, offsets)
    near = np.hypot(np.maximum(abs(east) - 1, 0), np.maximum(abs(north) - 1, 0)) * CELL <= reach + CELL / 2
    around = (north[near] * plane.side + east[near]).astype(np.int32)
    marked = np.clip(plane.cells(samples)[:, None] + around[None, :], 0, plane.side**2 - 1)
    passed = np.broadcast_to(along[:, None], marked.shape).astype(np.float32)
    first = np.full(plane.side**2, np.inf, dtype=np.float32)
    last = np.full(plane.side**2, -np.inf, dtype=np.float32)
    # Of several writes to one cell the last one stays: forwards that is the farthest, backwards the nearest.
    last[marked.ravel()] = passed.ravel() + CELL
    first[marked[::-1].ravel()] = passed[::-1].ravel() - CELL
    return _Corridor(first, last)


def _near(ocells: NDArray[np.int32], dcells: NDArray[np.int32], corridor: _Corridor) -> NDArray[np.intp]:
    """Places of the rows whose both ends lie in the corridor's cells and may be passed in this order."""
    entered = corridor.first[ocells]
    some = np.flatnonzero(entered < np.inf)
    return some[corridor.last[dcells[some]] > entered[some]]


@dataclass(frozen=True, slots=True)
class _Legs:
    """A way as its legs, none of them without length: where each begins, east and north of it, its length."""

    begin: Floats
    east: Floats
    north: Floats
    length: Floats

    @classmethod
    def of(cls, vertices: Floats) -> "_Legs":
        leg = np.diff(vertices, axis=0)
        length = np.hypot(leg[:, 0], leg[:, 1])
        some = length > 0
        if not some.any():
            some = np.arange(len(leg)) == 0
        return cls(vertices[:-1][some], leg[some, 0], leg[some, 1], length[some])

    @property
    def before(self) -> Floats:
        """The way up to each leg."""
        up_to: Floats = np.cumsum(self.length) - self.length
        return up_to

    def passes(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Of each point and leg, shape (n, m): metres from the way where it passes the point on this leg, infinite
        where it does not; and length of the way up to there.

        A way passes a point where it comes no nearer shortly before or after, so a way that returns passes it again.
        """
        squared = np.maximum(self.east**2 + self.north**2, 1e-9)
        away_x, away_y = x[:, None] - self.begin[:, 0], y[:, None] - self.begin[:, 1]
        share = np.clip((away_x * self.east + away_y * self.north) / squared, 0.0, 1.0)
        away_x -= share * self.east
        away_y -= share * self.north
        away: Floats = np.sqrt(away_x**2 + away_y**2)
        # At a leg's end the way still comes nearer where the next leg does; a vertex counts as the end of its leg.
        nearer = share >= 1.0
        nearer[:, :-1] &= share[:, 1:] > 0.0
        nearer[:, -1] = False
        nearer[:, 1:] |= share[:, 1:] <= 0.0
        away[nearer] = np.inf
        return away, self.before + share * self.length


def _fits(rows: NDArray[np.void], way: Way) -> list[Candidate]:
    """The exact rule for rows that are near the way: of all passages of the pick-up and later ones of the drop-off,
    the pair that costs least, the earliest of equals."""
    rows = rows[
        rows["open"]
        & (rows["seats"] <= way.seats)
        & (rows["end"] >= way.start)
        & (rows["start"] <= way.end + way.seconds)
    ]
    legs = _Legs.of(way.vertices)
    whole = max(float(legs.length.sum()), 1e-9)
    off, at = legs.passes(rows["ox"], rows["oy"])
    reached = at * (way.seconds / whole)
    starts, ends = rows["start"][:, None], rows["end"][:, None]
    meets = (off <= way.reach) & (way.start + reached <= ends) & (starts <= way.end + reached)
    some = meets.any(axis=1)
    rows, off, at, reached, meets = rows[some], off[some], at[some], reached[some], meets[some]
    off_goal, at_goal = legs.passes(rows["dx"], rows["dy"])
    # Of each leg on which the pick-up may be: how near the way comes to the drop-off afterwards.
    least = np.minimum.accumulate(off_goal[:, ::-1], axis=1)[:, ::-1]
    after = np.full_like(least, np.inf)
    after[:, :-1] = least[:, 1:]
    after = np.minimum(after, np.where(at_goal > at, off_goal, np.inf))
    detour = 2.0 * (off + after)
    meets &= (after <= way.reach) & (detour <= way.detour_limit)
    some = meets.any(axis=1)
    rows, at, reached, after, detour = rows[some], at[some], reached[some], after[some], detour[some]
    off_goal, at_goal, meets = off_goal[some], at_goal[some], meets[some]
    wait = np.abs(way.start + reached - rows["start"][:, None])
    row = np.arange(len(rows))
    leg = np.where(meets, detour / SPEED + wait, np.inf).argmin(axis=1)
    later = (at_goal >= at[row, leg][:, None]) & (off_goal == after[row, leg][:, None])
    together = at_goal[row, later.argmax(axis=1)] - at[row, leg]
    pickup = np.maximum(way.start + reached[row, leg], rows["start"])
    found = [
        Candidate(
            pk=int(rows["pk"][each]),
            detour_metres=float(detour[each, leg[each]]),
            detour_seconds=float(detour[each, leg[each]]) / SPEED,
            wait_seconds=float(wait[each, leg[each]]),
            overlap=float(together[each] / whole),
            pickup_at=float(pickup[each]),
        )
        for each in row
    ]
    return sorted(found, key=_cost)


def _cost(found: Candidate) -> tuple[int, int]:
    """What a candidate costs in whole seconds; age breaks ties, so that the order is the same each time."""
    return round(found.detour_seconds + found.wait_seconds), found.pk


def fit(plane: CityPlane, way: Way, wish: Wish) -> Candidate | None:
    """The same rule for one pair; None where the request does not fit."""
    requests = OpenRequests(plane)
    requests.put([wish])
    return next(iter(requests.candidates(way)), None)
