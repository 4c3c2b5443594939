"""The challenge that tells a person before the camera from a picture of one. Pure: no I/O, no clock.

The server asks for a random row of poses; the phone sends frames of each. A flat picture that is turned keeps its
nose where it was between the eyes (the ratio hardly changes under a turn of a plane), a clip of an earlier check
shows other poses in another order, and two people have two descriptions.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from drivers.vision.faces import Face, Vector, likeness


class Pose(StrEnum):
    CENTRE = "centre"
    LEFT = "left"
    RIGHT = "right"
    CLOSER = "closer"


class Verdict(StrEnum):
    """What a check found, worst first where several hold."""

    OTHER_PERSON = "other_person"
    TWO_PEOPLE = "two_people"
    NOT_FOLLOWED = "not_followed"
    UNSURE = "unsure"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Moves:
    """What a challenge asks for: how many poses; by how much `yaw` changes in a turn, 0.08 are about 10 degrees; how
    many times as wide the face is closer to the camera; the least cosine of any frame with all others."""

    steps: int = 6
    turn: float = 0.08
    closer_by: float = 1.15
    same_throughout: float = 0.55


@dataclass(frozen=True, slots=True)
class Bands:
    """Cosines: from `accept` on the same person, below `refuse` another one, between them nobody knows."""

    accept: float
    refuse: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """`facts` are the figures behind the verdict: `pose`, the one that was not followed, or `least`, how alike the frame
    that differs most is to the others (a cosine)."""

    verdict: Verdict
    score: float
    facts: dict[str, str | float] = field(default_factory=dict)


def new_challenge(steps: int) -> list[Pose]:
    """Straight ahead first, then poses in random order, never the same twice in a row with a turn to each side."""
    while True:
        row = [Pose.CENTRE]
        for _step in range(steps - 1):
            row.append(secrets.choice([pose for pose in Pose if pose != row[-1]]))
        # Turns to both sides: they are what a flat picture cannot follow.
        if {Pose.LEFT, Pose.RIGHT} <= set(row):
            return row


def judge(
    challenge: Sequence[Pose],
    steps: Sequence[Sequence[Face]],
    enrolled: Sequence[Vector],
    bands: Bands,
    moves: Moves,
) -> Judgement:
    """Whether the frames of each step follow the challenge and show one person throughout, who is the enrolled one.

    `steps` holds the faces of each pose's frames in the order of the challenge.
    """
    everything = [face.vector for step in steps for face in step]
    middle = np.mean(everything, axis=0)
    middle = (middle / np.linalg.norm(middle)).astype(np.float32)
    centre = [max(likeness(face.vector, known) for known in enrolled) for face in steps[0]]
    score = float(np.median(centre))
    if score < bands.refuse:
        return Judgement(Verdict.OTHER_PERSON, score)
    least = min(likeness(vector, middle) for vector in everything)
    if least < moves.same_throughout:
        return Judgement(Verdict.TWO_PEOPLE, score, {"least": round(least, 4)})
    for pose, step in zip(challenge[1:], steps[1:], strict=True):
        if not any(_follows(pose, steps[0], face, moves) for face in step):
            return Judgement(Verdict.NOT_FOLLOWED, score, {"pose": pose.value})
    if score < bands.accept:
        return Judgement(Verdict.UNSURE, score)
    return Judgement(Verdict.PASSED, score)


def _follows(pose: Pose, centre: Sequence[Face], face: Face, moves: Moves) -> bool:
    yaw = float(np.median([each.yaw for each in centre]))
    width = float(np.median([each.width for each in centre]))
    turned = face.yaw - yaw
    match pose:
        case Pose.LEFT:
            return turned >= moves.turn
        case Pose.RIGHT:
            return turned <= -moves.turn
        case Pose.CLOSER:
            return face.width >= moves.closer_by * width and abs(turned) < 2 * moves.turn
        case Pose.CENTRE:
            return abs(turned) < moves.turn
