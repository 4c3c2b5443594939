"""A trip's own plane: metres east and north of its destination, equirectangular, good to 1 % within 100 km."""

import numpy as np
from numpy.typing import NDArray

from rides.geometry import EARTH_RADIUS, Point

METRES_IN_DEGREE = float(np.radians(1.0) * EARTH_RADIUS)


def project(points: NDArray[np.float64], origin: Point) -> NDArray[np.float64]:
    """(latitude, longitude) rows to metres east and north of `origin`."""
    east = (points[:, 1] - origin[1]) * METRES_IN_DEGREE * np.cos(np.radians(origin[0]))
    return np.column_stack([east, (points[:, 0] - origin[0]) * METRES_IN_DEGREE])


def point(x: float, y: float, origin: Point) -> Point:
    """Latitude and longitude of a place in the plane, to a tenth of a metre."""
    cos = float(np.cos(np.radians(origin[0])))
    return round(origin[0] + y / METRES_IN_DEGREE, 6), round(origin[1] + x / (METRES_IN_DEGREE * cos), 6)
