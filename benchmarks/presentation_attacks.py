"""How many presentation attacks (D4+) pass the whole check, and how many honest people: `FOLDER` holds portraits, one face
each, from the front.

    python benchmarks/presentation_attacks.py FOLDER [--half tuning|held-out] [--attackers 100] [--only flat,honest]

Every portrait is turned into a print for each attack and into a head in space for the honest: its points with the
depths that the network sees, mixed by chance with those of an average head, and rings behind them. Each attacker tries
three challenges, as often as an account allows, with two frames of each pose. Portraits fall into halves by a digest
of their name: limits were chosen on one, figures are those of the other. A line of JSON per kind: tried, passed,
refused by verdict, and the largest rate that 95 % certainty leaves open (Clopper and Pearson), of those who pass for an
attack and of those who are refused for the honest.
"""

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.local import throwaway_environment

os.environ.update(throwaway_environment())
import django

django.setup()

import cv2
import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.stats import beta

from core.errors import DomainError
from drivers.policies import bands
from drivers.vision import eyes, faces, mesh
from drivers.vision.attacks import Attack, Forger, Print, photographed
from drivers.vision.liveness import TURNS, Pose, Verdict, judge, new_challenge
from drivers.vision.solids import SIDE, Solid, Stance

HONEST, REPLAYED, TWO_PEOPLE = "honest", "replayed", "two_people"
KINDS = [HONEST, *(each.value for each in Attack), REPLAYED, TWO_PEOPLE]
TRIES = 3
WIDTH = 190.0  # of the face, in pixels of the picture that the camera sees
RINGS = ((1.12, -0.12), (1.28, -0.34), (1.5, -0.6), (2.2, -0.8))  # of a head behind its face: how wide, how deep
EARS, CROWN, CHIN = (234, 454), 10, 152
FRONTAL = (18.0, 20.0)  # degrees of yaw and pitch that a portrait may be turned by


@lru_cache(maxsize=1)
def average_head() -> Any:
    return np.loadtxt(mesh.HEAD, delimiter=",")


@lru_cache(maxsize=256)
def portrait(path: Path) -> "tuple[Print, Any] | None":
    """The print, and its points with the depths that the network sees (468, 3), in widths of the face; None for what
    shows no face from the front that is large enough."""
    picture = cv2.imread(str(path))
    if picture is None:
        return None
    found = eyes.find(picture)
    if found is None:
        return None
    seen, at = found
    width = float(np.hypot(*(at[EARS[1], :2] - at[EARS[0], :2])))
    middle = (at[CROWN, :2] + at[CHIN, :2]) / 2
    scale = WIDTH / width
    place = np.array([[scale, 0, SIDE / 2 - scale * middle[0]], [0, scale, SIDE / 2 - scale * middle[1]]])
    shown = cv2.warpAffine(seen, place, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    points = at[:, :2] @ place[:, :2].T + place[:, 2]
    return None
