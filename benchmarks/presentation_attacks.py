"""How many presentation attacks (D4+) pass the whole check, and how many honest people: `FOLDER` holds portraits, one face
each, from the front.

    python benchmarks/presentation_attacks.py FOLDER [--half tuning|held-out] [--attackers 100] [--first 0] [--only flat,honest]

Every portrait is turned into a print for each attack and into a head in space for the honest: its points with the
depths that the network sees, mixed by chance with those of an average head, and rings behind them. Each attacker tries
three challenges, as often as an account allows, with the frames of each pose that the page takes. Portraits fall into halves by a digest
of their name: limits were chosen on one, figures are those of the other. Several of one person are called
`PERSON-NUMBER`, or the two of `two_people` may be one. A line of JSON per kind: tried, passed, refused by verdict, and the
largest rate that 95 % certainty leaves open (Clopper and Pearson), of those who pass for an attack and of those who are
refused for the honest.
"""

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.local import throwaway_environment

os.environ.update(throwaway_environment())
import django

django.setup()

import cv2
import numpy as np
from scipy.stats import beta

from core.errors import DomainError
from drivers.management.commands.face_pairs import limits
from drivers.vision import eyes, faces, mesh, solidity
from drivers.vision.attacks import Attack, Print, attacker
from drivers.vision.heads import Living, head_of
from drivers.vision.liveness import Bands, Moves, Verdict, judge, new_challenge
from drivers.vision.poses import Pose, shares
from drivers.vision.solids import SIDE, Solid

HONEST, REPLAYED, TWO_PEOPLE = "honest", "replayed", "two_people"
KINDS = [HONEST, *(each.value for each in Attack), REPLAYED, TWO_PEOPLE]
TRIES = 3
WIDTH = 190.0  # of the face, in pixels of what the camera sees
FRONTAL = 20.0  # degrees by which a portrait may be turned
LONGEST = 1000  # pixels of a portrait

DEMANDS = limits()[1]

Clip = dict[Pose, list[faces.Frame]]


