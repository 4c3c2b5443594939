"""Arrays that grow: runs of points, one for each row, and arrays with a row for each trip."""

from typing import TypeVar, final

import numpy as np
from numpy.typing import NDArray

from safety.monitor.declare import Array

FEWEST = 64  # rows and points for which there is room at first
A = TypeVar("A", bound=np.generic)


def longer(array: NDArray[A], rows: int, fill: float) -> NDArray[A]:
    """The same array with room for so many rows; those that are new hold `fill`."""
    more = np.full((rows, *array.shape[1:]), fill, dtype=array.dtype)
    more[: len(array)] = array
    return more


@final
class Pool:
    """Runs of points of rows, one after another; what rows gave back is taken up when it is half of all."""

    def __init__(self) -> None:
        self.points = np.empty((FEWEST, 2))
        self.spans = np.zeros((0, 2), dtype=np.int64)
        self.end = 0
        self.unused = 0

    def grow(self, rows: int) -> None:
        """Room for so many rows."""
        self.spans = longer(self.spans, rows, 0)

    def put(self, row: int, points: Array) -> None:
        """Give a row its points."""
        self.drop(row)
        if self.end + len(points) > len(self.points):
            self._make_room(len(points))
        self.points[self.end : self.end + len(points)] = points
        self.spans[row] = self.end, self.end + len(points)
        self.end += len(points)

    def drop(self, row: int) -> None:
        """Take its points from a row."""
        self.unused += int(self.spans[row, 1] - self.spans[row, 0])
        self.spans[row] = 0

    def _make_room(self, wanted: int) -> None:
        """Move all runs together, into twice the room where half of it is used."""
        used = self.end - self.unused
        room = len(self.points)
        while 2 * (used + wanted) > room:
            room *= 2
        points, end = np.empty((room, 2)), 0
        for row in np.flatnonzero(self.spans[:, 1] > self.spans[:, 0]):
            first, last = self.spans[row]
            points[end : end + last - first] = self.points[first:last]
            self.spans[row] = end, end + last - first
            end += last - first
        self.points, self.end, self.unused = points, end, 0
