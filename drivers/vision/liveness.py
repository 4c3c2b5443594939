"""The challenge that tells a person before the camera from a picture of one. Pure: no I/O, no clock.

The server asks for a random row of poses, one after another; the phone sends frames of each, and of a turn some on the
way to it. A picture that is turned, bent or warped does not move as a head does (`drivers.vision.solidity`), one that is
magnified does not come closer as a head does, a clip of an earlier check shows other poses in another order, one picture
of a turned head shows one turn and not two, a dozen of them show a dozen positions and nothing between them, a frame that
comes twice is one, and two people have two descriptions.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import combinations

import numpy as np

from drivers.vision import solidity
from drivers.vision.faces import Frame, Vector, likeness
from drivers.vision.poses import TURNS, Pose


class Verdict(StrEnum):
    """What a check found, worst first where several hold."""

    OTHER_PERSON = "other_person"
    TWO_PEOPLE = "two_people"
    REPEATED = "repeated"
    NOT_FOLLOWED = "not_followed"
    NOT_SOLID = "not_solid"
    UNSURE = "unsure"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Moves:
    """What a challenge asks for: how many poses; by how many degrees the head turns at least, and how far it may turn from
    the asked direction, in degrees; by how many degrees two positions of the head differ at least, as any two turns must,
    and in how many of them all frames together show it at least; how many times as wide the
    face is closer to the camera, and how much more what stands out of it grows (`drivers.vision.solidity.nearing`); the
    least cosine by which all frames hang together; how much like a head's its relief is at least, and between which
    multiples of what the turns do to a head's skin it is moved (`drivers.vision.solidity.Solidity`)."""

    steps: int = 8
    turn: float = 8.0
    off: float = 40.0
    apart: float = 3.0
    positions: int = 13
    closer_by: float = 1.15
    nearing: float = 0.05
    same_throughout: float = 0.55
    relief: float = 0.75
    least_reach: float = 0.6
    most_reach: float = 1.5


@dataclass(frozen=True, slots=True)
class Bands:
    """Cosines: from `accept` on the same person, below `refuse` another one, between them nobody knows."""

    accept: float
    refuse: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """`facts` are the figures behind the verdict: `pose`, the one that was not followed, and `same_as`, the one that was
    shown in its place; `positions`, in how many of them the head was seen; `least`, how alike the frames are by which all hang together (a cosine); `frame`, the number of one
    that came before; `nearing`; or `relief` and `reach`."""

    verdict: Verdict
    score: float
    facts: dict[str, str | float] = field(default_factory=dict)


def new_challenge(steps: int) -> list[Pose]:
    """Straight ahead first; then, in random order, *closer* and turns of which none comes twice, to both sides.

    Whoever holds pictures of a handful of turns does not hold those that are asked for.
    """
    chance = secrets.SystemRandom()
    while True:
        turns = chance.sample(list(TURNS), steps - 2)
        if {TURNS[each].yaw for each in turns} >= {1, -1}:
            return [Pose.CENTRE, *chance.sample([*turns, Pose.CLOSER], steps - 1)]


def judge(
    challenge: Sequence[Pose],
    steps: Sequence[Sequence[Frame]],
    enrolled: Sequence[Vector],
    bands: Bands,
    moves: Moves,
) -> Judgement:
    """Whether the frames of each step follow the challenge and show one living person throughout, who is the enrolled one.

    `steps` holds each pose's frames in the order of the challenge, as `faces.read_clip` reads them: one clip.
    """
    everything = [frame for step in steps for frame in step]
    score = float(
        np.median([max(likeness(frame.face.vector, known) for known in enrolled) for frame in steps[0]])
    )
    if score < bands.refuse:
        return Judgement(Verdict.OTHER_PERSON, score)
    least = _weakest_link([frame.face.vector for frame in everything])
    if least < moves.same_throughout:
        return Judgement(Verdict.TWO_PEOPLE, score, {"least": round(least, 4)})
    for number, frame in enumerate(everything):
        if frame.pixels in {each.pixels for each in everything[:number]}:
            return Judgement(Verdict.REPEATED, score, {"frame": number + 1})
    first = everything[0]
    turned: list[tuple[Pose, Frame]] = []
    closer: list[Frame] = []
    for pose, step in zip(challenge[1:], steps[1:], strict=True):
        following = [frame for frame in step if _follows(pose, first, frame, moves)]
        if not following:
            return Judgement(Verdict.NOT_FOLLOWED, score, {"pose": pose.value})
        if pose in TURNS:
            # By what a small turn moves the skin says little of a head: where each turn led to counts.
            turned += [(pose, frame) for frame in sorted(following, key=partial(_angle, first))[-2:]]
        elif pose == Pose.CLOSER:
            closer += following
    farthest = dict(turned)  # the last of each pose is the farthest
    for (before, one), (pose, other) in combinations(farthest.items(), 2):
        if _angle(one, other) < moves.apart:
            return Judgement(Verdict.NOT_FOLLOWED, score, {"pose": pose.value, "same_as": before.value})
    positions = _positions(everything, moves.apart)
    if positions < moves.positions:
        return Judgement(Verdict.NOT_FOLLOWED, score, {"positions": positions})
    grown = [solidity.nearing(first.points, first.texture, frame.skin) for frame in closer]
    nearing = float(np.mean(grown))
    if nearing < moves.nearing:
        return Judgement(Verdict.NOT_SOLID, score, {"nearing": round(nearing, 4)})
    found = solidity.measure(
        first.points,
        first.texture,
        [frame.skin for _pose, frame in turned],
        [solidity.turned(first.points, frame.points) for _pose, frame in turned],
    )
    facts: dict[str, str | float] = {"relief": round(found.relief, 4), "reach": round(found.reach, 4)}
    if found.relief < moves.relief or not moves.least_reach <= found.reach <= moves.most_reach:
        return Judgement(Verdict.NOT_SOLID, score, facts)
    return Judgement(Verdict.PASSED if score >= bands.accept else Verdict.UNSURE, score, facts)


def _weakest_link(vectors: Sequence[Vector]) -> float:
    """The least cosine by which all frames hang together, each alike to some other: a head far to the left and far to the
    right is the same one by what lies between, and nothing lies between two people."""
    alike = np.stack(vectors) @ np.stack(vectors).T
    nearest, outside, least = alike[0].copy(), set(range(1, len(vectors))), 1.0
    while outside:
        taken = max(outside, key=lambda number: float(nearest[number]))
        outside.remove(taken)
        least = min(least, float(nearest[taken]))
        nearest = np.maximum(nearest, alike[taken])
    return least


def _angle(one: Frame, other: Frame) -> float:
    """By how many degrees the head turned from one to the other."""
    return solidity.turned(one.points, other.points).angle


def _positions(frames: Sequence[Frame], apart: float) -> int:
    """In how many positions the head was seen that differ by so many degrees each from all the others."""
    seen: list[Frame] = []
    for frame in frames:
        if all(_angle(one, frame) >= apart for one in seen):
            seen.append(frame)
    return len(seen)


def _follows(pose: Pose, first: Frame, frame: Frame, moves: Moves) -> bool:
    turn = solidity.turned(first.points, frame.points)
    match pose:
        case Pose.CLOSER:
            return frame.face.width >= moves.closer_by * first.face.width and turn.angle < 2 * moves.turn
        case Pose.CENTRE:
            return turn.angle < moves.turn
        case _:
            # A pose that leads nowhere is a fault of ours (KeyError), not one that was not followed.
            wanted = TURNS[pose]
            return turn.angle >= moves.turn and turn.off(wanted) <= moves.off