class Person:
    """A portrait as a print, and what is behind it in space: `depth` of its points, in widths of the face."""

    def __init__(self, path: Path) -> None:
        picture = cv2.imread(str(path))
        if picture is None:
            raise ValueError(path)
        scale = min(LONGEST / max(picture.shape[:2]), 1.0)
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        at = _points(picture)
        width = float(np.hypot(*(at[solidity.EAR_LEFT, :2] - at[solidity.EAR_RIGHT, :2])))
        middle, scale = (at[solidity.CROWN, :2] + at[solidity.CHIN, :2]) / 2, WIDTH / width
        place = np.array([[scale, 0, SIDE / 2 - scale * middle[0]], [0, scale, SIDE / 2 - scale * middle[1]]])
        shown = cv2.warpAffine(
            picture, place, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        points = at[:, :2] @ place[:, :2].T + place[:, 2]
        self.path = path
        self.sheet = Print(shown.astype(np.float32), (SIDE / 2, SIDE / 2), WIDTH, points)
        self.depth = at[:, 2] / width
        turn = solidity.turned(solidity.head(), at)
        if turn.angle > FRONTAL:
            raise ValueError(path)
        self.average = (solidity.head() @ solidity._rotation(solidity.head(), at).T)[:, 2]

    def head(self, chance: np.random.Generator) -> Solid:
        """The head in space: between the depths that the network sees and those of an average head."""
        part = chance.uniform(0.3, 1.0)
        depth = part * self.average + (1 - part) * self.depth
        return head_of(self.sheet, depth, chance.uniform(2.3, 3.6))


def _points(picture: Any) -> Any:
    """The points of the largest face, in pixels of the picture. Raises `ValueError` where there is none."""
    detector, _recogniser = eyes._faces()
    scale = min(eyes.LONGEST / max(picture.shape[:2]), 1.0)
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    detector.setInputSize((small.shape[1], small.shape[0]))
    detector.setScoreThreshold(0.7)
    _count, rows = detector.detect(small)
    if rows is None:
        raise ValueError("no face")
    row = rows[np.argmax(rows[:, 2] * rows[:, 3])] / scale
    if row[2] < 90:
        raise ValueError("too small")
    at, certain = mesh.points(picture, row)
    if certain < 0.9:
        raise ValueError("not certain")
    return at


def person(path: Path) -> Person | None:
    """None for what shows no face from the front that is large enough."""
    try:
        return Person(path)
    except ValueError:
        return None


def honest_clip(who: Person, chance: np.random.Generator) -> list[tuple[Pose, bytes]]:
    """The pictures of every pose, straight ahead first."""
    alive = Living(who.head(chance), chance)
    return [(pose, alive.photo(pose, share)) for pose in Pose for share in shares(pose)]


def forged_clip(attack: Attack, who: Person, chance: np.random.Generator) -> list[tuple[Pose, bytes]]:
    shows = attacker(attack, who.sheet, who.head(chance), chance)
    return [(pose, shows.photo(pose, share)) for pose in Pose for share in shares(pose)]


def read(pictures: list[tuple[Pose, bytes]]) -> Clip:
    """The frames of each pose, as one clip; a picture that cannot be read leaves none. Raises `DomainError` where the
    first cannot be."""
    kept = list(pictures)
    try:
        found = _clip(kept)
    except DomainError:
        kept = [pictures[0], *(each for each in pictures[1:] if _is_face(each[1]))]
        found = _clip(kept)
    clip: Clip = {}
    for (pose, _picture), frame in zip(kept, found, strict=True):
        clip.setdefault(pose, []).append(frame)
    return clip


def _clip(pictures: list[tuple[Pose, bytes]]) -> list[faces.Frame]:
    return faces.read_clip([each[1] for each in pictures], DEMANDS, sides=[0] * len(pictures))


def _is_face(content: bytes) -> bool:
    try:
        faces.read_face(content, DEMANDS)
    except DomainError:
        return False
    return True


def verdict(clip: Clip, asked: list[Pose], shown: list[Pose]) -> str:
    """What the check says of a clip that shows these poses while those are asked for."""
    if any(pose not in clip for pose in shown):
        return "unreadable"
    enrolled = [clip[Pose.CENTRE][0].face.vector]
    found = judge(asked, [clip[pose] for pose in shown], enrolled, Bands(0.45, 0.36), Moves())
    return found.verdict.value


def tried(kind: str, who: Person, other: Person, chance: np.random.Generator) -> list[str]:
    """The verdicts over three challenges."""
    steps = Moves().steps
    if kind in {HONEST, REPLAYED, TWO_PEOPLE}:
        clip = read(honest_clip(who, chance))
    else:
        clip = read(forged_clip(Attack(kind), who, chance))
    verdicts = []
    for _try in range(TRIES):
        asked = new_challenge(steps)
        shown = asked
        if kind == REPLAYED:
            while shown == asked:
                shown = new_challenge(steps)
        if kind == TWO_PEOPLE:
            verdicts.append(_two(clip, who, other, asked, chance))
            continue
        verdicts.append(verdict(clip, asked, shown))
    return verdicts


def _two(clip: Clip, who: Person, other: Person, asked: list[Pose], chance: np.random.Generator) -> str:
    """The first shows the face straight ahead, the other follows the poses; one clip."""
    alive = Living(other.head(chance), chance)
    mine = honest_clip(who, chance)[:2]
    others = [(pose, alive.photo(pose, share)) for pose in asked[1:] for share in shares(pose)]
    try:
        return verdict(read(mine + others), asked, asked)
    except DomainError:
        return "unreadable"


def bound(count: int, of: int) -> float:
    """The largest rate that 95 % certainty leaves open."""
    return 1.0 if count >= of else float(beta.ppf(0.95, count + 1, of - count))


def owner(path: Path) -> str:
    """Whose portrait it is, by its name: `PERSON-NUMBER`, or a person of its own."""
    person, dash, _number = path.stem.rpartition("-")
    return person if dash else path.stem


def half_of(path: Path) -> str:
    return ("tuning", "held-out")[hashlib.sha256(path.name.encode()).digest()[-1] % 2]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=["tuning", "held-out", "all"], default="held-out")
    parser.add_argument("--attackers", type=int, default=100)
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first attacker, for parts of a measure"
    )
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    paths = [each for each in sorted(chosen.folder.iterdir()) if chosen.half in {"all", half_of(each)}]
    people = [who for each in paths if each.is_file() and (who := person(each)) is not None]
    for kind in chosen.only.split(",") if chosen.only else KINDS:
        counted: Counter[str] = Counter()
        for number in range(chosen.first, chosen.first + chosen.attackers):
            chance = np.random.default_rng([KINDS.index(kind), number])
            who = people[number % len(people)]
            others = [each for each in people if owner(each.path) != owner(who.path)]
            other = others[(number + 1 + number // len(people)) % len(others)]
            try:
                counted.update(tried(kind, who, other, chance))
            except DomainError:
                counted.update(["unreadable"] * TRIES)
        passed, of = counted.pop(Verdict.PASSED.value, 0), TRIES * chosen.attackers
        wrong = of - passed if kind == HONEST else passed
        print(
            json.dumps(
                {
                    "name": kind,
                    "portraits": len(people),
                    "tried": of,
                    "passed": passed,
                    "refused": dict(counted),
                    "bound_of_refused" if kind == HONEST else "bound_of_passed": round(bound(wrong, of), 4),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
