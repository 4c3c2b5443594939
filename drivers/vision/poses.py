"""The poses of a challenge, where each leads, and when it is photographed. Pure."""

from enum import StrEnum

from drivers.vision.solidity import Turn


class Pose(StrEnum):
    CENTRE = "centre"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    LEFT_UP = "left_up"
    LEFT_DOWN = "left_down"
    RIGHT_UP = "right_up"
    RIGHT_DOWN = "right_down"
    CLOSER = "closer"


# Where each turn leads.
TURNS = {
    Pose.LEFT: Turn(1, 0),
    Pose.RIGHT: Turn(-1, 0),
    Pose.UP: Turn(0, 1),
    Pose.DOWN: Turn(0, -1),
    Pose.LEFT_UP: Turn(1, 1),
    Pose.LEFT_DOWN: Turn(1, -1),
    Pose.RIGHT_UP: Turn(-1, 1),
    Pose.RIGHT_DOWN: Turn(-1, -1),
}

# When a pose is photographed, in shares of the time that it takes: a head that turns is seen on its way as well.
_TURNING, _HELD = (0.25, 0.45, 0.65, 1.0), (1.0, 1.0)


def shares(pose: Pose) -> tuple[float, ...]:
    """When a pose is photographed, in shares of the time that it takes."""
    return _TURNING if pose in TURNS else _HELD
